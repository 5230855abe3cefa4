"""The values of the rows done, kept beside the output so that a resumed job can show them to its observer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfbert.data.partial import PartialFile, partial_path


class KeptValues:
    """A hidden file of float32 [rows, outputs]; it never gets a visible name.

    Args:
        path: the name that it hides behind.
        outputs: number of values of a row.
        position: where to go on, None to start anew.
    """

    def __init__(self, path: str, *, outputs: int, position: int | None) -> None:
        self._file = PartialFile(Path(path), position=position, flag="--output")
        self._path, self._outputs = partial_path(path), outputs
        self._read = 0

    def write(self, values: np.ndarray) -> None:
        """Append rows."""
        self._file.write(np.ascontiguousarray(values, np.float32).tobytes())

    def read(self, rows: int) -> np.ndarray:
        """The next rows from the beginning, float32 [rows, outputs]."""
        values = np.fromfile(self._path, np.float32, rows * self._outputs, offset=self._read)
        self._read += values.nbytes
        return values.reshape(rows, self._outputs)

    def sync(self) -> int:
        """Brings all to the disk and reports the number of bytes."""
        return self._file.sync()

    def discard(self) -> None:
        """Removes the file."""
        self._file.discard()

    def close(self) -> None:
        """Leaves the file to a later run."""
        self._file.close()
