"""Counting the rows of a model that answers questions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.counts import Places, faulty_values
from tfbert.evaluation.evaluation import SpanEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.span_tally import EXACT, F1, ROWS, SpanTally
from tfbert.evaluation.tallies import ConfidenceTally
from tfbert.tasks.span import SCORE, Span


class SpanCounts:
    """Counts rows by how well the answer agrees with the right ones.

    Of a row the truth is a tuple of all right answers, `()` where there is none, and what was decided the answer, ''
    for none; both object [rows].
    """

    def __init__(self) -> None:
        self.value_shape: tuple[int | None, ...] = Span.value_shape
        self.shape: tuple[int, ...] = (2,)
        self._answers, self._confidence = SpanTally(), ConfidenceTally()

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Probabilities between 0 and 1; None for a truth that is none."""
        if predicted is None or not len(values) == len(truth) == len(predicted):
            raise ValueError("truth must hold the right answers of each row, and predicted the answer")
        right = (values[:, SCORE] >= 0) & (values[:, SCORE] < 1.001)  # NaN is neither
        if not right.all():
            row = int(np.argmin(right))
            raise faulty_values("a probability between 0 and 1", values[row, [SCORE]], place=places[row])

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Rows with a truth."""
        return np.array([answers is not None for answers in truth], bool)

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; 1 and the F1 of each, float64 [rows, 2]."""
        rows = SpanTally.rows_of(block.predicted, block.truth)
        self._answers.add(rows, block.groups)
        sums, score = rows.sum(axis=1), block.values[:, SCORE]
        exact = sums[:, EXACT] > 0
        self._confidence.add(score, exact, block.groups)
        examples.add(block, wrong=~exact, badness=(1 - sums[:, F1]) * score)
        return sums[:, [ROWS, F1]]

    def evaluation(self, **common: Any) -> SpanEvaluation:
        """What was counted, with the fields of `evaluation.Common`."""
        return SpanEvaluation(**common, answers=self._answers, confidence=self._confidence)
