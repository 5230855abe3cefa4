"""Every number of a report with its interval: overall, label by label, and by slice."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfbert.evaluation import regression_metrics, resampling, span_metrics
from tfbert.evaluation.classification import LabelScore, label_scores
from tfbert.evaluation.evaluation import AnyEvaluation, OutcomeCommon, RegressionEvaluation
from tfbert.evaluation.groups import RESAMPLES, resample
from tfbert.evaluation.intervals import Measure, intervals, percentiles
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.slices import BY_LENGTH, LENGTH_NAMES, SHOWN_VALUES, SliceTally

OTHER_VALUES = "other values"
_SLICE_METRICS = {"regression": "rmse", "tagging": "micro_f1", "span": "f1"}
_SLICE_FORMULAS: dict[str, resampling.Formula] = {
    "rmse": regression_metrics.rmse_of_two,
    "macro_f1": resampling.macro_f1_of_present,
    "micro_f1": resampling.micro_f1,
    "f1": span_metrics.f1_of_two,
}


@dataclasses.dataclass(frozen=True)
class SliceScore:
    """The result on the rows with one value of a column."""

    value: str
    rows: int
    measure: Measure


@dataclasses.dataclass(frozen=True)
class Results:
    """What `compute_results` found.

    Attributes:
        evaluation: the counts.
        metrics: metric name to number and interval.
        labels: label by label; none in regression.
        slices: column to the results by its values, the most frequent first; "characters" in the order of length.
        slice_metric: which metric these are.
    """

    evaluation: AnyEvaluation
    metrics: Mapping[str, Measure]
    labels: list[LabelScore]
    slices: Mapping[str, list[SliceScore]]
    slice_metric: str

    @property
    def values(self) -> dict[str, float]:
        """The metrics without their intervals."""
        return {name: measure.value for name, measure in self.metrics.items()}

    def to_json(self) -> dict[str, Any]:
        """What metrics.json holds: the metrics, and under `intervals`, `labels` and `slices` the rest; null for NaN."""
        return {
            **{name: _number(measure.value) for name, measure in self.metrics.items()},
            "intervals": {name: _interval(measure) for name, measure in self.metrics.items()},
            "resamples": RESAMPLES,
            "rows": self.evaluation.rows,
            "labels": {score.label: _label(score) for score in self.labels},
            "slices": {
                column: {
                    slice.value: {"rows": slice.rows, **_value(self.slice_metric, slice.measure)} for slice in scores
                }
                for column, scores in self.slices.items()
            },
        }


def compute_results(evaluation: AnyEvaluation) -> Results:
    """Every number of a report, each computed once."""
    metrics = compute_metrics(evaluation)
    found = intervals(evaluation, metrics=metrics)
    return Results(
        evaluation=evaluation,
        metrics={name: Measure(value, *found[name]) for name, value in metrics.items()},
        labels=label_scores(evaluation) if isinstance(evaluation, OutcomeCommon) else [],
        slices={name: slice_scores(evaluation, name) for name in evaluation.slices},
        # Spearman's correlation cannot be summed, and within a slice it suffers from the narrower range of values.
        slice_metric=_SLICE_METRICS.get(evaluation.task, "macro_f1"),
    )


def slice_scores(evaluation: AnyEvaluation, name: str) -> list[SliceScore]:
    """The results by the values of a column, those of the values that are not shown taken together.

    A macro F1 is the mean over the labels that occur in the slice or are predicted there.
    """
    tally = evaluation.slices[name]
    weights = evaluation.errors.weights if isinstance(evaluation, RegressionEvaluation) else evaluation.weights
    shown = _shown_values(tally, by_length=name == BY_LENGTH)
    scores = [
        _score(evaluation, _title(value), rows=tally.rows[value], sums=tally.sums[value], weights=weights)
        for value in shown
    ]
    others = [value for value in tally.sums if value not in shown]
    rows = tally.rest_rows + sum(tally.rows[value] for value in others)
    if rows:
        sums = tally.rest + sum(tally.sums[value] for value in others)
        scores.append(_score(evaluation, OTHER_VALUES, rows=rows, sums=sums, weights=weights))
    return scores


def _title(value: str) -> str:
    """The value, told from the name of those that are taken together."""
    return f"{value} (value)" if value == OTHER_VALUES else value


def _shown_values(tally: SliceTally, *, by_length: bool) -> list[str]:
    if by_length:
        return [name for name in LENGTH_NAMES if name in tally.sums]
    return sorted(tally.sums, key=lambda value: (-tally.rows[value], value))[:SHOWN_VALUES]


def _score(evaluation: AnyEvaluation, value: str, *, rows: int, sums: np.ndarray, weights: np.ndarray) -> SliceScore:
    formula = _SLICE_FORMULAS[_SLICE_METRICS.get(evaluation.task, "macro_f1")]
    number = float(formula(sums.sum(axis=0)))
    # A resample may hold no row of a small slice.
    with np.errstate(invalid="ignore", divide="ignore"):
        return SliceScore(value, rows, Measure(number, *percentiles(formula(resample(weights, sums)))))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _interval(measure: Measure) -> list[float | None]:
    return [_number(measure.low), _number(measure.high)]


def _value(name: str, measure: Measure) -> dict[str, Any]:
    return {name: _number(measure.value), "interval": _interval(measure)}


def _label(score: LabelScore) -> dict[str, Any]:
    measures = {
        name: {"value": _number(measure.value), "interval": _interval(measure)}
        for name, measure in score.measures.items()
    }
    return {
        **measures,
        "rows": score.support,
        "predicted": score.predicted,
        "true_positives": score.true_positives,
        "false_positives": score.false_positives,
        "false_negatives": score.false_negatives,
        **({} if score.rows is None else {"true_negatives": score.true_negatives}),
    }
