"""Probabilities of single rows: whether they are any, and how bad each row's are."""

from __future__ import annotations

import numpy as np

SUM_TOLERANCE = 0.01  # half precision rounds a sum by up to 1e-3
CERTAIN = float(np.finfo(np.float64).eps)  # scikit-learn's: certainty that is wrong costs 36 nats, not infinity


def faulty_row(probabilities: np.ndarray) -> int | None:
    """The first row that is not of numbers between 0 and 1 with a sum of 1, or None; float [rows, labels]."""
    # NaN fails every comparison, so this asks what is right.
    right = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= SUM_TOLERANCE)
    return None if right.all() else int(np.argmin(right))


def row_losses(probabilities: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log loss and Brier score of each row, as scikit-learn has them, whose functions give means only.

    As it asks for, the probabilities are first brought to sums of 1 in float64; float32 and CSV files round them.

    Args:
        probabilities: float32 [rows, labels].
        truth: label ids, int [rows].

    Returns:
        Cross-entropy in nats and squared error over the labels, halved for two of them, float64 [rows] both.
    """
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    rows = np.arange(len(truth))
    log_loss = -np.log(np.clip(exact[rows, truth], CERTAIN, 1 - CERTAIN))
    exact[rows, truth] -= 1
    return log_loss, np.square(exact).sum(axis=1) / (2 if exact.shape[1] == 2 else 1)


def label_losses(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Binary cross-entropy of each row of a multi-label task, the mean over the labels, in nats, float64 [rows].

    Args:
        probabilities: float32 [rows, labels].
        truth: which labels the rows have, bool [rows, labels].
    """
    exact = np.clip(probabilities.astype(np.float64), CERTAIN, 1 - CERTAIN)
    return -np.log(np.where(truth, exact, 1 - exact)).mean(axis=1)
