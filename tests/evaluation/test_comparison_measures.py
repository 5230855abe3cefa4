from __future__ import annotations

import numpy as np
import pytest
from compared_models import MADE_UP, single_label

from tfbert.evaluation.comparison_measures import LABEL_F1, measure_of
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import compute_metrics, task_metrics
from tfbert.report.comparison_summary import LOWER_IS_BETTER
from tfbert.tasks.answers import Answers

CASES = [
    ("single-label", MADE_UP["single-label"](200)),
    ("single-label", single_label(150, labels=2, seed=1)),
    ("multi-label", MADE_UP["multi-label"](200)),
    ("regression", MADE_UP["regression"](200)),
]


def evaluated(task: str, truth: np.ndarray, answers: Answers) -> dict[str, float]:
    """What a report says of the same rows."""
    labels = () if task == "regression" else tuple("abcdef"[: answers.values.shape[1]])
    evaluator = build_evaluator(task, labels)
    evaluator.add(
        answers.values,
        truth=truth.astype(np.float32) if task == "multi-label" else truth,
        predicted=answers.predicted,
        texts=["x"] * len(truth),
        places=[("f", row) for row in range(len(truth))],
    )
    return compute_metrics(evaluator.finish())


@pytest.mark.parametrize(("task", "rows"), CASES)
def test_every_number_of_a_report_is_measured_and_is_the_same(task, rows):
    truth, answers, _ = rows
    measured = measure_of(task, truth=truth, answers=answers)(np.ones((1, len(truth))))
    found = {name: value.item() for name, value in measured.items() if not name.startswith(LABEL_F1)}
    assert found == pytest.approx(evaluated(task, truth, answers), rel=1e-9)


@pytest.mark.parametrize(("task", "rows"), CASES)
def test_a_weighted_row_counts_as_often_as_if_it_stood_there_so_often(task, rows):
    truth, answers, _ = rows
    weights = np.random.default_rng(3).integers(0, 4, size=(5, len(truth)))
    measured = measure_of(task, truth=truth, answers=answers)(weights.astype(np.float64))
    for draw, counts in enumerate(weights):
        repeated = np.repeat(np.arange(len(truth)), counts)
        expected = evaluated(task, truth[repeated], answers.select(repeated))
        found = {name: measured[name][draw] for name in expected}
        assert found == pytest.approx(expected, rel=1e-9)


def test_the_f1_of_a_label_is_that_of_scikit_learn():
    from sklearn.metrics import f1_score

    truth, answers, _ = single_label(100)
    measured = measure_of("single-label", truth=truth, answers=answers)(np.ones((1, 100)))
    expected = f1_score(truth, answers.predicted, average=None)
    assert [measured[f"{LABEL_F1}{label}"].item() for label in range(3)] == pytest.approx(expected)


def test_a_label_that_nothing_has_is_not_defined_and_does_not_count():
    truth, answers = np.array([0, 1, 0, 1]), Answers(np.eye(3, dtype=np.float32)[[0, 1, 1, 0]], np.array([0, 1, 1, 0]))
    measured = measure_of("single-label", truth=truth, answers=answers)(np.ones((1, 4)))
    assert np.isnan(measured[f"{LABEL_F1}2"].item())
    assert measured["macro_f1"].item() == pytest.approx(0.5)


def test_what_is_better_when_lower_says_so():
    for task in ("single-label", "multi-label", "regression"):
        for name, metric in task_metrics(task, positive="x").items():
            assert (name in LOWER_IS_BETTER) == metric.meaning.startswith("lower is better"), name
