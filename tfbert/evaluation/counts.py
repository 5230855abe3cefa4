"""What `Evaluator` asks of a task, and what tasks with labels count alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from tfbert.errors import ModelError
from tfbert.evaluation.blocks import Block
from tfbert.evaluation.evaluation import AnyEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.group_scores import GroupScores
from tfbert.evaluation.groups import GROUPS, add_rows
from tfbert.evaluation.score_tally import ScoreTally, points_of
from tfbert.evaluation.tallies import ConfidenceTally, MeanTally

Places = Sequence[tuple[str, int]]


class Counts(Protocol):
    """What `Evaluator` asks of a task."""

    value_shape: tuple[int | None, ...]  # of a row's values, see `Task.value_shape`
    shape: tuple[int, ...]  # of what a row adds to a slice

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Raise ModelError for values that no model should give, ValueError for truths that no caller should."""

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Which rows have a truth, bool [rows]."""

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; what each adds to a slice, [rows, *shape]."""

    def evaluation(self, **common: Any) -> AnyEvaluation:
        """What was counted, with the fields of `evaluation.Common`."""


class LabelCounts:
    """What tasks with labels count alike."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.outputs = len(self.labels)
        self.value_shape: tuple[int | None, ...] = (self.outputs,)
        self.shape: tuple[int, ...] = (self.outputs, 3)
        self._outcomes = np.zeros((GROUPS, *self.shape), np.int64)
        self._group_rows = np.zeros(GROUPS, np.int64)
        self._log_loss, self._confidence = MeanTally(), ConfidenceTally()
        self._scores = tuple(ScoreTally(points=points_of(self.outputs)) for _ in self.labels)
        self._group_scores = GroupScores(self.outputs)

    def _parts(self) -> dict[str, Any]:
        """The fields of `evaluation.LabelCommon` that are counted here, and the log loss."""
        return {
            "labels": self.labels,
            "outcomes": self._outcomes,
            "group_rows": self._group_rows,
            "confidence": self._confidence,
            "scores": self._scores,
            "group_scores": self._group_scores,
            "log_loss": self._log_loss,
        }

    def _add_labels(self, block: Block, *, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Count rows; their outcomes, bool [rows, labels, 3].

        Args:
            block: the rows.
            truth: which labels they have, bool [rows, labels].
            predicted: which are predicted, bool [rows, labels].
        """
        outcomes = np.stack([truth, predicted, truth & predicted], axis=-1)
        add_rows(self._outcomes, outcomes, block.groups)
        self._group_rows += np.bincount(block.groups, minlength=GROUPS)
        for label, tally in enumerate(self._scores):
            tally.add(block.values[:, label], truth[:, label])
        self._group_scores.add(block.values, truth, block.groups)
        return outcomes


def faulty_values(expected: str, values: np.ndarray, *, place: tuple[str, int]) -> ModelError:
    """What to raise for values that no model should give."""
    shown = ", ".join(f"{value:.4g}" for value in values[:5])
    return ModelError(
        expected,
        found=f"{shown} ({place[0]}, line {place[1]})",
        fix="check the table, or train again with --precision float32",
    )
