# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import pytest
import tensorflow as tf
from google_reference import google_words
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.text.normalization import split_words

CASES = pytest.mark.parametrize("lower_case", [True, False], ids=["uncased", "cased"])
# What has gone wrong in one tokenizer or another.
AWKWARD = (
    "İIıiẞßſKΣσςΑάΐЙйёaAéÅ"  # letters whose case or accent is special
    "가힣각ᄀᆨ的豈𠀀丽ｱﾞＡ！"  # Hangul, ideographs and their compatibility forms, half-width and full-width forms
    "\u0301\u0323\u0345\u05b0\u064b\u0651\u1bf2\u302e\U0001d165\U0001d16d\U0001d15e"  # marks of many combining classes
    "\0\a\t\n\v\f\r\x1c\x85\xa0\xad\u200b\u200d\u2028\u2029\u3000\ufeff\ufffd  "  # controls and white space
    "'.:·-_^$`#[]…½ﬁ👍🏽\ue000\U000e0041\U0010ffff"  # punctuation, symbols, private use, tags, no character at all
)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(AWKWARD)), max_size=16)


def graph_words(texts: list[str] | list[bytes], *, lower_case: bool) -> list[list[str]]:
    words = SPLIT[lower_case](tf.constant(texts, tf.string))
    return [[word.decode() for word in row] for row in words.to_list()]


def reference_words(texts: list[str] | list[bytes], *, lower_case: bool) -> list[list[str]]:
    return [google_words(text, lower_case=lower_case) for text in texts]


def traced(lower_case: bool) -> tf.types.experimental.PolymorphicFunction:
    signature = [tf.TensorSpec([None], tf.string)]
    return tf.function(lambda texts: split_words(texts, lower_case=lower_case), input_signature=signature)


SPLIT = {lower_case: traced(lower_case) for lower_case in (True, False)}


def between_letters(code_points: range) -> list[str]:
    """Texts of a hundred words, each with one of the code points between two letters."""
    words = [f"a{chr(code_point)}B" for code_point in code_points if not 0xD800 <= code_point < 0xE000]
    return [" ".join(words[start : start + 100]) for start in range(0, len(words), 100)]


@CASES
@settings(max_examples=400)
@given(TEXTS)
@example(["ΟΔΟΣ ΟΔΟΣ. ΟΔΟΣ'Α Σ 1Σ ΑΣ\u0301Β ΑΣ\x07Β", "Α", "Σ"])
@example(["a\U0001d16d\U0001d165", "\U0001d165b", "가\u302e\u1bf2", "\u1bf2"])
def test_words_are_googles_on_any_text(lower_case: bool, texts: list[str]) -> None:
    assert graph_words(texts, lower_case=lower_case) == reference_words(texts, lower_case=lower_case)


@CASES
@settings(max_examples=100)
@given(st.lists(st.binary(), max_size=16))
@example([b"caf\xc3\xa9 \xc3", b"\xed\xa0\x80 \xf4\x90\x80\x80a", b"\xef\xbb\xbfa\xff"])
def test_bytes_that_are_not_utf8_are_left_out(lower_case: bool, texts: list[bytes]) -> None:
    assert graph_words(texts, lower_case=lower_case) == reference_words(texts, lower_case=lower_case)


@CASES
@pytest.mark.parametrize(
    "code_points",
    [
        pytest.param(range(0x20000), id="planes 0 and 1"),
        pytest.param(range(0x20000, 0x110000), id="planes 2 to 16", marks=pytest.mark.slow),
    ],
)
def test_words_are_googles_on_every_code_point(lower_case: bool, code_points: range) -> None:
    texts = between_letters(code_points)
    assert graph_words(texts, lower_case=lower_case) == reference_words(texts, lower_case=lower_case)
