"""What a table is made of: rows, rejects with their reasons, and columns as a writer wants them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

RAW_CHARACTERS = 10_000  # a reject's `raw` is cut to this many characters

REASONS = {
    "quote": "unterminated quote",
    "return": "carriage return outside quotes",
    "record": "a record over {limit} characters",
    "bytes": "bytes that are not {encoding}, first at byte {byte}",
    "json": "invalid JSON: {problem}",
    "object": "expected a JSON object, found {found}",
    "key": "unexpected key '{key}'",
    "token": "expected a token and its tag on line {line}, found {found}",
    "tag": "expected a tag O, B-TYPE or I-TYPE on line {line}, found {found}",
    "columns": "expected {expected} columns, found {found}",
    "field": "a field over {limit} bytes in column '{column}'",
    "kind": "expected text in column '{column}', found {found}",
    "empty": "empty text in column '{column}'",
}
"""Every reason a reader gives, in the order in which a record is checked: its first fault is the one reported."""

SURROGATE = re.compile("[\ud800-\udfff]")  # never in decoded text: stands for an undecodable byte (see lines.py)


class Row(NamedTuple):
    """A row that can be used.

    Attributes:
        file: the path as given, `-` for standard input.
        line: the 1-based physical line on which the record starts; in Parquet the 1-based row number.
        values: one a column, in the table's order: str from CSV and TSV, Python values from JSON Lines and Parquet.
    """

    file: str
    line: int
    values: tuple[Any, ...]


class Reject(NamedTuple):
    r"""A row that cannot be used, and why.

    Attributes:
        file: as in `Row`.
        line: as in `Row`.
        reason: one of `REASONS`, filled in.
        raw: the record as read, without its line end, undecodable bytes as `\xNN`, cut to `RAW_CHARACTERS`;
            of a Parquet row, its JSON.
    """

    file: str
    line: int
    reason: str
    raw: str


Record: TypeAlias = Row | Reject

Parsed: TypeAlias = tuple[int, str, Sequence[Any], str | None]
"""What a format's reader yields for a record: line, text as read, values, and its fault (then without values)."""


@dataclass(frozen=True)
class Column:
    """A column to write.

    Attributes:
        name: its name in the header.
        kind: "text" holds str or None; "float" holds float32 numbers (probabilities), written so that they read back
            to the same float32; "int" holds whole numbers or None; "any" holds any value of JSON or Arrow.
        arrow: the pyarrow type that an "any" column keeps in Parquet (from a Parquet input); without it, "any"
            becomes a string column in Parquet, values other than strings as their JSON text.
    """

    name: str
    kind: Literal["text", "float", "int", "any"] = "text"
    arrow: Any = None


REJECT_COLUMNS = (Column("file"), Column("line", "any"), Column("reason"), Column("raw"))


@dataclass(frozen=True)
class RowChecks:
    """The checks that every format shares.

    Attributes:
        names: all columns.
        texts: position and name of each column that must hold text.
        max_field_bytes: the longest field, in bytes of UTF-8.
    """

    names: tuple[str, ...]
    texts: tuple[tuple[int, str], ...]
    max_field_bytes: int

    def fault(self, values: Sequence[Any], *, length: int) -> str | None:
        """The reason to reject this row of at most `length` characters, or None."""
        if len(values) != len(self.names):
            return REASONS["columns"].format(expected=len(self.names), found=len(values))
        if length * 4 > self.max_field_bytes:  # UTF-8 has at most four bytes a character
            for name, value in zip(self.names, values, strict=True):
                if isinstance(value, str) and len(value.encode()) > self.max_field_bytes:
                    return REASONS["field"].format(limit=self.max_field_bytes, column=name)
        for position, name in self.texts:
            value = values[position]
            if value is None or value == "":
                return REASONS["empty"].format(column=name)
            if not isinstance(value, str):
                return REASONS["kind"].format(column=name, found=kind_of(value))
            if value.isspace():
                return REASONS["empty"].format(column=name)
        return None


Source: TypeAlias = tuple[tuple[Column, ...], Callable[[RowChecks], Iterator[Record]]]
"""An open file: the columns found, and the function that reads its records under the checks chosen with them."""


def as_records(parsed: Iterator[Parsed], *, file: str, checks: RowChecks) -> Iterator[Record]:
    """Turns what a reader yields into rows and rejects."""
    for line, text, values, fault in parsed:
        fault = fault or checks.fault(values, length=len(text))
        yield Row(file, line, tuple(values)) if fault is None else Reject(file, line, fault, shown(text))


def shown(text: str) -> str:
    r"""A record's text for a reject: undecodable bytes as `\xNN`, cut to `RAW_CHARACTERS`."""
    if text.isascii():
        return text[:RAW_CHARACTERS]
    return SURROGATE.sub(_escaped, text[:RAW_CHARACTERS])[:RAW_CHARACTERS]


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC00 <= code <= 0xDCFF else f"\\u{code:04x}"


_KINDS = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def kind_of(value: object) -> str:
    """A value's kind in JSON's words, other types by their Python name."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return _KINDS.get(type(value), type(value).__name__)
