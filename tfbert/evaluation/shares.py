"""95 % intervals of shares of rows: accuracy, precision, recall, F1 of a label.

A resample of five right rows is five right rows, so resampling gives shares near 0 and 1, and those of few rows, too
narrow an interval, or none. Wilson's interval holds there (Wilson 1927; Brown, Cai and DasGupta 2001, "Interval
Estimation for a Binomial Proportion"). scipy computes one at a time and a p-value with it; tests compare the two.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)

Interval = tuple[float, float]
UNKNOWN: Interval = (float("nan"), float("nan"))


def share_intervals(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Wilson's intervals of part / whole [...]: low and high, float64 [..., 2]; NaN without rows."""
    rows = np.where(whole > 0, whole, np.nan).astype(np.float64)
    share = part / rows
    middle = share + _Z**2 / (2 * rows)
    half = _Z * np.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    # Of none and of all the bound is exact, which rounding would hide.
    low = np.where(share == 0, 0, middle - half) / (1 + _Z**2 / rows)
    high = np.where(share == 1, 1, (middle + half) / (1 + _Z**2 / rows))
    return np.stack([low, high], axis=-1)


def share_interval(part: int, whole: int) -> Interval:
    """That of one share."""
    low, high = share_intervals(np.array(part), np.array(whole))
    return float(low), float(high)


def f1_intervals(hits: np.ndarray, *, true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The intervals of labels' F1, 2 hits / (true + predicted), float64 [..., 2].

    F1 rises with the share of hits among the rows that have the label or for which it is predicted, J: F1 is
    2 J / (1 + J). So the interval of that share gives the one of F1.
    """
    bounds = share_intervals(hits, true + predicted - hits)
    return 2 * bounds / (1 + bounds)
