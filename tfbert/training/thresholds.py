"""From which probability on a label is predicted: chosen on the validation rows for F1, for a floor or for a cost.

A threshold is put half-way between two probabilities that occur, so that float rounding on another machine, or padding
of another length, cannot move a validation row across it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from tfbert.threshold_rule import ThresholdRule

log = logging.getLogger(__name__)

UNDECIDED = 0.5  # where the rows say nothing
ROUNDING = 1e-9  # in a precision or recall that is compared with a floor


def choose_thresholds(
    rule: ThresholdRule, *, labels: Sequence[str], probabilities: np.ndarray, truth: np.ndarray
) -> dict[str, float]:
    """The threshold of each label: it is predicted where its probability is at least so high.

    A precision floor that no threshold reaches gives a warning and the threshold of the highest precision: training is
    over by then, and the log, the manifest and the model card say what was reached. (A recall floor is always reached.)
    A label of which there are only rows with it, or only rows without, keeps 0.5, with a warning.

    Args:
        rule: what the thresholds are to achieve.
        labels: the labels.
        probabilities: theirs, float [rows, labels].
        truth: whether a row has a label, bool [rows, labels].
    """
    return {
        label: _choose(rule, label, probabilities=probabilities[:, at], truth=truth[:, at])
        for at, label in enumerate(labels)
    }


def _choose(rule: ThresholdRule, label: str, *, probabilities: np.ndarray, truth: np.ndarray) -> float:
    if rule.kind == "fixed":
        return rule.numbers[0]
    if not 0 < np.count_nonzero(truth) < len(truth):
        which = "with" if truth.any() else "without"
        log.warning("all validation rows are %s '%s': its threshold stays %g", which, label, UNDECIDED)
        return UNDECIDED
    if rule.kind == "cost":
        return _cheapest(rule.numbers, probabilities=probabilities, truth=truth)
    return _best(rule, label, probabilities=probabilities, truth=truth)


def _best(rule: ThresholdRule, label: str, *, probabilities: np.ndarray, truth: np.ndarray) -> float:
    from sklearn.metrics import precision_recall_curve

    precision, recall, values = precision_recall_curve(truth, probabilities)
    precision, recall = precision[:-1], recall[:-1]  # the last point is that of no row, which has no threshold
    if rule.kind == "f1":
        sums = precision + recall
        first, second = np.divide(2 * precision * recall, sums, out=np.zeros_like(sums), where=sums > 0), precision
    else:
        kept, other = (precision, recall) if rule.kind == "precision" else (recall, precision)
        reached = kept >= rule.numbers[0] - ROUNDING
        first, second = np.where(reached, other, -1), kept
        if not reached.any():
            first, second = kept, other
            log.warning(
                "no threshold of '%s' has a %s of %g on the validation rows: the highest is %.4f, and its threshold is "
                "taken", label, rule.kind, rule.numbers[0], kept.max(),
            )  # fmt: skip
    at = int(np.lexsort((second, first))[-1])
    return _between(values[at - 1] if at else 0.0, values[at])


def _cheapest(costs: tuple[float, ...], *, probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The threshold of the lowest cost, which may be above all probabilities; of several the highest."""
    from sklearn.metrics import roc_curve

    false_positive, false_negative = (cost / max(costs) for cost in costs)  # times rows a large one would overflow
    false_rate, true_rate, values = roc_curve(truth, probabilities, drop_intermediate=False)
    cost = false_positive * false_rate * (~truth).sum() + false_negative * (1 - true_rate) * truth.sum()
    values[0] = 1.0  # of no row at all; scikit-learn has infinity
    # Where a probability is 1 already there is no threshold above it.
    at = int(np.argmin(cost[1:])) + 1 if values[1] >= 1 else int(np.argmin(cost))
    return _between(values[at + 1] if at + 1 < len(values) else 0.0, values[at])


def _between(lower: float, upper: float) -> float:
    """A float32 half-way between two, or the upper where there is none between them."""
    middle = np.float32((float(lower) + float(upper)) / 2)
    return float(middle) if lower < middle <= upper else float(upper)
