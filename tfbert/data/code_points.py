"""Texts as code points in the TensorFlow graph, and functions of single characters as tables that the graph reads.

The tables are made once per process from Python's own Unicode data and become constants of the graph: an exported model
keeps the Unicode version of the Python that built it, whatever the locale and the ICU of the machine that runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

CODE_POINTS = 0x110000
# The planes that have characters. In the others nothing is mapped or classed: 4 to 13 are empty, 15 and 16 private.
PLANES = np.r_[0:0x40000, 0xE0000:0xF0000]
PAGE_BITS = 8  # pages of 256 code points; most are equal to another and stored once


def decode(texts: tf.Tensor) -> tf.RaggedTensor:
    """Code points, ragged int32 [batch, (characters)], of UTF-8 strings [batch].

    Bytes that are not UTF-8 are left out, as `bytes.decode("utf-8", "ignore")` does.
    """
    import tensorflow as tf

    return tf.strings.unicode_decode(texts, "UTF-8", errors="ignore")


def encode(code_points: tf.RaggedTensor) -> tf.Tensor:
    """UTF-8 strings [batch] of code points, ragged int32 [batch, (characters)]."""
    import tensorflow as tf

    return tf.strings.unicode_encode(code_points, "UTF-8")


def cut_texts(texts: tf.Tensor, *, rows: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
    """Parts of texts, UTF-8 strings [parts].

    Args:
        texts: UTF-8 strings [batch].
        rows: the text that each part is cut out of, int64 [parts].
        starts: its first character, int32 [parts].
        ends: the character behind its last one.
    """
    import tensorflow as tf

    code_points = decode(texts)
    before = tf.cast(tf.gather(code_points.row_starts(), rows), tf.int32)
    return encode(tf.gather(code_points.flat_values, tf.ragged.range(before + starts, before + ends)))


class CodePointTable:
    """A small number for every code point.

    Args:
        function: called at construction with every character of the planes that have any; the other code points get 0.
    """

    def __init__(self, function: Callable[[str], int]) -> None:
        numbers = np.zeros(CODE_POINTS, np.uint16)
        numbers[PLANES] = [function(character) for character in map(chr, PLANES)]
        pages: dict[bytes, int] = {}  # each distinct page, and how many came before it
        order = [pages.setdefault(page.tobytes(), len(pages)) for page in numbers.reshape(-1, 1 << PAGE_BITS)]
        self._numbers = np.frombuffer(b"".join(pages), np.uint16)
        self._starts = np.array(order, np.int32) << PAGE_BITS  # where the page of a code point starts in `_numbers`

    def __call__(self, code_points: tf.Tensor) -> tf.Tensor:
        """The number of each code point, int32 in the shape of `code_points`."""
        import tensorflow as tf

        starts = tf.gather(self._starts, tf.bitwise.right_shift(code_points, PAGE_BITS))
        offsets = tf.bitwise.bitwise_and(code_points, (1 << PAGE_BITS) - 1)
        return tf.cast(tf.gather(self._numbers, starts + offsets), tf.int32)


class CodePointMap:
    """A function from a character to a text of no, one or more characters, applied to each character of a text.

    Args:
        function: called at construction with every character of the planes that have any; the others map to themselves.
    """

    def __init__(self, function: Callable[[str], str]) -> None:
        # Numbered as they are met. The mapped character is written -1 - place where its own text holds it, so that all
        # characters that map to themselves share text 0, and all that are set apart by spaces share one, too.
        texts: dict[tuple[int, ...], int] = {(-1,): 0}

        def text_of(character: str) -> int:
            if (mapped := function(character)) == character:
                return 0
            text = tuple(-1 - place if other == character else ord(other) for place, other in enumerate(mapped))
            return texts.setdefault(text, len(texts))

        self._text_of = CodePointTable(text_of)
        self._lengths = np.array([len(text) for text in texts], np.int32)
        self._starts = np.cumsum(self._lengths, dtype=np.int32) - self._lengths
        self._values = np.array([value for text in texts for value in text], np.int32)

    def __call__(self, code_points: tf.RaggedTensor) -> tf.RaggedTensor:
        """The mapped code points, ragged int32 [batch, (characters)]."""
        import tensorflow as tf

        characters = code_points.flat_values
        texts = self._text_of(characters)
        starts, lengths = tf.gather(self._starts, texts), tf.gather(self._lengths, texts)
        values = tf.gather(self._values, tf.ragged.range(starts, starts + lengths).flat_values)
        # Character + place, at every place of its text: with -1 - place this leaves the character.
        sources = tf.ragged.range(characters, characters + lengths).flat_values
        mapped = tf.where(values < 0, sources + values + 1, values)
        ends = tf.concat([[0], tf.cumsum(lengths)], axis=0)
        row_splits = tf.cast(tf.gather(ends, code_points.row_splits), tf.int64)
        return tf.RaggedTensor.from_row_splits(mapped, row_splits, validate=False)
