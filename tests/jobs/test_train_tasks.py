"""Training, exporting and scoring the other tasks and pairs of texts, from table to table."""

from __future__ import annotations

import csv
import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from killed_training import killed
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from tfbert.config import TrainConfig
from tfbert.config_reading import build_config
from tfbert.data.tables import open_table
from tfbert.data.writers import Column, open_writer
from tfbert.errors import ConfigError, DataError
from tfbert.jobs.distill_classifier_options import TeachingConfig
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.regression import Regression

COLOURS = ("red", "blue", "green")


def write(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("".join(f"{line}\n" for line in [header, *rows]), encoding="utf-8")
    return str(path)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def options(tiny_module: Path, folder: Path, **more: object) -> TrainConfig:
    values = {
        "encoder": str(tiny_module), "output": str(folder / "model"), "epochs": 2, "learning_rate": 1e-3,
        "batch_size": 8, "max_length": 16, **more,
    }  # fmt: skip
    return build_config(values)


@pytest.fixture(scope="module")
def paired(tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A regression on pairs: how many words of the first text the second has; in hundreds, with weights."""
    folder, random = tmp_path_factory.mktemp("paired"), np.random.default_rng(0)
    rows = []
    for number in range(90):
        first, second = (random.choice(COLOURS, 3) for _ in range(2))
        shared = len(set(first) & set(second))
        rows.append(f"{' '.join(first)} {number},{' '.join(second)},{shared * 100},{number % 3 + 1}")
    bad = ["a,,100,1", "a,b,many,1", "a,b,100,0", ",b,100,1"]
    table = write(folder / "train.csv", "question,answer,overlap,weight", [*bad, *rows])
    return train(
        options(
            tiny_module, folder, train=[table], text="question", text_pair="answer", label="overlap",
            task="regression", sample_weight="weight",
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def several(tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A multi-label model: which colours a text names; every eighth names none."""
    folder, random = tmp_path_factory.mktemp("several"), np.random.default_rng(1)
    rows = []
    for number in range(160):
        named = sorted(set(random.choice(COLOURS, random.integers(1, 4)))) if number % 8 else []
        rows.append(f"number {number} is {' and '.join(named) or 'plain'},{'|'.join(named)}")
    table = write(folder / "train.csv", "text,label", [*rows, "x,red||blue"])
    return train(options(tiny_module, folder, train=[table], task="multi-label", epochs=4, learning_rate=3e-3))


def test_the_manifest_has_what_scoring_needs(paired: TrainedModel, several: TrainedModel) -> None:
    numbers, labels = paired.manifest, several.manifest
    assert (numbers.task, numbers.labels, numbers.thresholds) == ("regression", (), {})
    assert (numbers.text_columns, numbers.label_column) == ({"text": "question", "text_pair": "answer"}, "overlap")
    assert 0 < numbers.decoding["mean"] < 300
    assert 0 < numbers.decoding["scale"] < 200
    assert (numbers.rows["rejected"], numbers.rows["train"] + numbers.rows["valid"] + numbers.rows["test"]) == (4, 90)
    assert (labels.task, labels.labels, list(labels.text_columns)) == ("multi-label", tuple(sorted(COLOURS)), ["text"])
    assert labels.thresholds.keys() == set(COLOURS)
    assert labels.rows["rejected"] == 1


def test_training_learns(paired: TrainedModel, several: TrainedModel) -> None:
    for trained in (paired, several):
        losses = [epoch["val_loss"] for epoch in trained.manifest.history]
        assert min(losses[1:]) < losses[0]
    assert {"mae", "val_mae"} <= paired.manifest.history[0].keys()
    assert {"subset_accuracy", "val_subset_accuracy"} <= several.manifest.history[0].keys()


def test_the_metrics_are_those_of_scipy_on_the_held_out_rows(paired: TrainedModel) -> None:
    rows = read(paired.folder / "report" / "predictions.csv")
    assert list(rows[0]) == ["text", "text_pair", "label", "predicted_value"]
    truth, found = (np.array([float(row[name]) for row in rows]) for name in ("label", "predicted_value"))
    assert paired.manifest.metrics["pearson"] == pytest.approx(pearsonr(truth, found).statistic, abs=1e-5)
    assert paired.manifest.metrics["spearman"] == pytest.approx(spearmanr(truth, found).statistic, abs=1e-5)


def test_the_metrics_are_those_of_scikit_learn_on_the_held_out_rows(several: TrainedModel) -> None:
    rows, binarizer = read(several.folder / "report" / "predictions.csv"), MultiLabelBinarizer(classes=sorted(COLOURS))
    truth, found = (
        binarizer.fit_transform([row[name].split("|") if row[name] else [] for row in rows])
        for name in ("label", "predicted_labels")
    )
    for average in ("micro", "macro"):
        expected = f1_score(truth, found, average=average, zero_division=0)
        assert several.manifest.metrics[f"{average}_f1"] == pytest.approx(expected)


@pytest.mark.parametrize("name", ["paired", "several"])
def test_the_held_out_rows_are_written_as_scoring_them_would(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    trained = request.getfixturevalue(name)
    held_out, table = trained.folder / "report" / "predictions.csv", tmp_path / "in.csv"
    with open_table(held_out) as predictions:
        names = predictions.columns[: predictions.columns.index("label") + 1]
        with open_writer(table, [Column(column) for column in names]) as writer:
            writer.write(record.values[: len(names)] for record in predictions)
            writer.publish()
    texts = {column: column for column in names if column != "label"}
    score(trained.folder, [str(table)], output=str(tmp_path / "out.csv"), **texts)
    assert (tmp_path / "out.csv").read_bytes() == held_out.read_bytes()


@pytest.fixture
def quick(tiny_module: Path, tmp_path: Path) -> TrainConfig:
    """A training of seconds on pairs: a head alone."""
    rows = [f"text {number},other {number},{number / 7},{number + 1}" for number in range(24)]
    table = write(tmp_path / "few.csv", "text,other,label,weight", rows)
    more = {"task": "regression", "text_pair": "other", "trainable": "none", "batch_size": 4}
    return options(tiny_module, tmp_path, train=[table], **more)


@pytest.mark.slow
def test_a_killed_training_on_pairs_continues_unless_a_second_text_or_a_weight_changed(
    quick: TrainConfig, tmp_path: Path
) -> None:
    weighted = dataclasses.replace(quick, sample_weight="weight")
    assert killed(weighted, share=0.5) == 1
    assert killed(weighted, share=0.5) > 1
    table, before = tmp_path / "few.csv", (tmp_path / "few.csv").read_text()
    table.write_text(before.replace("other 3,", "other x,"))
    assert killed(weighted, share=0.5) == 1
    table.write_text(before.replace(",24\n", ",25\n"))
    assert killed(weighted, share=0) == 1


@pytest.mark.parametrize("unit", [1.0, 1e-320, 1e308 / 3])
def test_only_the_ratios_of_weights_count_however_large_or_small_they_are(unit: float) -> None:
    from tfbert.jobs.training_run import loss_weights

    targets = np.zeros(3, np.float32)
    weights = loss_weights(targets, task=Regression(0.0, 1.0), class_weights="none", own=[unit, 3 * unit, 2 * unit])
    np.testing.assert_allclose(weights, [0.5, 1.5, 1], rtol=1e-3)


@pytest.mark.slow
def test_rows_count_by_their_weights(tiny_module: Path, tmp_path: Path) -> None:
    """Texts that say nothing, half of them 0 and half 1: the best constant is the weighted mean."""
    rows = [f"text number {number},{number % 2},{9000 if number % 2 else 1000}" for number in range(60)]
    table = write(tmp_path / "rows.csv", "text,label,weight", rows)
    more = {"task": "regression", "trainable": "none", "epochs": 6, "learning_rate": 1e-2, "test_fraction": 0.2}
    config = options(tiny_module, tmp_path, train=[table], patience=6, sample_weight="weight", **more)
    without = dataclasses.replace(config, sample_weight="", output=str(tmp_path / "without"))
    means = [
        Scorer(train(one).folder).score([f"text number {n}" for n in range(60)]).mean() for one in (config, without)
    ]
    assert means[0] > means[1] + 0.1


def test_columns_are_looked_for_before_anything_is_loaded(quick: TrainConfig, tmp_path: Path) -> None:
    table = tmp_path / "few.csv"
    for changes, column, flag in (
        ({"text_pair": "second"}, "second", "--text-pair"),
        ({"sample_weight": "w"}, "w", "--sample-weight"),
    ):
        with pytest.raises(DataError) as error:
            train(dataclasses.replace(quick, encoder=str(tmp_path / "nowhere"), **changes))
        assert str(error.value) == (
            f"expected a column named '{column}', found columns text, other, label, weight ({table}); "
            f"name the column with {flag}"
        )


def test_labels_of_held_out_rows_must_be_those_of_training(several: TrainedModel, tmp_path: Path) -> None:
    test = write(tmp_path / "test.csv", "text,label", ["x,red", "y,red|pink"])
    values = {**several.manifest.options, "test": [test], "output": str(tmp_path / "model")}
    with pytest.raises(DataError) as error:
        train(build_config(values))
    assert str(error.value) == (
        "expected labels seen in training (blue, green, red), found 'pink' and 1 such row(s); "
        "mend the label, drop the rows, or add rows with it to --train"
    )


def test_only_single_labels_of_single_texts_are_taught(
    paired: TrainedModel, trained: TrainedModel, tmp_path: Path
) -> None:
    teaching = TeachingConfig(teacher=str(trained.folder), unlabelled=("none.csv",))
    with pytest.raises(ConfigError) as error:
        train(build_config({**paired.manifest.options, "output": str(tmp_path / "student")}), teaching=teaching)
    assert str(error.value) == (
        "expected the task single-label, of single texts, for a student, found regression of pairs; "
        "train the student without a teacher: tfbert train"
    )
    assert not (tmp_path / "student").exists()


@pytest.mark.slow
def test_a_regression_on_pairs_works_from_the_shell(quick: TrainConfig) -> None:
    flags = ["--train", quick.train[0], "--text-pair", "other", "--task", "regression", "--encoder", quick.encoder]
    more = ["--trainable", "none", "--epochs", "1", "--max-length", "16", "--output", quick.output]
    command = [sys.executable, "-c", "from tfbert.cli import main; main()", "train", *flags, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"{quick.output}/1", done.stderr
    assert "the export gives the trained model's values within" in done.stderr
    assert "\n  pearson " in done.stderr
    assert "\n  spearman " in done.stderr
