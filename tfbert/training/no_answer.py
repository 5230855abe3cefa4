"""How much likelier no answer must be than the best one to be given: chosen on the validation rows for the best F1."""

from __future__ import annotations

import logging

import numpy as np

log = logging.getLogger(__name__)


def choose_margin(odds: np.ndarray, *, f1: np.ndarray, f1_of_none: np.ndarray, most: float) -> float:
    """The margin of the highest mean F1: rows whose log odds exceed it get no answer.

    It is put half-way between two rows, as thresholds are. Of several equally good ones the first that leaves more rows
    with an answer is taken, and 1 beyond the last row where all, or none, are to have one.

    Args:
        odds: log of the probability of no answer over that of the best answer, float64 [rows].
        f1: of the best answer, float64 [rows].
        f1_of_none: of no answer, float64 [rows].
        most: bound of the margin, above and below 0.
    """
    order = np.argsort(-odds, kind="stable")
    odds = odds[order]
    gains = np.concatenate([[0.0], np.cumsum(f1_of_none[order] - f1[order])])  # by the rows without an answer
    edges = np.concatenate([[odds[0] + 1], (odds[:-1] + odds[1:]) / 2, [odds[-1] - 1]])
    apart = np.concatenate([[True], odds[:-1] > odds[1:], [True]])
    chosen = int(np.argmax(np.where(apart, gains, -np.inf)))
    margin = float(np.clip(edges[chosen], -most, most))
    log.info(
        "no answer from a margin of %.3f: F1 on the validation rows %.4f, with an answer to all %.4f",
        margin,
        (f1.sum() + gains[chosen]) / len(f1),
        f1.mean(),
    )
    return margin
