"""From the probabilities of each word's tags to entities, in the TensorFlow graph; core ops alone.

The tags of `types` entity types are numbered 0 for O, 1 + 2t for B- and 2 + 2t for I- of type t.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfbert.data.code_points import decode, encode
from tfbert.text.located import NOWHERE, PlacedTokens
from tfbert.text.long_texts import merge_windows

OUTSIDE = 0
FORBIDDEN = -1e9  # added to a log probability; far below what any row of words can add up to
TINY = 1e-30  # in the place of a probability of 0, whose logarithm is none


class Entities(NamedTuple):
    """Entities of a batch, one after the other, each in one of its rows.

    Attributes:
        rows: which row, int64 [entities].
        first: its first word among all of the batch, int64 [entities].
        last: its last word, int64 [entities].
        types: its type, int32 [entities].
        scores: the mean probability of its words' tags, float32 [entities].
    """

    rows: tf.Tensor
    first: tf.Tensor
    last: tf.Tensor
    types: tf.Tensor
    scores: tf.Tensor


def count_tags(types: int) -> int:
    """How many tags there are."""
    return 1 + 2 * types


def transitions(types: int) -> np.ndarray:
    """What going from one tag to the next adds, float32 [tags, tags]: nothing, or `FORBIDDEN`.

    An I- follows the B- or the I- of its own type alone.
    """
    tags = np.arange(count_tags(types))
    inside = (tags > OUTSIDE) & (tags % 2 == 0)
    same_type = (tags[:, None] > OUTSIDE) & ((tags[:, None] - 1) // 2 == (tags - 1) // 2)
    return np.where(inside & ~same_type, FORBIDDEN, 0).astype(np.float32)


def best_tags(probabilities: tf.RaggedTensor) -> tf.Tensor:
    """The likeliest allowed sequence of tags of each row, int32 [words], all rows one after the other.

    Viterbi's algorithm: of all sequences in which no I- stands at the start, behind O or behind another type, that of
    the highest product of probabilities.

    Args:
        probabilities: of each word's tags, ragged float32 [batch, (words), tags].
    """
    tags = probabilities.flat_values.shape[-1]
    allowed = tf.constant(transitions((tags - 1) // 2))
    outside = tf.one_hot(OUTSIDE, tags, off_value=FORBIDDEN, on_value=0.0)
    scores = probabilities.with_flat_values(tf.math.log(tf.maximum(probabilities.flat_values, TINY)))
    # What is no word is O at no cost: behind the last word, and once before the first, so that there is a step.
    padded = tf.pad(scores.to_tensor(), [[0, 0], [1, 0], [0, 0]])
    steps_in_all = tf.shape(padded)[1]
    words = tf.sequence_mask(scores.row_lengths() + 1, steps_in_all) & (tf.range(steps_in_all) > 0)
    steps = tf.transpose(tf.where(words[..., None], padded, outside), [1, 0, 2])  # [words, batch, tags]

    def step(before: tuple[tf.Tensor, tf.Tensor], word: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        through = before[0][:, :, None] + allowed  # [batch, from, to]
        return tf.reduce_max(through, axis=1) + word, tf.argmax(through, axis=1, output_type=tf.int32)

    start = tf.tile(outside[None], [tf.shape(steps)[1], 1])
    totals, came_from = tf.scan(step, steps, (start, tf.zeros_like(start, tf.int32)))
    last = tf.argmax(totals[-1], axis=-1, output_type=tf.int32)
    before = tf.scan(lambda tag, came: tf.gather(came, tag, batch_dims=1), came_from, last, reverse=True)
    found = tf.transpose(tf.concat([before[1:], last[None]], axis=0))  # `before[t]` is the tag of step t - 1
    return tf.boolean_mask(found, words)


def find_entities(probabilities: tf.RaggedTensor) -> Entities:
    """The entities of words, decided by `best_tags`.

    Args:
        probabilities: of each word's tags, ragged float32 [batch, (words), tags].
    """
    tags = best_tags(probabilities)
    chosen = tf.gather(probabilities.flat_values, tags, batch_dims=1)
    places = tf.where(tags != OUTSIDE)[:, 0]
    begins = tf.gather(tags, places) % 2 == 1
    numbers = tf.cumsum(tf.cast(begins, tf.int32)) - 1  # of the entity of each place
    first = tf.boolean_mask(places, begins)
    entities = tf.shape(first)[0]
    return Entities(
        rows=tf.gather(probabilities.value_rowids(), first),
        first=first,
        last=tf.math.unsorted_segment_max(places, numbers, entities),
        types=tf.gather(tags, first) // 2,
        scores=tf.math.unsorted_segment_mean(tf.gather(chosen, places), numbers, entities),
    )


def word_probabilities(values: tf.Tensor, *, placed: PlacedTokens) -> tf.RaggedTensor:
    """The probabilities of each word's tags, ragged float32 [batch, (words), tags].

    They are those of its first piece, the mean over the windows in which it stands; a word that no window has is O.

    Args:
        values: of the tokens, float32 [rows, length, tags], padded.
        placed: where the tokens stand.
    """
    tags = values.shape[-1]
    numbers = tf.reshape(merge_windows(placed.pieces).to_tensor(NOWHERE), [-1])  # a negative one adds to no segment
    pieces = tf.size(placed.word_of_piece)
    by_piece = tf.math.unsorted_segment_mean(tf.reshape(values, [-1, tags]), numbers, pieces)
    read = tf.math.unsorted_segment_sum(tf.ones_like(numbers), numbers, pieces) > 0
    by_piece = tf.where(read[:, None], by_piece, tf.one_hot(OUTSIDE, tags))
    return placed.words.starts.with_flat_values(tf.gather(by_piece, placed.first_piece))


def answer_entities(
    values: tf.Tensor, *, placed: PlacedTokens, texts: tf.Tensor, types: Sequence[str]
) -> dict[str, tf.Tensor]:
    """What `Tagging.answer_texts` gives; arguments as there, and the names of the types."""
    found = find_entities(word_probabilities(values, placed=placed))
    starts = tf.gather(placed.words.starts.flat_values, found.first)
    ends = tf.gather(placed.words.ends.flat_values, found.last)
    code_points = decode(texts)
    before = tf.cast(tf.gather(code_points.row_starts(), found.rows), tf.int32)
    parts = tf.gather(code_points.flat_values, tf.ragged.range(before + starts, before + ends))

    def by_row(column: tf.Tensor, padding: object) -> tf.Tensor:
        nrows = tf.size(texts, out_type=tf.int64)
        return tf.RaggedTensor.from_value_rowids(column, found.rows, nrows, validate=False).to_tensor(padding)

    return {
        "counts": tf.math.unsorted_segment_sum(tf.ones_like(starts), found.rows, tf.size(texts)),
        "entities": by_row(encode(parts), ""),
        "types": by_row(tf.gather(tf.constant(types), found.types), ""),
        "scores": by_row(found.scores, 0.0),
        "starts": by_row(starts, NOWHERE),
        "ends": by_row(ends, NOWHERE),
    }
