from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from labelled_rows import made_up_rows, rows_of

from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.results import compute_results
from tfbert.evaluation.tallies import LengthTally
from tfbert.report.data_plots import TextLengths
from tfbert.report.surroundings import Surroundings
from tfbert.report.writing import write_report

SPLITS = {"train": LengthTally().add(np.array([3, 4])), "test": LengthTally().add(np.array([5]))}
EVERYTHING = {
    "predictions": "all.csv",
    "surroundings": Surroundings(
        history={"loss": [1.0, 0.5], "val_loss": [0.8, 0.6], "learning_rate": [1e-4, 5e-5]},
        label_counts={"train": {"billing": 5, "spam": 3}, "test": {"praise": 2}},
        lengths=TextLengths(splits=SPLITS, unit="tokens", limit=4),
        facts={"seed": 42, "options": {"epochs": 2}},
        baselines={"majority": {"macro_f1": 0.1}},
    ),
}


@pytest.mark.filterwarnings("error")
def test_every_promised_file_is_written(three, tmp_path):
    written = write_report(tmp_path / "report", results=three.results, title="t", **EVERYTHING)
    assert sorted(written) == sorted(path.name for path in (tmp_path / "report").iterdir())
    assert set(written) == {
        "metrics.json", "classification_report.txt", "classification_report.json", "confusion_matrix.csv",
        "confusion_matrix.svg", "confidence.svg", "calibration.svg", "roc_curves.svg", "precision_recall_curves.svg",
        "history_loss.svg", "history_learning_rate.svg", "label_counts.svg", "text_lengths.svg", "report.html",
    }  # fmt: skip


def test_the_same_arguments_give_the_same_bytes_in_another_process(three, tmp_path):
    script = (
        "import pickle, sys; from tfbert.report.writing import write_report;"
        "write_report(sys.argv[1], title='t', **pickle.load(sys.stdin.buffer))"
    )
    arguments = {"results": three.results, **EVERYTHING}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "other")], input=pickle.dumps(arguments), check=True)
    for name, path in write_report(tmp_path / "ours", title="t", **arguments).items():
        assert path.read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_metrics_are_strict_json_with_null_for_what_is_not_defined(tmp_path):
    one = rows_of([0], [[0.9, 0.1]]).evaluation
    path = write_report(tmp_path, results=compute_results(one), title="t", predictions="p.csv")["metrics.json"]
    metrics = json.loads(path.read_text(), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert metrics["roc_auc"] is None
    assert metrics["accuracy"] == 1.0
    assert metrics.keys() == {*compute_metrics(one), "intervals", "resamples", "rows", "labels", "slices"}


def test_a_new_folder_appears_whole_and_in_an_old_one_only_the_reports_own_files_are_replaced(three, tmp_path):
    folder = tmp_path / "new" / "report"
    arguments = {"results": three.results, "title": "t", "predictions": "p.csv"}
    (tmp_path / "new" / ".report.partial").mkdir(parents=True)  # of a killed run
    write_report(folder, **arguments)
    assert [path.name for path in folder.parent.iterdir()] == ["report"]
    (folder / "report.html").write_text("old")
    (folder / "notes.txt").write_text("mine")
    written = write_report(folder, **arguments)
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert {path.name for path in folder.iterdir()} == {*written, "notes.txt"}


def test_the_table_of_all_rows_is_named_and_linked_when_it_lies_beside_the_page(three, tmp_path):
    arguments = {"results": three.results, "title": "t"}
    page = write_report(tmp_path, **arguments, predictions=tmp_path / "p.csv")["report.html"].read_text()
    assert "all rows are in p.csv." in page
    assert '<a href="p.csv">' in page
    page = write_report(tmp_path, **arguments, predictions="elsewhere/p.csv")["report.html"].read_text()
    assert "all rows are in elsewhere/p.csv." in page
    assert 'p.csv">' not in page


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("labels", "rows"), [(("a", "b"), 1), (("a", "b", "c"), 2), (tuple(f"label {n}" for n in range(200)), 300)]
)
def test_degenerate_tables_give_a_report(labels, rows, tmp_path):
    write_report(tmp_path, results=made_up_rows(labels, rows).results, title="t", predictions="p.csv")


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(codec=None), max_size=40), min_size=1, max_size=4),
    labels=st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=4, unique=True),
)
def test_any_text_and_label_can_be_reported(texts, labels, tmp_path):
    rows, size = len(texts), len(labels)
    truth = np.arange(rows) % size
    evaluation = rows_of(truth, [[1 / size] * size] * rows, labels=tuple(labels), texts=texts)
    for path in write_report(tmp_path, results=evaluation.results, title=texts[0], predictions=texts[0]).values():
        path.read_bytes().decode("utf-8")


def test_the_report_needs_no_tensorflow():
    script = (
        "import sys, tfbert.report.writing, tfbert.report.model_card;"
        "assert not {'tensorflow', 'keras', 'matplotlib', 'sklearn', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
