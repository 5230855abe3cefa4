"""From pieces to tokens: [CLS] a [SEP], or [CLS] a [SEP] b [SEP] for pairs, truncated and padded."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

SPECIAL_TOKENS = {False: 2, True: 3}  # of a row, by whether it is a pair


def pack(
    pieces: tf.RaggedTensor,
    pair_pieces: tf.RaggedTensor | None = None,
    *,
    max_length: int,
    cls_id: int,
    sep_id: int,
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Token ids and segment ids of each row, both ragged int32 [batch, (length)].

    A text is cut at its end; of a pair the longer text loses its last piece until both fit, the second of two equally
    long ones first (`_truncate_seq_pair` of google-research/bert).

    Args:
        pieces: ids of the texts' pieces, ragged int32 [batch, (pieces)].
        pair_pieces: the same of the second texts, or None.
        max_length: longest row, special tokens included.
        cls_id: id of [CLS].
        sep_id: id of [SEP].
    """
    room = max_length - SPECIAL_TOKENS[pair_pieces is not None]
    lengths = pieces.row_lengths()
    cls, sep = (tf.fill([pieces.nrows(), 1], tf.constant(special, tf.int32)) for special in (cls_id, sep_id))
    if pair_pieces is None:
        ids = tf.concat([cls, take(pieces, pieces.row_starts(), tf.minimum(lengths, room)), sep], axis=1)
        return ids, tf.zeros_like(ids)
    pair_lengths = pair_pieces.row_lengths()
    # The longer text gives way down to half of the room; the first keeps the odd piece.
    kept = tf.minimum(lengths, tf.maximum(room - pair_lengths, (room + 1) // 2))
    pair_kept = tf.minimum(pair_lengths, room - kept)
    first = tf.concat([cls, take(pieces, pieces.row_starts(), kept), sep], axis=1)
    second = tf.concat([take(pair_pieces, pair_pieces.row_starts(), pair_kept), sep], axis=1)
    return tf.concat([first, second], axis=1), tf.concat([tf.zeros_like(first), tf.ones_like(second)], axis=1)


def pack_endings(
    pieces: tf.RaggedTensor, endings: Sequence[tf.RaggedTensor], *, max_length: int, cls_id: int, sep_id: int
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Token ids and segment ids of each text with each of its endings as a pair, both ragged int32 [batch, (endings),
    (length)].

    Args:
        pieces: ids of the texts' pieces, ragged int32 [batch, (pieces)].
        endings: the same of the first endings, of the second ones, and so on.
        max_length: longest pair, special tokens included.
        cls_id: id of [CLS].
        sep_id: id of [SEP].
    """
    together = tf.stack(endings, axis=1)  # [batch, (endings), (pieces)]
    texts = tf.gather(pieces, together.value_rowids())
    ids, type_ids = pack(texts, together.values, max_length=max_length, cls_id=cls_id, sep_id=sep_id)
    return together.with_values(ids), together.with_values(type_ids)


def to_tokens(ids: tf.RaggedTensor, type_ids: tf.RaggedTensor, *, length: int | None = None) -> dict[str, tf.Tensor]:
    """`tokens`, int32 [batch, length], padded with zeros.

    Args:
        ids: token ids, ragged int32 [batch, (length)].
        type_ids: segment ids in the same shape.
        length: of every row; without it, that of the batch's longest.
    """
    shape = [None, length]
    return {
        "input_word_ids": ids.to_tensor(shape=shape),
        "input_mask": tf.ones_like(ids).to_tensor(shape=shape),
        "input_type_ids": type_ids.to_tensor(shape=shape),
    }


def take(pieces: tf.RaggedTensor, starts: tf.Tensor, lengths: tf.Tensor) -> tf.RaggedTensor:
    """Slices of the flat values, ragged int32 [slices, (length)].

    Args:
        pieces: ragged int32 [batch, (pieces)].
        starts: where each slice begins in the flat values, int64 [slices].
        lengths: how many pieces each has, int64 [slices].
    """
    return tf.gather(pieces.flat_values, tf.ragged.range(starts, starts + lengths))
