# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import pytest
import tensorflow as tf
from google_reference import google_words
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.text.wordpiece import WordPieceTokenizer
from tfbert.text.words import locate_words

SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeéЙΣ的 '.!\t\u0301\u200d\ufe0f😡")


@pytest.fixture(scope="module", params=[("google", True), ("google", False), ("hub", True)], ids=str)
def any_tokenizer(request: pytest.FixtureRequest, vocabulary: list[str]) -> WordPieceTokenizer:
    normalization, lower_case = request.param
    return WordPieceTokenizer(vocabulary, lower_case=lower_case, normalization=normalization)


def shown(text: str, tokenizer: WordPieceTokenizer) -> list[str]:
    return [text[word.start : word.end] for word in locate_words(text, tokenizer=tokenizer)]


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
        (" \u0301 ", []),  # an accent alone is dropped
    ],
)
def test_words_are_found_in_the_raw_text(tokenizer: WordPieceTokenizer, text: str, words: list[str]) -> None:
    assert shown(text, tokenizer) == words


@settings(max_examples=200)
@given(text=st.text(SIGNS, max_size=24))
@example(text="ΑΣ'Α ΑΣ' ΑΣ")
@example(text="a¨b… ﬁ \ufffd x\ufffd \x00 ⓐ ①")
@example(text="\u2028\x85\x1c\x0b\u3000")
@example(text=f"{'a' * 201}.b")
def test_the_pieces_of_the_words_in_order_are_those_of_the_text(any_tokenizer: WordPieceTokenizer, text: str) -> None:
    words = locate_words(text, tokenizer=any_tokenizer)
    places = [0, *(place for word in words for place in (word.start, word.end)), len(text)]
    assert places == sorted(places)
    assert all(word.start < word.end for word in words)
    pieces = any_tokenizer.tokenize(tf.constant([text[word.start : word.end] for word in words], tf.string)).to_list()
    assert [len(row) for row in pieces] == [word.pieces for word in words]
    assert [piece for row in pieces for piece in row] == any_tokenizer.tokenize(tf.constant([text])).to_list()[0]


@settings(max_examples=200)
@given(text=st.text(SIGNS, max_size=24))
def test_the_places_are_those_of_googles_words(tokenizer: WordPieceTokenizer, text: str) -> None:
    found = [google_words(word, lower_case=True) for word in shown(text, tokenizer)]
    words = [word.replace("ς", "σ") for word in google_words(text, lower_case=True)]
    assert [word.replace("ς", "σ") for parts in found for word in parts] == words
    if "Σ" not in text:  # only its small letter depends on what stands beyond the word
        assert all(len(parts) == 1 for parts in found)
