"""McNemar's exact test: do two models that answered the same rows differ in how often they are right?"""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class McNemar:
    """Rows by which of two models is right, and the test on those that only one of them has right.

    Attributes:
        both: rows that both have right.
        first_only: rows that the first has right and the second wrong.
        second_only: the other way round.
        neither: rows that both have wrong.
        p: were the two equally good, the chance of rows that only one has right being shared out at least so unevenly;
            two-sided. 1 when there are no such rows.
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    p: float


def mcnemar_test(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """Test two models, each by whether it has the rows right, bool [rows].

    Under equal skill each row that only one model has right is a fair coin's toss (McNemar 1947, "Note on the sampling
    error of the difference between correlated proportions"). The p is that of scipy's binomial test, not of the
    chi-square approximation: it holds for any number of rows.
    """
    from scipy.stats import binomtest

    counts = np.bincount(2 * first_right.astype(np.int64) + second_right, minlength=4)
    neither, second_only, first_only, both = (int(count) for count in counts)
    split = first_only + second_only
    return McNemar(
        both=both,
        first_only=first_only,
        second_only=second_only,
        neither=neither,
        p=float(binomtest(first_only, split).pvalue) if split else 1.0,
    )
