"""One trial of a search: a training whose model is not kept, measured on the validation rows."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path

import keras

from tfbert.config import TrainConfig
from tfbert.data.parts import Parts
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import HEADLINES, compute_metrics
from tfbert.jobs import training_run
from tfbert.jobs.backup_folder import open_backup_folder
from tfbert.jobs.decisions import check_threshold, decide
from tfbert.jobs.trials import Trial
from tfbert.progress import Report
from tfbert.tasks.registry import TASKS
from tfbert.text.pooling import mean_over_windows
from tfbert.training.trainer import LossNotFinite, predict

log = logging.getLogger(__name__)


def run_trial(
    config: TrainConfig, parts: Parts, *, identity: str, chosen: Mapping[str, str], progress: Report
) -> Trial:
    """Train with these options and measure; a trial that was killed goes on after its last finished epoch.

    Args:
        config: the options.
        parts: the rows, as `read_parts` gives them for these options.
        identity: of the trial.
        chosen: the options that are searched, as text.
        progress: told of every batch.
    """
    started = time.perf_counter()
    keras.backend.clear_session()  # the networks of earlier trials
    task = TASKS[config.task].learn(parts.train.labels)
    check_threshold(config, task)
    run = training_run.prepare(config, parts, task)
    with open_backup_folder(Path(config.output), identity=f"trial-{identity}") as backup:
        try:
            fitted = training_run.fit(run, backup=backup, progress=progress)
        except LossNotFinite as error:
            log.warning("%s", error)
            return Trial(identity, math.nan, math.nan, 0, _since(started), dict(chosen))
    run = decide(run, fitted)
    best = fitted.fit.best_epoch
    score, loss = _score(run, fitted), fitted.fit.history[best]["val_loss"]
    return Trial(identity, score, loss, best + 1, _since(started), dict(chosen))


def _score(run: training_run.Run, fitted: training_run.Fitted) -> float:
    rows, tokens, task = run.parts.valid, fitted.tokens["valid"], run.task
    values = mean_over_windows(task.activate(predict(run.network.model, tokens)).numpy(), tokens.row_windows)
    evaluator = build_evaluator(task.name, task.label_names)
    evaluator.add(
        values,
        truth=task.targets(rows.labels),
        predicted=task.decide(values),
        texts=rows.texts,
        places=list(zip(rows.files, rows.lines, strict=True)),
    )
    return compute_metrics(evaluator.finish())[HEADLINES[task.name]]


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 1)
