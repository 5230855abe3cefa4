"""What a model answered on some rows."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Answers:
    """Values and decisions, one each a row.

    Attributes:
        values: float32 [rows, outputs]: probabilities, or the value of a regression.
        predicted: what was decided, as `Task.decide` has it: label ids int [rows], or bool [rows, labels]; None in
            regression.
    """

    values: np.ndarray
    predicted: np.ndarray | None

    def __len__(self) -> int:
        return len(self.values)

    def select(self, rows: np.ndarray) -> Answers:
        """Those of the chosen rows, by number or as a mask."""
        return Answers(self.values[rows], None if self.predicted is None else self.predicted[rows])
