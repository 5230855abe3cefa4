"""The values of the rows done, kept beside the output so that a resumed job can show them to its observer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from tfbert.data.object_rows import object_rows
from tfbert.data.partial import PartialFile, partial_path


class KeptValues:
    """A hidden file of float32 rows; it never gets a visible name.

    Args:
        path: the name that it hides behind.
        shape: of a row's values, as `Task.value_shape` has it; where rows differ each stands behind its own length.
        position: where to go on, None to start anew.
    """

    def __init__(self, path: str, *, shape: tuple[int | None, ...], position: int | None) -> None:
        self._file = PartialFile(Path(path), position=position, flag="--output")
        self._path, self._shape = partial_path(path), shape
        self._read = 0

    def write(self, values: np.ndarray) -> None:
        """Append rows."""
        if self._shape[0] is None:
            self._file.write(b"".join(np.int32(len(row)).tobytes() + _float_bytes(row) for row in values))
        else:
            self._file.write(_float_bytes(values))

    def read(self, rows: int) -> np.ndarray:
        """The next rows from the beginning, float32 [rows, ...], or object [rows] of such."""
        if self._shape[0] is None:
            return object_rows(self._numbers(int(self._numbers(1, np.int32)[0]), np.float32) for _ in range(rows))
        return self._numbers(rows, np.float32)

    def _numbers(self, rows: int, dtype: type) -> np.ndarray:
        """The next numbers: of float32 so many rows of the shape (without a None)."""
        shape = (rows, *(size for size in self._shape if size is not None)) if dtype is np.float32 else (rows,)
        values: np.ndarray = np.fromfile(self._path, dtype, math.prod(shape), offset=self._read)
        self._read += values.nbytes
        return values.reshape(shape)

    def sync(self) -> int:
        """Brings all to the disk and reports the number of bytes."""
        return self._file.sync()

    def discard(self) -> None:
        """Removes the file."""
        self._file.discard()

    def close(self) -> None:
        """Leaves the file to a later run."""
        self._file.close()


def _float_bytes(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()
