"""Cells that say how much a row counts in the loss."""

from __future__ import annotations

import math
import reprlib
from typing import Any


def weight_fault(value: Any, *, column: str) -> str | None:
    """Why this cannot be the weight of a row, or None: `float` makes a finite number above 0 of it."""
    try:
        fits = not isinstance(value, bool) and 0 < float(value) < math.inf
    except (TypeError, ValueError, OverflowError):
        fits = False
    return None if fits else f"expected a finite number above 0 in column '{column}', found {reprlib.repr(value)}"
