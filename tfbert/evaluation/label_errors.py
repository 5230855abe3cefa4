"""Rows whose label may be wrong, found by confident learning, in one pass and constant memory.

A row counts when its likeliest label is not its own and reaches that label's threshold: the mean probability that the
model gives the label on rows that have it. Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating
Uncertainty in Dataset Labels", section 3.1 (arXiv 1911.00068). Two things are simpler here: only the likeliest label is
looked at, and where more than `CANDIDATES` rows disagree with their label, a row counts from the next thousandth above
the threshold, which is known when all rows have passed.
"""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.examples import Example, keep_worst

STEPS = 1000  # in which a probability is counted
CANDIDATES = 200  # that are kept until the thresholds are known
SHOWN = 15
ROUNDING = 1e-9  # of a mean: rows that all have the same probability reach it


class LabelErrors:
    """Counts the rows that may be mislabelled and keeps the likeliest of them."""

    def __init__(self, labels: int) -> None:
        self._own = np.zeros((labels, 2))  # of each label: its rows, and the sum of its probability on them
        self._disagreeing = np.zeros((labels, STEPS + 1), np.int64)  # by likeliest label and its probability
        self._candidates: list[Example] = []

    def add(self, block: Block) -> None:
        """Look at rows of a single-label model."""
        rows, labels = np.arange(len(block.truth)), len(self._own)
        exact = np.clip(block.values.astype(np.float64), 0, 1)
        own, likeliest = exact[rows, block.truth], exact.argmax(axis=1)
        best = exact[rows, likeliest]
        self._own[:, 0] += np.bincount(block.truth, minlength=labels)
        self._own[:, 1] += np.bincount(block.truth, weights=own, minlength=labels)
        differ = np.flatnonzero(likeliest != block.truth)
        np.add.at(self._disagreeing, (likeliest[differ], (best[differ] * STEPS).astype(np.int64)), 1)
        self._candidates = keep_worst(self._candidates, block, differ, badness=best - own, most=CANDIDATES)

    @property
    def thresholds(self) -> np.ndarray:
        """Mean probability of each label on rows that have it, float64 [labels]; NaN for a label without rows."""
        rows, total = self._own.T
        return np.divide(total, rows, out=np.full(len(rows), np.nan), where=rows > 0)

    @property
    def count(self) -> int:
        """Rows that may be mislabelled; at least as many as there are examples."""
        found = len(self._found)
        if self._disagreeing.sum() <= CANDIDATES:
            return found
        return max(found, int(self._disagreeing[np.arange(STEPS + 1) >= np.ceil(self._least * STEPS)[:, None]].sum()))

    @property
    def examples(self) -> list[Example]:
        """Those of which the model is surest against the label, surest first."""
        return self._found[:SHOWN]

    @property
    def _least(self) -> np.ndarray:
        """From which probability on a label counts; of one without rows, which has no threshold, none is enough."""
        return np.nan_to_num(self.thresholds - ROUNDING, nan=2.0)

    @property
    def _found(self) -> list[Example]:
        """The candidates that count."""
        least = self._least
        return [row for row in self._candidates if row.values.max() >= least[row.values.argmax()]]
