"""The baselines of a training: fitted on its training rows, measured on its held-out rows as the model is."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from tfbert.data.cleaning import clean_text
from tfbert.data.labelled import LabelledRows
from tfbert.evaluation.comparison_bootstrap import measure_differences
from tfbert.evaluation.comparison_measures import measure_of
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import HEADLINES, compute_metrics
from tfbert.report.summary import LEAD_HIGH, LEAD_LOW, best_baseline
from tfbert.tasks.answers import Answers
from tfbert.tasks.task import Task
from tfbert.training.baselines import BASELINES, fit_baseline

UNCALIBRATED = ("log_loss", "brier_score", "calibration_error")  # mean nothing without probabilities

log = logging.getLogger(__name__)

Judged = dict[str, dict[str, float | None]]


class _Texts(TypedDict):
    texts: list[str]
    text_pairs: list[str] | None


def judge_baselines(
    train: LabelledRows,
    held_out: LabelledRows,
    *,
    answers: Answers,
    task: Task,
    weights: np.ndarray,
    clean: Sequence[str],
) -> Judged:
    """Each baseline's metrics, None where one is not defined, and the model's lead over the best of them.

    Args:
        train: the rows to learn from.
        held_out: the rows that the model is measured on.
        answers: the model's, on these.
        task: what is predicted.
        weights: of the training rows in the model's loss, float [rows].
        clean: the model's cleaning steps.

    Returns:
        Baseline to metric to value. The best one has `LEAD_LOW` and `LEAD_HIGH` too.
    """
    judged: Judged = {}
    given: dict[str, Answers] = {}
    ours, theirs = _cleaned(train, clean), _cleaned(held_out, clean)
    targets, truth = task.targets(train.labels), task.targets(held_out.labels)
    for name in BASELINES[task.name]:
        baseline = fit_baseline(name, **ours, targets=targets, task=task, weights=weights)
        given[name] = baseline.predict(**theirs)
        judged[name] = {
            metric: value
            for metric, value in _metrics(held_out, given[name], truth=truth, task=task).items()
            if baseline.has_probabilities or metric not in UNCALIBRATED
        }
    best = best_baseline(judged, task=task.name)
    judged[best] |= _lead(given[best], answers, truth=truth, task=task)
    log.info("baselines by %s: %s", HEADLINES[task.name], _in_words(judged, HEADLINES[task.name]))
    return judged


def _cleaned(rows: LabelledRows, steps: Sequence[str]) -> _Texts:
    """The texts as the model reads them."""
    cleaned = {name: [clean_text(text, steps=steps) for text in texts] for name, texts in rows.columns.items()}
    return {"texts": cleaned["text"], "text_pairs": cleaned.get("text_pair")}


def _metrics(rows: LabelledRows, answers: Answers, *, truth: np.ndarray, task: Task) -> dict[str, float | None]:
    evaluator = build_evaluator(task.name, task.label_names)
    evaluator.add(
        answers.values,
        truth=truth,
        predicted=answers.predicted,
        texts=rows.texts,
        places=list(zip(rows.files, rows.lines, strict=True)),
    )
    return {name: _known(value) for name, value in compute_metrics(evaluator.finish()).items()}


def _lead(baseline: Answers, model: Answers, *, truth: np.ndarray, task: Task) -> dict[str, float | None]:
    """The 95 % interval of the model's headline metric less the baseline's, by paired bootstrap."""
    truth = truth.astype(bool) if truth.ndim == 2 else truth
    first, second = (measure_of(task.name, truth=truth, answers=answers) for answers in (baseline, model))
    lead = measure_differences(first, second, rows=len(truth))[HEADLINES[task.name]]
    return {LEAD_LOW: _known(lead.low), LEAD_HIGH: _known(lead.high)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _in_words(judged: Judged, metric: str) -> str:
    values = ((name, metrics[metric]) for name, metrics in judged.items())
    return ", ".join(f"{name} {'not defined' if value is None else f'{value:.4f}'}" for name, value in values)
