"""The numbers of a report on span answers; a new one enters `SPAN_METRICS` and inherits its tests.

All are means over rows. Where some questions have no answer in their context, each kind of question has its own too, as
`evaluate-v2.0.py` has them (HasAns, NoAns).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from tfbert.evaluation.evaluation import SpanEvaluation
from tfbert.evaluation.groups import resample
from tfbert.evaluation.metric import Metric
from tfbert.evaluation.span_tally import EXACT, F1, ROWS, WITH, WITHOUT
from tfbert.evaluation.tallies import calibration_errors

Formula = Callable[[np.ndarray], np.ndarray]


def _mean(sums: np.ndarray, *, of: int) -> np.ndarray:
    """A mean over all rows [...] from the sums of a `SpanTally` [..., 2, 3]."""
    return sums[..., of].sum(axis=-1) / sums[..., ROWS].sum(axis=-1)


def _mean_of_kind(sums: np.ndarray, *, of: int, kind: int) -> np.ndarray:
    """The same over the questions with an answer, or without; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return sums[..., kind, of] / sums[..., kind, ROWS]


def f1_of_two(sums: np.ndarray) -> np.ndarray:
    """The mean F1 from the two sums that slices have [..., 2]: rows and F1."""
    return sums[..., 1] / sums[..., 0]


SUMMED: dict[str, Formula] = {
    "exact_match": partial(_mean, of=EXACT),
    "f1": partial(_mean, of=F1),
    "has_answer_exact_match": partial(_mean_of_kind, of=EXACT, kind=WITH),
    "has_answer_f1": partial(_mean_of_kind, of=F1, kind=WITH),
    "no_answer_accuracy": partial(_mean_of_kind, of=EXACT, kind=WITHOUT),
}


def _summed(evaluation: SpanEvaluation, *, name: str) -> float:
    return float(SUMMED[name](evaluation.answers.total))


SPAN_METRICS: dict[str, Metric] = {
    "exact_match": Metric(
        "Exact match", "share of answers that are one of the right ones", partial(_summed, name="exact_match")
    ),
    "f1": Metric("F1", "mean overlap in words with the best of the right answers", partial(_summed, name="f1")),
    "calibration_error": Metric(
        "Calibration error",
        "lower is better; distance from an answer's probability to the share of exact matches",
        lambda it: it.confidence.calibration_error,
    ),
}
NO_ANSWER_METRICS: dict[str, Metric] = {
    "has_answer_exact_match": Metric(
        "Exact match with answer",
        "of the questions that have an answer",
        partial(_summed, name="has_answer_exact_match"),
        undefined="no question has an answer",
    ),
    "has_answer_f1": Metric(
        "F1 with answer",
        "of the questions that have an answer",
        partial(_summed, name="has_answer_f1"),
        undefined="no question has an answer",
    ),
    "no_answer_accuracy": Metric(
        "No-answer accuracy",
        "share of the questions without an answer that get none",
        partial(_summed, name="no_answer_accuracy"),
    ),
}


def span_draws(evaluation: SpanEvaluation, metrics: Mapping[str, float]) -> dict[str, np.ndarray]:
    """The means in each resample of the rows, float64 [resamples]; shares need none."""
    sums = resample(evaluation.weights, evaluation.answers.groups)
    # As of other tasks: the excess of a resample's error over its table's is noise.
    errors = calibration_errors(resample(evaluation.weights, evaluation.confidence.groups))
    return {
        **{name: SUMMED[name](sums) for name in ("f1", "has_answer_f1")},
        "calibration_error": np.maximum(errors - errors.mean() + metrics["calibration_error"], 0),
    }


def span_shares(evaluation: SpanEvaluation) -> dict[str, tuple[int, int]]:
    """The rows that a metric counts, and of how many, of those that are shares of rows."""
    total = evaluation.answers.total
    parts = {
        "exact_match": total.sum(axis=0), "has_answer_exact_match": total[WITH], "no_answer_accuracy": total[WITHOUT]
    }  # fmt: skip
    return {name: (int(sums[EXACT]), int(sums[ROWS])) for name, sums in parts.items()}


def span_metrics(evaluation: SpanEvaluation) -> dict[str, Metric]:
    """The metrics that apply, in the order of the report."""
    return SPAN_METRICS | (NO_ANSWER_METRICS if evaluation.answers.total[WITHOUT, ROWS] else {})
