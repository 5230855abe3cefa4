"""The names of a table's columns: found, given or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from tfbert.data.formats import TableFormat
from tfbert.data.jsonl import LOOKAHEAD
from tfbert.data.records import Column, Parsed, RowChecks
from tfbert.errors import ConfigError, DataError


def take_header(
    parsed: Iterator[Parsed], table_format: TableFormat, *, file: str
) -> tuple[tuple[str, ...], Iterator[Parsed]]:
    """The columns' names of a delimited table, from its header row or as given, and its other records."""
    if table_format.header:
        return _header_row(parsed, file=file), parsed
    width = len(table_format.columns)
    if not width:
        raise ConfigError("names for the columns", found="--no-header without them", fix="name all with --columns")
    # The first record may be a dirty one; that not one of many has the right width is no accident.
    head: list[Parsed] = []
    for item in islice(parsed, LOOKAHEAD):
        head.append(item)
        if item[3] is None and len(item[2]) == width:
            break
    else:
        if head:
            line, _, fields, fault = next((item for item in head if item[3] is None), head[0])
            raise DataError(
                f"{width} columns, as named by --columns",
                found=f"{fault or f'{len(fields)} columns'} ({file}, line {line})",
                fix="name as many columns as the file has, or check --format and --quoting",
            )
    return (table_format.columns if head else ()), chain(head, parsed)


def _header_row(parsed: Iterator[Parsed], *, file: str) -> tuple[str, ...]:
    line, _, fields, fault = next(parsed, (0, "", [], None))
    if fault is not None:
        raise DataError("a header row", found=f"{fault} ({file}, line {line})", fix="check --encoding and --quoting")
    return tuple(fields)


def named_columns(schema: tuple[Column, ...], table_format: TableFormat, *, file: str) -> tuple[Column, ...]:
    """The schema with the names that `table_format.columns` gives.

    Raises:
        DataError: the file is empty, the numbers of names differ, or a name stands twice.
    """
    if not schema:
        raise DataError("a table", found=f"no columns ({file})", fix="check that the file is not empty")
    if given := table_format.columns:
        if len(given) != len(schema):
            found = f"{len(schema)}: {', '.join(column.name for column in schema)} ({file})"
            raise DataError(
                f"{len(given)} columns, as named by --columns",
                found=found,
                fix="name as many columns as the file has",
            )
        schema = tuple(replace(column, name=name) for column, name in zip(schema, given, strict=True))
    for name, count in Counter(column.name for column in schema).items():
        if count > 1:
            raise DataError(
                "each column's name once", found=f"'{name}' twice ({file})", fix="name all columns with --columns"
            )
    return schema


def row_checks(
    schema: tuple[Column, ...], text_columns: Sequence[str], *, table_format: TableFormat, file: str
) -> RowChecks:
    """The checks on every row.

    Raises:
        DataError: a text column is not among the columns.
    """
    names = tuple(column.name for column in schema)
    other = "--text-pair" if len(text_columns) == 2 else "--endings"
    for place, name in enumerate(text_columns):
        flag = other if place else "--text"
        if name not in names:
            raise DataError(
                f"a column named '{name}'",
                found=f"columns {', '.join(names)} ({file})",
                fix=f"name the text column with {flag}, or all columns with --columns and perhaps --no-header",
            )
    texts = tuple((names.index(name), name) for name in text_columns)
    return RowChecks(names, texts, table_format.max_field_bytes)
