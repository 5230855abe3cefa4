"""Which format and compression a path names, and the options of reading a table."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import PurePath

from tfbert.config import FormatName, QuotingName
from tfbert.errors import ConfigError, DataError

WRITTEN = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
SURE = WRITTEN | {".conll": "conll"}  # in a folder, a file with another suffix is no table
FORMATS = SURE | {".json": "squad"}
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class TableFormat:
    """How to read a table.

    Attributes:
        format: "auto" goes by the suffix (after .gz, .bz2, .xz or .zst).
        header: whether the first row of a CSV or TSV file names the columns.
        columns: the names of a headerless table's columns, or new names for all columns of any other.
        quoting: "minimal": a field may be enclosed in double quotes; "none": quotes are data, every line is a record;
            "auto": minimal for CSV, none for TSV. The other formats have their own rules.
        encoding: a Python codec's name. Parquet is always UTF-8.
        max_field_bytes: a row with a longer field (in bytes of UTF-8) is rejected; the bound on a record, and so on
            memory, is `RECORD_FIELDS` times as many characters.
    """

    format: FormatName = "auto"
    header: bool = True
    columns: tuple[str, ...] = ()
    quoting: QuotingName = "auto"
    encoding: str = "utf-8"
    max_field_bytes: int = 1 << 20


RECORD_FIELDS = 16


def split_path(path: str) -> tuple[str | None, str]:
    """The format that a path's suffix names (None if it names none) and its compression suffix ("" if none)."""
    pure = PurePath(path)
    compression = pure.suffix.lower() if pure.suffix.lower() in COMPRESSIONS else ""
    inner = pure.with_suffix("") if compression else pure
    return FORMATS.get(inner.suffix.lower()), compression


def format_of(path: str, asked: str = "auto") -> str:
    """The format to read or write `path` in.

    Raises:
        ConfigError: the format asked for is not one we know.
        DataError: "auto" and the suffix says nothing.
    """
    known = sorted(set(FORMATS.values()))
    if asked != "auto" and asked not in known:
        raise ConfigError(f"a format of {', '.join(known)}", found=f"'{asked}'", fix="choose one with --format")
    named = split_path(path)[0] if asked == "auto" else asked
    if named is None:
        raise DataError(
            f"a name that ends in {', '.join(FORMATS)} (and perhaps {', '.join(COMPRESSIONS)})",
            found="standard input, which has no name" if path == "-" else path,
            fix="name the format with --format",
        )
    return named


def is_quoted(table_format: str, quoting: str) -> bool:
    """Whether double quotes enclose fields in this format.

    Raises:
        ConfigError: an unknown quoting.
    """
    if quoting not in ("auto", "minimal", "none"):
        raise ConfigError("quoting auto, minimal or none", found=f"'{quoting}'", fix="choose one with --quoting")
    return table_format == "csv" if quoting == "auto" else quoting == "minimal"


def codec_name(encoding: str) -> str:
    """The usual name of a text encoding, "utf-8" of "UTF8".

    Raises:
        ConfigError: Python knows no such encoding of text, or it cannot go on after an undecodable byte.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs of bytes to bytes such as "hex"
        codecs.getincrementaldecoder(encoding)("surrogateescape").decode(b"")  # refuses "idna": it is always strict
    except (LookupError, ValueError):
        raise ConfigError(
            "an encoding that Python knows",
            found=f"'{encoding}'",
            fix="name one such as utf-8, utf-16 or cp1252 with --encoding",
        ) from None
    return codec.name
