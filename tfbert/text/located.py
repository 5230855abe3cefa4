"""Words of texts and where they stand, in the TensorFlow graph: the way from tokens back to characters.

`tfbert.text.words` finds the same places in Python, one text at a time.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import tensorflow as tf

from tfbert.data.code_points import CodePointTable, decode
from tfbert.text.normalization import normalize_cased, normalize_uncased, split_words

LETTER, SPACE, DROPPED, ALONE = range(4)  # what a character is; those in no table are letters
NOWHERE = -1  # the piece of a token that is none: [CLS], [SEP], padding, another text's
_NO_ROW = -1


class LocatedWords(NamedTuple):
    """The words of texts, all three ragged [batch, (words)].

    Attributes:
        words: what `split_words` gives, string.
        starts: where each begins in its text, in characters (code points), int32.
        ends: where it ends, int32: `text[start:end]` is the word, accents and joiners behind its last letter included.
    """

    words: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


class PlacedTokens(NamedTuple):
    """Tokens, and the words of a text that they come from; made by `Preprocessor.place`.

    Attributes:
        ids: token ids, ragged int32 [batch, (length)], or [batch, (windows), (length)].
        type_ids: segment ids in the same shape.
        pieces: in the same shape the number of each token's piece among those of all texts, or `NOWHERE`.
        words: the words of all texts.
        word_of_piece: the number of each piece's word among those of all texts, int64 [pieces].
        first_piece: the number of each word's first piece, int64 [words].
    """

    ids: tf.RaggedTensor
    type_ids: tf.RaggedTensor
    pieces: tf.RaggedTensor
    words: LocatedWords
    word_of_piece: tf.Tensor
    first_piece: tf.Tensor


def locate(texts: tf.Tensor, *, lower_case: bool) -> LocatedWords:
    """The words of texts, string [batch], with their places.

    Args:
        texts: UTF-8; bytes that are not are left out, and not counted.
        lower_case: as in `split_words`.
    """
    code_points = decode(texts)
    words = split_words(texts, lower_case=lower_case)
    kinds = _character_kinds(lower_case)(code_points.flat_values)
    # What is dropped belongs to the character before it: each of the others reaches up to the next one.
    places = tf.where(kinds != DROPPED)[:, 0]
    kinds, rows = tf.gather(kinds, places), tf.gather(code_points.value_rowids(), places)
    goes_on = (kinds == LETTER) & (_shift(kinds, 1, SPACE) == LETTER) & (rows == _shift(rows, 1, _NO_ROW))
    in_row = _shift(rows, -1, _NO_ROW) == rows
    reach = tf.where(in_row, _shift(places, -1, _NO_ROW), tf.gather(code_points.row_limits(), rows))
    shown, row_starts = kinds != SPACE, tf.gather(code_points.row_starts(), rows)
    starts = tf.boolean_mask(places - row_starts, shown & ~goes_on)
    ends = tf.boolean_mask(reach - row_starts, shown & ~_shift(goes_on, -1, False))
    return LocatedWords(words, *(words.with_flat_values(tf.cast(each, tf.int32)) for each in (starts, ends)))


def _shift(values: tf.Tensor, by: int, edge: int | bool) -> tf.Tensor:
    """The value before each (`by` 1) or behind it (-1), with `edge` where there is none."""
    end = tf.constant([edge], values.dtype)
    return tf.concat([end, values], axis=0)[:-1] if by == 1 else tf.concat([values, end], axis=0)[1:]


@functools.cache
def _character_kinds(lower_case: bool) -> CodePointTable:
    normalize = normalize_uncased if lower_case else normalize_cased

    def kind(character: str) -> int:
        normal = normalize(character)
        if not normal:
            return DROPPED
        if normal.isspace():
            return SPACE
        return ALONE if " " in normal else LETTER

    return CodePointTable(kind)
