from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfbert.data.object_rows import object_rows
from tfbert.scoring.kept import KeptValues

RAGGED = object_rows(np.arange(4 * size, dtype=np.float32).reshape(size, 4) for size in (2, 0, 1, 3))
EVEN = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.mark.parametrize(("values", "shape"), [(RAGGED, (None, 4)), (EVEN, (3,))], ids=["ragged", "even"])
def test_values_read_back_in_other_windows_than_they_were_written_in(
    tmp_path: Path, values: np.ndarray, shape: tuple[int | None, ...]
) -> None:
    path = str(tmp_path / "out.probabilities")
    kept = KeptValues(path, shape=shape, position=None)
    kept.write(values[:1])
    kept.write(values[1:3])
    position = kept.sync()
    kept.write(values[:1])  # of a window that was never committed
    kept.close()

    again = KeptValues(path, shape=shape, position=position)
    again.write(values[3:])
    again.sync()
    found = [*again.read(2), *again.read(0), *again.read(2)]
    assert len(found) == 4
    for ours, theirs in zip(found, values, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == np.float32
    again.discard()
    again.close()
    assert list(tmp_path.iterdir()) == []
