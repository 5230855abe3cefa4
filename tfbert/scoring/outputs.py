"""The files that a scoring job writes: predictions, rejects and, for an observer, the values once more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tfbert.data.partial import partial_path
from tfbert.data.records import Reject, Row, shown
from tfbert.data.tables import Record
from tfbert.data.writers import REJECT_COLUMNS, Column, Writer, open_writer, output_layout
from tfbert.scoring.journal import Commit
from tfbert.scoring.kept import KeptValues
from tfbert.scoring.paths import OutputPaths


@dataclasses.dataclass(frozen=True)
class OutputOptions:
    """How outputs are written.

    Attributes:
        quoting: of the predictions, as in `open_writer`.
        spreadsheet_safe: as in `open_writer`.
        force: replace existing files.
        keep_values: the shape of each row's; None keeps none.
    """

    quoting: str = "auto"
    spreadsheet_safe: bool = False
    force: bool = False
    keep_values: tuple[int | None, ...] | None = None


class Outputs:
    """Files that go forward together, made by `open_outputs`.

    Attributes:
        writers: the files that have not appeared, by their purpose.
        kept: what a later run shows its observer.
        finished: an earlier run came to the very end: the files have appeared, and what was kept is gone.
    """

    def __init__(self, refuses: Callable[[Sequence[Any]], str | None]) -> None:
        self._refuses = refuses
        self.writers: dict[str, Writer] = {}
        self.kept: KeptValues | None = None
        self.finished = False

    def part(self, window: list[Record]) -> tuple[list[Row], list[Reject]]:
        """The rows of a window that can be written, and the others as rejects."""
        rows, rejects = [], []
        for record in window:
            if isinstance(record, Reject):
                rejects.append(record)
            elif reason := self._refuses(record.values):
                rejects.append(Reject(record.file, record.line, reason, shown("\t".join(map(str, record.values)))))
            else:
                rows.append(record)
        return rows, rejects

    def write(self, rows: list[tuple[Any, ...]], *, rejects: list[Reject], values: np.ndarray) -> None:
        """Append a window."""
        self.writers["output"].write(rows)
        self.writers["rejects"].write(rejects)
        if self.kept:
            self.kept.write(values)

    def commit(self) -> dict[str, int]:
        """Bring everything to the disk; the position of each file."""
        positions = {purpose: writer.commit() for purpose, writer in self.writers.items()}
        return positions | ({"kept": self.kept.sync()} if self.kept else {})

    def rows_written(self, purpose: str) -> int:
        """Rows taken by an output since it was opened."""
        return self.writers[purpose].rows_written if purpose in self.writers else 0

    def publish(self, purpose: str) -> None:
        """Make a file appear, if an interrupted run has not done so already."""
        if purpose in self.writers:
            self.writers[purpose].publish()


@contextmanager
def open_outputs(
    paths: OutputPaths,
    columns: Sequence[Column],
    *,
    options: OutputOptions,
    start: Commit | None,
    keep: Callable[[], bool],
) -> Iterator[Outputs]:
    """The outputs, open until the block ends.

    Args:
        paths: where they are.
        columns: of the predictions.
        options: how they are written.
        start: where to go on; None to start anew. When it is complete, an output without a partial file has appeared.
        keep: asked at the end: whether what has not appeared stays hidden for a later run; if not, it is removed.

    Raises:
        ConfigError, DataError: as `open_writer`.
    """
    written: dict[str, Any] = {"spreadsheet_safe": options.spreadsheet_safe}
    layout = output_layout(paths.output, columns, quoting=options.quoting, **written)
    outputs = Outputs(layout.refuses)
    positions = start.positions if start else {}
    complete = start is not None and start.complete
    with ExitStack() as stack:

        def leave(file: Writer | KeptValues) -> None:
            if not keep():
                file.discard()
            file.close()

        def open_one(purpose: str, path: str, columns: Sequence[Column], **more: Any) -> None:
            if complete and not partial_path(path).exists():
                return
            more |= {"force": options.force or complete, "position": positions.get(purpose)}
            outputs.writers[purpose] = writer = open_writer(path, columns, **written, **more)
            stack.callback(leave, writer)

        open_one("rejects", paths.rejects, REJECT_COLUMNS, table_format="csv", flag="--rejects")
        open_one("output", paths.output, columns, quoting=options.quoting)
        keeps = options.keep_values is not None
        if paths.probabilities and not keeps and not start:
            partial_path(paths.probabilities).unlink(missing_ok=True)  # of an interrupted job with an observer
        outputs.finished = keeps and complete and not partial_path(paths.probabilities).exists()
        if options.keep_values and not outputs.finished:
            outputs.kept = KeptValues(
                paths.probabilities,
                shape=options.keep_values,
                position=positions.get("kept", 0 if start else None),
            )
            stack.callback(leave, outputs.kept)
        yield outputs
