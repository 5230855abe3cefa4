"""Sums over rows that stay the same size however many rows come: means, confidence, lengths.

Those that an interval is made from are kept for each of the `GROUPS` that rows are dealt into.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from tfbert.evaluation.groups import GROUPS, add_rows

CONFIDENCE_BINS = 20  # of equal width over [0, 1], the last one closed
LONGEST = 1 << 16  # longer texts count as this long
RIGHT, WRONG, TOTAL = range(3)


class MeanTally:
    """A mean over rows.

    Attributes:
        groups: rows and sum of each group, float64 [GROUPS, 2].
    """

    def __init__(self) -> None:
        self.groups = np.zeros((GROUPS, 2))

    def add(self, values: np.ndarray, groups: np.ndarray) -> None:
        """Count one value a row, float64 [rows]."""
        add_rows(self.groups, np.stack([np.ones(len(values)), values], axis=1), groups)

    @property
    def mean(self) -> float:
        """The mean over the rows."""
        rows, total = self.groups.sum(axis=0)
        return float(total / rows)


class ConfidenceTally:
    """Right and wrong answers by the probability they were given, in `CONFIDENCE_BINS` bins.

    Attributes:
        groups: right and wrong answers and the sum of their probabilities, float64 [GROUPS, bins, 3].
    """

    def __init__(self) -> None:
        self.groups = np.zeros((GROUPS, CONFIDENCE_BINS, 3))

    def add(self, score: np.ndarray, is_right: np.ndarray, groups: np.ndarray | None = None) -> None:
        """Count answers by their probability, float [answers], and whether they are right, bool [answers].

        `groups` are those of their rows, int64 [answers]; without them all are in one, and there is no interval.
        """
        groups = np.zeros(len(score), np.int64) if groups is None else groups
        score = np.minimum(score.astype(np.float64), 1)  # rounding may leave it a little above
        at = np.minimum((score * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1)
        places, size = groups * CONFIDENCE_BINS + at, GROUPS * CONFIDENCE_BINS
        for part, weights in ((RIGHT, is_right), (WRONG, ~is_right), (TOTAL, score)):
            self.groups[..., part] += np.bincount(places, weights=weights, minlength=size).reshape(GROUPS, -1)

    @property
    def right(self) -> np.ndarray:
        """Right answers, int64 [bins]."""
        return self.groups[..., RIGHT].sum(axis=0).astype(np.int64)

    @property
    def wrong(self) -> np.ndarray:
        """The others, int64 [bins]."""
        return self.groups[..., WRONG].sum(axis=0).astype(np.int64)

    @property
    def total(self) -> np.ndarray:
        """The sum of their probabilities, float64 [bins]."""
        return self.groups[..., TOTAL].sum(axis=0)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: how far confidence is from the share right, mean over rows of their bin's.

        Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599), equation 3.
        """
        return float(calibration_errors(self.groups.sum(axis=0)))


def calibration_errors(bins: np.ndarray) -> np.ndarray:
    """Expected calibration errors [...] of right, wrong and summed probability in bins [..., bins, 3]."""
    right, wrong, total = np.moveaxis(bins, -1, 0)
    return np.abs(right - total).sum(axis=-1) / (right + wrong).sum(axis=-1)


@dataclasses.dataclass
class LengthTally:
    """Texts by length; those longer than `LONGEST` count as that long.

    Attributes:
        counts: texts of each length, int64 [LONGEST + 1].
        longest: the greatest length, exact.
    """

    counts: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(LONGEST + 1, np.int64))
    longest: int = 0

    def add(self, lengths: np.ndarray) -> LengthTally:
        """Count texts by their length, int [texts]."""
        if len(lengths):
            top = min(int(lengths.max()), LONGEST)
            self.counts[: top + 1] += np.bincount(np.minimum(lengths, LONGEST), minlength=top + 1)
            self.longest = max(self.longest, int(lengths.max()))
        return self

    @property
    def rows(self) -> int:
        """How many texts."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> int:
        """The least length that so large a share of the texts does not exceed."""
        return int(np.searchsorted(np.cumsum(self.counts), share * self.rows))

    @property
    def median(self) -> float:
        """The middle length, or the mean of the two in the middle."""
        below = np.cumsum(self.counts)
        middle = [(self.rows - 1) // 2, self.rows // 2]
        return float(np.searchsorted(below, middle, side="right").mean())

    def share_above(self, limit: int) -> float:
        """The share of the texts that are longer."""
        return float(self.counts[limit + 1 :].sum() / self.rows)
