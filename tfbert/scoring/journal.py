"""How far a job is, in a hidden file beside its output: what a killed job goes on from.

`.NAME.journal` is JSON Lines. The first line says which job it is (see `identity`); each further line is a `Commit`,
appended when the outputs up to its positions are on the disk, and on the disk itself (fsync) before the next window is
written. A line that a crash cut short is as if it were not there. The file is locked while a job runs, and gone when
all its outputs have appeared.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from tfbert.data.disk import open_for_one_run, sync_folder, writing


@dataclasses.dataclass(frozen=True)
class Commit:
    """How far a job is: always at the end of a window.

    Attributes:
        rows_read: records of the inputs, or of the shard, that were dealt with.
        rows_scored: those in the predictions.
        rows_rejected: those in the rejects.
        texts_repeated: as in `Summary`.
        tokens: as in `Summary`.
        seconds: as in `Summary`.
        seconds_loading: as in `Summary`.
        positions: bytes of each output, by its purpose.
        complete: all rows are done; the outputs are about to appear, or have appeared.
    """

    rows_read: int = 0
    rows_scored: int = 0
    rows_rejected: int = 0
    texts_repeated: int = 0
    tokens: int = 0
    seconds: float = 0.0
    seconds_loading: float = 0.0
    positions: Mapping[str, int] = dataclasses.field(default_factory=dict)
    complete: bool = False


class Journal:
    """The journal of one output, made by `open_journal`.

    Attributes:
        job: which job it is; None when there is nothing to go on from.
        last: the last commit; None without.
        running: whether this run writes the outputs, so that a note on how to go on is in place.
    """

    def __init__(self, file: BinaryIO | None, path: Path) -> None:
        self._file, self._path = file, path
        self.job: Mapping[str, Any] | None = None
        self.last: Commit | None = None
        self.running = False
        self._size = 0
        if file:
            self._read()

    def _read(self) -> None:
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines):
                try:
                    value = json.loads(line if line.endswith(b"\n") else b"")
                except ValueError:  # cut short by a crash
                    break
                if number == 0:
                    self.job = value
                else:
                    self.last = Commit(**value)
                self._size += len(line)
        if not self.last:
            self.job = None

    def begin(self, job: Mapping[str, Any]) -> None:
        """Forget what was there and name the job."""
        self.job, self.last = job, None
        if self._file:
            with writing(str(self._path), flag="--output"):
                self._file.truncate(0)
                sync_folder(self._path.parent)
            self._append(job)

    def resume(self) -> None:
        """Go on after the last commit; what stands behind it is cut off."""
        if self._file:
            with writing(str(self._path), flag="--output"):
                self._file.truncate(self._size)

    def commit(self, commit: Commit) -> None:
        """Note that the outputs up to these positions are on the disk."""
        if self._file:
            self._append(dataclasses.asdict(commit))
            self.last = commit

    def remove(self) -> None:
        """Nothing is left to go on with."""
        self.last = None
        if self._file:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the journal to a later run if there is a commit in it."""
        if self._file:
            if not self.last:
                self.remove()
            with suppress(OSError):
                self._file.close()

    def _append(self, line: Mapping[str, Any]) -> None:
        assert self._file
        with writing(str(self._path), flag="--output"):
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def open_journal(output: str, *, kept: bool) -> Iterator[Journal]:
    """The journal of an output, locked against other runs until the block ends.

    One without a commit is removed at the end. When an error leaves one with a commit behind, the error gets a note
    that says how to go on.

    Args:
        output: the path of the predictions.
        kept: whether the job can be resumed; if not, nothing is written.

    Raises:
        ConfigError: another run is writing the output, or the journal cannot be made.
    """
    path = Path(output).with_name(f".{Path(output).name}.journal")
    if not kept:
        yield Journal(None, path)
        return
    journal = Journal(open_for_one_run(path, output=output, flag="--output"), path)
    try:
        yield journal
    except BaseException as error:
        if journal.running and journal.last:
            error.add_note(f"{journal.last.rows_read} rows are done; the same command with --resume goes on after them")
        raise
    finally:
        journal.close()
