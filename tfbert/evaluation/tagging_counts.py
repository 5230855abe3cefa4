"""Counting the rows of a tagging model, entity by entity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.evaluation.blocks import Block
from tfbert.evaluation.counts import Places, faulty_values
from tfbert.evaluation.evaluation import TaggingEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.groups import GROUPS, add_rows
from tfbert.evaluation.outcomes import BOTH, PREDICTED, TRUE
from tfbert.evaluation.tallies import ConfidenceTally

SCORE = 3  # the column of a row's values, float32 [entities, 4], that is a probability
Found = tuple[int, int, int]  # first character, the one behind the last, type id


class TaggingCounts:
    """Counts a tagging model's rows.

    An entity is right when there is a true one with the same characters and the same type, as in the CoNLL shared tasks
    (Tjong Kim Sang and De Meulder 2003).

    Args:
        labels: the names of the types, one or more.

    Raises:
        ValueError: no type, or equal ones.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        if not labels or len(set(labels)) < len(labels):
            raise ValueError(f"labels must be one or more and distinct: {labels}")
        self.labels, types = tuple(labels), len(labels)
        self.value_shape: tuple[int | None, ...] = (None, 4)
        self.shape: tuple[int, ...] = (types, 3)
        self._outcomes = np.zeros((GROUPS, *self.shape), np.int64)
        self._group_rows, self._exact = np.zeros(GROUPS, np.int64), np.zeros(GROUPS, np.int64)
        self._confusion = np.zeros((types + 1, types + 1), np.int64)
        self._confidence = ConfidenceTally()

    def check(self, values: np.ndarray, *, truth: np.ndarray, predicted: np.ndarray | None, places: Places) -> None:
        """Entities with probabilities; None for a truth that is none."""
        if predicted is None or len(predicted) != len(values) or len(truth) != len(values):
            raise ValueError("truth and predicted must hold the entities of each row")
        for row, place in zip(values, places, strict=True):
            scores = row[:, SCORE]
            if not ((scores >= 0) & (scores <= 1)).all():  # NaN is neither
                raise faulty_values("probabilities between 0 and 1", scores, place=place)

    def known(self, truth: np.ndarray) -> np.ndarray:
        """Rows whose entities are known."""
        return np.array([entities is not None for entities in truth], bool)

    def add(self, block: Block, *, examples: Examples) -> np.ndarray:
        """Count rows; their outcomes, int64 [rows, types, 3]."""
        outcomes = np.zeros((len(block.texts), *self.shape), np.int64)
        badness, rights = np.zeros(len(block.texts)), []
        for row, (truth, predicted, values) in enumerate(zip(block.truth, block.predicted, block.values, strict=True)):
            true = set(truth)
            rights.append(right := np.array([entity in true for entity in predicted], bool))
            for part, entities in ((TRUE, true), (PREDICTED, predicted), (BOTH, true & set(predicted))):
                for _, _, kind in entities:
                    outcomes[row, kind, part] += 1
            self._confuse(truth, predicted)
            badness[row] = len(true) - right.sum() + values[~right, SCORE].sum()
        wrong = np.logical_or.reduce(outcomes[..., TRUE] + outcomes[..., PREDICTED] > 2 * outcomes[..., BOTH], axis=1)
        scores = np.concatenate([values[:, SCORE] for values in block.values])
        groups = np.repeat(block.groups, [len(right) for right in rights])
        self._confidence.add(scores, np.concatenate(rights), groups)
        add_rows(self._outcomes, outcomes, block.groups)
        self._group_rows += np.bincount(block.groups, minlength=GROUPS)
        self._exact += np.bincount(block.groups[~wrong], minlength=GROUPS)
        examples.add(block, wrong=wrong, badness=badness)
        return outcomes

    def _confuse(self, truth: Sequence[Found], predicted: Sequence[Found]) -> None:
        """Count entities by the types that truth and prediction give to the same characters."""
        none = len(self.labels)
        true = {(start, end): kind for start, end, kind in truth}
        found = {(start, end): kind for start, end, kind in predicted}
        for span in true.keys() | found.keys():
            self._confusion[true.get(span, none), found.get(span, none)] += 1

    def evaluation(self, **common: Any) -> TaggingEvaluation:
        """What was counted, with the fields of `evaluation.Common`."""
        return TaggingEvaluation(
            **common,
            labels=self.labels,
            outcomes=self._outcomes,
            group_rows=self._group_rows,
            confidence=self._confidence,
            exact=self._exact,
            confusion=self._confusion,
        )
