from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import made_up_rows, rows_of

from tfbert.evaluation.metric import ranking_error
from tfbert.evaluation.metrics import compute_metrics, metrics_of

# ham (0) and spam (1); predicted 0 0 1 1 1: spam has 2 right of 3 predicted and of 2 true, ham 2 of 2 and of 3.
BINARY = rows_of([0, 0, 0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]], labels=("ham", "spam"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 4 / 5),
        ("balanced_accuracy", (2 / 3 + 1) / 2),
        ("macro_precision", (1 + 2 / 3) / 2),
        ("macro_recall", (2 / 3 + 1) / 2),
        ("macro_f1", 0.8),  # both labels have 2 * 2 / (2 + 3) = 0.8
        ("weighted_f1", 0.8),
        ("matthews_correlation", (2 * 2 - 1 * 0) / math.sqrt(3 * 2 * 3 * 2)),  # (TP TN - FP FN) / sqrt(...)
        ("roc_auc", 1.0),  # both spam rows have a higher probability of spam than every ham row
        ("average_precision", 1.0),
        ("log_loss", -np.log([0.9, 0.8, 0.4, 0.7, 0.8]).mean()),
        ("brier_score", np.square([0.1, 0.2, 0.6, 0.3, 0.2]).mean()),
        ("positive_precision", 2 / 3),
        ("positive_recall", 1.0),
        ("positive_f1", 0.8),
        # Each row in a bin of its own: |0.9 - 1|, |0.8 - 1| twice, |0.6 - 0|, |0.7 - 1|; 0.8 holds two right rows.
        ("calibration_error", (0.1 + 0.2 * 2 + 0.6 + 0.3) / 5),
    ],
)
def test_binary_metrics_equal_those_computed_by_hand(name, expected):
    assert compute_metrics(BINARY.evaluation)[name] == pytest.approx(expected, rel=1e-6)


def test_the_last_label_is_positive_unless_another_is_named():
    ham = rows_of(BINARY.truth, BINARY.probabilities, labels=("ham", "spam"), positive="ham").evaluation
    assert compute_metrics(ham)["positive_recall"] == pytest.approx(2 / 3)
    assert metrics_of(ham)["positive_f1"].title == "F1 of ham"
    assert metrics_of(BINARY.evaluation)["positive_f1"].title == "F1 of spam"


def calibration_error(truth, scores):
    """Guo et al.'s definition in a plain loop."""
    error = 0.0
    for lowest in range(20):
        inside = [row for row in range(len(truth)) if min(int(scores[row].max() * 20), 19) == lowest]
        if inside:
            right = np.mean([scores[row].argmax() == truth[row] for row in inside])
            error += abs(right - scores[inside].max(axis=1).mean()) * len(inside) / len(truth)
    return error


@pytest.mark.parametrize("rows", [60, 20_000])
def test_multi_class_metrics_equal_scikit_learn_on_the_rows(rows):
    rows = made_up_rows(("billing", "praise", "spam"), rows)
    truth, scores = rows.truth, rows.probabilities.astype(np.float64)
    scores /= scores.sum(axis=1, keepdims=True)
    predicted = scores.argmax(axis=1)
    one_hot = np.eye(3)[truth]
    expected = {
        "accuracy": sk.accuracy_score(truth, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, predicted),
        "macro_f1": sk.f1_score(truth, predicted, average="macro"),
        "weighted_f1": sk.f1_score(truth, predicted, average="weighted"),
        "macro_precision": sk.precision_score(truth, predicted, average="macro"),
        "macro_recall": sk.recall_score(truth, predicted, average="macro"),
        "matthews_correlation": sk.matthews_corrcoef(truth, predicted),
        "roc_auc": sk.roc_auc_score(one_hot, rows.probabilities, average="macro"),
        "average_precision": sk.average_precision_score(one_hot, rows.probabilities, average="macro"),
        "log_loss": sk.log_loss(truth, scores),
        "brier_score": sk.brier_score_loss(truth, scores, labels=[0, 1, 2]),
        "calibration_error": calibration_error(truth, rows.probabilities.astype(np.float64)),
    }
    assert compute_metrics(rows.evaluation) == pytest.approx(expected, rel=1e-12)
    assert ranking_error(rows.evaluation) == 0


CASES = {
    "one class in the truth": rows_of([0, 0, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
    "one row": rows_of([1], [[0.3, 0.7]]),
    "a label only predicted": rows_of([0, 1, 1], [[0.1, 0.2, 0.7], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]]),
    "a label that occurs nowhere": rows_of([0, 1], [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1]]),
    "certainty": rows_of([0, 1], [[1.0, 0.0], [1.0, 0.0]]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case, rows in CASES.items() for name in metrics_of(rows.evaluation)]
)
def test_every_metric_is_a_number_or_nan_without_a_warning(case, name):
    metric = metrics_of(CASES[case].evaluation)[name]
    value = metric.compute(CASES[case].evaluation)
    assert isinstance(value, float)
    assert math.isnan(value) or math.isfinite(value)
    assert metric.title
    assert metric.meaning
    assert metric.undefined


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "matthews_correlation"])
def test_what_needs_two_classes_is_not_defined_with_one(name):
    assert math.isnan(compute_metrics(CASES["one class in the truth"].evaluation)[name])


def test_a_label_absent_from_the_truth_is_left_out_of_the_ranking_average():
    rows = CASES["a label only predicted"]
    areas = [sk.roc_auc_score(rows.truth == label, rows.probabilities[:, label]) for label in (0, 1)]
    assert compute_metrics(rows.evaluation)["roc_auc"] == pytest.approx(np.mean(areas))


def test_recall_of_a_positive_label_without_rows_is_not_defined():
    metrics = compute_metrics(CASES["one class in the truth"].evaluation)
    assert math.isnan(metrics["positive_recall"])
    assert metrics["positive_precision"] == 0.0
