"""From text to words as Google's BERT makes them: the basic tokenizer of `tokenization.py`, in the TensorFlow graph.

Every step is that of the original, in its order and on the same Unicode data (Python's), so the words are the same on
every text. Source: google-research/bert.
"""

from __future__ import annotations

import functools
import unicodedata

import tensorflow as tf

from tfbert.data.code_points import CodePointMap, CodePointTable, decode, encode
from tfbert.data.unicode import SIGMA, decompose, lower

# What the original calls a Chinese character: the ideographs that Unicode had in 2018.
CJK = frozenset(
    chr(code_point)
    for first, last in (
        (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF),
        (0x20000, 0x2A6DF),
        (0x2A700, 0x2B73F),
        (0x2B740, 0x2B81F),
        (0x2B820, 0x2CEAF),
        (0x2F800, 0x2FA1F),
    )
    for code_point in range(first, last + 1)
)


def split_words(texts: tf.Tensor, *, lower_case: bool) -> tf.RaggedTensor:
    """The words of texts, ragged UTF-8 strings [batch, (words)] of strings [batch].

    Args:
        texts: UTF-8; bytes that are not are left out.
        lower_case: lower-case and strip accents, for uncased vocabularies.
    """
    code_points = decode(texts)
    normalized = _normalize_uncased(code_points) if lower_case else _cased_map()(code_points)
    return tf.strings.split(encode(normalized))


def _normalize_uncased(code_points: tf.RaggedTensor) -> tf.RaggedTensor:
    """All steps at once, unless a character is there that must be seen beside its neighbours."""
    in_context = tf.reduce_any(_needs_context()(code_points.flat_values) > 0)
    return tf.cond(
        in_context,
        lambda: _strip_and_split_map()(decompose(lower(_clean_map()(code_points)))),
        lambda: _uncased_map()(code_points),
    )


def _clean(character: str) -> str:
    """Drops control characters, turns white space into spaces and sets ideographs apart."""
    if character in CJK:
        return f" {character} "
    if character in "\0\ufffd" or (unicodedata.category(character) in ("Cc", "Cf") and character not in "\t\n\r"):
        return ""
    return " " if character.isspace() else character


def _lower_and_decompose(text: str) -> str:
    return unicodedata.normalize("NFD", text.lower())


def _strip_accents(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Mn")


def _split_punctuation(text: str) -> str:
    """Sets punctuation apart: Unicode's, and every ASCII character that is no letter, digit or space."""
    return "".join(f" {character} " if _is_punctuation(character) else character for character in text)


def _is_punctuation(character: str) -> bool:
    ascii_symbol = "!" <= character <= "~" and not character.isalnum()
    return ascii_symbol or unicodedata.category(character).startswith("P")


def normalize_cased(character: str) -> str:
    """What a character becomes for a cased vocabulary: spaces where words end, nothing when it is dropped."""
    return _split_punctuation(_clean(character))


def normalize_uncased(character: str) -> str:
    """The same for an uncased vocabulary; exact but for characters that must be seen beside their neighbours."""
    return _split_punctuation(_strip_accents(_lower_and_decompose(_clean(character))))


@functools.cache
def _clean_map() -> CodePointMap:
    return CodePointMap(_clean)


@functools.cache
def _strip_and_split_map() -> CodePointMap:
    return CodePointMap(lambda character: _split_punctuation(_strip_accents(character)))


@functools.cache
def _cased_map() -> CodePointMap:
    return CodePointMap(normalize_cased)


@functools.cache
def _uncased_map() -> CodePointMap:
    return CodePointMap(normalize_uncased)


@functools.cache
def _needs_context() -> CodePointTable:
    """1 where one character at a time is not enough.

    These are capital sigma, whose small letter depends on its place in the word, and the combining marks that are not
    stripped as accents, which decomposition may put in another order.
    """

    def needs_context(character: str) -> bool:
        remaining = _strip_accents(_lower_and_decompose(character))
        return ord(character) == SIGMA or any(map(unicodedata.combining, remaining))

    return CodePointTable(needs_context)
