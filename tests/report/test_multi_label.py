from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import MultiRows, made_up_multi

from tfbert.errors import ModelError
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import compute_metrics

LABELS = ("angry", "glad", "sad")
PLACES = [("in.csv", 2), ("in.csv", 3)]


def test_metrics_are_scikit_learns_on_the_rows():
    rows = made_up_multi(LABELS, 500)
    truth, predicted, scores = rows.truth, rows.predicted, rows.probabilities
    exact = np.clip(scores.astype(np.float64), 1e-16, 1 - 1e-16)
    expected = {
        "macro_f1": sk.f1_score(truth, predicted, average="macro"),
        "micro_f1": sk.f1_score(truth, predicted, average="micro"),
        "macro_precision": sk.precision_score(truth, predicted, average="macro"),
        "macro_recall": sk.recall_score(truth, predicted, average="macro"),
        "micro_precision": sk.precision_score(truth, predicted, average="micro"),
        "micro_recall": sk.recall_score(truth, predicted, average="micro"),
        "subset_accuracy": sk.accuracy_score(truth, predicted),
        "hamming_loss": sk.hamming_loss(truth, predicted),
        "macro_roc_auc": sk.roc_auc_score(truth, scores, average="macro"),
        "macro_average_precision": sk.average_precision_score(truth, scores, average="macro"),
        "log_loss": np.mean([sk.log_loss(truth[:, label], exact[:, label]) for label in range(3)]),
    }
    metrics = compute_metrics(rows.evaluation)
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert metrics.keys() == {*expected, "calibration_error"}


def test_calibration_is_that_of_every_label_of_every_row():
    rows = MultiRows(LABELS, np.full((4, 3), 0.3, np.float32), np.zeros((4, 3), bool), np.zeros((4, 3), bool))
    assert compute_metrics(rows.evaluation)["calibration_error"] == pytest.approx(0.3)


def test_what_was_decided_counts_and_not_the_probability():
    truth = np.array([[1, 0, 1], [0, 1, 0]], bool)
    rows = MultiRows(LABELS, np.full((2, 3), 0.4, np.float32), truth, truth)
    assert compute_metrics(rows.evaluation)["subset_accuracy"] == 1


def test_a_row_without_a_label_is_counted_and_one_with_an_unknown_label_is_left_out():
    evaluator = build_evaluator("multi-label", LABELS)
    truth = np.array([[0, 0, 0], [np.nan] * 3], np.float32)
    values, decided = np.full((2, 3), 0.1, np.float32), np.zeros((2, 3), bool)
    evaluator.add(values, truth=truth, predicted=decided, texts=["x", "y"], places=PLACES)
    assert (evaluator.rows, evaluator.unknown) == (1, 1)
    metrics = compute_metrics(evaluator.finish())
    assert metrics["subset_accuracy"] == 1
    assert np.isnan(metrics["macro_average_precision"])


def test_labels_that_stand_in_for_one_another_are_counted():
    truth = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0]], bool)
    predicted = np.array([[0, 1, 0], [0, 1, 1], [1, 1, 0]], bool)
    rows = MultiRows(LABELS, np.full((3, 3), 0.5, np.float32), truth, predicted)
    assert rows.evaluation.missed_for.tolist() == [[0, 2, 1], [0, 0, 0], [0, 0, 0]]


def test_the_most_wrong_rows_have_the_largest_loss():
    rows = made_up_multi(LABELS, 5_000)
    exact = rows.probabilities.astype(np.float64)
    losses = -np.log(np.where(rows.truth, exact, 1 - exact)).mean(axis=1)
    wrong = np.flatnonzero((rows.truth != rows.predicted).any(axis=1))
    expected = wrong[np.argsort(-losses[wrong], kind="stable")][:20]
    assert [row.number for row in rows.evaluation.examples.mistakes] == expected.tolist()
    assert rows.evaluation.examples.mistaken == len(wrong)


@pytest.mark.parametrize("wrong", [np.nan, 1.5, -0.1])
def test_values_that_are_no_probabilities_are_refused_with_their_place(wrong):
    values = np.array([[0.5, 0.5, 0.5], [0.5, wrong, 0.5]], np.float32)
    decided = np.zeros((2, 3), bool)
    with pytest.raises(ModelError) as error:
        build_evaluator("multi-label", LABELS).add(
            values, truth=decided.astype(np.float32), predicted=decided, texts=["x", "y"], places=PLACES
        )
    assert str(error.value) == (
        f"expected probabilities between 0 and 1, found 0.5, {wrong:.4g}, 0.5 (in.csv, line 3); "
        "check the table, or train again with --precision float32"
    )


@pytest.mark.parametrize("part", [{"truth": np.zeros((2, 2))}, {"predicted": None}])
def test_parts_that_do_not_fit_are_refused(part):
    arrays = {"truth": np.zeros((2, 3)), "predicted": np.zeros((2, 3), bool)} | part
    with pytest.raises(ValueError, match="must say of each row which labels it has"):
        build_evaluator("multi-label", LABELS).add(
            np.full((2, 3), 0.5, np.float32), **arrays, texts=["x", "y"], places=PLACES
        )


@pytest.mark.parametrize("labels", [(), ("a", "a")])
def test_labels_that_cannot_be_told_apart_are_refused(labels):
    with pytest.raises(ValueError, match="labels must be one or more and distinct"):
        build_evaluator("multi-label", labels)
