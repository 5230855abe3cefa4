"""Sums over questions and their answers."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.answer_match import match_answer
from tfbert.evaluation.groups import GROUPS, add_rows

ROWS, EXACT, F1 = range(3)
WITHOUT, WITH = range(2)  # questions that the context does not answer, and those that it does


class SpanTally:
    """Exact matches and F1 of answers, for each group of rows.

    Attributes:
        groups: of questions without an answer and with one, the rows and the sums of exact match and F1, float64
            [GROUPS, 2, 3].
    """

    def __init__(self) -> None:
        self.groups = np.zeros((GROUPS, 2, 3))

    @staticmethod
    def rows_of(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """What each row adds, float64 [rows, 2, 3].

        Args:
            predicted: the answers, '' for none, object [rows].
            truth: a tuple of all right answers of each row, empty where the question has none, object [rows].
        """
        sums = np.zeros((len(predicted), 2, 3))
        for row, answer, right in zip(sums, predicted, truth, strict=True):
            row[WITH if right else WITHOUT] = 1, *match_answer(answer, right)
        return sums

    def add(self, rows: np.ndarray, groups: np.ndarray) -> None:
        """Add rows, as `rows_of` gives them."""
        add_rows(self.groups, rows, groups)

    @property
    def group_rows(self) -> np.ndarray:
        """Rows of each group, int64 [GROUPS]."""
        return self.groups[..., ROWS].sum(axis=1).astype(np.int64)

    @property
    def total(self) -> np.ndarray:
        """The sums of all rows, float64 [2, 3]."""
        return self.groups.sum(axis=0)
