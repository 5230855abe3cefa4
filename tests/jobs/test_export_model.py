"""A trained model in 16 bits, against the one in float32 that it was made from."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from tfbert.cli import app
from tfbert.data.writers import Column, open_writer
from tfbert.encoders.sources import load_encoder
from tfbert.errors import ConfigError, DataError, UserError
from tfbert.export.classifier import Classifier
from tfbert.export.manifest import digest_model, read_manifest, write_manifest
from tfbert.export.reading import load_network
from tfbert.export.writing import write_model
from tfbert.jobs.export_check import check_agreement
from tfbert.jobs.export_model import export_model
from tfbert.jobs.score import score
from tfbert.scoring.precision import compare_values
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.registry import load_task
from tfbert.text.vocabulary import read_vocabulary

TEXTS = [" ".join(words) for words in itertools.permutations(["the", "river", "is", "old", "music", "played"], 3)]
PAIRS = TEXTS[::-1]
LABELS = {"single-label": "xyz", "multi-label": ("x", "y|z", "", "x|y|z"), "regression": ("1", "2.5", "7")}
KINDS = {
    "single-label of pairs in float16": ("single-label", {"text_pair": "other"}, "float16"),
    "multi-label in bfloat16": ("multi-label", {}, "bfloat16"),
    "regression of pairs in float16": ("regression", {"text_pair": "other"}, "float16"),
    "windows in bfloat16": ("single-label", {"long": "windows"}, "bfloat16"),
}
FAR = {"float16": 0.01, "bfloat16": 0.05}


def write_held_out(model: Path, rows: list[int] | None = None) -> Path:
    """Give a model the table of held-out rows that a training writes; without `rows` those of which it is sure."""
    scorer = Scorer(model)
    texts = {"text": TEXTS, "text_pair": PAIRS} if len(scorer.manifest.text_columns) > 1 else {"text": TEXTS}
    values, task = scorer.score(*texts.values()), scorer.task
    if rows is None:
        ordered = np.sort(values, axis=1)
        margin = {
            "single-label": lambda: ordered[:, -1] - ordered[:, -2],
            "multi-label": lambda: np.abs(values - 0.5).min(axis=1),
            "regression": lambda: np.ones(len(values)),
        }[task.name]()
        rows = np.flatnonzero(margin > 0.05).tolist()
        assert len(rows) >= 40
    columns = [*map(Column, texts), Column("label"), *task.prediction_columns(prefix="")]
    labels = itertools.cycle(LABELS[task.name])
    (model / "report").mkdir()
    with open_writer(model / "report" / "predictions.csv", columns) as writer:
        answers = task.prediction_rows(values[rows])
        writer.write(
            (*(column[row] for column in texts.values()), next(labels), *answer)
            for row, answer in zip(rows, answers, strict=True)
        )
        writer.publish()
    return model


class Exported(NamedTuple):
    before: Path
    after: Path
    precision: str
    texts: dict[str, list[str]]

    @property
    def answer(self) -> str:
        return Scorer(self.after).task.answer_name

    def examples(self) -> list[bytes]:
        rows = [dict(zip(self.texts, row, strict=True)) for row in zip(*self.texts.values(), strict=True)]
        return [
            tf.train.Example(
                features=tf.train.Features(
                    feature={
                        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
                        for name, text in row.items()
                    }
                )
            ).SerializeToString()
            for row in rows
        ]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def exported(
    request: pytest.FixtureRequest, random_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    task, options, precision = KINDS[request.param]
    folder = tmp_path_factory.mktemp("exports")
    before = write_held_out(Path(shutil.copytree(random_model(task, **options), folder / "full" / "1")))
    after = export_model(before, precision=precision, output=folder / "half").folder
    long = "the river is old " * 30
    texts = {
        "text": [*TEXTS[:20], long, ""],
        **({"text_pair": [*PAIRS[:20], "music", long]} if options.get("text_pair") else {}),
    }
    return Exported(before, after, precision, texts)


def test_every_signature_gives_nearly_the_values_of_float32(exported: Exported) -> None:
    expected = Scorer(exported.before).score(*exported.texts.values())
    scorer, model = Scorer(exported.after), SavedModel(exported.after)
    scored = scorer.score(*exported.texts.values())  # by way of `tokenize` and `tokens`
    strings = {name: [text.encode() for text in texts] for name, texts in exported.texts.items()}
    (served,) = model.run("serving_default", strings, outputs=(exported.answer,))
    method, output = ("classify", "scores") if scorer.task.label_names else ("regress", "outputs")
    (classified,) = model.run(method, {"inputs": exported.examples()}, outputs=(output,))
    assert set(model.signatures) - {"__saved_model_init_op"} == {"serving_default", "tokens", "tokenize", method}
    far = FAR[exported.precision] * scorer.task.decoding.get("scale", 1.0)
    for found in (scored, served.reshape(expected.shape), classified.reshape(expected.shape)):
        assert found.dtype == np.float32
        assert 0 < np.abs(found - expected).max() < far


def test_weights_are_half_as_large_and_stored_in_that_precision(exported: Exported) -> None:
    before, after = (
        sum(path.stat().st_size for path in (folder / "variables").iterdir())
        for folder in (exported.before, exported.after)
    )
    assert after < 0.52 * before
    kinds = tf.train.load_checkpoint(str(exported.after / "variables" / "variables")).get_variable_to_dtype_map()
    for name, kind in kinds.items():
        if name.startswith("encoder/"):
            norm = ".Sgamma/" in name or ".Sbeta/" in name
            assert kind == (tf.float32 if norm else tf.as_dtype(exported.precision)), name
        elif name.startswith("head/"):
            assert kind in (tf.float32, tf.int64), name  # int64: the state of dropout's seed


def test_manifest_card_and_report_are_those_of_the_new_model(exported: Exported) -> None:
    manifest, before = read_manifest(exported.after), read_manifest(exported.before)
    assert (manifest.precision, before.precision) == (exported.precision, "float32")
    assert manifest.model == "half/1"
    compared = manifest.compared
    with (exported.after / "report" / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert compared["model"] == before.model
    assert compared["digest"] == digest_model(exported.before)
    assert (compared["rows"], compared["same"]) == (len(rows), 1.0)
    assert 0 < compared["largest_change"] < FAR[exported.precision] * manifest.decoding.get("scale", 1.0)
    own = json.loads((exported.after / "report" / "metrics.json").read_text())
    assert {name: own[name] for name in manifest.metrics} == pytest.approx(manifest.metrics, nan_ok=True)
    card = (exported.after / "model_card.md").read_text()
    assert "# half/1" in card
    assert f"Its weights and dense layers are {exported.precision}. It was made from" in card
    assert f"100.00 % of {len(rows)} held-out rows" in card
    texts = [[row[name] for row in rows] for name in exported.texts]
    values = Scorer(exported.after).score(*texts)
    cells = Scorer(exported.after).task.prediction_rows(values)
    assert [list(row.values())[len(texts) + 1 :] for row in rows] == [[str(cell) for cell in row] for row in cells]


def test_a_table_is_scored_in_the_precision_of_the_model(exported: Exported, tmp_path: Path) -> None:
    manifest = read_manifest(exported.after)
    table = tmp_path / "in.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        names = list(manifest.text_columns.values())
        csv.writer(file).writerows([names, *zip(*(texts[:20] for texts in exported.texts.values()), strict=True)])
    summary = score(exported.after, [str(table)], output=str(tmp_path / "out.csv"))
    assert summary.rows_scored == 20
    assert summary.options["precision"] == exported.precision
    with pytest.raises(ConfigError) as error:
        score(exported.after, [str(table)], output=str(tmp_path / "more.csv"), precision="bfloat16")
    assert str(error.value) == (
        f"expected a model that can compute in bfloat16, found one exported in {exported.precision} "
        f"({exported.after}); leave --precision out"
    )


def test_layers_and_encoder_are_read_back_from_it(exported: Exported) -> None:
    read = load_network(exported.after)
    texts = [tf.constant(texts[:20]) for texts in exported.texts.values()]
    values = read.task.activate(read.network.model(read.preprocessor.tokens(*texts), training=False)).numpy()
    expected = Scorer(exported.after).score(*(texts[:20] for texts in exported.texts.values()))
    far = FAR[exported.precision] * read.task.decoding.get("scale", 1.0)
    assert np.abs(values - expected).max() < far
    encoder = load_encoder(str(exported.after))
    for name, weight in load_encoder(str(exported.before)).encoder.named_weights().items():
        rounded = encoder.encoder.named_weights()[name].numpy()
        assert rounded.dtype == np.float32
        np.testing.assert_allclose(rounded, weight.numpy(), rtol=2**-8, atol=1e-6)


def test_a_reduced_model_is_not_exported_again(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        export_model(exported.after, precision="float16", output=tmp_path / "again")
    assert str(error.value) == (
        f"expected a model in float32, found half/1, exported in {exported.precision} ({exported.after}); "
        f"give the model it was made from, {read_manifest(exported.before).model}"
    )


@pytest.fixture
def plain(random_model: Callable[..., Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_model(), tmp_path / "full" / "1"))


def stretched(model: Path, folder: Path, *, by: float) -> Path:
    """The same model but for one layer, of which the activations are larger and what reads them smaller."""
    read, manifest = load_network(model), read_manifest(model)
    weights = read.encoder.named_weights()
    weights["layer_0/intermediate/kernel"].assign(weights["layer_0/intermediate/kernel"] * by)
    weights["layer_0/output/kernel"].assign(weights["layer_0/output/kernel"] / by)
    classifier = Classifier(read.network, read.encoder, preprocessor=read.preprocessor, task=read.task)
    folder.mkdir(parents=True)
    vocabulary = read_vocabulary(model / "assets" / "vocab.txt")
    write_model(classifier, folder, manifest=manifest, vocabulary=vocabulary, texts={"text": TEXTS})
    return write_held_out(folder)


def test_activations_that_float16_cannot_hold_are_refused_and_bfloat16_holds_them(plain: Path, tmp_path: Path) -> None:
    model = stretched(plain, tmp_path / "large" / "1", by=5e4)
    with pytest.raises(ConfigError) as error:
        export_model(model, precision="float16", output=tmp_path / "out" / "half")
    assert re.fullmatch(
        r"expected the labels of float32 on 99\.5% of the rows and no probability changed by more than 0\.05, "
        r"found [0-9.]+% of \d+ held-out rows, largest change of a probability nan; "
        r"use --precision bfloat16, which has the range of float32",
        str(error.value),
    )
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".export-*"))
    assert export_model(model, precision="bfloat16", output=tmp_path / "out" / "half").manifest.precision == "bfloat16"


def test_weights_that_float16_cannot_hold_are_refused(plain: Path, tmp_path: Path) -> None:
    model = stretched(plain, tmp_path / "large" / "1", by=1e6)
    with pytest.raises(ConfigError) as error:
        export_model(model, precision="float16", output=tmp_path / "half")
    assert re.fullmatch(
        r"expected weights up to 65,504, the largest number of float16, found [0-9,]+ in layer_0/intermediate/kernel; "
        r"use --precision bfloat16",
        str(error.value),
    )


def test_a_model_whose_labels_change_is_refused_and_nothing_is_left(plain: Path, tmp_path: Path) -> None:
    write_held_out(plain)
    path = plain / "report" / "predictions.csv"
    first, second, *others = path.read_text().splitlines(keepends=True)
    *given, x, y, z = second.rstrip("\n").split(",")  # text,label,predicted_label,predicted_score,x,y,z
    turned = {"x": "y", "y": "z", "z": "x"}[given[2]]
    second = ",".join([*given[:2], turned, given[3], z, x, y]) + "\n"
    path.write_text(first + second + "".join(others))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError) as error:
        export_model(plain, precision="float16", output=tmp_path / "half")
    share = f"{1 - 1 / (1 + len(others)):.2%}"
    assert f"found {share} of {1 + len(others)} held-out rows, largest change of a probability 0." in str(error.value)
    assert str(error.value).endswith("; serve the float32 model")
    assert sorted(tmp_path.rglob("*")) == before


FULL = np.tile(np.array([[0.6, 0.4]], np.float32), (400, 1))
LABELLED, VALUED = (
    load_task("single-label", labels=("a", "b")),
    load_task("regression", decoding={"mean": 0, "scale": 10}),
)


def changed(rows: int, *, by: float) -> np.ndarray:
    """FULL with other probabilities in some rows."""
    other = FULL.copy()
    other[:rows] += np.array([-by, by], np.float32)
    return other


@pytest.mark.parametrize(
    ("reduced", "precision", "found", "fix"),
    [
        (changed(3, by=0.15), "float16", "99.25% of 400 held-out rows, largest change of a probability 0.15", "serve"),
        (changed(1, by=0.06), "bfloat16", "100.00% of 400 held-out rows, largest change of a probability 0.06", "use"),
        (changed(1, by=np.nan), "float16", "99.75% of 400 held-out rows, largest change of a probability nan", "over"),
        (changed(1, by=-np.inf), "float16", "99.75% of 400 held-out rows, largest change of a probability nan", "over"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_to_do(reduced: np.ndarray, precision: str, found: str, fix: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_agreement(compare_values(FULL, reduced, task=LABELLED), precision=precision, task=LABELLED)
    assert str(error.value) == (
        "expected the labels of float32 on 99.5% of the rows and no probability changed by more than 0.05, "
        f"found {found}; "
        + {
            "serve": "serve the float32 model",
            "use": "use --precision float16, which rounds eight times finer, or serve the float32 model",
            "over": "use --precision bfloat16, which has the range of float32",
        }[fix]
    )


def test_of_numbers_a_twentieth_of_the_deviation_is_allowed(caplog: pytest.LogCaptureFixture) -> None:
    values = np.linspace(-20, 20, 400, dtype=np.float32)[:, None]
    with caplog.at_level("INFO", logger="tfbert"):
        check_agreement(compare_values(values, values + 0.4, task=VALUED), precision="float16", task=VALUED)
    assert caplog.messages == [
        "float16 gives the values of float32 on 100.00% of 400 held-out rows, largest change of a value 0.4"
    ]
    with pytest.raises(ConfigError) as error:
        check_agreement(compare_values(values, values + 0.6, task=VALUED), precision="float16", task=VALUED)
    assert str(error.value) == (
        "expected the values of float32 on 99.5% of the rows, found 0.00% of 400 held-out rows, "
        "largest change of a value 0.6; serve the float32 model"
    )


def test_without_held_out_rows_nothing_is_exported(plain: Path, tmp_path: Path) -> None:
    path = plain / "report" / "predictions.csv"
    with pytest.raises(DataError) as error:
        export_model(plain, precision="float16", output=tmp_path / "half")
    assert str(error.value) == (
        f"expected the held-out rows of single-label-model/1, to compare the two precisions on, found no {path}; "
        "take the model's folder as tfbert train wrote it, with its report"
    )
    write_held_out(plain, rows=[])
    with pytest.raises(DataError) as error:
        export_model(plain, precision="float16", output=tmp_path / "half")
    assert str(error.value) == (
        "expected rows with the predictions of single-label-model/1 (x, y, z), "
        f"found 0 rows with those of x, y, z ({path}); copy the whole version folder again"
    )


def test_a_wrapped_module_is_refused(plain: Path, tmp_path: Path) -> None:
    write_held_out(plain)
    manifest = dataclasses.replace(read_manifest(plain), encoder={"source": "some-module"})
    write_manifest(manifest, plain)
    with pytest.raises(UserError, match=r"^expected a classifier on a native BERT encoder, .* a wrapped module"):
        export_model(plain, precision="float16", output=tmp_path / "half")


def test_the_command_publishes_the_next_version_beside_the_trained_one(plain: Path) -> None:
    write_held_out(plain)
    output = plain.parent
    done = CliRunner().invoke(app, ["export", str(plain), "--precision", "float16", "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{output / '2'}\n"
    assert re.search(r"published with weights of 0\.\d MB instead of 0\.\d MB\n", done.stderr)
    assert read_manifest(output / "2").model == "full/2"
    assert read_manifest(output / "2").options["output"] == str(output)
