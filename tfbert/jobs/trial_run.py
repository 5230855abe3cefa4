"""One trial of a search: a training whose model is not kept, measured on the validation rows."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import keras
import numpy as np

from tfbert.config import TrainConfig
from tfbert.data.parts import Parts
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import HEADLINES, compute_metrics
from tfbert.jobs import training_run
from tfbert.jobs.backup_folder import open_backup_folder
from tfbert.jobs.decisions import check_threshold, decide
from tfbert.jobs.trials import Trial
from tfbert.jobs.true_labels import parse_truth
from tfbert.progress import Report
from tfbert.tasks.registry import label_column
from tfbert.tasks.task import RowTask, TokenTask
from tfbert.training.token_answers import predict_answers
from tfbert.training.trainer import LossNotFinite, predict_values

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
    task = label_column(config).learn(parts.train.labels)
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
    rows, task = run.parts.valid, run.task
    values = _read_values(run) if task.reads == "tokens" else _row_values(run, fitted)
    evaluator = build_evaluator(task.evaluated_as, task.label_names)
    evaluator.add(
        values,
        truth=parse_truth(task.evaluated_as, task.label_names, rows.labels),
        predicted=task.decide(values, texts=list(rows.columns.values())[-1]),
        texts=rows.texts,
        places=list(zip(rows.files, rows.lines, strict=True)),
    )
    return compute_metrics(evaluator.finish())[HEADLINES[task.evaluated_as]]


def _row_values(run: training_run.Run, fitted: training_run.Fitted) -> np.ndarray:
    return predict_values(run.network.model, fitted.tokens["valid"], task=cast(RowTask, run.task))


def _read_values(run: training_run.Run) -> np.ndarray:
    columns, task = run.parts.valid.columns.values(), cast(TokenTask, run.task)
    return predict_answers(run.network.model, *columns, task=task, preprocessor=run.preprocessor)


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 1)
