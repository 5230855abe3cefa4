"""A tagging model as it is exported: raw text in, entities out, decided in the graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel as SavedModelProto

from tfbert.errors import ConfigError, ModelError
from tfbert.export.check import check_export
from tfbert.export.manifest import NAME
from tfbert.export.reading import load_network
from tfbert.export.warmup import write_warmup
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["the old house in the city", "", "ann  and café 的 😡 x.", "a river " * 30]
SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeéthe的 '.!\u0301\u200d😡👍🏽\t")


@pytest.fixture(scope="module", params=["head", "windows"])
def folder(request: pytest.FixtureRequest, random_model: Callable[..., Path]) -> Path:
    return random_model("tagging", long=request.param)


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer(folder)


def answers(folder: Path, texts: list[str]) -> dict[str, np.ndarray]:
    served = tf.saved_model.load(str(folder)).signatures["serving_default"](text=tf.constant(texts))
    return {name: column.numpy() for name, column in served.items()}


def test_it_has_signatures_for_text_and_for_tokens_alone(folder: Path) -> None:
    assert set(SavedModel(folder).signatures) - {"__saved_model_init_op"} == {"serving_default", "tokens", "tokenize"}


def test_it_runs_on_ops_that_tensorflow_serving_links(folder: Path) -> None:
    saved = SavedModelProto.FromString((folder / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    ops = {node.op for nodes in (graph.node, *(one.node_def for one in graph.library.function)) for node in nodes}
    own = {op for op in ops if not hasattr(tf.raw_ops, op)}
    assert own <= {"FastWordpieceTokenizeWithOffsets", "FastBertNormalize"}
    assert not {op for op in ops if "Py" in op}


@settings(max_examples=40)
@given(texts=st.lists(st.text(SIGNS, max_size=40), min_size=1, max_size=6))
@example(texts=TEXTS)
@example(texts=["\ufeffa\x00b \u2028", "İstanbul ΟΔΟΣ", " "])
def test_an_entitys_places_are_those_of_its_text(scorer: Scorer, texts: list[str]) -> None:
    rows = scorer.task.prediction_rows(scorer.score(texts), texts=texts)
    for text, (items,) in zip(texts, rows, strict=True):
        for item in items:
            assert text[item["start"] : item["end"]] == item["text"]


def test_what_is_scored_is_what_is_served(folder: Path, scorer: Scorer) -> None:
    served = answers(folder, TEXTS)
    rows = scorer.task.prediction_rows(scorer.score(TEXTS), texts=TEXTS)
    assert [len(items) for (items,) in rows] == served["counts"].tolist()
    assert sum(served["counts"]) > 5
    for number, (items,) in enumerate(rows):
        for name, key in (("starts", "start"), ("ends", "end")):
            assert served[name][number][: len(items)].tolist() == [item[key] for item in items]
        assert [one.decode() for one in served["entities"][number][: len(items)]] == [item["text"] for item in items]
        assert [one.decode() for one in served["types"][number][: len(items)]] == [item["type"] for item in items]
        np.testing.assert_allclose(served["scores"][number][: len(items)], [item["score"] for item in items], atol=1e-5)


def test_rows_are_answered_alone_as_in_company(scorer: Scorer) -> None:
    together = scorer.score(TEXTS * 3)
    for text, found in zip(TEXTS, together, strict=False):
        (alone,) = scorer.score([text])
        np.testing.assert_array_equal(alone[:, :3], found[:, :3])
        np.testing.assert_allclose(alone[:, 3], found[:, 3], atol=1e-5)
    assert scorer.score([]).shape == (0,)


def test_an_answer_is_decided_from_the_numbers_of_the_tokens(scorer: Scorer) -> None:
    # A text without a piece that is cut: B-x on word 0 say, where its first piece has that tag alone.
    text = "the old house"
    ids, lengths = scorer.model.run("tokenize", {"text": [text.encode()]}, outputs=("input_word_ids", "row_lengths"))
    tokens = {name: ids[None] if name == "input_word_ids" else np.zeros_like(ids[None]) for name in (
        "input_word_ids", "input_type_ids")}  # fmt: skip
    tokens["input_mask"] = np.ones_like(ids[None])
    probabilities, classes = scorer.model.run("tokens", tokens, outputs=("probabilities", "classes"))
    assert probabilities.shape == (1, lengths[0], 7)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
    assert [name.decode() for name in classes[0]] == ["O", "B-x", "I-x", "B-y", "I-y", "B-z", "I-z"]


def test_bfloat16_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError) as error:
        Scorer(folder, precision="bfloat16").load()
    assert str(error.value) == (
        "expected a model that can compute in bfloat16, found one of tagging, which answers raw texts in one precision "
        f"alone ({folder}); leave --precision out"
    )


def test_a_manifest_with_other_types_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "1"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / NAME).read_text())
    (copy / NAME).write_text(json.dumps(manifest | {"labels": ["x", "y", "zebra"]}))
    with pytest.raises(ModelError) as error:
        Scorer(copy).load()
    assert "(O, B-x, I-x, B-y, I-y, B-z, I-z), found O, B-x, I-x, B-y, I-y, B-zebra, I-zebra;" in str(error.value)


def test_an_export_is_checked_token_by_token(folder: Path) -> None:
    from tfbert.data.datasets import tokenize_rows

    read, texts = load_network(folder), [text or "x" for text in TEXTS]
    tokens = tokenize_rows(texts, ids=read.preprocessor.ids)
    checked = {"model": read.network.model, "task": read.task, "texts": {"text": texts}}
    assert check_export(folder, tokens=tokens, **checked) < 1e-5
    with pytest.raises(ModelError, match="found a difference of inf between two probabilities"):
        check_export(folder, tokens=tokenize_rows(texts[::-1], ids=read.preprocessor.ids), **checked)
    bias = read.network.head.weights[-1]
    bias.assign(bias + np.linspace(0.01, 0.02, bias.shape[0]))
    with pytest.raises(ModelError, match=r"found a difference of 0\.0"):
        check_export(folder, tokens=tokens, **checked)


def test_only_the_signature_for_text_is_warmed_up(folder: Path, tmp_path: Path) -> None:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    write_warmup(tmp_path, model="m", texts={"text": TEXTS}, method=None)
    path = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    logged = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    assert {one.predict_log.request.model_spec.signature_name for one in logged} == {"serving_default"}
