"""The rows of two tables of predictions brought together: by their place, or by a key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest

from tfbert.data.cells import cell
from tfbert.data.label_cells import label_name
from tfbert.data.tables import Record, Reject, Row, Table
from tfbert.errors import DataError
from tfbert.jobs.prediction_table import PredictionColumns, find_labels, find_predictions
from tfbert.tasks.answers import Answers

WINDOW_ROWS = 4096  # read together
COMPARED = ("single-label", "multi-label", "regression")  # tasks


@dataclasses.dataclass(frozen=True)
class Side:
    """One of two open tables of predictions.

    Attributes:
        path: as given.
        table: its rows.
        predictions: what its prediction columns are.
        at_label: where the true labels stand.
    """

    path: str
    table: Table
    predictions: PredictionColumns
    at_label: int

    def windows(self) -> Iterator[list[Record]]:
        """Its rows, some at a time."""
        records = iter(self.table)
        while window := list(islice(records, WINDOW_ROWS)):
            yield window

    def carried(self) -> list[str]:
        """The names of its columns without the predictions."""
        columns = list(self.table.columns)
        del columns[self.predictions.at]
        return columns


def open_side(table: Table, *, path: str, label: str, prefix: str) -> Side:
    """A table with its predictions and its labels found.

    Raises:
        DataError: it has none of either, or those of a task that cannot be compared.
    """
    predictions = find_predictions(table.columns, prefix=prefix, path=path)
    if predictions.task not in COMPARED:
        raise DataError(
            f"predictions of the tasks {', '.join(COMPARED)} to compare",
            found=f"those of {predictions.task} ({path})",
            fix="evaluate each table with tfbert evaluate",
        )
    return Side(path, table, predictions, find_labels(table.columns, label, predictions=predictions, path=path))


@dataclasses.dataclass(frozen=True)
class Matched:
    """Some rows with both models' answers.

    Attributes:
        rows: of the second table.
        truth: the cell of the true label of each, as `label_name` has it.
        first: what the first model answered.
        second: what the second answered.
    """

    rows: list[Row]
    truth: list[str]
    first: Answers
    second: Answers


def match_by_place(first: Side, second: Side) -> Iterator[Matched]:
    """The first row with the first, and so on; all columns that both tables carried over must agree.

    Raises:
        DataError: a row that cannot be read, a carried cell that differs, or one table is longer.
    """
    shared = _shared_columns(first, second)
    nothing: list[Record] = []
    for ours, theirs in zip_longest(first.windows(), second.windows(), fillvalue=nothing):
        pairs = list(zip(_readable(ours), _readable(theirs), strict=False))
        for one, other in pairs:
            for name, at_first, at_second in shared:
                if one.values[at_first] != other.values[at_second]:
                    _check_same(one, other, name=name, cells=(one.values[at_first], other.values[at_second]))
        if len(ours) != len(theirs):
            longer = first.path if len(ours) > len(theirs) else second.path
            raise DataError(
                "two tables of the same rows",
                found=f"{longer}, which goes on where the other ends",
                fix="score both on the same table, or match the rows with --key",
            )
        rows = [other for _, other in pairs]
        truth = [label_name(row.values[second.at_label]) for row in rows]
        yield Matched(rows, truth, first.predictions.read([one for one, _ in pairs]), second.predictions.read(rows))


def _shared_columns(first: Side, second: Side) -> list[tuple[str, int, int]]:
    ours, theirs = list(first.table.columns), list(second.table.columns)
    names = [name for name in first.carried() if name in second.carried()]
    return [(name, ours.index(name), theirs.index(name)) for name in names]


def _readable(window: Iterable[Record]) -> list[Row]:
    rows = []
    for record in window:
        if isinstance(record, Reject):
            raise DataError(
                "rows that can be read, when tables are matched by the order of their rows",
                found=f"{record.reason} ({record.file}, line {record.line})",
                fix="mend the row, or match the rows with --key",
            )
        rows.append(record)
    return rows


def _check_same(one: Row, other: Row, *, name: str, cells: tuple[object, object]) -> None:
    """Cells of different formats are the same when they read the same: 7 in Parquet and "7" in CSV."""
    shown = [cell(value) for value in cells]
    if shown[0] != shown[1]:
        raise DataError(
            f"the same rows in the same order, with the same '{name}'",
            found=f"{shown[0]!r} ({one.file}, line {one.line}) and {shown[1]!r} ({other.file}, line {other.line})",
            fix="score both models on the same table, or match the rows with --key",
        )
