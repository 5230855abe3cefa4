"""The rows of two tables of predictions brought together by the values of a key column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tfbert.data.cells import cell
from tfbert.data.label_cells import label_name
from tfbert.data.labelled import column_index
from tfbert.data.tables import Record, Reject, Row
from tfbert.errors import DataError
from tfbert.jobs.matching import Matched, Side
from tfbert.tasks.answers import Answers


class KeyMatches:
    """Rows with the same key, in the order of the second table; what only one table has is left out and counted.

    Keys, labels and answers of the first table are kept in memory, of the second none.

    Args:
        first: one table.
        second: the other.
        key: the column, in both.

    Raises:
        DataError: there is no such column; while iterating, a key that stands twice, or labels that differ.
    """

    def __init__(self, first: Side, second: Side, *, key: str) -> None:
        self._first, self._second, self._key = first, second, key
        self._at = [column_index(side.table.columns, key, path=side.path, flag="--key") for side in (first, second)]
        self._first_only = self._second_only = self._unreadable = 0

    def __iter__(self) -> Iterator[Matched]:
        places, truth, answers = self._read_first()
        self._first_only = len(places)
        seen = bytearray(len(places))
        for window in self._second.windows():
            rows, at = [], []
            for row in self._readable(window):
                place = places.get(cell(row.values[self._at[1]]))
                if place is None:
                    self._second_only += 1
                    continue
                if seen[place]:
                    raise self._twice(row, self._at[1])
                seen[place] = True
                self._check_label(row, truth[place])
                rows.append(row)
                at.append(place)
            self._first_only -= len(rows)
            if rows:
                first = answers.select(np.array(at))
                yield Matched(rows, [truth[place] for place in at], first, self._second.predictions.read(rows))

    def left_out(self) -> dict[str, int]:
        """Why rows were left out, to how many; when all is read."""
        return {
            "only in the first table": self._first_only,
            "only in the second table": self._second_only,
            "that could not be read": self._unreadable,
        }

    def _read_first(self) -> tuple[dict[str, int], list[str], Answers]:
        """Key to place, and of each place true label and answers."""
        places: dict[str, int] = {}
        truth: list[str] = []
        read: list[Answers] = []
        names: dict[str, str] = {}  # so that a label is in memory once
        for window in self._first.windows():
            rows = self._readable(window)
            for row in rows:
                key = cell(row.values[self._at[0]])
                if key in places:
                    raise self._twice(row, self._at[0])
                places[key] = len(places)
                name = label_name(row.values[self._first.at_label])
                truth.append(names.setdefault(name, name))
            if rows:
                read.append(self._first.predictions.read(rows))
        return places, truth, join_answers(read)

    def _readable(self, window: Sequence[Record]) -> list[Row]:
        rows = [record for record in window if not isinstance(record, Reject)]
        self._unreadable += len(window) - len(rows)
        return rows

    def _twice(self, row: Row, at: int) -> DataError:
        return DataError(
            f"each value of '{self._key}' once in a table",
            found=f"{cell(row.values[at])!r} again ({row.file}, line {row.line})",
            fix="name another column with --key, or leave --key out to match the rows by their order",
        )

    def _check_label(self, row: Row, truth: str) -> None:
        label = label_name(row.values[self._second.at_label])
        if label != truth:
            key = cell(row.values[self._at[1]])
            raise DataError(
                f"the same true label in both tables for '{self._key}' {key!r}",
                found=f"{truth!r} ({self._first.path}) and {label!r} ({row.file}, line {row.line})",
                fix="check --key and --label",
            )


def join_answers(parts: Sequence[Answers]) -> Answers:
    """Answers one after the other; none of no parts."""
    if not parts:
        return Answers(np.empty((0, 1), np.float32), None)
    decided = [part.predicted for part in parts if part.predicted is not None]
    return Answers(np.concatenate([part.values for part in parts]), np.concatenate(decided) if decided else None)
