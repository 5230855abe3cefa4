"""Rows dealt at random into a fixed number of groups: what 95 % intervals are made from, in constant memory.

Resampling a table of groups with replacement instead of a table of rows is the method of random groups (Wolter,
"Introduction to Variance Estimation", 2007, chapter 2). What a metric needs is summed for each group, so all metrics of
a resample speak of the same rows, and sums of labels that share rows vary together as they should. A table of at most
`GROUPS` rows has a row in each group: there it is Efron's bootstrap itself.
"""

from __future__ import annotations

import numpy as np

GROUPS = 256  # the width of an interval is then known to 1 / sqrt(2 * 255), 4 %
RESAMPLES = 1000
SEED = 0  # the same rows give the same intervals


class Dealer:
    """Says which group each row of a stream belongs to."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        self._dealt = 0

    def deal(self, rows: int) -> np.ndarray:
        """The groups of the next rows, int64 [rows]: the first `GROUPS` one each, then at random."""
        groups = self._random.integers(GROUPS, size=rows)
        first = max(0, min(rows, GROUPS - self._dealt))
        groups[:first] = np.arange(self._dealt, self._dealt + first)
        self._dealt += rows
        return groups


def add_rows(sums: np.ndarray, rows: np.ndarray, groups: np.ndarray) -> None:
    """Add rows [rows, ...] to the sums of their groups, [GROUPS, ...], in place."""
    if len(groups):
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        sums[present] += np.add.reduceat(rows[order], starts, axis=0, dtype=sums.dtype)


def draw_weights(group_rows: np.ndarray) -> np.ndarray:
    """How often each group stands in each resample, float64 [RESAMPLES, GROUPS]; groups without rows in none.

    Args:
        group_rows: rows of each group, int64 [GROUPS].
    """
    used = group_rows > 0
    weights = np.zeros((RESAMPLES, len(used)))
    share = np.full(used.sum(), 1 / used.sum())
    weights[:, used] = np.random.default_rng(SEED).multinomial(used.sum(), share, size=RESAMPLES)
    return weights


def resample(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The sums of each resample, float64 [resamples, ...], from those of each group [GROUPS, ...]."""
    return (weights @ sums.reshape(len(sums), -1)).reshape(len(weights), *sums.shape[1:])
