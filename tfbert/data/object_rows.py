"""A NumPy array with any object in each row: for what has another size in every row, indexed like any other array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def object_rows(items: Iterable[Any]) -> np.ndarray:
    """The items, object [rows]; NumPy's own way makes a matrix of items that are all of one length."""
    held = list(items)
    rows = np.empty(len(held), object)
    for row, item in enumerate(held):
        rows[row] = item
    return rows


def empty_rows(rows: int, shape: tuple[int | None, ...]) -> np.ndarray:
    """Room for rows of float32 of a shape: [rows, *shape], or object [rows] where the shape begins with None."""
    return np.empty(rows, object) if shape[0] is None else np.empty((rows, *shape), np.float32)  # type: ignore[arg-type]
