"""What is read of a text that is longer than a model's input: its tail, both ends, or all of it in windows.

Its head, the default, needs nothing of this: packing cuts a text at its end.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfbert.text.packing import take


def keep_tail(pieces: tf.RaggedTensor, *, room: int) -> tf.RaggedTensor:
    """The last pieces of each row, at most `room`, ragged int32 [batch, (pieces)]."""
    kept = tf.minimum(pieces.row_lengths(), room)
    return take(pieces, pieces.row_limits() - kept, kept)


def keep_ends(pieces: tf.RaggedTensor, *, room: int) -> tf.RaggedTensor:
    """Of each row that is longer than `room` a quarter of it from the start and the rest from the end.

    Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?" (arXiv 1905.05583, section 5.3.1): the first 128
    and the last 382 of 510 pieces did better than either end alone.
    """
    lengths = pieces.row_lengths()
    head = -(-room // 4)  # 128 of 510
    first = tf.where(lengths > room, tf.constant(head, lengths.dtype), lengths)
    last = tf.minimum(lengths, room) - first
    starts, ends = pieces.row_starts(), pieces.row_limits()
    return tf.concat([take(pieces, starts, first), take(pieces, ends - last, last)], axis=1)


def cut_windows(pieces: tf.RaggedTensor, *, room: int | tf.Tensor, stride: int | None = None) -> tf.RaggedTensor:
    """Overlapping windows of each row, ragged int32 [batch, (windows), (pieces)]; a short row is one window.

    A window begins every half of the room, so that what stands at the edge of one stands in the middle of another: each
    piece that is not near an end of the text is read twice, once with at least a quarter of the room on both of its
    sides. The last window is moved back to end with the text, so that all are full and count the same in a mean.

    Args:
        pieces: ragged int32 [batch, (pieces)].
        room: pieces of a window, for all rows or int64 [batch].
        stride: a window begins at least every so many pieces.
    """
    lengths = pieces.row_lengths()
    room = tf.broadcast_to(tf.cast(room, lengths.dtype), tf.shape(lengths))
    strides = (room + 1) // 2
    if stride is not None:
        strides = tf.minimum(strides, stride)
    beyond = tf.maximum(lengths - room, 0)
    numbers = tf.ragged.range(1 + (beyond + strides - 1) // strides)  # [batch, (windows)]: 0, 1, ...
    rows = numbers.value_rowids()
    offsets = tf.minimum(numbers.flat_values * tf.gather(strides, rows), tf.gather(beyond, rows))
    starts = tf.gather(pieces.row_starts(), rows) + offsets
    return numbers.with_values(take(pieces, starts, tf.gather(tf.minimum(lengths, room), rows)))


CUTS: dict[str, Callable[..., tf.RaggedTensor]] = {
    "tail": keep_tail,
    "head+tail": keep_ends,
    "windows": cut_windows,
}
"""By the option `--long`: pieces, ragged int32 [batch, (pieces)], to those that are read, in `room` at most."""


def merge_windows(ids: tf.RaggedTensor) -> tf.RaggedTensor:
    """What an encoder reads, ragged [rows, (length)], of ids [rows, (length)] or [batch, (windows), (length)]."""
    return ids.values if ids.ragged_rank == 2 else ids


def mean_over_windows(values: tf.Tensor, ids: tf.RaggedTensor) -> tf.Tensor:
    """The mean of each row's windows, [batch, outputs], of values [windows, outputs]; `pooling` has it in NumPy.

    Args:
        values: of the rows of `merge_windows(ids)`.
        ids: ragged [batch, (windows), (length)], or [batch, (length)], whose values stay as they are.
    """
    return tf.reduce_mean(ids.with_values(values), axis=1) if ids.ragged_rank == 2 else values
