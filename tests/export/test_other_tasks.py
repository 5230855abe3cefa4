"""Models of pairs, of several labels and of numbers: what differs from a model of single texts and labels."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfbert.errors import ModelError
from tfbert.export.check import check_export
from tfbert.export.reading import load_network
from tfbert.export.warmup import write_warmup
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["where is my parcel?", "refund please", "the app crashes " * 9, "naïve café 😡", "x"]
PAIRS = ["it is on its way", "the app crashes " * 9, "no", "x", "naïve café 😡"]


@pytest.fixture(
    scope="module",
    params=[("single-label", True), ("multi-label", False), ("regression", True)],
    ids=["single-label of pairs", "multi-label", "regression of pairs"],
)
def folder(request: pytest.FixtureRequest, random_model: Callable[..., Path]) -> Path:
    task, pairs = request.param
    return random_model(task, **({"text_pair": "other"} if pairs else {}))


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[str, list[str]]:
    """What the model takes."""
    paired = len(Scorer(folder).manifest.text_columns) > 1
    return {"text": TEXTS, "text_pair": PAIRS} if paired else {"text": TEXTS}


@pytest.fixture(scope="module")
def values(folder: Path, texts: dict[str, list[str]]) -> np.ndarray:
    """What the layers themselves answer."""
    read = load_network(folder)
    tokens = read.preprocessor.tokens(*(tf.constant(column) for column in texts.values()))
    return read.task.activate(read.network.model(tokens, training=False)).numpy()


def example(**features: str) -> bytes:
    parts = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()])) for name, text in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=parts)).SerializeToString()


def rows(texts: dict[str, list[str]]) -> list[dict[str, str]]:
    return [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]


def test_strings_get_the_layers_values(folder: Path, texts: dict[str, list[str]], values: np.ndarray) -> None:
    task = Scorer(folder).task
    inputs = {name: [text.encode() for text in column] for name, column in texts.items()}
    (found,) = SavedModel(folder).run("serving_default", inputs, outputs=(task.answer_name,))
    assert float(np.ptp(values, axis=0).max()) > 0.05
    np.testing.assert_allclose(found.reshape(values.shape), values, atol=1e-5)


def test_the_scorer_gives_the_layers_values(folder: Path, texts: dict[str, list[str]], values: np.ndarray) -> None:
    np.testing.assert_allclose(Scorer(folder).score(*texts.values()), values, atol=1e-5)


def test_the_signatures_are_those_of_the_task(folder: Path, texts: dict[str, list[str]]) -> None:
    model, task = SavedModel(folder), Scorer(folder).task
    method = "classify" if task.label_names else "regress"
    expected = {"serving_default", "tokens", "tokens_bfloat16", "tokenize", method}
    assert model.signatures.keys() - {"__saved_model_init_op"} == expected
    assert set(model.signatures["serving_default"].inputs) == set(model.signatures["tokenize"].inputs) == set(texts)
    outputs = {
        "single-label": {"label", "score", "probabilities", "classes"},
        "multi-label": {"labels", "probabilities", "classes"},
        "regression": {"value"},
    }[task.name]
    for name in ("serving_default", "tokens", "tokens_bfloat16"):
        assert set(model.signatures[name].outputs) == outputs
    assert (folder / "assets" / "labels.txt").exists() == bool(task.label_names)


def test_examples_get_the_same_values(folder: Path, texts: dict[str, list[str]], values: np.ndarray) -> None:
    model, task = SavedModel(folder), Scorer(folder).task
    inputs = {"inputs": [example(**row, unused="z") for row in rows(texts)]}
    if task.label_names:
        classes, scores = model.run("classify", inputs, outputs=("classes", "scores"))
        assert classes.tolist() == [[name.encode() for name in task.label_names]] * len(TEXTS)
        np.testing.assert_allclose(scores, values, atol=1e-5)
    else:
        (outputs,) = model.run("regress", inputs, outputs=("outputs",))
        assert outputs.shape == (len(TEXTS),)
        np.testing.assert_allclose(outputs, values[:, 0], atol=1e-5)


def test_the_method_of_examples_is_named_for_tensorflow_serving(folder: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    methods = {name: signature.method_name for name, signature in saved.meta_graphs[0].signature_def.items()}
    method = "classify" if Scorer(folder).task.label_names else "regress"
    assert methods[method] == f"tensorflow/serving/{method}"


def test_the_tables_cells_are_the_signatures_outputs(folder: Path, texts: dict[str, list[str]]) -> None:
    scorer = Scorer(folder)
    inputs = {name: tf.constant(column) for name, column in texts.items()}
    served = tf.saved_model.load(str(folder)).signatures["serving_default"](**inputs)
    cells = scorer.task.prediction_rows(scorer.score(*texts.values()))
    decided = {"single-label": "label", "multi-label": "labels"}.get(scorer.task.name)
    if decided:
        assert [row[0] for row in cells] == [label.decode() for label in served[decided].numpy()]
    else:
        np.testing.assert_allclose([row[0] for row in cells], served["value"].numpy(), atol=1e-5)


def test_each_signature_is_warmed_up(folder: Path, texts: dict[str, list[str]], tmp_path: Path) -> None:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    task, model = Scorer(folder).task, SavedModel(folder)
    method, output = ("classify", "scores") if task.label_names else ("regress", "outputs")
    write_warmup(tmp_path, model="m", texts=texts, method=method)
    path = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)):
        logged = PredictionLog.FromString(record.numpy())
        request = getattr(logged, logged.WhichOneof("log_type")).request
        name = request.model_spec.signature_name
        if name == "serving_default":
            inputs = {column: tf.make_ndarray(tensor).tolist() for column, tensor in request.inputs.items()}
            (answers,) = model.run(name, inputs, outputs=(task.answer_name,))
        else:
            examples = [one.SerializeToString() for one in request.input.example_list.examples]
            (again,) = model.run(name, {"inputs": examples}, outputs=(output,))
            np.testing.assert_allclose(again, answers, atol=1e-6)  # the same rows as in the request before
            assert (name, logged.WhichOneof("log_type")) == (method, f"{method}_log")


def test_an_export_is_checked_with_what_it_takes(folder: Path, texts: dict[str, list[str]]) -> None:
    from tfbert.data.datasets import tokenize_rows

    read = load_network(folder)
    tokens = tokenize_rows(*texts.values(), ids=read.preprocessor.ids)
    checked = {"model": read.network.model, "task": read.task, "texts": texts, "tokens": tokens}
    assert check_export(folder, **checked) < 1e-5
    bias = read.network.head.weights[-1]
    bias.assign(bias + np.linspace(0.01, 0.02, bias.shape[0]))
    with pytest.raises(ModelError) as error:
        check_export(folder, **checked)
    what = "probabilities" if read.task.label_names else "values"
    assert str(error.value).startswith(
        "expected an export within 0.0001 of the trained model, found a difference of 0.0"
    )
    assert str(error.value).endswith(f"between two {what}; report this as a bug of tfbert; nothing was published")


def test_the_second_text_has_the_second_segment(random_model: Callable[..., Path]) -> None:
    model = SavedModel(random_model("single-label", text_pair="other"))
    inputs = {"text": [b"a b c", b"a " * 50, b"a"], "text_pair": [b"d e", b"b " * 50, b"b " * 50]}
    ids, types, lengths = model.run("tokenize", inputs, outputs=("input_word_ids", "input_type_ids", "row_lengths"))
    assert lengths.tolist() == [3 + 2 + 3, 24, 24]  # max_length 24
    starts = np.cumsum(lengths) - lengths
    parts = [types[start : start + length].tolist() for start, length in zip(starts, lengths, strict=True)]
    assert parts == [[0] * 5 + [1] * 3, [0] * 13 + [1] * 11, [0] * 3 + [1] * 21]
    cls, sep = ids[0], ids[4]
    for part, start, length in zip(parts, starts, lengths, strict=True):
        row, first = ids[start : start + length], part.index(1)
        assert (row[0], row[first - 1], row[-1]) == (cls, sep, sep)
        assert (row == sep).sum() == 2


def test_a_manifest_that_speaks_of_another_graph_is_refused(random_model: Callable[..., Path], tmp_path: Path) -> None:
    for task, options, wanted in (
        ("regression", {"text_pair": "other"}, "for regression on text"),
        ("multi-label", {}, "for multi-label on text, text_pair"),
    ):
        copy = Path(shutil.copytree(random_model(task, **options), tmp_path / task / "1"))
        manifest = json.loads((copy / "tfbert.json").read_text())
        manifest["text_columns"] = {"text": "text"} if options else {"text": "text", "text_pair": "other"}
        (copy / "tfbert.json").write_text(json.dumps(manifest))
        with pytest.raises(ModelError) as error:
            Scorer(copy).load()
        assert str(error.value) == (
            f"expected a SavedModel that loads, found another graph than tfbert.json tells of: {wanted}; "
            "export the model again"
        )
