"""Reading tables: CSV, TSV, JSON Lines, Parquet, CoNLL and SQuAD, compressed or not, as one stream of rows and rejects.

Every record of a file is a `Row` or a `Reject`, exactly once and in order; but for SQuAD, which is one JSON document,
memory does not grow with the file.

    with open_table("train.csv", text_columns=("text",)) as table:
        for record in table: ...
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tfbert.data.compression import open_bytes
from tfbert.data.conll import SCHEMA, read_conll
from tfbert.data.delimited import read_delimited
from tfbert.data.formats import DELIMITERS, RECORD_FIELDS, TableFormat, codec_name, format_of, is_quoted
from tfbert.data.headers import named_columns, row_checks, take_header
from tfbert.data.jsonl import read_jsonl
from tfbert.data.lines import read_lines
from tfbert.data.parquet import count_parquet, open_parquet
from tfbert.data.records import REASONS, Column, Record, Reject, Row, Source, as_records
from tfbert.data.squad import COLUMNS as SQUAD_COLUMNS
from tfbert.data.squad import read_squad
from tfbert.errors import ConfigError

__all__ = ["REASONS", "Column", "Record", "Reject", "Row", "Table", "TableFormat", "count_records", "open_table"]

BY_SUFFIX = TableFormat()


@dataclass(frozen=True)
class Table:
    """An open table; iterate over it once.

    Attributes:
        schema: its columns as a writer takes them.
        records: the rows and rejects still to come.
    """

    schema: tuple[Column, ...]
    records: Iterator[Record]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.schema)

    def __iter__(self) -> Iterator[Record]:
        return self.records


@contextmanager
def open_table(
    path: str | os.PathLike[str], *, text_columns: Sequence[str] = (), table_format: TableFormat = BY_SUFFIX
) -> Iterator[Table]:
    """Opens a table.

    Args:
        path: the file, `-` for standard input. It is read once and forwards, so a named pipe will do; opening `-` or
            a pipe a second time finds only what the first left, and it is the caller's duty not to.
        text_columns: columns that must be there and hold text; a row with none in one of them is rejected.
        table_format: how to read it.

    Raises:
        DataError: the file is missing, empty, damaged or has not the columns asked for. Damage may show only while
            reading; the error then says after which line.
        ConfigError: an option is unknown or does not fit the format.
    """
    path = os.fspath(path)
    file = os.fsencode(path).decode("utf-8", "backslashreplace")  # a name that is not UTF-8 must not break an output
    named = format_of(path, table_format.format)
    if named not in DELIMITERS and not table_format.header:
        raise ConfigError("--no-header with CSV or TSV only", found=f"{file}, read as {named}", fix="leave it out")
    source = open_parquet(path, file=file) if named == "parquet" else _open_text(path, file, named, table_format)
    with source as (schema, records):
        schema = named_columns(schema, table_format, file=file)
        yield Table(schema, records(row_checks(schema, text_columns, table_format=table_format, file=file)))


def count_records(path: str | os.PathLike[str], *, table_format: TableFormat = BY_SUFFIX) -> int:
    """The number of records, rows and rejects, that reading a table will give; Parquet notes it, the others are read.

    Raises:
        DataError, ConfigError: as `open_table`.
    """
    path = os.fspath(path)
    if format_of(path, table_format.format) == "parquet":
        return count_parquet(path)
    with open_table(path, table_format=table_format) as table:
        return sum(1 for _ in table)


@contextmanager
def _open_text(path: str, file: str, named: str, table_format: TableFormat) -> Iterator[Source]:
    encoding, limit = codec_name(table_format.encoding), RECORD_FIELDS * table_format.max_field_bytes
    quoted = is_quoted(named, table_format.quoting)
    with open_bytes(path) as stream:
        if named == "squad":
            questions = read_squad(stream, file=file, encoding=encoding)
            yield SQUAD_COLUMNS, lambda checks: as_records(questions, file=file, checks=checks)
            return
        lines = read_lines(stream, file=file, encoding=encoding, limit=limit)
        if named == "conll":
            sentences = read_conll(lines, encoding=encoding, limit=limit)
            yield SCHEMA, lambda checks: as_records(sentences, file=file, checks=checks)
            return
        if named == "jsonl":
            names, parsed = read_jsonl(lines, file=file, encoding=encoding, limit=limit)
        else:
            parsed = read_delimited(lines, delimiter=DELIMITERS[named], quoted=quoted, encoding=encoding, limit=limit)
            names, parsed = take_header(parsed, table_format, file=file)
        schema = tuple(Column(name, "any" if named == "jsonl" else "text") for name in names)
        yield schema, lambda checks: as_records(parsed, file=file, checks=checks)
