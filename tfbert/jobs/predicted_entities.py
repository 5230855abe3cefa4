"""Entities as `tfbert score` wrote them into a table, read back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.data.entities import Entity, entities_fault, parse_entities, parse_scores
from tfbert.data.object_rows import object_rows
from tfbert.data.tables import Row, TableFormat, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.scoring.paths import read_only_once
from tfbert.tasks.answers import Answers


def collect_types(path: str | os.PathLike[str], *, at: Sequence[int], table_format: TableFormat) -> tuple[str, ...]:
    """The types of all entities in some columns of a table, sorted.

    Cells that hold no entities are passed over; reading them for good says what is wrong with them.

    Args:
        path: the table, which is read from start to end.
        at: where the columns stand.
        table_format: how the table is written.

    Raises:
        ConfigError: it can be read only once.
    """
    if read_only_once(os.fspath(path)):
        raise ConfigError(
            "a file, because predicted entities are read twice: for their types, and to be counted",
            found="standard input" if path == "-" else f"{path}, which can be read once",
            fix="write the table to a file",
        )
    types: set[str] = set()
    with open_table(path, table_format=table_format) as table:
        for row in table:
            for cell in (row.values[place] for place in at) if isinstance(row, Row) else ():
                if entities_fault(cell, column="") is None:
                    types |= {entity.type for entity in parse_entities(cell)}
    return tuple(sorted(types))


def read_entities(cells: Sequence[Any], rows: Sequence[Row], *, types: Sequence[str]) -> Answers:
    """The entities of rows, as a tagging model's values and decisions.

    Args:
        cells: of the column of predicted entities.
        rows: for the message.
        types: the names of the types.

    Raises:
        DataError: a cell is not what `tfbert score` writes there; the message names the row.
    """
    values, decided = [], []
    number = {name: index for index, name in enumerate(types)}
    for cell, row in zip(cells, rows, strict=True):
        if fault := entities_fault(cell, column="predicted_entities"):
            raise not_written(f"entities as JSON ({fault})", [cell], row)
        entities, scores = parse_entities(cell), parse_scores(cell)
        if not all(type(score) in (int, float) and 0 <= score <= 1 for score in scores):
            raise not_written("a score between 0 and 1 for each entity", [cell], row)
        if unknown := {entity.type for entity in entities} - number.keys():
            raise not_written(f"types among {', '.join(types)}", [min(unknown)], row)
        decided.append(tuple((start, end, number[kind]) for start, end, kind in entities))
        values.append(_numbers(entities, scores, number=number))
    return Answers(object_rows(values), object_rows(decided))


def _numbers(entities: Sequence[Entity], scores: Sequence[float], *, number: dict[str, int]) -> np.ndarray:
    """A row's values, float32 [entities, 4]."""
    found = [(start, end, number[kind], score) for (start, end, kind), score in zip(entities, scores, strict=True)]
    return np.array(found, np.float32).reshape(-1, 4)


def not_written(expected: str, cells: Sequence[Any], row: Row) -> DataError:
    """The error of a cell that `tfbert score` does not write."""
    return DataError(
        expected,
        found=f"{', '.join(map(str, cells))} ({row.file}, line {row.line})",
        fix="give the output of tfbert score unchanged",
    )
