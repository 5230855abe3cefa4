"""What a job reads: names, patterns and folders as one list of files, and these as one table."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from tfbert.data.formats import COMPRESSIONS, SURE, split_path
from tfbert.data.tables import Column, Record, Table, TableFormat, count_records, open_table
from tfbert.errors import ConfigError, DataError

log = logging.getLogger(__name__)


def expand_inputs(names: Sequence[str], *, table_format: TableFormat) -> list[str]:
    """The files that the names stand for, in the order in which they are read.

    Args:
        names: each a file, `-`, a folder (its tables by suffix, or with a format given all its files, sorted; hidden
            files and those that begin with `_` are passed over) or a pattern with `*`, `?`, `[...]` or `**` (sorted).
        table_format: how they are written.

    Raises:
        DataError: nothing matches, or a folder holds no table.
        ConfigError: a file stands for two inputs.
    """
    any_suffix = table_format.format != "auto"
    paths = list(chain.from_iterable(_expand(name, any_suffix=any_suffix) for name in names))
    seen: dict[str, str] = {}
    for path in paths:
        if (other := seen.setdefault(os.path.realpath(path) if path != "-" else path, path)) is not path:
            raise ConfigError("each input once", found=f"{path} after {other}", fix="leave one out")
    return paths


def _expand(name: str, *, any_suffix: bool) -> list[str]:
    if name == "-":
        return [name]
    if os.path.isdir(name):
        return _tables_in(name, any_suffix=any_suffix)
    if os.path.lexists(name) or not glob.has_magic(name):
        return [name]  # whether it is there is seen when it is opened
    if not (matches := sorted(glob.glob(name, recursive=True))):
        raise DataError("files that match a pattern", found=f"none for {name}", fix="check the pattern and the folder")
    return [path for match in matches for path in _expand(match, any_suffix=any_suffix)]


def _tables_in(folder: str, *, any_suffix: bool) -> list[str]:
    names = sorted(name for name in os.listdir(folder) if not name.startswith((".", "_")))
    paths = [os.path.join(folder, name) for name in names]
    tables = [
        path for path in paths if not os.path.isdir(path) and (any_suffix or split_path(path)[0] in SURE.values())
    ]
    if not tables:
        raise DataError(
            f"files whose names end in {', '.join(SURE)} (and perhaps {', '.join(COMPRESSIONS)})",
            found=f"none in the folder {folder}",
            fix="check the folder, or name the format with --format",
        )
    if skipped := [Path(path).name for path in paths if path not in set(tables)]:
        log.info("skipped in %s, no tables by their names: %s", folder, ", ".join(skipped))
    return tables


@contextmanager
def open_inputs(paths: Sequence[str], *, text_columns: Sequence[str], table_format: TableFormat) -> Iterator[Table]:
    """Tables with the same columns as one.

    A column of another type in another file (text in CSV, numbers in Parquet) is one of any values.

    Args:
        paths: what `expand_inputs` gave; the head of every file is looked at before the first row is read.
        text_columns: the text column, and that of second texts where the model reads pairs.
        table_format: how they are written.

    Raises:
        DataError: as `open_table`, or a table with other columns.
    """
    with open_table(paths[0], text_columns=text_columns, table_format=table_format) as first:
        schema = first.schema
        for path in paths[1:]:
            with open_table(path, text_columns=text_columns, table_format=table_format) as table:
                if table.columns != first.columns:
                    raise DataError(
                        f"the columns of {paths[0]} ({', '.join(first.columns)}) in every input",
                        found=f"columns {', '.join(table.columns)} ({path})",
                        fix="score tables with other columns in a command of their own",
                    )
                schema = tuple(
                    one if one == other else Column(one.name, "any")
                    for one, other in zip(schema, table.schema, strict=True)
                )
        yield Table(schema, chain(first, _read(paths[1:], text_columns=text_columns, table_format=table_format)))


def _read(paths: Sequence[str], *, text_columns: Sequence[str], table_format: TableFormat) -> Iterator[Record]:
    for path in paths:
        with open_table(path, text_columns=text_columns, table_format=table_format) as table:
            yield from table


def count_all(paths: Sequence[str], *, table_format: TableFormat) -> int:
    """The number of records in all tables; text formats are read once for it."""
    return sum(count_records(path, table_format=table_format) for path in paths)
