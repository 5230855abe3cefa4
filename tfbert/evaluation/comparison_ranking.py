"""How well a model's probabilities rank the rows, on many resamples of them at once.

The rows are sorted once; a resample only counts how often each stands in it. Equal probabilities share a bin, so the
areas are exact.
"""

from __future__ import annotations

import numpy as np

from tfbert.evaluation import resampling
from tfbert.evaluation.comparison_bootstrap import Measure


def rank_labels(values: np.ndarray, is_label: np.ndarray, *, labels: np.ndarray) -> Measure:
    """What measures ROC AUC and average precision: the mean over the labels that a resample has some rows with and some
    without of.

    Args:
        values: probabilities, float [rows, labels].
        is_label: which labels the rows have, bool [rows, labels].
        labels: the ids of the labels to rank.
    """
    prepared = []
    for label in labels:
        order = np.argsort(values[:, label], kind="stable")
        starts = np.flatnonzero(np.diff(values[order, label], prepend=-1))
        prepared.append((order, starts, is_label[order, label]))

    def rank(weights: np.ndarray) -> dict[str, np.ndarray]:
        found: dict[str, list[np.ndarray]] = {"roc_auc": [], "average_precision": []}
        for order, starts, has_label in prepared:
            drawn = weights[:, order]
            sides = [np.add.reduceat(drawn * side, starts, axis=1) for side in (~has_label, has_label)]
            bins = np.stack(sides, axis=-1)
            ranked = (bins.sum(axis=1) > 0).all(axis=-1)
            for name, scores in found.items():
                scores.append(np.where(ranked, getattr(resampling, name)(bins), np.nan))
        return {name: _mean_known(np.stack(scores)) for name, scores in found.items()}

    return rank


def _mean_known(scores: np.ndarray) -> np.ndarray:
    """Mean over the labels [labels, resamples] where they are defined, NaN where none is."""
    known = np.isfinite(scores)
    with np.errstate(invalid="ignore"):
        return np.where(known, scores, 0).sum(axis=0) / known.sum(axis=0)
