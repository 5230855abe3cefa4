"""Writing tables so that a job can be killed at any moment and resumed to the same bytes.

A scoring job notes each committed position in its journal, and resumes at the last:

    with open_writer("out.csv", columns) as writer:
        writer.write(rows)
        position = writer.commit()  # after a kill: open_writer("out.csv", columns, position=position)
        writer.publish()            # only now there is an out.csv
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from tfbert.data.compression import COMPRESS
from tfbert.data.formats import COMPRESSIONS, WRITTEN, format_of, is_quoted, split_path
from tfbert.data.layouts import ArrowBatches, Layout, build_layout
from tfbert.data.partial import PartialFile, StandardOutput
from tfbert.data.records import REJECT_COLUMNS, Column
from tfbert.errors import ConfigError

__all__ = ["REJECT_COLUMNS", "Column", "Writer", "open_writer", "output_layout"]

_BLOCK = 1 << 20  # bytes written, and compressed, at once
_ROW_GROUP = 20_000  # rows of a Parquet row group, whatever the batches they came in
_BATCH = 1024  # rows laid out at once


class Writer:
    """Takes rows; made by `open_writer`. As a context manager it closes at the end and leaves what is not published.

    The published bytes depend on the rows and on what lay between commits, not on how rows were grouped in calls of
    `write` nor on interruptions; without compression and in Parquet, not on the commits either.

    Attributes:
        rows_written: rows taken since it was opened.
    """

    def __init__(
        self, target: PartialFile | StandardOutput, layout: Layout, *, compress: Callable[[bytes], bytes], begin: bool
    ) -> None:
        self._target, self._layout, self._compress = target, layout, compress
        self._held = bytearray(layout.begin() if begin else b"")
        self._done = False
        self.rows_written = 0

    def refuses(self, values: Sequence[Any]) -> str | None:
        """Why a row that begins with these values cannot be written in this format, or None; make it a reject."""
        return self._layout.refuses(values)

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Writes rows of one Python value a column, all of which `refuses` let pass."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH)):
            self._held += self._layout.rows(batch)
            self.rows_written += len(batch)
            while len(self._held) >= _BLOCK:
                self._target.write(self._compress(bytes(self._held[:_BLOCK])))
                del self._held[:_BLOCK]

    def commit(self) -> int:
        """Brings all rows so far to the disk; opening with the position returned goes on from here."""
        if self._held:
            self._target.write(self._compress(bytes(self._held)))
            self._held.clear()
        return self._target.sync()

    def publish(self) -> None:
        """Commits and makes the file appear under its name, whole, in one step."""
        self.commit()
        if isinstance(self._layout, ArrowBatches) and isinstance(self._target, PartialFile):
            self._target.publish(_to_parquet)
        else:
            self._target.publish()
        self._done = True

    def discard(self) -> None:
        """Removes the partial file, if it was not published."""
        if not self._done:
            self._target.discard()

    def close(self) -> None:
        """Leaves what is not published to a later run."""
        self._target.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_writer(
    path: str | os.PathLike[str],
    columns: Sequence[Column],
    *,
    position: int | None = None,
    table_format: str = "auto",
    quoting: str = "auto",
    spreadsheet_safe: bool = False,
    force: bool = False,
    flag: str = "--output",
) -> Writer:
    """Opens an output, which grows in a hidden file beside it (`.NAME.partial`) until it is published.

    Args:
        path: the output; a suffix .gz, .bz2, .xz or .zst compresses text formats. `-` is standard output (CSV if
            `table_format` says nothing else), where nothing is atomic or resumed: `commit` returns 0.
        columns: the columns.
        position: where to go on, as `commit` reported it; None starts anew and overwrites an older partial file.
        table_format: csv, tsv, jsonl, parquet, or "auto" for the suffix's; one that the suffix contradicts is refused.
        quoting: "minimal", "none" (such a file cannot hold every value, see `Writer.refuses`), or "auto": minimal in
            CSV, none in TSV.
        spreadsheet_safe: CSV and TSV: put an apostrophe before a cell that a spreadsheet would run as a formula.
        force: replace an existing output when publishing.
        flag: the option that named the output, for messages.

    Raises:
        ConfigError: the output exists, is a folder or a device, is written by another run, cannot be written, or an
            option or the suffix is wrong. From the writer's methods: writing failed, on a full disk say.
        DataError: the partial file is not the one `position` belongs to.
    """
    path = os.fspath(path)
    layout = output_layout(
        path, columns, table_format=table_format, quoting=quoting, spreadsheet_safe=spreadsheet_safe, flag=flag
    )
    if path == "-":
        return Writer(StandardOutput(), layout, compress=COMPRESS[""], begin=True)
    _check_new(path, force=force, flag=flag)
    target = PartialFile(Path(path), position=position, flag=flag)
    return Writer(target, layout, compress=COMPRESS[split_path(path)[1]], begin=position is None)


def output_layout(
    path: str,
    columns: Sequence[Column],
    *,
    table_format: str = "auto",
    quoting: str = "auto",
    spreadsheet_safe: bool = False,
    flag: str = "--output",
) -> Layout:
    """How rows will lie in an output; arguments and errors as of `open_writer`."""
    suffix, compression = split_path(path)
    if path == "-" and table_format == "auto":
        table_format = "csv"
    if table_format == "auto" and suffix not in WRITTEN.values():
        raise ConfigError(
            f"a name that ends in {', '.join(WRITTEN)} (and perhaps {', '.join(COMPRESSIONS)})",
            found=path,
            fix=f"choose another with {flag}",
        )
    named = format_of(path, table_format)
    if suffix not in (None, named):
        raise ConfigError(
            f"a name that fits {named}",
            found=f"{path}, whose suffix means {suffix}",
            fix=f"choose another with {flag}",
        )
    if named == "parquet" and (path == "-" or compression):
        found = "standard output" if path == "-" else path
        raise ConfigError("a file NAME.parquet for Parquet", found=found, fix=f"name such a file with {flag}")
    quoted = is_quoted(named, quoting)
    return build_layout(columns, table_format=named, quoted=quoted, spreadsheet_safe=spreadsheet_safe)


def _check_new(path: str, *, force: bool, flag: str) -> None:
    if not os.path.lexists(path):
        return
    if not os.path.isfile(path):  # a device too: renaming would put a file in its place
        found = f"the folder {path}" if os.path.isdir(path) else f"{path}, which is no ordinary file"
        raise ConfigError("a new output file", found=found, fix=f"name a file with {flag}")
    if not force:
        raise ConfigError("a new output file", found=f"{path}, which exists", fix="add --force to replace it")


def _to_parquet(source: BinaryIO, file: BinaryIO) -> None:
    """Turns the stream of batches into Parquet, in row groups of `_ROW_GROUP`."""
    import pyarrow
    from pyarrow import ipc, parquet

    with ipc.open_stream(source) as batches, parquet.ParquetWriter(file, batches.schema) as writer:
        held = batches.schema.empty_table()
        for batch in batches:
            held = pyarrow.concat_tables([held, pyarrow.Table.from_batches([batch])])
            if held.num_rows >= _ROW_GROUP:  # no batch has as many rows, so one group is enough
                writer.write_table(held.slice(0, _ROW_GROUP).combine_chunks())
                held = held.slice(_ROW_GROUP)
        if held.num_rows:
            writer.write_table(held.combine_chunks())
