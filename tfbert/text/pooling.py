"""What a model answers for a text that was cut into windows: the mean of what it answers for each."""

from __future__ import annotations

import numpy as np


def mean_over_windows(values: np.ndarray, row_windows: np.ndarray | None) -> np.ndarray:
    """The mean of each row's windows, [rows, outputs] in the dtype of the values.

    The exported graph does the same in TensorFlow (`tfbert.export.classifier`).

    Args:
        values: of the windows, those of a row one after another, float [windows, outputs].
        row_windows: how many each row has, at least 1, int [rows]; None where a row is a window.
    """
    if row_windows is None or not len(row_windows):
        return values
    starts = np.cumsum(row_windows) - row_windows
    return np.add.reduceat(values, starts, axis=0) / row_windows[:, None].astype(values.dtype)
