"""The paired bootstrap: by how much two models differ on the same rows, and how sure that is.

The rows are drawn anew, with replacement, and both models are measured on the same draw, a thousand times (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; for comparing classifiers Berg-Kirkpatrick et al.
2012, "An Empirical Investigation of Statistical Significance in NLP"). What makes some rows hard makes them so for
both, so the difference varies less than either of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

RESAMPLES = 1000
SEED = 0  # the same rows give the same intervals
CONFIDENCE = 0.95
DRAWN_AT_ONCE = 1 << 21  # row weights, 8 bytes each
ROUNDING = 1e-12  # of a difference
BIASED = ("calibration_error",)  # resamples have more of it than their table; the mean excess is taken off

Measure = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""From row weights, float64 [resamples, rows], to metric name to values [resamples], NaN where not defined."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """A metric of two models on the same rows.

    Attributes:
        first: of the first model; NaN where it is not defined on these rows.
        second: of the second.
        low: where the 95 % interval of second - first begins; NaN where the metric is not defined, and where the two
            differ on all draws by the same: rows of one kind alone, or a single row, cannot say how rare others are.
        high: where it ends.
    """

    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """Second - first."""
        return self.second - self.first

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0, so that chance in the rows alone hardly explains the difference."""
        return self.low > 0 or self.high < 0


def measure_differences(
    first: Measure, second: Measure, *, rows: int, progress: Callable[[int], None] | None = None
) -> dict[str, Difference]:
    """Measure two models on all rows and on `RESAMPLES` draws of as many.

    Args:
        first: measures the first model.
        second: measures the second one: the same metrics, on the same rows in the same order.
        rows: how many there are.
        progress: told of the resamples done.
    """
    whole = np.ones((1, rows))
    at_first, at_second = first(whole), second(whole)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in at_first}
    done = 0
    for weights in draw_weights(rows):
        ours, theirs = first(weights), second(weights)
        for name, parts in drawn.items():
            parts.append(theirs[name] - ours[name])
        done += len(weights)
        if progress:
            progress(done)
    found = {}
    for name, parts in drawn.items():
        one, other, differences = float(at_first[name][0]), float(at_second[name][0]), np.concatenate(parts)
        if name in BIASED:
            differences += other - one - differences.mean()
        found[name] = Difference(one, other, *_interval(differences))
    return found


def draw_weights(rows: int) -> Iterator[np.ndarray]:
    """How often each row stands in each resample, float64 [some resamples, rows], until there are `RESAMPLES`."""
    random = np.random.default_rng(SEED)
    at_once = max(1, DRAWN_AT_ONCE // rows)
    for start in range(0, RESAMPLES, at_once):
        resamples = min(at_once, RESAMPLES - start)
        drawn = random.integers(rows, size=(resamples, rows)) + rows * np.arange(resamples)[:, np.newaxis]
        yield np.bincount(drawn.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(np.float64)


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """The middle 95 %; draws on which the metric is not defined (no row of a label, say) do not count."""
    drawn = differences[np.isfinite(differences)]
    largest = np.abs(drawn).max(initial=0)
    if not len(drawn) or (largest and np.ptp(drawn) <= ROUNDING * largest):
        return math.nan, math.nan
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
