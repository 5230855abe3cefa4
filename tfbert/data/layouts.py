"""Rows to bytes, one class a format of output: CSV and TSV, JSON Lines, and Arrow batches (for Parquet)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from tfbert.data.cells import cell, finite, plain, shortest_float
from tfbert.data.formats import DELIMITERS
from tfbert.data.records import Column
from tfbert.errors import ConfigError


class Layout(Protocol):
    """How rows lie in a file. What `begin` and `rows` give, one after the other, is the file."""

    def begin(self) -> bytes:
        """What stands before the first row."""

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """The bytes of these rows."""

    def refuses(self, values: Sequence[Any]) -> str | None:
        """Why a row whose first values are these cannot be written, or None."""


# What spreadsheets run as a formula (OWASP, "CSV Injection"); a plain number with a sign is none.
_FORMULA = re.compile(r"(?![+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?\Z)[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class Delimited:
    r"""CSV or TSV: UTF-8, lines end with `\n`, None is empty. Quoted where needed, or literal.

    With `spreadsheet_safe` an apostrophe stands before every cell, also of the header, that a spreadsheet would run.
    """

    def __init__(
        self, columns: Sequence[Column], *, delimiter: str, quoted: bool, spreadsheet_safe: bool = False
    ) -> None:
        self._names = [column.name for column in columns]
        self._spreadsheet_safe = spreadsheet_safe
        self._delimiter, self._quoted = delimiter, quoted
        self._cells = [_CELLS[column.kind] for column in columns]
        self._special = re.compile(f'[{delimiter}"\r\n\ufeff]' if quoted else f"[{delimiter}\r\n]")
        for name in self._names:
            if not quoted and (self._special.search(name) or name.startswith("\ufeff")):
                raise ConfigError(
                    "column names that fit between delimiters", found=repr(name), fix="add --quoting minimal"
                )

    def begin(self) -> bytes:
        """The header."""
        return self._line(self._names).encode()

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """A line a row."""
        return "".join(
            self._line([to_cell(value) for to_cell, value in zip(self._cells, row, strict=True)]) for row in rows
        ).encode()

    def _line(self, cells: list[str]) -> str:
        if self._spreadsheet_safe:
            cells = [f"'{text}" if _FORMULA.match(text) else text for text in cells]
        if self._quoted:
            if cells == [""]:
                return '""\n'  # not a blank line, which readers skip
            special = self._special.search
            if special("".join(cells)):
                cells = ['"' + text.replace('"', '""') + '"' if special(text) else text for text in cells]
        return self._delimiter.join(cells) + "\n"

    def refuses(self, values: Sequence[Any]) -> str | None:
        """Literal fields cannot hold the delimiter or a line end, and a lone one cannot be empty."""
        if self._quoted:
            return None
        for name, to_cell, value in zip(self._names, self._cells, values, strict=False):
            if self._special.search(text := to_cell(value)):
                return f"a delimiter or line end in column '{name}', which the output cannot hold without quotes"
            if not text and len(self._names) == 1:
                return f"an empty value in column '{name}', which the output cannot hold without quotes"
        return None


_CELLS: dict[str, Callable[[Any], str]] = {
    "text": lambda value: "" if value is None else value,
    "float": lambda value: "" if (short := shortest_float(value)) is None else repr(short),
    "int": cell,
    "any": cell,
}


class JsonLines:
    """JSON Lines: UTF-8 as it is (not ASCII escapes), values keep their types, NaN and infinity become null."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._floats = [position for position, column in enumerate(columns) if column.kind == "float"]

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """An object a row."""
        return "".join(map(self._line, rows)).encode()

    def _line(self, row: Sequence[Any]) -> str:
        named = dict(zip(self._names, row, strict=True))
        for position in self._floats:
            named[self._names[position]] = shortest_float(row[position])
        try:
            return json.dumps(named, ensure_ascii=False, allow_nan=False, default=plain) + "\n"
        except ValueError:
            return json.dumps(finite(named), ensure_ascii=False, allow_nan=False, default=plain) + "\n"

    def refuses(self, values: Sequence[Any]) -> str | None:
        """Nothing."""
        return None


class ArrowBatches:
    """An Arrow IPC stream (without an end mark), which publishing turns into Parquet.

    "text" is string, "float" float32 and "int" int64; "any" keeps its Arrow type (a dictionary's values' type; a type
    with dictionaries inside becomes string) or is string, see `Column`.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        import pyarrow

        types = {
            "text": pyarrow.string(), "float": pyarrow.float32(), "int": pyarrow.int64(), "any": pyarrow.string()
        }  # fmt: skip
        kept = [_kept_type(column.arrow) for column in columns]
        self._schema = pyarrow.schema(
            [(column.name, arrow or types[column.kind]) for column, arrow in zip(columns, kept, strict=True)]
        )
        self._as_text = [column.kind == "any" and not arrow for column, arrow in zip(columns, kept, strict=True)]

    def begin(self) -> bytes:
        """The schema."""
        return self._schema.serialize().to_pybytes()

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """A record batch, nothing for no rows."""
        import pyarrow

        if not (by_column := list(zip(*rows, strict=True))):
            return b""
        arrays = [
            pyarrow.array([v if v is None else cell(v) for v in values] if as_text else values, field.type)
            for values, field, as_text in zip(by_column, self._schema, self._as_text, strict=True)
        ]
        return pyarrow.record_batch(arrays, schema=self._schema).serialize().to_pybytes()

    def refuses(self, values: Sequence[Any]) -> str | None:
        """Nothing."""
        return None


def _kept_type(arrow: Any) -> Any:
    """The type to write, or None for text. Batches with dictionaries would depend on those before, so we have none."""
    import pyarrow

    def has_dictionary(inner: Any) -> bool:
        children = [inner.field(position).type for position in range(inner.num_fields)]
        return pyarrow.types.is_dictionary(inner) or any(map(has_dictionary, children))

    if arrow is not None and pyarrow.types.is_dictionary(arrow):
        arrow = arrow.value_type
    return None if arrow is None or has_dictionary(arrow) else arrow


def build_layout(
    columns: Sequence[Column], *, table_format: str, quoted: bool, spreadsheet_safe: bool = False
) -> Layout:
    """The layout of a format."""
    if table_format == "parquet":
        return ArrowBatches(columns)
    if table_format == "jsonl":
        return JsonLines(columns)
    return Delimited(columns, delimiter=DELIMITERS[table_format], quoted=quoted, spreadsheet_safe=spreadsheet_safe)
