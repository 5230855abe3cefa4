"""What is chosen on the validation rows once the weights stand: a temperature, then thresholds."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.evaluation.tallies import ConfidenceTally
from tfbert.jobs.no_answer_margin import decide_margin
from tfbert.tasks.registry import load_task
from tfbert.tasks.span import Span
from tfbert.tasks.task import Task
from tfbert.threshold_rule import ThresholdRule, parse_rule
from tfbert.training.calibration import Activation, ValidationRows, fit_temperature
from tfbert.training.thresholds import choose_thresholds

if TYPE_CHECKING:
    from tfbert.jobs.training_run import Fitted, Run

# Of the tasks whose values are probabilities.
ACTIVATIONS: dict[str, Activation] = {"single-label": "softmax", "multi-label": "sigmoid", "choice": "softmax"}

# Of the tasks that choose something else.
_OTHERS: dict[str, Callable[[Run], Task]] = {Span.name: decide_margin}

log = logging.getLogger(__name__)


def check_threshold(config: TrainConfig, task: Task) -> None:
    """See that a threshold is asked for where one decides.

    Raises:
        ConfigError: rows have one of more than two labels.
    """
    if config.threshold and task.name == "single-label" and len(task.label_names) != 2:
        raise ConfigError(
            "two labels to set a threshold between",
            found=f"threshold {config.threshold} and {len(task.label_names)} labels, of which the likeliest wins",
            fix="leave --threshold out, or use --task multi-label",
        )


def decide(run: Run, fitted: Fitted) -> Run:
    """The same run, its task with the temperature and the thresholds that the options ask for; see the log for both."""
    config, task = run.config, run.task
    if task.name in _OTHERS:
        return dataclasses.replace(run, task=_OTHERS[task.name](run))
    rule = parse_rule(config.threshold)
    if task.name not in ACTIVATIONS or not (config.calibrate or rule):
        return run
    rows = _validation_rows(run, fitted)
    temperature = fit_temperature(rows) if config.calibrate else 1.0
    if config.calibrate:
        _log_calibration(rows, temperature)
    thresholds = _thresholds(rule, rows.values(temperature), task=task, rows=rows) if rule else task.thresholds
    decoding = {**task.decoding, "temperature": temperature}
    decided = load_task(task.name, labels=task.label_names, decoding=decoding, thresholds=thresholds)
    return dataclasses.replace(run, task=decided)


def _validation_rows(run: Run, fitted: Fitted) -> ValidationRows:
    # Imports TensorFlow; `check_threshold` is called before that.
    from tfbert.training.trainer import predict

    part, tokens = run.parts.valid, fitted.tokens["valid"]
    targets = run.task.targets(part.labels)
    truth = targets > 0.5 if targets.ndim == 2 else targets[:, None] == np.arange(len(run.task.label_names))
    logits, row_windows = predict(run.network.model, tokens), tokens.row_windows
    if not run.task.windows_apart:
        logits, row_windows = logits.reshape(truth.shape), None
    return ValidationRows(logits, truth, ACTIVATIONS[run.task.name], row_windows)


def _log_calibration(rows: ValidationRows, temperature: float) -> None:
    """Both numbers: the temperature is that of the least log loss, and of few rows the calibration error may rise."""
    (loss, error), (loss_after, error_after) = (
        (rows.log_loss(at), _calibration_error(rows, at)) for at in (1.0, temperature)
    )
    log.info(
        "a temperature of %.3f takes the log loss on the validation rows from %.4f to %.4f, the calibration error from "
        "%.4f to %.4f", temperature, loss, loss_after, error, error_after,
    )  # fmt: skip


def _calibration_error(rows: ValidationRows, temperature: float) -> float:
    tally = ConfidenceTally()
    scores, came_true = rows.scored(temperature)
    tally.add(scores, came_true, np.zeros(len(scores), np.int64))  # an error without an interval needs but one group
    return tally.calibration_error


def _thresholds(rule: ThresholdRule, values: np.ndarray, *, task: Task, rows: ValidationRows) -> Mapping[str, float]:
    """Of every label, or of two exclusive ones that of the last, which is the positive one."""
    first = 1 if task.name == "single-label" else 0
    chosen = choose_thresholds(
        rule,
        labels=task.label_names[first:],
        probabilities=values[:, first:].astype(np.float32),  # as the exported graph gives them
        truth=rows.truth[:, first:],
    )
    log.info("thresholds: %s", ", ".join(f"{label} {value:.4g}" for label, value in chosen.items()))
    return chosen
