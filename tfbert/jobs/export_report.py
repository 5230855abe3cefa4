"""The report and the card of a model in another number format than the one that was trained."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path

from tfbert.data.writers import Column, open_writer
from tfbert.evaluation.profile import PATH as PROFILE
from tfbert.evaluation.results import Results
from tfbert.export.manifest import Manifest, write_manifest
from tfbert.jobs.held_out_rows import PREDICTIONS, HeldOutRows
from tfbert.jobs.truth import Truth, TruthColumns
from tfbert.report.model_card import write_model_card
from tfbert.tasks.answers import Answers
from tfbert.tasks.registry import TASKS, load_task
from tfbert.tasks.task import Task


def write_exported_report(
    folder: Path, manifest: Manifest, *, rows: HeldOutRows, answers: Answers, made_from: Path
) -> Manifest:
    """Write predictions, report and card of a model on the held-out rows, and its manifest with the metrics.

    What the training's report says of epochs, splits and training texts stays in that report; `profile.json`, with
    which `tfbert score` compares, is copied.

    Args:
        folder: of the model; it has no report yet.
        manifest: of the model, with the metrics of the one that it was made from.
        rows: the held-out rows.
        answers: what the model answered on them.
        made_from: the folder of the other model.

    Returns:
        The manifest as it was written.
    """
    task = load_task(manifest.task, labels=manifest.labels, decoding=manifest.decoding, thresholds=manifest.thresholds)
    (folder / PREDICTIONS).parent.mkdir()
    if (made_from / PROFILE).is_file():
        shutil.copyfile(made_from / PROFILE, folder / PROFILE)
    _write_predictions(folder / PREDICTIONS, task, rows=rows, answers=answers)
    results = _write_report(folder, manifest, rows=rows, answers=answers)
    metrics = {name: None if math.isnan(value) else value for name, value in results.values.items()}
    manifest = dataclasses.replace(manifest, metrics=metrics)
    write_manifest(manifest, folder)
    write_model_card(folder / "model_card.md", manifest=dataclasses.asdict(manifest), results=results)
    return manifest


def _write_predictions(path: Path, task: Task, *, rows: HeldOutRows, answers: Answers) -> None:
    columns = task.prediction_columns(prefix="")
    predicted = task.prediction_rows(answers.values, texts=list(rows.texts.values())[-1])
    with open_writer(path, [*map(Column, rows.columns), *columns]) as writer:
        own = len(rows.columns)
        writer.write((*row.values[:own], *new) for row, new in zip(rows.rows, predicted, strict=True))
        writer.publish()


def _write_report(folder: Path, manifest: Manifest, *, rows: HeldOutRows, answers: Answers) -> Results:
    columns = TruthColumns(label="label", texts={name: name for name in manifest.text_columns})
    truth = Truth(columns, task=TASKS[manifest.task].evaluated_as, labels=manifest.labels)
    truth.begin(rows.columns, PREDICTIONS)
    truth.add(rows.rows, answers)
    return truth.write_report(
        folder / "report",
        title=f"{manifest.model}: {manifest.evaluated_on} rows",
        predictions=str(folder / PREDICTIONS),
        facts={
            "precision": manifest.precision,
            "compared with float32": manifest.compared,
            "encoder": manifest.encoder["source"],
            "options": manifest.options,
        },
        thresholds=manifest.thresholds,
    )
