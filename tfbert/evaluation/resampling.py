"""Metrics of many resamples at once. scikit-learn computes one table at a time; tests compare the two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfbert.evaluation.outcomes import BOTH, PREDICTED, TRUE

Formula = Callable[[np.ndarray], np.ndarray]


def _ratio(part: np.ndarray, whole: np.ndarray, *, none: float = 0.0) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, none), where=whole > 0)


def _prf(counts: np.ndarray, *, none: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 [...] from rows true, predicted and both [..., 3]."""
    true, predicted, both = counts[..., TRUE], counts[..., PREDICTED], counts[..., BOTH]
    return (
        _ratio(both, predicted, none=none),
        _ratio(both, true, none=none),
        _ratio(2 * both, true + predicted, none=none),
    )


def _present(counts: np.ndarray) -> np.ndarray:
    """Labels in the truth or the predictions."""
    return counts[..., TRUE] + counts[..., PREDICTED] > 0


def _mean(scores: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return _ratio(np.where(chosen, scores, 0).sum(axis=-1), chosen.sum(axis=-1), none=np.nan)


def accuracy(counts: np.ndarray) -> np.ndarray:
    """The share of right rows."""
    return counts[..., BOTH].sum(axis=-1) / counts[..., TRUE].sum(axis=-1)


def matthews(counts: np.ndarray) -> np.ndarray:
    """Gorodkin's correlation of any number of classes; NaN when the truth has one."""
    true, predicted = counts[..., TRUE], counts[..., PREDICTED]
    right, rows = counts[..., BOTH].sum(axis=-1), true.sum(axis=-1)
    product = right * rows - (true * predicted).sum(axis=-1)
    spread = (rows**2 - (true**2).sum(axis=-1)), (rows**2 - (predicted**2).sum(axis=-1))
    correlation = _ratio(product, np.sqrt(np.maximum(spread[0] * spread[1], 0)))
    return np.where(spread[0] > 0, correlation, np.nan)


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1, weighted by the rows in the truth."""
    true = counts[..., TRUE]
    return (_prf(counts)[2] * true).sum(axis=-1) / true.sum(axis=-1)


def macro_f1_of_present(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the labels in the truth or the predictions, as in single-label tasks."""
    return _mean(_prf(counts)[2], _present(counts))


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """F1 of all labels together; NaN where none is in the truth or the predictions."""
    return _prf(counts.sum(axis=-2), none=np.nan)[2]


# From the outcomes [..., labels, 3] to the metric [...].
SINGLE_LABEL: dict[str, Formula] = {
    "balanced_accuracy": lambda counts: _mean(_prf(counts)[1], counts[..., TRUE] > 0),
    "macro_f1": macro_f1_of_present,
    "weighted_f1": weighted_f1,
    "macro_precision": lambda counts: _mean(_prf(counts)[0], _present(counts)),
    "macro_recall": lambda counts: _mean(_prf(counts)[1], _present(counts)),
    "matthews_correlation": matthews,
}


def multi_label(whole: np.ndarray) -> dict[str, Formula]:
    """The same of a multi-label task, whose means go over all labels.

    A label that a resample lacks is left out of its means, or rare labels that are right would drag them down; one that
    the table itself lacks counts as 0, as in scikit-learn.

    Args:
        whole: the outcomes of the table, [labels, 3].
    """
    lacking = ~_present(whole)

    def mean(part: int) -> Formula:
        return lambda counts: _mean(_prf(counts)[part], _present(counts) | lacking)

    def micro(part: int) -> Formula:
        return lambda counts: _prf(counts.sum(axis=-2))[part]

    precision, recall, f1 = range(3)
    return {
        "macro_f1": mean(f1),
        "micro_f1": micro(f1),
        "macro_precision": mean(precision),
        "macro_recall": mean(recall),
        "micro_precision": micro(precision),
        "micro_recall": micro(recall),
    }


def roc_auc(bins: np.ndarray) -> np.ndarray:
    """Areas under ROC curves [...] from rows without the label and with it in bins of rising score [..., bins, 2]."""
    others, labelled = bins[..., 0], bins[..., 1]
    below = np.cumsum(others, axis=-1) - others / 2  # a tie is half a point
    pairs = others.sum(axis=-1) * labelled.sum(axis=-1)
    return _ratio((labelled * below).sum(axis=-1), pairs, none=np.nan)


def average_precision(bins: np.ndarray) -> np.ndarray:
    """Areas under precision over recall, in steps, of the same bins."""
    others, labelled = bins[..., ::-1, 0], bins[..., ::-1, 1]
    found = np.cumsum(labelled, axis=-1)
    precision = _ratio(found, found + np.cumsum(others, axis=-1))
    return _ratio((precision * labelled).sum(axis=-1), found[..., -1], none=np.nan)


def spearman(weights: np.ndarray, *, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Spearman's correlation [resamples] of rows that each resample holds so often, float64 [resamples, rows]."""
    x, y = _ranks(weights, values), _ranks(weights, truth)
    rows = weights.sum(axis=1, keepdims=True)
    x, y = (side - (weights * side).sum(axis=1, keepdims=True) / rows for side in (x, y))
    spread = np.sqrt((weights * x * x).sum(axis=1) * (weights * y * y).sum(axis=1))
    return _ratio((weights * x * y).sum(axis=1), spread, none=np.nan)


def _ranks(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean ranks of each row within each resample, float64 [resamples, rows]."""
    distinct, number = np.unique(values, return_inverse=True)
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(distinct)))
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    return (np.cumsum(counts, axis=1) - counts / 2)[:, number]
