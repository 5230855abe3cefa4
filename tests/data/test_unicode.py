# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.data.code_points import decode, encode
from tfbert.data.unicode import decompose, lower_texts

# Marks of different combining classes, in and out of order, that do and do not stand on a letter.
MARKS = "a\u0301\u0323\u0327\u0345\u0651\u064b\u05b0\u302e\u1bf2\u0941\U0001d165\U0001d16d\U0001d15eé각ΐ"
SIGMAS = "ΣσςΑα1 .'\u0301\u00ad\u02b0İ"
EVERY_CODE_POINT = [chr(code_point) for code_point in range(0x110000) if not 0xD800 <= code_point < 0xE000]


def texts_of(alphabet: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(alphabet)), max_size=16)


def strings(texts: tf.Tensor) -> list[str]:
    return [text.decode() for text in texts.numpy().tolist()]


@settings(max_examples=300)
@given(texts_of(SIGMAS))
@example(["ΟΔΟΣ", "Σ", "ΑΣ", "ΣΑ", "ΑΣ'Α", "ΑΣ\u0301", "1Σ", "Α", "Σ"])
def test_lower_case_is_pythons(texts: list[str]) -> None:
    assert strings(lower_texts(tf.constant(texts, tf.string))) == [text.lower() for text in texts]


@settings(max_examples=300)
@given(texts_of(MARKS))
@example(["a\u0301\u0323", "\u0323", "\u0301"])
def test_decomposition_is_pythons(texts: list[str]) -> None:
    decomposed = encode(decompose(decode(tf.constant(texts, tf.string))))
    assert strings(decomposed) == [unicodedata.normalize("NFD", text) for text in texts]


@pytest.mark.slow
def test_lower_case_and_decomposition_are_pythons_for_every_code_point() -> None:
    assert strings(lower_texts(tf.constant(EVERY_CODE_POINT))) == [text.lower() for text in EVERY_CODE_POINT]
    decomposed = encode(decompose(decode(tf.constant(EVERY_CODE_POINT))))
    assert strings(decomposed) == [unicodedata.normalize("NFD", text) for text in EVERY_CODE_POINT]


@settings(max_examples=200)
@given(st.lists(st.binary(), max_size=16))
def test_bytes_that_are_not_utf8_are_left_out_as_python_does(texts: list[bytes]) -> None:
    assert strings(encode(decode(tf.constant(texts, tf.string)))) == [text.decode("utf-8", "ignore") for text in texts]
