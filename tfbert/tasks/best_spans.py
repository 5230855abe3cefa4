"""The best spans of a context by their start and end logits, over all windows that read it, in the TensorFlow graph."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

LONGEST = 30  # pieces of an answer, as in `run_squad.py` of google-research/bert
NONE = float(tf.float32.min)  # the score of what is no candidate


class Candidates(NamedTuple):
    """Where answers may begin and end.

    Attributes:
        pieces: which piece of the batch's contexts each token is, int32 [windows, length]; -1 for all other tokens.
        window_rows: the row that each window belongs to, int64 [windows].
        row_splits: the pieces of row r are those from `row_splits[r]` up to `row_splits[r + 1]`, int64 [rows + 1].
        begins: whether a span may begin with this piece, bool [pieces].
        ends: whether one may end with it, bool [pieces].
    """

    pieces: tf.Tensor
    window_rows: tf.Tensor
    row_splits: tf.Tensor
    begins: tf.Tensor
    ends: tf.Tensor


class BestSpans(NamedTuple):
    """The spans of each row, best first.

    Attributes:
        first: number of each span's first piece, int32 [rows, best]; -1 where a row has fewer candidates.
        last: that of its last piece.
        probability: softmax over all candidates of the row, float32 [rows, best]; 0 where there is none.
        no_answer: that of no answer, float32 [rows]; 0 where a row must have an answer.
    """

    first: tf.Tensor
    last: tf.Tensor
    probability: tf.Tensor
    no_answer: tf.Tensor


def best_spans(
    logits: tf.Tensor, candidates: Candidates, *, best: int, answerable: bool, longest: int = LONGEST
) -> BestSpans:
    """Each row's most probable spans.

    A span's score is its start logit plus its end logit (Devlin et al. 2019, section 4.2). Candidates are all spans of
    up to `longest` pieces that stand within one window; a span that several windows have counts once, with its better
    score. Among equals the earlier start comes first, then the shorter span. No answer is a candidate too, with the
    score of [CLS] as start and end (section 4.3), the least of all windows: most windows do not have the answer.

    Args:
        logits: of start and end, float32 [windows, length, 2].
        candidates: where spans may begin and end.
        best: spans wanted of a row.
        answerable: every question has an answer, so that no answer is no candidate.
        longest: pieces of a span.
    """
    rows = tf.size(candidates.row_splits) - 1
    scores = _scores(logits, candidates, longest=longest)  # [rows, most pieces, longest]
    flat = tf.pad(tf.reshape(scores, [rows, tf.shape(scores)[1] * longest]), [[0, 0], [0, best]], constant_values=NONE)
    top, places = tf.math.top_k(flat, k=best)
    first = tf.cast(candidates.row_splits[:-1, tf.newaxis], tf.int32) + places // longest
    if answerable:
        least, everything = tf.fill([rows], NONE), flat
    else:
        null = logits[:, 0, 0] + logits[:, 0, 1]
        least = tf.math.unsorted_segment_min(null, candidates.window_rows, num_segments=rows)
        everything = tf.concat([least[:, tf.newaxis], flat], axis=1)
    total = tf.reduce_logsumexp(everything, axis=1)

    found = top > NONE
    return BestSpans(
        first=tf.where(found, first, -1),
        last=tf.where(found, first + places % longest, -1),
        probability=tf.where(found, tf.exp(top - total[:, tf.newaxis]), 0.0),
        no_answer=tf.zeros([rows]) if answerable else tf.exp(least - total),
    )


def _scores(logits: tf.Tensor, candidates: Candidates, *, longest: int) -> tf.Tensor:
    """The score of each candidate by its first piece and its further pieces, float32 [rows, most pieces, longest]."""
    pieces = candidates.pieces
    inside = pieces >= 0
    at = tf.maximum(pieces, 0)
    total = tf.size(candidates.begins)
    begins = inside & _lookup(candidates.begins, at)
    ends = inside & _lookup(candidates.ends, at)
    start = tf.where(begins, logits[..., 0], NONE)
    # The end logit of the token that stands so many tokens later in the same window, [windows, length, longest].
    later = tf.signal.frame(
        tf.pad(tf.where(ends, logits[..., 1], NONE), [[0, 0], [0, longest - 1]], constant_values=NONE), longest, 1
    )
    start = start[..., tf.newaxis]
    scores = tf.where((start > NONE) & (later > NONE), start + later, NONE)
    # A piece that two windows have keeps the better score of each span; what is no piece of a context goes.
    best = tf.math.unsorted_segment_max(
        tf.reshape(scores, [-1, longest]), tf.reshape(tf.where(begins, pieces, -1), [-1]), num_segments=total
    )
    return tf.RaggedTensor.from_row_splits(best, candidates.row_splits).to_tensor(default_value=NONE)


def _lookup(flags: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """`flags[at]`; False everywhere where there is no flag at all."""
    return tf.gather(tf.concat([flags, [False]], axis=0), at)
