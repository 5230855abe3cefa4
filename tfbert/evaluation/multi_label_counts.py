"""Counting the rows of a multi-label model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.counts import LabelCounts, Places, faulty_values
from tfbert.evaluation.evaluation import MultiLabelEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.groups import GROUPS
from tfbert.evaluation.probabilities import label_losses


class MultiLabelCounts(LabelCounts):
    """Counts a multi-label model's rows.

    Args:
        labels: the label names, one or more.

    Raises:
        ValueError: no label, or equal ones.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        if not labels or len(set(labels)) < len(labels):
            raise ValueError(f"labels must be one or more and distinct: {labels}")
        super().__init__(labels)
        self._exact = np.zeros(GROUPS, np.int64)
        self._missed_for = np.zeros((self.outputs, self.outputs), np.int64)

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Probabilities, and 0 or 1 for each label; NaN for a truth that is none."""
        for name, flags in (("truth", truth), ("predicted", predicted)):
            if flags is None or flags.shape != values.shape:
                raise ValueError(f"{name} must say of each row which labels it has")
        right = ((values >= 0) & (values <= 1)).all(axis=1)  # NaN is neither
        if not right.all():
            row = int(np.argmin(right))
            raise faulty_values("probabilities between 0 and 1", values[row], place=places[row])

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Rows without NaN."""
        return np.logical_and.reduce(np.isfinite(truth.astype(np.float32)), axis=1)

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; their outcomes, bool [rows, labels, 3]."""
        truth, predicted = block.truth.astype(bool), block.predicted.astype(bool)
        losses = label_losses(block.values, truth)
        self._log_loss.add(losses, block.groups)
        groups = np.repeat(block.groups, self.outputs)
        self._confidence.add(block.values.ravel(), truth.ravel(), groups)
        wrong = (truth != predicted).any(axis=1)
        self._exact += np.bincount(block.groups[~wrong], minlength=GROUPS)
        missed, invented = truth & ~predicted, predicted & ~truth
        self._missed_for += missed.T.astype(np.int64) @ invented.astype(np.int64)
        examples.add(block, wrong=wrong, badness=losses)
        return self._add_labels(block, truth=truth, predicted=predicted)

    def evaluation(self, **common: Any) -> MultiLabelEvaluation:
        """What was counted, with the fields of `evaluation.Common`."""
        return MultiLabelEvaluation(**common, **self._parts(), exact=self._exact, missed_for=self._missed_for)
