"""For each group of rows and each label, rows by the label's probability in a few bins: for intervals of ROC AUC and
average precision.

The numbers themselves come from `ScoreTally`, which is finer. An interval only needs to know how much they move from
resample to resample, for which some two hundred bins do.
"""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.groups import GROUPS

BINS = 256  # at most
ALL_CELLS = 1 << 22  # of all groups, labels, bins and sides: 4 bytes each
FEWEST_BINS = 16
STEEPEST = 16.0  # logit at which the evenly spread bins end


class GroupScores:
    """Rows with and without each label by group and bin.

    Half of the bins' edges are quantiles of the first rows' probabilities, so that ones that lie close together are
    told apart; the others are spread evenly over the logit, in case later rows are of another kind.

    Attributes:
        counts: int32 [GROUPS, labels, bins, 2], rows without the label and with it, bins in rising order.
    """

    def __init__(self, labels: int) -> None:
        self._bins = max(FEWEST_BINS, min(BINS, ALL_CELLS // (GROUPS * labels * 2)))
        self._edges: list[np.ndarray] = []
        self.counts = np.zeros((GROUPS, labels, self._bins, 2), np.int32)

    def add(self, probabilities: np.ndarray, is_label: np.ndarray, groups: np.ndarray) -> None:
        """Count rows.

        Args:
            probabilities: float32 [rows, labels].
            is_label: which labels the rows have, bool [rows, labels].
            groups: of the rows, int64 [rows].
        """
        if not self._edges:
            self._edges = [_edges(column, bins=self._bins) for column in probabilities.T]
        size = GROUPS * self._bins * 2
        for label, edges in enumerate(self._edges):
            bins = np.searchsorted(edges, probabilities[:, label], side="right")
            places = (groups * self._bins + bins) * 2 + is_label[:, label]
            self.counts[:, label] += np.bincount(places, minlength=size).reshape(GROUPS, self._bins, 2)


def _edges(probabilities: np.ndarray, *, bins: int) -> np.ndarray:
    """The lower edges of all bins but the first, float32 [bins - 1]."""
    even = bins // 2
    quantiles = np.quantile(probabilities, np.linspace(0, 1, bins - even - 1), method="closest_observation")
    logits = np.linspace(-STEEPEST, STEEPEST, even)
    return np.sort(np.concatenate([quantiles, 1 / (1 + np.exp(-logits))]).astype(np.float32))
