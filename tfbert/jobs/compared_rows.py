"""What a comparison keeps of its rows: labels and answers in memory, the rows that differ in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.data.cells import cell
from tfbert.data.writers import Column, Writer
from tfbert.errors import DataError
from tfbert.evaluation.comparison import KINDS
from tfbert.evaluation.comparison_rows import AGREED, Disagreements, closer_model, show_answers
from tfbert.jobs.key_matching import join_answers
from tfbert.jobs.matching import Matched, Side
from tfbert.jobs.true_labels import is_known, parse_truth
from tfbert.tasks.answers import Answers
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel

ANSWERED = {
    SingleLabel.name: (Column("predicted_label"), Column("predicted_score", "float")),
    MultiLabel.name: (Column("predicted_labels"),),
    Regression.name: (Column("predicted_value", "float"),),
}
"""Task name to the columns that a disagreement has of each model."""
CLOSER = Column("closer")


def disagreement_columns(first: Side, second: Side) -> list[Column]:
    """The columns of the rows that differ: those carried over, both models' answers, and who is closer to the truth.

    Raises:
        DataError: a column that was carried over has the name of a new one.
    """
    carried = [second.table.schema[at] for at in carried_places(first, second)]
    answered = ANSWERED[first.predictions.task]
    new = [Column(f"{side}_{column.name}", column.kind) for side in ("first", "second") for column in answered]
    for column in (*new, CLOSER):
        if column.name in [old.name for old in carried]:
            raise DataError(
                "columns with names that the rows of disagreements do not need",
                found=f"a column named '{column.name}' ({second.path})",
                fix="rename it",
            )
    return [*carried, *new, CLOSER]


def carried_places(first: Side, second: Side) -> list[int]:
    """Where in the second table the columns stand that neither model has written."""
    predicted = set(first.table.columns[first.predictions.at]) | set(second.table.columns[second.predictions.at])
    return [at for at, name in enumerate(second.table.columns) if name not in predicted]


class ComparedRows:
    """Takes the rows as they are matched.

    Args:
        first: one table.
        second: the other.
        at_texts: where its texts stand, one or two.
        writer: takes the rows that differ.

    Attributes:
        unknown: rows left out because their label is none that the models know.
        disagreements: how many rows differ, and some of them.
    """

    def __init__(self, first: Side, second: Side, *, at_texts: Sequence[int], writer: Writer) -> None:
        self.unknown, self.disagreements = 0, Disagreements()
        self._predictions = first.predictions
        # The second model's labels may stand in another order: its answers are brought into the first's.
        self._order = [second.predictions.labels.index(label) for label in first.predictions.labels]
        self._carried, self._at_texts, self._writer = carried_places(first, second), at_texts, writer
        self._truth: list[np.ndarray] = []
        self._answers: list[tuple[Answers, Answers]] = []

    def add(self, matched: Matched) -> None:
        """Take some rows."""
        task, labels = self._predictions.task, self._predictions.labels
        parsed = parse_truth(task, labels, matched.truth)
        known = is_known(parsed)
        truth = parsed[known].astype(bool if task == MultiLabel.name else parsed.dtype)
        self.unknown += len(known) - len(truth)
        rows = [row for row, is_known in zip(matched.rows, known, strict=True) if is_known]
        first, second = matched.first.select(known), self._reordered(matched.second.select(known))
        kinds = closer_model(truth, first, second)
        true = [label for label, is_known in zip(matched.truth, known, strict=True) if is_known]
        self.disagreements.add(
            kinds,
            answers=(first, second),
            shown=(true, show_answers(first, labels), show_answers(second, labels)),
            texts=["\n".join(cell(row.values[at]) for at in self._at_texts) for row in rows],
            places=[(row.file, row.line) for row in rows],
        )
        differ = np.flatnonzero(kinds != AGREED)
        cells = zip(_cells(first.select(differ), labels), _cells(second.select(differ), labels), strict=True)
        self._writer.write(
            (*(rows[row].values[at] for at in self._carried), *ours, *theirs, KINDS[kinds[row]])
            for row, (ours, theirs) in zip(differ.tolist(), cells, strict=True)
        )
        self._truth.append(truth)
        self._answers.append((first, second))

    def join(self, *, label: str) -> tuple[np.ndarray, Answers, Answers]:
        """Truth and both models' answers of all rows.

        Raises:
            DataError: there is none; the label column is named.
        """
        truth = np.concatenate(self._truth) if self._truth else np.empty(0)
        if not len(truth):
            labels = self._predictions.labels
            raise DataError(
                f"labels that the models know ({', '.join(labels)}) in column '{label}'"
                if labels
                else f"numbers in column '{label}'",
                found=f"none in {self.unknown} rows that both tables have",
                fix="check --label, and --key when it is given",
            )
        first, second = zip(*self._answers, strict=True)
        return truth, join_answers(first), join_answers(second)

    def _reordered(self, answers: Answers) -> Answers:
        if answers.predicted is None:
            return answers
        values = answers.values[:, self._order]
        if answers.predicted.ndim == 2:
            return Answers(values, answers.predicted[:, self._order])
        return Answers(values, np.argsort(self._order)[answers.predicted])


def _cells(answers: Answers, labels: Sequence[str]) -> list[tuple[Any, ...]]:
    """What a disagreement's row has of one model, see `ANSWERED`."""
    if answers.predicted is None:
        return [(value,) for value in answers.values[:, 0]]
    shown = show_answers(answers, labels)
    if answers.predicted.ndim == 2:
        return [(labels,) for labels in shown]
    return list(zip(shown, answers.values[np.arange(len(answers)), answers.predicted], strict=True))
