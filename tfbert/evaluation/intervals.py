"""95 % intervals of a report's numbers.

Shares of rows have Wilson's interval (`shares`). All others come from `RESAMPLES` resamples of the rows (`groups`): the
2.5th and 97.5th percentile of the metric over the resamples. Where a resample can only be computed from coarser counts
than the number itself, its deviation from the coarser number counts. An interval is NaN where the metric is not
defined, and where all resamples give the same number: with no mistake to draw, resampling cannot say how rare mistakes
are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfbert.evaluation import regression_metrics, resampling
from tfbert.evaluation.evaluation import (
    BOTH,
    PREDICTED,
    TRUE,
    AnyEvaluation,
    Evaluation,
    MultiLabelEvaluation,
    OutcomeCommon,
    RegressionEvaluation,
    SpanEvaluation,
    TaggingEvaluation,
)
from tfbert.evaluation.groups import RESAMPLES, SEED, resample
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.shares import LEVEL, UNKNOWN, Interval, f1_intervals, share_interval, share_intervals
from tfbert.evaluation.span_metrics import span_draws, span_shares
from tfbert.evaluation.tagging_metrics import tagging_draws
from tfbert.evaluation.tallies import calibration_errors

SPEARMAN_ROWS = 2048  # of the sample, in whose resamples rows are ranked anew


@dataclasses.dataclass(frozen=True)
class Measure:
    """A number with its 95 % interval; NaN where one is not defined."""

    value: float
    low: float
    high: float


def intervals(evaluation: AnyEvaluation, *, metrics: Mapping[str, float] | None = None) -> dict[str, Interval]:
    """The interval of each metric: name to (low, high).

    Args:
        evaluation: the counts.
        metrics: from `compute_metrics`; None computes them.
    """
    metrics = compute_metrics(evaluation) if metrics is None else metrics
    if isinstance(evaluation, RegressionEvaluation):
        found = _regression(evaluation, metrics)
    elif isinstance(evaluation, TaggingEvaluation):
        found = {name: percentiles(drawn) for name, drawn in tagging_draws(evaluation, metrics).items()}
        found["exact_rows"] = share_interval(int(evaluation.exact.sum()), evaluation.rows)
    elif isinstance(evaluation, SpanEvaluation):
        found = {name: percentiles(drawn) for name, drawn in span_draws(evaluation, metrics).items()}
        found |= {name: share_interval(*share) for name, share in span_shares(evaluation).items()}
    else:
        found = _labels(evaluation, metrics)
    return {name: UNKNOWN if np.isnan(value) else found[name] for name, value in metrics.items()}


def percentiles(draws: np.ndarray) -> Interval:
    """The interval of a metric over resamples [resamples], those left out in which it is not defined."""
    drawn = draws[np.isfinite(draws)]
    if not len(drawn) or np.ptp(drawn) <= 1e-12 * np.abs(drawn).max():
        return UNKNOWN
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _labels(evaluation: Evaluation | MultiLabelEvaluation, metrics: Mapping[str, float]) -> dict[str, Interval]:
    weights = evaluation.weights
    outcomes = resample(weights, evaluation.outcomes)
    single = isinstance(evaluation, Evaluation)
    formulas = resampling.SINGLE_LABEL if single else resampling.multi_label(evaluation.outcomes.sum(axis=0))
    draws = {name: formula(outcomes) for name, formula in formulas.items()}
    means = {"log_loss": evaluation.log_loss}
    if isinstance(evaluation, Evaluation):
        means["brier_score"] = evaluation.brier
    for name, tally in means.items():
        rows, total = resample(weights, tally.groups).T
        draws[name] = total / rows
    # A resample is less well calibrated than its table, by about the noise that the table itself has: the excess goes.
    errors = calibration_errors(resample(weights, evaluation.confidence.groups))
    draws["calibration_error"] = np.maximum(errors - errors.mean() + metrics["calibration_error"], 0)
    for name, by_label in evaluation.ranking_draws.items():
        named = name if single else f"macro_{name}"
        draws[named] = np.clip(metrics[named] + _mean_by_label(by_label), 0, 1)
    found = {name: percentiles(drawn) for name, drawn in draws.items()}
    return found | (
        _single_shares(evaluation)
        if isinstance(evaluation, Evaluation)
        else _multi_shares(evaluation, outcomes, weights)
    )


def _single_shares(evaluation: Evaluation) -> dict[str, Interval]:
    found = {"accuracy": share_interval(int(evaluation.hits.sum()), evaluation.rows)}
    if evaluation.binary:
        by_part = label_intervals(evaluation)
        for part in ("precision", "recall", "f1"):
            low, high = by_part[part][evaluation.positive_id].tolist()
            found[f"positive_{part}"] = low, high
    return found


def _multi_shares(evaluation: MultiLabelEvaluation, outcomes: np.ndarray, weights: np.ndarray) -> dict[str, Interval]:
    wrong = (outcomes[..., TRUE] + outcomes[..., PREDICTED] - 2 * outcomes[..., BOTH]).sum(axis=-1)
    rows = resample(weights, evaluation.group_rows)
    return {
        "subset_accuracy": share_interval(int(evaluation.exact.sum()), evaluation.rows),
        "hamming_loss": percentiles(wrong / rows / len(evaluation.labels)),
    }


def label_intervals(evaluation: OutcomeCommon) -> dict[str, np.ndarray]:
    """The intervals of each label's precision, recall and F1, float64 [labels, 2]."""
    hits, true, predicted = evaluation.hits, evaluation.truth_counts, evaluation.predicted_counts
    return {
        "precision": share_intervals(hits, predicted),
        "recall": share_intervals(hits, true),
        "f1": f1_intervals(hits, true=true, predicted=predicted),
    }


def _mean_by_label(drawn: np.ndarray) -> np.ndarray:
    """The mean over the labels [labels, resamples]; a label that a resample lacks is left out there."""
    there = np.isfinite(drawn)
    counted = there.sum(axis=0)
    return np.divide(
        np.where(there, drawn, 0).sum(axis=0), counted, out=np.full(len(counted), np.nan), where=counted > 0
    )


def _regression(evaluation: RegressionEvaluation, metrics: Mapping[str, float]) -> dict[str, Interval]:
    sums = resample(evaluation.errors.weights, evaluation.errors.groups)
    found = {name: percentiles(formula(sums)) for name, formula in regression_metrics.SUMMED.items()}
    return found | {"spearman": percentiles(_spearman_draws(evaluation, metrics["spearman"]))}


def _spearman_draws(evaluation: RegressionEvaluation, value: float) -> np.ndarray:
    """Spearman's correlation in resamples of at most `SPEARMAN_ROWS` rows; of a longer table they vary as much less as
    it has more rows, by the square root (Bickel, Götze and van Zwet 1997 on resampling fewer rows).
    """
    values, truth = evaluation.sample.values, evaluation.sample.truth
    random = np.random.default_rng(SEED)
    if len(values) > SPEARMAN_ROWS:
        chosen = random.choice(len(values), SPEARMAN_ROWS, replace=False)
        values, truth = values[chosen], truth[chosen]
    rows = len(values)
    weights = random.multinomial(rows, np.full(rows, 1 / rows), size=RESAMPLES).astype(np.float64)
    draws = resampling.spearman(weights, values=values, truth=truth)
    if rows == evaluation.rows:
        return draws
    return np.clip(value + (draws - np.nanmean(draws)) * np.sqrt(rows / evaluation.rows), -1, 1)
