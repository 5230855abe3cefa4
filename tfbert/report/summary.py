"""The result in a few plain sentences, computed from the counts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfbert.evaluation.evaluation import (
    AnyEvaluation,
    Evaluation,
    MultiLabelEvaluation,
    RegressionEvaluation,
    SpanEvaluation,
    TaggingEvaluation,
)
from tfbert.evaluation.examples import frequent_pairs
from tfbert.evaluation.intervals import Measure
from tfbert.evaluation.metrics import HEADLINES, task_metrics
from tfbert.evaluation.results import Results
from tfbert.evaluation.span_tally import EXACT, ROWS, WITHOUT
from tfbert.report.figures import short


def summarise(results: Results) -> list[str]:
    """What a reader should know first, one sentence each."""
    return _SENTENCES[results.evaluation.task](results, results.evaluation)


def _single_label(results: Results, evaluation: Evaluation) -> list[str]:
    counts, rows = evaluation.truth_counts, evaluation.rows
    right = int(np.trace(evaluation.confusion))
    usual = int(counts.argmax())
    between = in_percent(results.metrics["accuracy"])
    sentences = [
        f"{right:,} of {_rows(rows)} labelled right ({right / rows:.1%}{between}).",
        f"Always answering {_name(evaluation, usual)} would get {counts[usual] / rows:.1%}.",
    ]
    if len(present := np.flatnonzero(counts)) < len(counts):
        sentences.append(f"The truth has {len(present)} of {len(counts)} labels; the others could not be measured.")
    for true, predicted in frequent_pairs(evaluation.confusion, 1):
        names = f"{_name(evaluation, true)} taken for {_name(evaluation, predicted)}"
        sentences.append(f"The most frequent mistake is {names}: {_rows(evaluation.confusion[true, predicted])}.")
        sentences.append(_weakest(results))
    return sentences


def _multi_label(results: Results, evaluation: MultiLabelEvaluation) -> list[str]:
    exact, rows = int(evaluation.exact.sum()), evaluation.rows
    present = int((evaluation.truth_counts > 0).sum())
    between = in_percent(results.metrics["subset_accuracy"])
    true, predicted = evaluation.truth_counts.sum() / rows, evaluation.predicted_counts.sum() / rows
    sentences = [
        f"{exact:,} of {_rows(rows)} have all their labels right ({exact / rows:.1%}{between}).",
        f"A row has {true:.2f} labels on average, and {predicted:.2f} are predicted.",
    ]
    if present < len(evaluation.labels):
        sentences.append(
            f"The truth has {present} of {len(evaluation.labels)} labels; the others could not be measured."
        )
    return [*sentences, _weakest(results)] if present else sentences


def _regression(results: Results, evaluation: RegressionEvaluation) -> list[str]:
    mae, rmse, r2 = (results.metrics[name] for name in ("mae", "rmse", "r2"))
    off = f"The values of {_rows(evaluation.rows)} are off by {mae.value:.4g} on average"
    sentences = [f"{off}; the root of the mean squared error is {rmse.value:.4g}."]
    if not math.isnan(r2.value):
        sentences.append(f"Always answering the mean would have an R\u00b2 of 0; the model has {r2.value:.3f}.")
    return sentences


def _tagging(results: Results, evaluation: TaggingEvaluation) -> list[str]:
    true, predicted, right = (
        int(counts.sum()) for counts in (evaluation.truth_counts, evaluation.predicted_counts, evaluation.hits)
    )
    none = len(evaluation.labels)
    between = evaluation.confusion[:none, :none]
    sentences = [f"{right:,} of {_entities(true)} are found, and {_entities(predicted)} are predicted."]
    if true:
        sentences.append(f"Entity F1 is {results.metrics['micro_f1'].value:.3f}.")
        sentences.append(
            f"{int(between.sum() - np.trace(between)):,} have the right characters and another type, "
            f"{int(evaluation.confusion[:none, none].sum()):,} are missed, "
            f"{int(evaluation.confusion[none].sum()):,} are predicted where none has these characters."
        )
        sentences.append(_weakest(results, rows="entity", several="entities", what="type"))
    return sentences


def _span(results: Results, evaluation: SpanEvaluation) -> list[str]:
    exact, rows = int(evaluation.answers.total[:, EXACT].sum()), evaluation.rows
    between = in_percent(results.metrics["exact_match"])
    none, answered = (int(count) for count in evaluation.answers.total[:, ROWS])
    right = f"{exact:,} of {_rows(rows)} got exactly a right answer ({exact / rows:.1%}{between})"
    sentences = [f"{right}; F1 is {results.metrics['f1'].value:.3f}."]
    if none:
        found = int(evaluation.answers.total[WITHOUT, EXACT])
        sentences.append(f"{found:,} of {none:,} questions without an answer were left without; {answered:,} have one.")
    return sentences


def _weakest(results: Results, *, what: str = "label", rows: str = "row", several: str = "rows") -> str:
    weakest = min((score for score in results.labels if score.support), key=lambda score: score.f1)
    name, count = f"“{short(weakest.label, limit=40)}”", weakest.support
    return f"The weakest {what} is {name}, F1 {weakest.f1:.3f} on {count:,} {rows if count == 1 else several}."


_SENTENCES: dict[str, Callable[[Results, Any], list[str]]] = {
    "single-label": _single_label,
    "multi-label": _multi_label,
    "regression": _regression,
    "tagging": _tagging,
    "span": _span,
}
"""By the task that is evaluated."""


def in_percent(measure: Measure) -> str:
    """A share's interval, to stand after the share: "; 95 % interval 70.1% to 82.3%"."""
    if math.isnan(measure.low):
        return ""
    return f"; 95\u00a0% interval {measure.low:.1%} to {measure.high:.1%}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether the best baseline is beaten, and a sentence that says so."""

    beaten: bool
    sentence: str


Metrics = Mapping[str, float | None]
LEAD_LOW, LEAD_HIGH = "lead_low", "lead_high"
"""What a baseline may have beside its metrics: the 95 % interval of the model's headline metric less its own."""


def best_baseline(baselines: Mapping[str, Metrics], *, task: str) -> str:
    """The baseline with the highest headline metric of the task."""
    return max(baselines, key=lambda name: _number(baselines[name][HEADLINES[task]]))


def compare_with_baselines(metrics: Metrics, baselines: Mapping[str, Metrics], *, task: str) -> Verdict:
    """The model against the best of the baselines, by the task's headline metric; a tie is not a win."""
    headline = HEADLINES[task]
    title = task_metrics(task, positive="")[headline].title.replace("Macro", "macro")
    best = best_baseline(baselines, task=task)
    ours, theirs = _number(metrics[headline]), _number(baselines[best][headline])
    verb = "beats the best baseline," if ours > theirs else "does not beat"
    lead = _lead(baselines[best][LEAD_LOW], baselines[best][LEAD_HIGH]) if LEAD_LOW in baselines[best] else ""
    return Verdict(ours > theirs, f"The model {verb} {best}: {title} {_shown(ours)} against {_shown(theirs)}{lead}.")


def _lead(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "; rows so few, or so much alike, do not tell whether by chance"
    chance = "; that may be chance" if low <= 0 <= high else ""
    return f"{chance} (95 % interval of the difference {low:+.3f} to {high:+.3f})"


def _number(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value


def _shown(number: float) -> str:
    return "not defined" if math.isinf(number) else f"{number:.3f}"


def _name(evaluation: AnyEvaluation, label: int) -> str:
    return f"“{short(evaluation.labels[label], limit=40)}”"


def _entities(count: int) -> str:
    return f"{count:,} entity" if count == 1 else f"{count:,} entities"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
