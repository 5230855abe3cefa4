"""From start and end logits to answers cut out of the contexts, in the TensorFlow graph."""

from __future__ import annotations

import math

import tensorflow as tf

from tfbert.data.code_points import cut_texts
from tfbert.tasks.best_spans import Candidates, best_spans
from tfbert.text.located import NOWHERE, PlacedTokens
from tfbert.text.long_texts import merge_windows


def answer_questions(
    values: tf.Tensor, *, placed: PlacedTokens, texts: tf.Tensor, best: int, margin: float | None
) -> dict[str, tf.Tensor]:
    """What `Span.answer_texts` gives.

    Args:
        values: logits of start and end, float32 [windows, length, 2], padded.
        placed: the tokens of the contexts.
        texts: the contexts, string [batch].
        best: answers wanted of each.
        margin: no answer is given where its log probability exceeds that of the best answer by more; None: never.
    """
    found = best_spans(values, build_candidates(placed), best=best, answerable=margin is None)
    is_found = found.first >= 0
    starts, ends = _characters(found.first, found.last, is_found=is_found, placed=placed)
    shape = tf.shape(starts)
    rows = tf.repeat(tf.range(tf.size(texts, out_type=tf.int64)), best)
    cut = {"starts": tf.reshape(starts, [-1]), "ends": tf.reshape(ends, [-1])}
    answers = tf.reshape(cut_texts(texts, rows=rows, **cut), shape)

    given = is_found[:, 0]
    if margin is not None:
        given &= found.no_answer <= found.probability[:, 0] * math.exp(margin)
    return {
        "answer": tf.where(given, answers[:, 0], ""),
        "start": tf.where(given, starts[:, 0], NOWHERE),
        "end": tf.where(given, ends[:, 0], NOWHERE),
        "score": tf.where(given, found.probability[:, 0], found.no_answer),
        "no_answer_score": found.no_answer,
        "answers": answers,
        "starts": tf.where(is_found, starts, NOWHERE),
        "ends": tf.where(is_found, ends, NOWHERE),
        "scores": found.probability,
    }


def build_candidates(placed: PlacedTokens) -> Candidates:
    """Answers begin with the first piece of a word and end with the last piece of one."""
    pieces = merge_windows(placed.pieces).to_tensor(NOWHERE)
    in_windows = placed.pieces.ragged_rank == 2
    words = placed.word_of_piece
    splits = tf.concat([placed.first_piece, [tf.size(words, out_type=tf.int64)]], axis=0)
    edge = tf.constant([NOWHERE], words.dtype)
    return Candidates(
        pieces=pieces,
        window_rows=placed.pieces.value_rowids() if in_windows else tf.range(tf.shape(pieces, tf.int64)[0]),
        row_splits=tf.gather(splits, placed.words.starts.row_splits),
        begins=words != tf.concat([edge, words], axis=0)[:-1],
        ends=words != tf.concat([words, edge], axis=0)[1:],
    )


def _characters(
    first: tf.Tensor, last: tf.Tensor, *, is_found: tf.Tensor, placed: PlacedTokens
) -> tuple[tf.Tensor, tf.Tensor]:
    """Where spans of pieces begin and end in their texts, both int32 in the shape of `first`; 0 where there is none."""
    words = tf.concat([placed.word_of_piece, [0]], axis=0)  # a text may have no piece, and gather needs one
    starts, ends = (tf.concat([each.flat_values, [0]], axis=0) for each in (placed.words.starts, placed.words.ends))
    return (
        tf.where(is_found, tf.gather(starts, tf.gather(words, tf.maximum(first, 0))), 0),
        tf.where(is_found, tf.gather(ends, tf.gather(words, tf.maximum(last, 0))), 0),
    )
