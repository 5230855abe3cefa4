"""Sums over rows of a regression, and a sample of the rows for what needs them whole: Spearman's correlation, plots."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.groups import GROUPS, add_rows, draw_weights

SAMPLE_ROWS = 1 << 16  # a table of up to so many rows is kept whole, in 8 bytes a row
ROWS, VALUE, TRUTH, VALUE_SQUARED, TRUTH_SQUARED, PRODUCT, ABSOLUTE, SQUARED = range(8)


class ErrorTally:
    """What mean errors and Pearson's correlation are made from, for each group of rows.

    Attributes:
        origin: the mean of the first true values, subtracted from all before they are squared: numbers with a large
            common part would lose their digits.
        groups: rows; sums of values, truths, their squares and products; of absolute and squared errors; float64
            [GROUPS, 8].
    """

    def __init__(self) -> None:
        self.origin: float | None = None
        self.groups = np.zeros((GROUPS, 8))

    def rows_of(self, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """What each row adds, float64 [rows, 8], from values and truths, float64 [rows]."""
        if self.origin is None:
            self.origin = float(truth.mean())
        x, y, error = values - self.origin, truth - self.origin, values - truth
        return np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y, np.abs(error), error * error], axis=1)

    def add(self, rows: np.ndarray, groups: np.ndarray) -> None:
        """Add rows, as `rows_of` gives them."""
        add_rows(self.groups, rows, groups)

    @property
    def weights(self) -> np.ndarray:
        """The resamples, as `draw_weights` gives them."""
        return draw_weights(self.group_rows)

    @property
    def group_rows(self) -> np.ndarray:
        """Rows of each group, int64 [GROUPS]."""
        return self.groups[:, ROWS].astype(np.int64)


class PairSample:
    """Values and truths of rows drawn at random without replacement; all rows while they are at most `SAMPLE_ROWS`.

    Attributes:
        values: float32 [rows].
        truth: float64 [rows].
    """

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._draws = np.empty(0)
        self.values, self.truth = np.empty(0, np.float32), np.empty(0)

    def add(self, values: np.ndarray, truth: np.ndarray) -> None:
        """Take rows."""
        draws = np.concatenate([self._draws, self._random.random(len(values))])
        values, truth = np.concatenate([self.values, values]), np.concatenate([self.truth, truth])
        # In the order of the rows, so that a small table stays as it was.
        kept = np.sort(np.argsort(draws)[:SAMPLE_ROWS]) if len(draws) > SAMPLE_ROWS else slice(None)
        self._draws, self.values, self.truth = draws[kept], values[kept], truth[kept]
