"""Counting the rows of a single-label model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.counts import LabelCounts, Places, faulty_values
from tfbert.evaluation.evaluation import Evaluation
from tfbert.evaluation.examples import Examples, PairExamples
from tfbert.evaluation.label_errors import LabelErrors
from tfbert.evaluation.probabilities import faulty_row, row_losses
from tfbert.evaluation.tallies import MeanTally


class SingleLabelCounts(LabelCounts):
    """Counts a single-label model's rows.

    Args:
        labels: the label names, two or more.
        positive: see `build_evaluator`.

    Raises:
        ValueError: fewer than two labels, equal ones, or an unknown positive label.
    """

    def __init__(self, labels: Sequence[str], *, positive: str | None = None) -> None:
        if len(labels) < 2 or len(set(labels)) < len(labels):
            raise ValueError(f"labels must be two or more and distinct: {labels}")
        if positive is not None and (positive not in labels or len(labels) != 2):
            raise ValueError(f"positive must be one of two labels: {positive!r}, {labels}")
        super().__init__(labels)
        self._positive_id = self.outputs - 1 if positive is None else self.labels.index(positive)
        self._confusion = np.zeros((self.outputs, self.outputs), np.int64)
        self._brier, self._pairs, self._label_errors = MeanTally(), PairExamples(), LabelErrors(self.outputs)

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Probabilities with a sum of 1, label ids, -1 for a truth that is none."""
        for name, ids, least in (("truth", truth, -1), ("predicted", predicted, 0)):
            if (
                ids is None
                or ids.shape != (len(values),)
                or (len(ids) and not least <= ids.min() <= ids.max() < self.outputs)
            ):
                raise ValueError(f"{name} must hold label ids from {least} to {self.outputs - 1}, one a row")
        if (row := faulty_row(values)) is not None:
            raise faulty_values("probabilities between 0 and 1 with a sum of 1", values[row], place=places[row])

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Label ids from 0."""
        return truth >= 0

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; their outcomes, bool [rows, labels, 3]."""
        truth, predicted, size = block.truth, block.predicted, self.outputs
        rows, every = np.arange(len(truth)), np.arange(size)
        score, wrong = block.values[rows, predicted], predicted != truth
        self._confusion += np.bincount(truth * size + predicted, minlength=size * size).reshape(size, size)
        self._confidence.add(score, ~wrong, block.groups)
        for mean, losses in zip((self._log_loss, self._brier), row_losses(block.values, truth), strict=True):
            mean.add(losses, block.groups)
        examples.add(block, wrong=wrong, badness=score)
        self._pairs.add(block, score=score, confusion=self._confusion)
        self._label_errors.add(block)
        return self._add_labels(block, truth=truth[:, None] == every, predicted=predicted[:, None] == every)

    def evaluation(self, **common: Any) -> Evaluation:
        """What was counted, with the fields of `evaluation.Common`."""
        return Evaluation(
            **common,
            **self._parts(),
            positive_id=self._positive_id,
            confusion=self._confusion,
            brier=self._brier,
            pairs=self._pairs,
            label_errors=self._label_errors,
        )
