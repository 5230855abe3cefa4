"""The numbers of a regression report; a new one enters `REGRESSION_METRICS` and inherits its tests.

Sums over rows, but for Spearman's correlation, which needs rows: scipy computes it on the sample that is kept, all rows
up to `regression_tally.SAMPLE_ROWS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tfbert.evaluation.evaluation import RegressionEvaluation
from tfbert.evaluation.metric import Metric
from tfbert.evaluation.regression_tally import (
    ABSOLUTE,
    PRODUCT,
    ROWS,
    SQUARED,
    TRUTH,
    TRUTH_SQUARED,
    VALUE,
    VALUE_SQUARED,
)

CONSTANT = "the values or the truth are all the same"
EXACT = 1e-12  # a variance smaller than this share of the mean square is rounding


def pearson(sums: np.ndarray) -> np.ndarray:
    """Pearson's correlation [...] from the sums of an `ErrorTally` [..., 8]; NaN when one side is constant."""
    rows = sums[..., ROWS]
    covariance = sums[..., PRODUCT] / rows - sums[..., VALUE] * sums[..., TRUTH] / rows**2
    values = _variance(sums[..., VALUE_SQUARED], sums[..., VALUE], rows)
    truth = _variance(sums[..., TRUTH_SQUARED], sums[..., TRUTH], rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(covariance / np.sqrt(values * truth), -1, 1)


def r2(sums: np.ndarray) -> np.ndarray:
    """The share of the truth's variance that is explained; NaN when the truth is constant."""
    variance = _variance(sums[..., TRUTH_SQUARED], sums[..., TRUTH], sums[..., ROWS])
    return 1 - mse(sums) / variance


def mse(sums: np.ndarray) -> np.ndarray:
    """Mean squared error."""
    return sums[..., SQUARED] / sums[..., ROWS]


def rmse(sums: np.ndarray) -> np.ndarray:
    """Its root, in the unit of the values."""
    return np.sqrt(mse(sums))


def rmse_of_two(sums: np.ndarray) -> np.ndarray:
    """The same from the two sums that slices have [..., 2]: rows and squared errors."""
    return np.sqrt(sums[..., 1] / sums[..., 0])


def mae(sums: np.ndarray) -> np.ndarray:
    """Mean absolute error."""
    return sums[..., ABSOLUTE] / sums[..., ROWS]


def bias(sums: np.ndarray) -> np.ndarray:
    """Mean of value minus truth."""
    return (sums[..., VALUE] - sums[..., TRUTH]) / sums[..., ROWS]


def _variance(squares: np.ndarray, total: np.ndarray, rows: np.ndarray) -> np.ndarray:
    variance = squares / rows - (total / rows) ** 2
    return np.where(variance > EXACT * squares / rows, variance, np.nan)


SUMMED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "pearson": pearson,
    "rmse": rmse,
    "mse": mse,
    "mae": mae,
    "r2": r2,
    "bias": bias,
}


def spearman(evaluation: RegressionEvaluation) -> float:
    """Spearman's rank correlation on the rows that were kept; NaN when one side is constant."""
    from scipy.stats import spearmanr

    values, truth = evaluation.sample.values, evaluation.sample.truth
    if len(values) < 2 or values.min() == values.max() or truth.min() == truth.max():
        return float("nan")
    return float(spearmanr(values, truth).statistic)


def _summed(evaluation: RegressionEvaluation, *, name: str) -> float:
    return float(SUMMED[name](evaluation.errors.groups.sum(axis=0)))


REGRESSION_METRICS: dict[str, Metric] = {
    "spearman": Metric("Spearman", "rank correlation: 1 is the same order", spearman, undefined=CONSTANT),
    "pearson": Metric("Pearson", "correlation: 1 is on a line", partial(_summed, name="pearson"), undefined=CONSTANT),
    "rmse": Metric("RMSE", "lower is better; root of the mean squared error", partial(_summed, name="rmse")),
    "mae": Metric("MAE", "lower is better; mean absolute error", partial(_summed, name="mae")),
    "r2": Metric("R\u00b2", "share of the truth's variance explained", partial(_summed, name="r2"), undefined=CONSTANT),
    "mse": Metric("MSE", "lower is better; mean squared error", partial(_summed, name="mse")),
    "bias": Metric("Bias", "mean of value minus truth; 0 is best", partial(_summed, name="bias")),
}
