# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import pytest
import tensorflow as tf
from google_reference import google_words
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.text.located import locate
from tfbert.text.wordpiece import WordPieceTokenizer
from tfbert.text.words import locate_words

CASES = pytest.mark.parametrize("lower_case", [True, False], ids=["uncased", "cased"])
SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    "aAbeéЙΣ的 '.!\t\u0301\u302e\U0001d165\u1bf2\u200d\ufe0f\0\u2028😡👍🏽\U0010ffff"
)
TEXTS = st.lists(st.text(SIGNS, max_size=24), max_size=6)


def traced(lower_case: bool) -> tf.types.experimental.PolymorphicFunction:
    signature = [tf.TensorSpec([None], tf.string)]
    return tf.function(lambda texts: locate(texts, lower_case=lower_case), input_signature=signature)


LOCATE = {lower_case: traced(lower_case) for lower_case in (True, False)}


def found(texts: list[str], *, lower_case: bool) -> list[list[tuple[str, int, int]]]:
    words, starts, ends = LOCATE[lower_case](tf.constant(texts, tf.string))
    rows = zip(words.to_list(), starts.to_list(), ends.to_list(), strict=True)
    return [[(word.decode(), start, end) for word, start, end in zip(*row, strict=True)] for row in rows]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("two  words", ["two", "words"]),
        (" don't!\n", ["don", "'", "t", "!"]),
        ("Café cafe\u0301.", ["Café", "cafe\u0301", "."]),
        ("so 😡👍🏽 ❤️!", ["so", "😡👍🏽", "❤️", "!"]),
        ("我爱BERT", ["我", "爱", "BERT"]),
        ("soft\u00adhyphen zero\u200bwidth", ["soft\u00adhyphen", "zero\u200bwidth"]),
        ("", []),
        (" \u0301 ", []),
    ],
)
def test_words_are_found_in_the_raw_text(text: str, words: list[str]) -> None:
    assert [text[start:end] for _, start, end in found([text], lower_case=True)[0]] == words


@CASES
@settings(max_examples=300)
@given(TEXTS)
@example([])
@example(["", "\u0301", " ", "a"])
@example(["ΟΔΟΣ ΟΔΟΣ. ΟΔΟΣ'Α Σ 1Σ ΑΣ\u0301Β ΑΣ\x07Β", "\u0301a", "Σ"])
@example(["a\U0001d16d\U0001d165 !\u302e\u1bf2", "\U0001d165b", "가\u302e\u1bf2", "\u1bf2"])
def test_a_words_place_holds_that_word_alone(lower_case: bool, texts: list[str]) -> None:
    for text, located in zip(texts, found(texts, lower_case=lower_case), strict=True):
        assert [word for word, _, _ in located] == google_words(text, lower_case=lower_case)
        places = [0, *(place for _, start, end in located for place in (start, end)), len(text)]
        assert places == sorted(places)
        for word, start, end in located:
            alone = google_words(text[start:end], lower_case=lower_case)
            # Only the small letter of a sigma depends on what stands beyond the word.
            assert [other.replace("ς", "σ") for other in alone] == [word.replace("ς", "σ")]


@settings(max_examples=200)
@given(TEXTS)
@example(["a\u0301\u200d b", ".\u0301a", "\u200da"])
def test_the_places_are_those_found_in_python(tokenizer: WordPieceTokenizer, texts: list[str]) -> None:
    texts = [text.replace("Σ", "s") for text in texts]  # beside one, Python takes several words for one
    for text, located in zip(texts, found(texts, lower_case=True), strict=True):
        places = [(word.start, word.end) for word in locate_words(text, tokenizer=tokenizer)]
        assert [(start, end) for _, start, end in located] == places


def test_bytes_that_are_not_utf8_are_not_counted() -> None:
    _, starts, ends = LOCATE[True](tf.constant([b"caf\xc3\xa9 \xffa\xc3"]))
    assert (starts.to_list(), ends.to_list()) == ([[0, 5]], [[4, 6]])
