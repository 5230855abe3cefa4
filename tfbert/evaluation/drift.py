"""How far the rows of a file are from those that a model was trained on, in constant memory.

The measure is the population stability index between the shares of the two in some bins, which is Jeffreys' divergence
(Siddiqi, "Credit Risk Scorecards", 2006, chapter 9, has the index and the usual reading: from 0.25 on the two differ).
Few rows give a large index by chance: under no drift it is about (1/n + 1/m) times a chi-squared variable of bins - 1
degrees of freedom (Yurdakul, "Statistical Properties of Population Stability Index", 2018), whose 99.9th percentile a
file must pass as well.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from tfbert.evaluation.profile import ANSWERS, LENGTHS, WORDS, Profile

UNLIKE = 0.25
CHANCE = 0.999
TITLES = {LENGTHS: ("Text length", "Characters"), WORDS: ("Words", "Word"), ANSWERS: ("Predictions", "Predicted")}


@dataclasses.dataclass(frozen=True)
class DriftPart:
    """One comparison.

    Attributes:
        name: "lengths", "words" or "answers".
        title: for people.
        unit: what the bins are of.
        index: the population stability index.
        limit: from which the file counts as unlike.
        rows: (bin, share in the training data, share in the file).
    """

    name: str
    title: str
    unit: str
    index: float
    limit: float
    rows: list[tuple[str, float, float]]

    @property
    def unlike(self) -> bool:
        """Whether the file differs in this."""
        return self.index >= self.limit


@dataclasses.dataclass(frozen=True)
class Drift:
    """Every comparison."""

    parts: list[DriftPart]

    @property
    def unlike(self) -> list[str]:
        """In what the file is unlike the training data."""
        return [part.title.lower() for part in self.parts if part.unlike]

    @property
    def sentence(self) -> str:
        """What to know in a sentence."""
        if not self.unlike:
            return "The rows are like the training data in text length, words and predictions."
        return (
            f"The rows are unlike the training data: {', '.join(self.unlike)}. The model was not measured on rows like "
            "these."
        )


class DriftTally:
    """Counts rows against the profile of a model's training data."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._counts = {name: np.zeros(len(part.names), np.int64) for name, part in profile.parts.items()}
        self.rows = 0

    def add(self, texts: Sequence[str], values: np.ndarray, predicted: np.ndarray | None) -> None:
        """Count rows: their texts, what the model answered [rows, outputs], and what was decided."""
        self.rows += len(texts)
        for name, bins in self._profile.bins(texts, values, predicted).items():
            self._counts[name] += np.bincount(bins, minlength=len(self._counts[name]))

    def finish(self) -> Drift:
        """How far the rows so far are from the training data; there must be one."""
        return Drift([self._part(name) for name in self._profile.parts])

    def _part(self, name: str) -> DriftPart:
        part, found = self._profile.parts[name], self._counts[name]
        # Half a count keeps an empty bin from making the index infinite.
        expected_shares, found_shares = (_shares(counts + 0.5) for counts in (np.array(part.counts), found))
        index = float(((found_shares - expected_shares) * np.log(found_shares / expected_shares)).sum())
        # Words of one text are of one kind, so it is texts that count.
        chance = _chi_squared(max(1, len(found) - 1)) * (1 / max(1, self.rows) + 1 / part.rows)
        title, unit = TITLES[name]
        return DriftPart(
            name=name,
            title=title,
            unit=unit,
            index=index,
            limit=max(UNLIKE, float(chance)),
            rows=list(zip(part.names, _shares(np.array(part.counts)), _shares(found), strict=True)),
        )


def _shares(counts: np.ndarray) -> np.ndarray:
    return counts / max(counts.sum(), 1e-9)


def _chi_squared(freedom: int) -> float:
    """The percentile `CHANCE` of a chi-squared variable, at most 3 % too high (Wilson and Hilferty 1931).

    Not scipy's: every scoring job comes here, and would have to load it.
    """
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + NormalDist().inv_cdf(CHANCE) * math.sqrt(spread)) ** 3
