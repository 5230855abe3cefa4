from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tfbert.scoring.scorer import Scorer
from tfbert.serving.loaded_model import LoadedModel
from tfbert.text.vocabulary import read_vocabulary

ROOM = 24 - 2  # pieces of `random_model`, whose models have the same weights whatever they read of a text
STRIDE = 11


@pytest.fixture(scope="module")
def words(tiny_module: Path) -> list[str]:
    """100 words of one piece each."""
    pieces = read_vocabulary(next((tiny_module / "assets").iterdir()))
    found = [piece for piece in pieces if piece.isascii() and piece.isalpha() and len(piece) > 2]
    return (found * 100)[:100]


@pytest.fixture(scope="module")
def texts(words: list[str]) -> list[str]:
    """Empty, short, just fitting, one piece too long, and long."""
    return [" ".join(words[:length]) for length in (0, 3, ROOM, ROOM + 1, 50, 99)]


@pytest.fixture(scope="module")
def in_windows(random_model: Callable[..., Path]) -> Scorer:
    return Scorer(random_model(long="windows"))


def read_as(long: str, words: list[str]) -> list[list[str]]:
    """The texts of a model that reads heads, which a model with this option reads of a text."""
    if long == "tail":
        return [words[-ROOM:]]
    if len(words) <= ROOM:
        return [words]
    if long == "head+tail":
        return [words[:6] + words[-(ROOM - 6) :]]
    starts = [*range(0, len(words) - ROOM, STRIDE), len(words) - ROOM]
    return [words[start : start + ROOM] for start in starts]


@pytest.mark.parametrize(
    ("task", "long"),
    [("single-label", "tail"), ("single-label", "head+tail"), ("single-label", "windows"), ("multi-label", "windows")],
)
def test_a_long_text_has_the_mean_of_the_answers_for_what_is_read_of_it(
    random_model: Callable[..., Path], texts: list[str], long: str, task: str
) -> None:
    heads, scorer = Scorer(random_model(task)), Scorer(random_model(task, long=long))
    expected = [
        heads.score([" ".join(window) for window in read_as(long, text.split())]).mean(axis=0) for text in texts
    ]
    np.testing.assert_allclose(scorer.score(texts), expected, atol=1e-6)
    assert np.abs(scorer.score(texts) - heads.score(texts))[-1].max() > 1e-3


def test_windows_batched_by_length_give_what_the_raw_text_signature_gives(in_windows: Scorer, texts: list[str]) -> None:
    import tensorflow as tf

    served = tf.saved_model.load(str(in_windows.folder)).signatures
    values = in_windows.score(texts)
    np.testing.assert_allclose(served["serving_default"](text=tf.constant(texts))["probabilities"], values, atol=1e-6)
    alone = np.concatenate([in_windows.score([text]) for text in texts])
    np.testing.assert_allclose(alone, values, atol=1e-6)
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={"text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))}
            )
        ).SerializeToString()
        for text in texts
    ]
    np.testing.assert_allclose(served["classify"](inputs=tf.constant(examples))["scores"], values, atol=1e-6)


def test_tokens_come_with_the_number_of_windows_of_each_text(
    in_windows: Scorer, random_model: Callable[..., Path], texts: list[str]
) -> None:
    outputs = ("row_windows", "row_lengths", "input_word_ids")
    given = {"text": [text.encode() for text in texts]}
    row_windows, row_lengths, ids = in_windows.model.run("tokenize", given, outputs=outputs)
    windows = [[len(window) for window in read_as("windows", text.split())] for text in texts]
    assert row_windows.tolist() == [len(row) for row in windows]
    assert row_lengths.tolist() == [length + 2 for row in windows for length in row]
    assert len(ids) == row_lengths.sum()
    assert "row_windows" not in Scorer(random_model()).model.signatures["tokenize"].outputs


def test_every_token_of_every_window_is_counted_and_a_text_once(in_windows: Scorer, texts: list[str]) -> None:
    fresh = Scorer(in_windows.folder)
    fresh.score([*texts, texts[-1]])
    lengths = [sum(len(window) + 2 for window in read_as("windows", text.split())) for text in texts]
    assert fresh.tokens_scored == sum(lengths) + lengths[-1]
    assert (fresh.texts_computed, fresh.texts_repeated) == (len(texts), 1)


def test_bfloat16_is_checked_on_windows_too(random_model: Callable[..., Path], texts: list[str]) -> None:
    scorer = Scorer(random_model(long="windows"), precision="bfloat16")
    assert scorer.score(texts).shape == (len(texts), 3)


def test_a_server_answers_for_texts_in_windows(in_windows: Scorer, texts: list[str]) -> None:
    loaded = LoadedModel(in_windows.folder)
    np.testing.assert_allclose(loaded.scorer.score(texts), in_windows.score(texts), atol=1e-6)
    answer = loaded.call("tokenize", {"text": np.array([text.encode() for text in texts], object)})
    assert len(answer["row_windows"]) == len(texts)
