"""The rows of a part of the data as a model reads them: tokens, and the targets that go with them."""

from __future__ import annotations

import dataclasses
import logging
from typing import cast

import numpy as np

from tfbert.data.datasets import Examples, TokenTable, tokenize_rows, window_weights
from tfbert.data.labelled import LabelledRows
from tfbert.data.token_places import TokenPlaces, place_rows
from tfbert.tasks.task import Task, TokenTask
from tfbert.text.preprocessor import Preprocessor

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class ReadPart:
    """Rows of one part, made by `read_part`.

    Attributes:
        task: what is learned from them.
        tokens: of the rows.
        targets: one a row, as `Task.targets` has them.
        places: where the tokens stand in the texts, of a task that reads tokens.
    """

    task: Task
    tokens: TokenTable
    targets: np.ndarray
    places: TokenPlaces | None

    def examples(self, weights: np.ndarray) -> Examples:
        """What `fit` needs, with the weight of each row in the loss, float32 [rows]."""
        if self.places is None:
            return Examples(self.tokens, self.targets, weights)
        by_token = cast(TokenTask, self.task).token_targets(self.targets, tokens=self.tokens, places=self.places)
        if self.tokens.row_windows is not None:
            weights = window_weights(weights, row_windows=self.tokens.row_windows)
        return Examples(self.tokens.apart(), by_token, weights)

    @property
    def unreadable(self) -> dict[str, int]:
        """The true answers that the model cannot give, by why."""
        if self.places is None:
            return {}
        return cast(TokenTask, self.task).unreadable(self.targets, places=self.places)

    def log(self, name: str) -> None:
        """Say how many these are in the part of this name."""
        if found := [f"{count} {why}" for why, count in self.unreadable.items() if count]:
            log.warning("%s rows: %s", name, ", ".join(found))


def read_part(rows: LabelledRows, *, task: Task, preprocessor: Preprocessor) -> ReadPart:
    """Tokenise rows once.

    Args:
        rows: their texts and labels.
        task: what is to be learned from them.
        preprocessor: texts to tokens.
    """
    texts, targets = rows.columns.values(), task.targets(rows.labels)
    if task.reads == "rows":
        return ReadPart(task, tokenize_rows(*texts, ids=preprocessor.ids), targets, None)
    tokens, places = place_rows(*texts, place=preprocessor.place)
    return ReadPart(task, tokens, targets, places)
