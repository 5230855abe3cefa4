"""Flags that several commands share, and flags made from the fields of a configuration."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from tfbert.config import FormatName, QuotingName, Strings, TrainConfig, field_helps, field_types
from tfbert.data.formats import TableFormat

_HELP = field_helps()

Header = Annotated[bool, typer.Option(help=_HELP["header"])]
Columns = Annotated[str, typer.Option(metavar="A,B,...", help=_HELP["columns"], show_default=False)]
Format = Annotated[FormatName, typer.Option(help=_HELP["format"])]
Quoting = Annotated[QuotingName, typer.Option(help=_HELP["quoting"])]
Encoding = Annotated[str, typer.Option(help=_HELP["encoding"])]
Endings = Annotated[
    str, typer.Option(metavar="A,B,...", help="Columns of the endings, of a choice.", show_default=False)
]
Prefix = Annotated[str, typer.Option(help="Put before the names of the prediction columns.", show_default=False)]
Slices = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Report results by this column's values too; repeatable.", show_default=False),
]

# Paths may hold commas: these flags are given once for each file.
REPEATED = ("train", "valid", "test", "corpus", "held_out", "unlabelled")


def table_format(
    header: bool,
    columns: str,
    format: FormatName,
    quoting: QuotingName,
    encoding: str,
    max_field_bytes: int = TableFormat.max_field_bytes,
) -> TableFormat:
    """How a table is written, from the flags."""
    return TableFormat(
        format=format,
        header=header,
        columns=split_names(columns),
        quoting=quoting,
        encoding=encoding,
        max_field_bytes=max_field_bytes,
    )


def split_names(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def config_flags(options: type = TrainConfig) -> list[inspect.Parameter]:
    """One flag for each field of a configuration, with the field's own help.

    A flag that is not given is None; one whose field has no default must be given.
    """
    types, helps = field_types(options), field_helps(options)
    fields = dataclasses.fields(options)
    return [_flag(field, kind=types[field.name], text=helps[field.name]) for field in fields]


def config_values(flags: dict[str, Any], options: type = TrainConfig) -> dict[str, Any]:
    """The values of the flags that were given."""
    types = field_types(options)
    given = {name: value for name, value in flags.items() if value is not None}
    return {name: _strings(name, value) if types[name] == Strings else value for name, value in given.items()}


def set_flags(command: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Give a command that takes **flags its flags: Typer reads them from the signature."""
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


def _strings(name: str, value: Any) -> tuple[str, ...]:
    return tuple(value) if name in REPEATED else split_names(value)


def _flag(field: dataclasses.Field[Any], *, kind: Any, text: str) -> inspect.Parameter:
    metavar = None
    if kind == Strings:
        kind, metavar = (list[str], "FILE") if field.name in REPEATED else (str, "A,B,...")
    needed = field.default is dataclasses.MISSING
    shown = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
    option = typer.Option(
        help=text if needed or not shown else f"{text} [default: {shown}]", metavar=metavar, show_default=False
    )
    annotation = Annotated[kind if needed else kind | None, option]  # type: ignore[valid-type]
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if needed else None,
        annotation=annotation,
    )
