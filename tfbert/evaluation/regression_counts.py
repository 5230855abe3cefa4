"""Counting the rows of a regression model."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.counts import Places, faulty_values
from tfbert.evaluation.evaluation import RegressionEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.regression_tally import ROWS, SQUARED, ErrorTally, PairSample


class RegressionCounts:
    """Counts a regression model's rows."""

    def __init__(self) -> None:
        self.value_shape: tuple[int | None, ...] = (1,)
        self.shape: tuple[int, ...] = (2,)
        self._errors, self._sample = ErrorTally(), PairSample()

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Finite numbers; NaN for a truth that is none. Nothing is decided."""
        if truth.shape != (len(values),) or predicted is not None:
            raise ValueError("truth must hold a number for each row, and predicted nothing")
        right = np.isfinite(values[:, 0])
        if not right.all():
            row = int(np.argmin(right))
            raise faulty_values("finite values", values[row], place=places[row])

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Finite numbers."""
        return np.isfinite(truth)

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; 1 and the squared error of each, float64 [rows, 2]."""
        values, truth = block.values[:, 0].astype(np.float64), block.truth.astype(np.float64)
        sums = self._errors.rows_of(values, truth)
        self._errors.add(sums, block.groups)
        self._sample.add(block.values[:, 0], truth)
        examples.add(block, wrong=values != truth, badness=np.abs(values - truth))
        return sums[:, [ROWS, SQUARED]]

    def evaluation(self, **common: Any) -> RegressionEvaluation:
        """What was counted, with the fields of `evaluation.Common`."""
        return RegressionEvaluation(**common, errors=self._errors, sample=self._sample)
