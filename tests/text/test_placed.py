from __future__ import annotations

import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.text.located import NOWHERE
from tfbert.text.long_texts import merge_windows
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer

SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeé的 '.!\u0301😡")
TEXTS = st.lists(st.text(SIGNS, max_size=40), min_size=1, max_size=4)
SPEC = tf.TensorSpec([None], tf.string)


@pytest.fixture(scope="module", params=["head", "tail", "head+tail", "windows"])
def preprocessor(request: pytest.FixtureRequest, tokenizer: WordPieceTokenizer) -> Preprocessor:
    made = Preprocessor(tokenizer, max_length=8, long=request.param)
    made.graph = tf.function(made.place, input_signature=[SPEC])
    return made


@settings(max_examples=60)
@given(texts=TEXTS)
@example(texts=["", "un  wörtlich, nämlich \u0301!", "a b c d e f g h i j k l m", "x" * 201])
def test_every_token_knows_its_piece_and_its_word(preprocessor: Preprocessor, texts: list[str]) -> None:
    placed = preprocessor.graph(tf.constant(texts))
    ids, type_ids = preprocessor.ids(tf.constant(texts))
    assert placed.ids.to_list() == ids.to_list()
    assert placed.type_ids.to_list() == type_ids.to_list()
    pieces = preprocessor.tokenizer.tokenize(tf.constant(texts)).flat_values.numpy()
    for row, numbers in zip(merge_windows(ids).to_list(), merge_windows(placed.pieces).to_list(), strict=True):
        assert (numbers[0], numbers[-1]) == (NOWHERE, NOWHERE)
        assert [pieces[number] for number in numbers[1:-1]] == row[1:-1]
    words = placed.word_of_piece.numpy()
    assert len(words) == len(pieces)
    assert [words[first] for first in placed.first_piece.numpy()] == list(range(len(placed.first_piece)))
    assert placed.words.starts.flat_values.shape == placed.first_piece.shape


def test_of_a_pair_it_is_the_second_text_whose_words_are_found(tokenizer: WordPieceTokenizer) -> None:
    preprocessor = Preprocessor(tokenizer, max_length=7)
    placed = preprocessor.place(tf.constant(["a b c", "a"]), tf.constant(["d e", "f g h i j"]))
    # [CLS] a b [SEP] d e [SEP], [CLS] a [SEP] f g h [SEP]
    assert placed.pieces.to_list() == [[-1, -1, -1, -1, 0, 1, -1], [-1, -1, -1, 2, 3, 4, -1]]
    assert placed.words.starts.to_list() == [[0, 2], [0, 2, 4, 6, 8]]
