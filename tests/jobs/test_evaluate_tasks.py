"""`tfbert evaluate` and `tfbert score --label` on every task, and whether scored rows are like the training data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics as sk

from tfbert.data.tables import open_table
from tfbert.errors import ConfigError, DataError
from tfbert.evaluation.profile import PATH, build_profile, read_profile, write_profile
from tfbert.jobs.compare import compare
from tfbert.jobs.evaluate import evaluate
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel
from tfbert.jobs.true_labels import parse_truth

MULTI = "text,label,predicted_labels,probability_a,probability_b,channel\n"
NUMBERS = "text,label,predicted_value,channel\n"
WORDS = ("parcel", "refund", "late", "thanks", "broken", "app", "login", "where", "my", "is")


def write_table(path: Path, rows: int, label: Callable[[int], str]) -> Path:
    random = np.random.default_rng(0)
    texts = (" ".join(random.choice(WORDS, 6)) for _ in range(rows))
    lines = (f"{text},{label(row)},{'web' if row % 3 else 'mail'}\n" for row, text in enumerate(texts))
    path.write_text("text,label,channel\n" + "".join(lines))
    return path


@pytest.mark.parametrize(
    ("task", "labels", "cells", "truth"),
    [
        ("single-label", ("a", "b"), ["b", " a", "c", "", None], [1, 0, -1, -1, -1]),
        (
            "multi-label",
            ("a", "b"),
            ["a|b", "b", "", None, "a | c", ["a"]],
            [[1, 1], [0, 1], [0, 0], [0, 0], [np.nan] * 2, [np.nan] * 2],
        ),
        ("regression", (), ["1.5", 2, "-3e2", "", "many", None, True], [1.5, 2, -300, *[np.nan] * 4]),
    ],
)
def test_label_cells_become_what_an_evaluator_takes(task, labels, cells, truth):
    np.testing.assert_array_equal(parse_truth(task, labels, cells), np.array(truth))


def test_a_multi_label_table_is_recognised_and_what_was_decided_counts(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(MULTI + "x,a|b,a,0.9,0.6,web\ny,b,a|b,0.2,0.3,web\nz,,,0.9,0.9,mail\nw,c,a,0.5,0.5,mail\n")
    metrics = evaluate(str(path), label="label", output=tmp_path / "report", slices=["channel"])
    truth, predicted = np.array([[1, 1], [0, 1], [0, 0]]), np.array([[1, 0], [1, 1], [0, 0]])
    assert metrics["micro_f1"].value == pytest.approx(sk.f1_score(truth, predicted, average="micro"))
    assert metrics["subset_accuracy"].value == pytest.approx(1 / 3)
    written = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert written["slices"]["channel"]["web"]["rows"] == 2
    page = (tmp_path / "report" / "report.html").read_text()
    assert "rows whose label the model does not know, left out here</dt><dd>1</dd>" in page
    assert "By <bdi>channel</bdi>" in page


def test_a_table_of_values_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(NUMBERS + "x,1,1.5,web\ny,2,2,web\nz,4,3,mail\nw,none,3,mail\n")
    metrics = evaluate(str(path), label="label", output=tmp_path / "report", slices=["channel"])
    assert metrics["rmse"].value == pytest.approx(sk.root_mean_squared_error([1, 2, 4], [1.5, 2, 3]))
    assert metrics["spearman"].value == pytest.approx(1)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "rows whose label is no number, left out here</dt><dd>1</dd>" in page
    path.write_text(NUMBERS + "x,none,1,web\n")
    with pytest.raises(DataError) as error:
        evaluate(str(path), label="label", output=tmp_path / "other")
    assert str(error.value) == (
        f"expected numbers in column 'label', found none in 1 scored rows; check --label; the predictions are in {path}"
    )


def test_a_label_decided_by_a_threshold_counts_and_not_the_likeliest(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "text,label,predicted_label,predicted_score,probability_ham,probability_spam\n"
        "x,spam,spam,0.3,0.7,0.3\ny,ham,ham,0.9,0.9,0.1\n"
    )
    assert evaluate(str(path), label="label", output=tmp_path / "report")["accuracy"].value == 1


def test_both_texts_of_a_pair_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("one,two,label,predicted_value\nfirst text,second text,1,2\nother,text,2,2\n")
    evaluate(str(path), label="label", output=tmp_path / "report", text="one", text_pair="two")
    assert "first text\nsecond text" in (tmp_path / "report" / "report.html").read_text()
    with pytest.raises(DataError, match=r"expected a column named 'three', .*; name the column with --text-pair$"):
        evaluate(str(path), label="label", output=tmp_path / "r", text="one", text_pair="three")


def test_a_slice_that_is_no_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(NUMBERS + "x,1,1.5,web\n")
    with pytest.raises(DataError, match=r"^expected a column named 'source', .*; name the column with --slice$"):
        evaluate(str(path), label="label", output=tmp_path / "report", slices=["source"])


def test_a_slice_with_the_name_of_the_text_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(NUMBERS.replace("channel", "characters") + "x,1,1.5,web\n")
    with pytest.raises(DataError) as error:
        evaluate(str(path), label="label", output=tmp_path / "report", slices=["characters"])
    assert str(error.value) == (
        "expected columns to slice by that are not named 'characters', as the results by text length are, found "
        "--slice characters; rename the column, or leave the flag out: every report has the text length in characters"
    )


@pytest.mark.parametrize("label", ["predicted_label", "probability_b"])
def test_predictions_are_not_measured_against_themselves(tmp_path: Path, label: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text,label,predicted_label,predicted_score,probability_a,probability_b\nx,a,b,0.9,0.1,0.9\n")
    for job in (lambda **options: evaluate(str(path), **options), lambda **options: compare(path, path, **options)):
        with pytest.raises(DataError) as error:
            job(label=label, output=tmp_path / "report")
        assert str(error.value) == (
            f"expected a column of true labels, found '{label}', which is a column of predictions ({path}); "
            "name the column of the labels with --label"
        )


def test_a_missing_text_is_shown_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": null, "label": 1, "predicted_value": 2}\n{"text": "x", "label": 2, "predicted_value": 2}')
    evaluate(str(path), label="label", output=tmp_path / "report")
    assert "None" not in (tmp_path / "report" / "report.html").read_text()


def test_the_command_prints_values_with_their_intervals(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(NUMBERS + "".join(f"text {row},{row % 7},{row % 7 + row % 2},web\n" for row in range(60)))
    code = "from tfbert.cli import main; main()"
    command = [sys.executable, "-c", code, "evaluate", str(path), "--label", "label", "--slice", "channel"]
    done = subprocess.run([*command, "--output", str(tmp_path / "r")], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["spearman", "pearson", "rmse", "mae", "r2", "mse", "bias"]
    for _, value, low, high in rows:
        assert float(low) < float(value) < float(high)
    assert rows[3][1] == "0.5000"
    assert done.stderr == f"report: {tmp_path / 'r'}/report.html\n"


@pytest.mark.parametrize(
    ("task", "label", "metric"),
    [
        ("multi-label", lambda row: "x|y" if row % 2 else "", "micro_f1"),
        ("regression", lambda row: str(row % 5), "spearman"),
    ],
)
def test_scoring_with_labels_reports_what_evaluating_the_output_reports(
    task: str, label: Callable[[int], str], metric: str, random_model: Callable[..., Path], tmp_path: Path
) -> None:
    table = write_table(tmp_path / "in.csv", 40, label)
    output = tmp_path / "out.csv"
    score(random_model(task), [str(table)], output=str(output), label="label", slices=["channel"])
    evaluated = evaluate(str(output), label="label", output=tmp_path / "report", slices=["channel"])
    ours, theirs = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("out.report", "report"))
    assert ours == theirs
    assert ours[metric] == pytest.approx(evaluated[metric].value, nan_ok=True)
    assert ours["slices"]["channel"].keys() == {"mail", "web"}


def test_slices_need_labels(random_model: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        score(random_model(), ["in.csv"], output=str(tmp_path / "out.csv"), slices=["channel"])
    assert str(error.value) == ("expected --label with --slice, found no --label; name the column of true labels")


def test_a_trained_model_has_a_profile_of_its_training_data(trained: TrainedModel, messages: Path) -> None:
    profile = read_profile(trained.folder / PATH, labels=trained.manifest.labels)
    assert profile is not None
    with open_table(messages) as table:
        longest = max(len(row.values[table.columns.index("text")]) for row in table)
    assert sum(profile.parts["lengths"].counts) == trained.manifest.rows["train"]
    assert max(profile.parts["lengths"].edges) <= longest
    assert sum(profile.parts["answers"].counts) == trained.manifest.rows["test"]
    assert profile.labels == trained.manifest.labels


def test_rows_unlike_the_training_data_are_said_to_be(trained: TrainedModel, messages: Path, tmp_path: Path) -> None:
    like = score(trained.folder, [str(messages)], output=str(tmp_path / "like.csv"), label="label")
    assert like.drift.keys() == {"lengths", "words", "answers"}
    assert all(part["index"] < part["limit"] for part in like.drift.values())
    assert "The rows are like the training data" in (tmp_path / "like.report" / "report.html").read_text()
    other = tmp_path / "other.csv"
    other.write_text("text\n" + "".join(f"zxv qwy {row} jkl\n" for row in range(300)))
    unlike = score(trained.folder, [str(other)], output=str(tmp_path / "unlike.csv"))
    assert unlike.drift["words"]["index"] > unlike.drift["words"]["limit"]
    assert json.loads((tmp_path / "unlike.summary.json").read_text())["drift"] == unlike.drift


def test_the_training_report_counts_repeated_texts_and_gives_intervals(trained: TrainedModel) -> None:
    page = (trained.folder / "report" / "report.html").read_text()
    assert "test, also in train</th>" in page
    assert "95 % interval" in page
    written = json.loads((trained.folder / "report" / "metrics.json").read_text())
    low, high = written["intervals"]["accuracy"]
    assert low < written["accuracy"] < high
    assert "| Accuracy | " in (trained.folder / "model_card.md").read_text()


@pytest.fixture
def profiled(random_model: Callable[..., Path], tmp_path: Path) -> Path:
    """A model whose training data had the texts of `write_table`."""
    folder = tmp_path / "model" / "1"
    shutil.copytree(random_model(), folder)
    (folder / PATH).parent.mkdir()
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(WORDS, 6)) for _ in range(500)]
    ids = np.arange(500) % 3
    write_profile(
        build_profile(texts, labels=("x", "y", "z"), texts=texts, values=np.eye(3)[ids], predicted=ids), folder / PATH
    )
    return folder


def test_a_resumed_job_compares_all_its_rows_with_the_training_data(profiled: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "in.csv", 5_000, str)  # two windows
    whole = score(profiled, [str(table)], output=str(tmp_path / "whole.csv"))

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(profiled, [str(table)], output=str(tmp_path / "killed.csv"), progress=stop)
    resumed = score(profiled, [str(table)], output=str(tmp_path / "killed.csv"), resume=True)
    assert resumed.drift == whole.drift
    assert whole.drift["words"]["index"] < 0.01


def test_the_command_says_when_rows_are_unlike_the_training_data(profiled: Path, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("text\n" + "zxv qwy jkl vbn zxv qwy jkl vbn\n" * 400)
    code = "from tfbert.cli import main; main()"
    command = [sys.executable, "-c", code, "score", str(profiled), str(table), "--output", str(tmp_path / "out.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("unlike")]
    assert re.fullmatch(r"unlike the training data: (lengths, )?words(, answers)?; see drift in the summary", line)
