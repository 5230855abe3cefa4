"""Rows by the probability of one label, in bounded memory: what ROC and precision-recall are computed from.

Up to `points` different probabilities are kept as they are, so that a small table is exact. With more, neighbours are
merged: the probabilities are rounded to as many leading bits as leave at most `points` of them, relative to 0 below a
half and relative to 1 above it, so that both tails stay fine. `ranking_bounds` says what this can have changed.

The result depends on the rows alone, not on their order nor on how they were grouped in calls of `add`.
"""

from __future__ import annotations

import numpy as np

POINTS = 1 << 16  # most different probabilities of a label
ALL_POINTS = 1 << 20  # and of all labels together: 24 bytes each
FEWEST_POINTS = 1 << 10

_HALF = int(np.float32(0.5).view(np.int32))


def points_of(labels: int) -> int:
    """How many different probabilities to keep for each of so many labels."""
    return max(FEWEST_POINTS, min(POINTS, ALL_POINTS // labels))


def rank_keys(probabilities: np.ndarray) -> np.ndarray:
    """Integers in the order of the probabilities, int32 [rows]; different float32 from 0 to 1 have different keys.

    The bits of a positive float32, read as an integer, keep its order; above a half they are those of what is missing
    to 1, which float32 holds exactly there.
    """
    exact = np.abs(np.minimum(probabilities.astype(np.float32), np.float32(1)))  # abs: -0 is 0
    below, above = exact.view(np.int32), 2 * _HALF - (np.float32(1) - exact).view(np.int32)
    return np.where(exact <= 0.5, below, above)


def key_probabilities(keys: np.ndarray) -> np.ndarray:
    """The probabilities that have these `rank_keys`, float32 [rows]."""
    low = np.minimum(keys, _HALF).astype(np.int32).view(np.float32)
    high = np.float32(1) - (2 * _HALF - np.maximum(keys, _HALF)).astype(np.int32).view(np.float32)
    return np.where(keys <= _HALF, low, high)


class ScoreTally:
    """Rows with and without a label, by the probability they were given of it, in rising order.

    Attributes:
        lowest: of the `rank_keys` that make a point, int32 [points].
        highest: of them, int32 [points]; the same where a point is a single probability.
        counts: rows without the label and with it, int64 [points, 2].
        dropped_bits: keys that differ in these last bits only share a point; 0 while all are kept apart.
    """

    def __init__(self, *, points: int = POINTS) -> None:
        self.points = points
        self.lowest = self.highest = np.empty(0, np.int32)
        self.counts = np.empty((0, 2), np.int64)
        self.dropped_bits = 0

    def add(self, probabilities: np.ndarray, is_label: np.ndarray) -> None:
        """Count rows.

        Args:
            probabilities: of the label, float32 [rows], from 0 to 1.
            is_label: whether it is the row's true label, bool [rows].
        """
        keys, inverse = np.unique(rank_keys(probabilities), return_inverse=True)
        sides = [np.bincount(inverse[is_label == side], minlength=len(keys)) for side in (False, True)]
        self._merge(*self._grouped(keys, keys, np.stack(sides, axis=1)))
        while len(self.lowest) > self.points:
            self.dropped_bits += 1
            self.lowest, self.highest, self.counts = self._grouped(self.lowest, self.highest, self.counts)

    def _grouped(self, lowest: np.ndarray, highest: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
        """Points in rising order, with those joined that now are one."""
        starts = np.flatnonzero(np.diff(lowest >> self.dropped_bits, prepend=-1))
        return lowest[starts], np.maximum.reduceat(highest, starts), np.add.reduceat(counts, starts, axis=0)

    def _merge(self, lowest: np.ndarray, highest: np.ndarray, counts: np.ndarray) -> None:
        keys, ours = lowest >> self.dropped_bits, self.keys
        at = np.searchsorted(ours, keys)
        known = np.append(ours, -1)[at] == keys
        there, new = at[known], ~known
        self.counts[there] += counts[known]
        self.lowest[there] = np.minimum(self.lowest[there], lowest[known])
        self.highest[there] = np.maximum(self.highest[there], highest[known])
        self.lowest = np.insert(self.lowest, at[new], lowest[new])
        self.highest = np.insert(self.highest, at[new], highest[new])
        self.counts = np.insert(self.counts, at[new], counts[new], axis=0)

    @property
    def keys(self) -> np.ndarray:
        """What the points are told apart by, int32 [points]."""
        return self.lowest >> self.dropped_bits

    @property
    def merged(self) -> np.ndarray:
        """Which points are several probabilities, bool [points]."""
        return self.highest > self.lowest

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.counts.sum())

    @property
    def label_rows(self) -> int:
        """Rows with the label."""
        return int(self.counts[:, 1].sum())

    def weighted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(is label, score, rows), each [n]: what scikit-learn takes as truth, score and weight; no weight is 0."""
        side, rows = np.array([0, 1]), self.counts.ravel()
        is_label, score = np.tile(side, len(self.lowest)), np.repeat(self.keys, 2)
        return is_label[rows > 0], score[rows > 0], rows[rows > 0]
