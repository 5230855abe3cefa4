"""What is reached without an encoder, on the rows that a training learns from and is tested on."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline

import tfbert
from pipelines.comparison import System
from tfbert.data.cleaning import clean_text
from tfbert.data.labelled import LabelledRows
from tfbert.data.parts import read_parts
from tfbert.data.writers import Column, open_writer
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import compute_metrics
from tfbert.progress import stderr
from tfbert.tasks.answers import Answers
from tfbert.tasks.registry import label_column
from tfbert.training.baselines import FittedBaseline, fit_baseline
from tfbert.training.text_features import build_features, text_columns

LINEAR = {"regression": "TF-IDF + ridge"}  # of the other tasks, a LinearSVC


def baseline(config: tfbert.TrainConfig, *, folder: Path, estimator: Any = None) -> System:
    """A linear model on TF-IDF, or another estimator, which learns from every row of --train.

    The linear model weighs the rows as the training does.

    Args:
        config: of the training that it is compared with: tables, columns, cleaning, task.
        folder: where its answers for the test rows go, written as a model's are: `TF-IDF + LinearSVC.csv`.
        estimator: an unfitted one of scikit-learn in the linear model's place.
    """
    kind = label_column(config)
    parts = read_parts(dataclasses.replace(config, valid=config.test), task=kind)  # so that nothing is held out
    task, started = kind.learn(parts.train.labels), time.perf_counter()
    targets = task.targets(parts.train.labels)
    texts, pairs = _cleaned(parts.train, config)
    weights = None if parts.train.weights is None else np.array(parts.train.weights)
    if estimator is None:
        name = LINEAR.get(task.name, "TF-IDF + LinearSVC")
        fitted = fit_baseline(name, texts=texts, text_pairs=pairs, targets=targets, task=task, weights=weights)
    else:
        name = f"TF-IDF + {type(estimator).__name__}"
        columns = text_columns(texts, pairs)
        fitted = FittedBaseline(make_pipeline(build_features(columns), estimator).fit(columns, targets), task)
    seconds = time.perf_counter() - started
    stderr.print(f"{name}: fitted in {seconds:.0f} s")
    answers = fitted.predict(*_cleaned(parts.test, config))
    predictions = folder / f"{name}.csv"
    _write(answers, parts.test, task=task, path=predictions)
    return System(name, _measure(answers, parts.test, task=task), seconds=seconds, predictions=predictions)


def _cleaned(rows: LabelledRows, config: tfbert.TrainConfig) -> tuple[Sequence[str], Sequence[str] | None]:
    cleaned = {name: [clean_text(text, steps=config.clean) for text in texts] for name, texts in rows.columns.items()}
    return cleaned["text"], cleaned.get("text_pair")


def _measure(answers: Answers, rows: LabelledRows, *, task: Any) -> dict[str, float | None]:
    evaluator = build_evaluator(task.name, task.label_names)
    evaluator.add(
        answers.values,
        truth=task.targets(rows.labels),
        predicted=answers.predicted,
        texts=rows.texts,
        places=list(zip(rows.files, rows.lines, strict=True)),
    )
    metrics = compute_metrics(evaluator.finish())
    return {name: None if math.isnan(value) else value for name, value in metrics.items()}


def _write(answers: Answers, rows: LabelledRows, *, task: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [Column("text"), Column("label"), *task.prediction_columns(prefix="")]
    with open_writer(path, columns, force=True) as writer:
        cells = task.prediction_rows(answers.values)
        writer.write((*row, *new) for *row, new in zip(rows.texts, rows.labels, cells, strict=True))
        writer.publish()
