"""The columns that `tfbert score` adds to a table, found and read back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from tfbert.data.label_cells import label_name
from tfbert.data.labelled import column_index
from tfbert.data.tables import Row
from tfbert.errors import DataError
from tfbert.evaluation.probabilities import faulty_row
from tfbert.jobs.predicted_answers import read_answers
from tfbert.jobs.predicted_entities import not_written, read_entities
from tfbert.jobs.true_labels import is_known, parse_truth
from tfbert.tasks.answers import Answers
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.span import Span
from tfbert.tasks.tagging import Tagging

PROBABILITY = "probability_"
FIRST_COLUMN = {
    SingleLabel.name: "predicted_label",
    MultiLabel.name: "predicted_labels",
    Regression.name: "predicted_value",
    Tagging.name: "predicted_entities",
    Span.name: "predicted_answer",
}
"""Task name to the first of its prediction columns."""
DECIDED = {SingleLabel.name: 2, MultiLabel.name: 1, Regression.name: 1, Tagging.name: 1}
"""Task name to how many columns stand before the probabilities."""
BEST_ANSWERS = "predicted_answers"  # the last column of spans


@dataclasses.dataclass(frozen=True)
class PredictionColumns:
    """Where a table's predictions stand, and what they are.

    Attributes:
        task: a key of `tfbert.tasks.registry.TASKS`.
        labels: the labels, in the order of the probabilities; none in regression. Of tagging the columns do not say
            them: they must be put in before anything is read.
        at: the prediction columns among all.
    """

    task: str
    labels: tuple[str, ...]
    at: slice

    def read(self, rows: Sequence[Row]) -> Answers:
        """The predictions of rows, of which there is at least one.

        Raises:
            DataError: a cell is not what `tfbert score` writes there; the message names the row.
        """
        cells = [row.values[self.at] for row in rows]
        if self.task == Span.name:
            return read_answers(cells, rows)
        if self.task == Tagging.name:
            return read_entities([row[0] for row in cells], rows, types=self.labels)
        values = _numbers([row[-max(1, len(self.labels)) :] for row in cells], rows)
        if self.task == Regression.name:
            return Answers(values, None)
        if (wrong := self._faulty(values)) is not None:
            rule = " with a sum of 1" if self.task == SingleLabel.name else ""
            raise not_written(f"probabilities between 0 and 1{rule}", cells[wrong][-len(self.labels) :], rows[wrong])
        decided = [label_name(row[0]) for row in cells]
        predicted = parse_truth(self.task, self.labels, decided)
        if not (known := is_known(predicted)).all():
            wrong = int(np.argmin(known))
            raise not_written(f"labels among {', '.join(self.labels)}", [decided[wrong]], rows[wrong])
        return Answers(values, predicted.astype(bool) if self.task == MultiLabel.name else predicted)

    def _faulty(self, values: np.ndarray) -> int | None:
        if self.task == SingleLabel.name:
            return faulty_row(values)
        right = ((values >= 0) & (values <= 1)).all(axis=1)
        return None if right.all() else int(np.argmin(right))


def find_predictions(columns: Sequence[str], *, prefix: str, path: str) -> PredictionColumns:
    """The prediction columns of a table.

    Args:
        columns: of the table.
        prefix: what `tfbert score --prefix` put before the names.
        path: of the table, for the error message.

    Raises:
        DataError: there are none.
    """
    for task, name in FIRST_COLUMN.items():
        if f"{prefix}{name}" not in columns:
            continue
        start = columns.index(f"{prefix}{name}")
        if task == Span.name and (last := f"{prefix}{BEST_ANSWERS}") in columns[start:]:
            return PredictionColumns(task, (), slice(start, columns.index(last) + 1))
        after = start + DECIDED.get(task, 1)
        labels = _labels_at(columns[after:], begins=f"{prefix}{PROBABILITY}")
        if task in (Regression.name, Tagging.name):
            return PredictionColumns(task, (), slice(start, after))
        if len(labels) > (task == SingleLabel.name):
            return PredictionColumns(task, labels, slice(start, after + len(labels)))
    raise DataError(
        f"the columns that tfbert score writes ({prefix}predicted_label, {prefix}probability_... and so on)",
        found=f"columns {', '.join(columns)} ({path})",
        fix="give the output of tfbert score, and --prefix when it was given one",
    )


def find_labels(columns: Sequence[str], label: str, *, predictions: PredictionColumns, path: str) -> int:
    """Where the true labels stand beside predictions.

    Raises:
        DataError: there is no such column, or it is one of the predictions, which would be measured against themselves.
    """
    at = column_index(columns, label, path=path, flag="--label")
    if label in columns[predictions.at]:
        raise DataError(
            "a column of true labels",
            found=f"'{label}', which is a column of predictions ({path})",
            fix="name the column of the labels with --label",
        )
    return at


def _labels_at(columns: Sequence[str], *, begins: str) -> tuple[str, ...]:
    """The labels of the probability columns that stand here, one after the other."""
    return tuple(column.removeprefix(begins) for column in takewhile(lambda it: it.startswith(begins), columns))


def _numbers(cells: Sequence[Sequence[Any]], rows: Sequence[Row]) -> np.ndarray:
    """Finite numbers, float32 [rows, numbers]."""
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is not finite
            numbers = np.array([[float(cell) for cell in row] for row in cells]).astype(np.float32)
        wrong = None if (finite := np.isfinite(numbers).all(axis=1)).all() else int(np.argmin(finite))
    except (TypeError, ValueError, OverflowError):  # the last: JSON has whole numbers of any size
        wrong = next(number for number, row in enumerate(cells) if not all(map(_is_finite, row)))
    if wrong is not None:
        raise not_written("finite numbers in the columns of predictions", cells[wrong], rows[wrong])
    return numbers


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False
