"""How much ROC AUC and average precision of each label move from resample to resample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfbert.evaluation import resampling
from tfbert.evaluation.groups import resample

FORMULAS: dict[str, resampling.Formula] = {
    "roc_auc": resampling.roc_auc,
    "average_precision": resampling.average_precision,
}


def draw_rankings(counts: np.ndarray, weights: np.ndarray, *, labels: Sequence[int]) -> dict[str, np.ndarray]:
    """By how much the metric of each resample differs from that of the table, both computed from bins.

    Args:
        counts: of `GroupScores`, int [groups, labels, bins, 2].
        weights: the resamples, float64 [resamples, groups].
        labels: the ids to compute; the others are NaN.

    Returns:
        "roc_auc" and "average_precision", float64 [labels, resamples]; NaN where a resample has only one class.
    """
    drawn = {name: np.full((counts.shape[1], len(weights)), np.nan) for name in FORMULAS}
    groups = weights.any(axis=0)
    for label in labels:
        bins = counts[groups, label]
        bins = bins[:, bins.any(axis=(0, 2))]  # a small table leaves most bins empty
        resampled, whole = resample(weights[:, groups], bins), bins.sum(axis=0).astype(np.float64)
        for name, formula in FORMULAS.items():
            drawn[name][label] = formula(resampled) - formula(whole)
    return drawn
