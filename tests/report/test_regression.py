from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import Numbers, made_up_numbers
from scipy.stats import pearsonr, spearmanr

from tfbert.errors import ModelError
from tfbert.evaluation import regression_tally
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import compute_metrics


@pytest.mark.parametrize(
    "rows", [made_up_numbers(500), made_up_numbers(500, unit=1e4, origin=1e6), made_up_numbers(9_000)]
)
def test_metrics_are_those_of_scikit_learn_and_scipy_on_the_rows(rows):
    values, truth = rows.values.astype(np.float64), rows.truth
    expected = {
        "spearman": spearmanr(values, truth).statistic,
        "pearson": pearsonr(values, truth).statistic,
        "rmse": sk.root_mean_squared_error(truth, values),
        "mae": sk.mean_absolute_error(truth, values),
        "r2": sk.r2_score(truth, values),
        "mse": sk.mean_squared_error(truth, values),
        "bias": np.mean(values - truth),
    }
    assert compute_metrics(rows.evaluation) == pytest.approx(expected, rel=1e-7)


def test_spearman_of_more_rows_than_are_kept_is_that_of_a_sample(monkeypatch):
    monkeypatch.setattr(regression_tally, "SAMPLE_ROWS", 5_000)
    rows = made_up_numbers(40_000)
    evaluation = rows.counted(window=7_000)
    assert len(evaluation.sample.values) == 5_000
    assert evaluation.rows == 40_000
    kept = set(zip(evaluation.sample.values.tolist(), evaluation.sample.truth.tolist(), strict=True))
    assert kept <= set(zip(rows.values.tolist(), rows.truth.tolist(), strict=True))
    exact = spearmanr(rows.values, rows.truth).statistic
    assert compute_metrics(evaluation)["spearman"] == pytest.approx(exact, abs=3 / math.sqrt(5_000))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("values", "truth", "defined"),
    [
        ([1.0, 2], [5.0, 5], {"rmse", "mae", "mse", "bias"}),
        ([1.5, 1.5], [1.0, 2], {"rmse", "mae", "mse", "bias", "r2"}),
        ([3.0], [4.0], {"rmse", "mae", "mse", "bias"}),
    ],
)
def test_what_needs_numbers_that_differ_is_not_defined_without(values, truth, defined):
    metrics = compute_metrics(Numbers(np.array(values, np.float32), np.array(truth)).evaluation)
    assert {name for name, value in metrics.items() if not math.isnan(value)} == defined


def test_the_largest_errors_are_kept_largest_first():
    rows = made_up_numbers(5_000)
    expected = np.argsort(-np.abs(rows.values.astype(np.float64) - rows.truth), kind="stable")[:20]
    assert [row.number for row in rows.evaluation.examples.mistakes] == expected.tolist()


def test_rows_without_a_number_are_left_out():
    evaluator = build_evaluator("regression")
    values, places = np.array([[1.0], [2.0]], np.float32), [("in.csv", 2), ("in.csv", 3)]
    evaluator.add(values, truth=np.array([np.nan, 2.5]), predicted=None, texts=["x", "y"], places=places)
    assert (evaluator.rows, evaluator.unknown) == (1, 1)
    assert compute_metrics(evaluator.finish())["mae"] == 0.5


def test_values_that_are_no_numbers_are_refused_with_their_place():
    with pytest.raises(ModelError) as error:
        build_evaluator("regression").add(
            np.array([[np.inf]]), truth=np.array([1.0]), predicted=None, texts=["x"], places=[("in.csv", 2)]
        )
    assert str(error.value) == (
        "expected finite values, found inf (in.csv, line 2); check the table, or train again with --precision float32"
    )
