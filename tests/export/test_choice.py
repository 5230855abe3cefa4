"""A model that chooses between endings: what differs from a model of single texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

from tfbert.data.datasets import tokenize_rows
from tfbert.errors import ModelError
from tfbert.export.check import check_export
from tfbert.export.reading import load_network
from tfbert.export.warmup import write_warmup
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

TEXTS = {
    "text": ["where is my parcel?", "refund please", "the app crashes " * 9, "naïve café 😡", "x"],
    "ending_0": ["it is on its way", "the app crashes " * 9, "no", "x", "naïve café 😡"],
    "ending_1": ["in the city", "x", "the old house", "a river", "music"],
    "ending_2": ["never", "people played here", "x", "is it new?", "a"],
}
NAMES = ("x", "y", "z")


@pytest.fixture(scope="module")
def folder(random_model: Callable[..., Path]) -> Path:
    return random_model("choice", endings=("a", "b", "c"))


@pytest.fixture(scope="module")
def values(folder: Path) -> np.ndarray:
    """What the layers themselves answer for each pair of a text and one of its endings."""
    read = load_network(folder)
    text, *endings = (tf.constant(column) for column in TEXTS.values())
    scores = [read.network.model(read.preprocessor.tokens(text, ending), training=False) for ending in endings]
    return softmax(np.concatenate(scores, axis=1), axis=1)


def inputs() -> dict[str, list[bytes]]:
    return {name: [text.encode() for text in column] for name, column in TEXTS.items()}


def test_strings_get_the_softmax_of_the_layers_scores(folder: Path, values: np.ndarray) -> None:
    model = SavedModel(folder)
    assert float(np.ptp(values, axis=1).max()) > 0.05
    answer = dict(
        zip(
            outputs := ("label", "score", "probabilities", "classes"),
            model.run("serving_default", inputs(), outputs=outputs),
            strict=True,
        )
    )
    np.testing.assert_allclose(answer["probabilities"], values, atol=1e-5)
    assert [label.decode() for label in answer["label"]] == [NAMES[at] for at in values.argmax(axis=1)]
    assert answer["classes"].tolist() == [[name.encode() for name in NAMES]] * 5
    np.testing.assert_allclose(answer["score"], values.max(axis=1), atol=1e-5)


def test_the_scorer_gives_them_too(folder: Path, values: np.ndarray) -> None:
    scorer = Scorer(folder)
    found = scorer.score(*TEXTS.values())
    assert (found.dtype, scorer.score([], [], [], []).shape) == (np.float32, (0, 3))
    np.testing.assert_allclose(found, values, atol=1e-5)
    cells = scorer.task.prediction_rows(found, texts=TEXTS["ending_2"])
    assert [row[0] for row in cells] == [NAMES[at] for at in values.argmax(axis=1)]


def test_its_signatures_take_a_text_and_its_endings(folder: Path) -> None:
    signatures = SavedModel(folder).signatures
    names = {"serving_default", "tokens", "tokens_bfloat16", "tokenize", "classify"}
    assert signatures.keys() - {"__saved_model_init_op"} == names
    assert set(signatures["serving_default"].inputs) == set(signatures["tokenize"].inputs) == set(TEXTS)
    assert set(signatures["tokens"].outputs) == set(signatures["tokens_bfloat16"].outputs) == {"scores"}


def test_tokenising_gives_a_row_for_each_ending(folder: Path) -> None:
    names = ("input_word_ids", "input_type_ids", "row_lengths", "row_windows")
    ids, types, lengths, row_windows = SavedModel(folder).run("tokenize", inputs(), outputs=names)
    assert row_windows.tolist() == [3] * 5
    assert lengths.max() == 24  # max_length
    starts = np.cumsum(lengths) - lengths
    rows = [ids[start : start + length].tolist() for start, length in zip(starts, lengths, strict=True)]
    read = load_network(folder).preprocessor
    expected = [read.ids(*(tf.constant([TEXTS[name][0]]) for name in ("text", f"ending_{n}"))) for n in range(3)]
    assert rows[:3] == [pair.to_list()[0] for pair, _ in expected]
    segments = [types[start : start + length].tolist() for start, length in zip(starts, lengths, strict=True)]
    assert segments[:3] == [segment.to_list()[0] for _, segment in expected]


def test_a_row_is_as_long_as_its_text_with_the_longest_ending(folder: Path) -> None:
    read = load_network(folder).preprocessor
    texts, endings = tf.constant(["a b", "x"]), [tf.constant(["c", "c d e"]), tf.constant(["c d", "c"])]
    assert read.lengths(texts, *endings).numpy().tolist() == [2 + 2 + 3, 1 + 3 + 3]


def test_examples_get_the_same_values(folder: Path, values: np.ndarray) -> None:
    rows = [dict(zip(TEXTS, row, strict=True)) for row in zip(*TEXTS.values(), strict=True)]
    examples = []
    for row in rows:
        parts = {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[t.encode()])) for name, t in row.items()}
        examples.append(tf.train.Example(features=tf.train.Features(feature=parts)).SerializeToString())
    classes, scores = SavedModel(folder).run("classify", {"inputs": examples}, outputs=("classes", "scores"))
    assert classes.tolist() == [[name.encode() for name in NAMES]] * 5
    np.testing.assert_allclose(scores, values, atol=1e-5)


def test_each_signature_is_warmed_up_with_all_texts(tmp_path: Path) -> None:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    write_warmup(tmp_path, model="m", texts=TEXTS, method="classify")
    path = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    logged = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    assert set(logged[0].predict_log.request.inputs) == set(TEXTS)
    assert set(logged[1].classify_log.request.input.example_list.examples[0].features.feature) == set(TEXTS)


def test_an_export_is_checked_with_what_it_takes(folder: Path) -> None:
    read = load_network(folder)
    tokens = tokenize_rows(*TEXTS.values(), ids=read.preprocessor.ids)
    assert (tokens.row_windows.tolist(), len(tokens.lengths)) == ([3] * 5, 15)
    checked = {"model": read.network.model, "task": read.task, "texts": TEXTS, "tokens": tokens}
    assert check_export(folder, **checked) < 1e-5
    kernel = read.network.head.weights[-2]
    kernel.assign(kernel * 1.1)
    with pytest.raises(ModelError, match=r"found a difference of 0\.0.* between two probabilities; report this"):
        check_export(folder, **checked)


def test_the_precision_of_a_sample_is_that_of_whole_rows(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    scorer = Scorer(folder, precision="bfloat16")
    with caplog.at_level("INFO", logger="tfbert"):
        values = scorer.score(*TEXTS.values())
    np.testing.assert_allclose(values, Scorer(folder).score(*TEXTS.values()), atol=0.1)
    assert "of 5 sampled rows" in caplog.text
