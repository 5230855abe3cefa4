"""The last step of a training: the export scores the held-out rows, and report and model card say how well."""

from __future__ import annotations

import dataclasses
import math
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from tfbert.data.datasets import count_tokens
from tfbert.data.labelled import LabelledRows
from tfbert.data.labels import count_labels
from tfbert.data.writers import Column, open_writer
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.leaks import SplitTexts, check_splits
from tfbert.evaluation.profile import PATH as PROFILE
from tfbert.evaluation.profile import build_profile, write_profile
from tfbert.evaluation.results import Results, compute_results
from tfbert.evaluation.tallies import LengthTally
from tfbert.export.manifest import Manifest, write_manifest
from tfbert.jobs.explained_rows import explain_rows
from tfbert.jobs.held_out_rows import PREDICTIONS
from tfbert.jobs.judged_baselines import Judged, judge_baselines
from tfbert.jobs.training_run import Fitted, Run, loss_weights
from tfbert.jobs.true_labels import parse_truth
from tfbert.report.data_plots import TextLengths
from tfbert.report.model_card import write_model_card
from tfbert.report.shown_explanations import ShownExplanation
from tfbert.report.surroundings import Surroundings
from tfbert.report.writing import write_report
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.answers import Answers
from tfbert.tasks.task import Task
from tfbert.text.preprocessor import Preprocessor


def evaluate(run: Run, fitted: Fitted, folder: Path, *, manifest: Manifest) -> Manifest:
    """Score the held-out rows with the export itself, so that report and card speak of what will be served."""
    rows: LabelledRows = getattr(run.parts, manifest.evaluated_on)
    values = Scorer(folder).score(*rows.columns.values())
    answers = Answers(values, run.task.decide(values, texts=list(rows.columns.values())[-1]))
    (folder / PREDICTIONS).parent.mkdir()
    _write_predictions(folder / PREDICTIONS, run, rows=rows, values=values)
    _write_profile(folder / PROFILE, run, rows=rows, answers=answers)
    results = evaluate_rows(run.task, rows, answers=answers)
    metrics = {name: None if math.isnan(value) else value for name, value in results.values.items()}
    baselines = _judge_baselines(run, rows, answers=answers) if run.config.baseline else {}
    manifest = dataclasses.replace(manifest, metrics=metrics, baselines=baselines)
    write_manifest(manifest, folder)
    comparison: dict[str, Any] = {}
    if run.teacher:
        comparison = run.teacher.compare(Scorer(folder), rows.texts, truth=run.task.targets(rows.labels))
        run.teacher.write(folder, comparison=comparison)
    explained = explain_rows(folder, rows, answers=answers, most=run.config.explain) if run.config.explain else []
    _write_report(run, fitted, folder, manifest=manifest, results=results, comparison=comparison, explained=explained)
    return manifest


def evaluate_rows(task: Task, rows: LabelledRows, *, answers: Answers) -> Results:
    """Every number on labelled rows that are in memory."""
    evaluator = build_evaluator(task.evaluated_as, task.label_names)
    evaluator.add(
        answers.values,
        truth=parse_truth(task.evaluated_as, task.label_names, rows.labels),
        predicted=answers.predicted,
        texts=rows.shown_texts,
        places=list(zip(rows.files, rows.lines, strict=True)),
    )
    return compute_results(evaluator.finish())


def _judge_baselines(run: Run, rows: LabelledRows, *, answers: Answers) -> Judged:
    train, config = run.parts.train, run.config
    targets = run.task.targets(train.labels)
    weights = loss_weights(targets, task=run.task, class_weights=config.class_weights, own=train.weights)
    return judge_baselines(train, rows, answers=answers, task=run.task, weights=weights, clean=config.clean)


def _write_report(
    run: Run,
    fitted: Fitted,
    folder: Path,
    *,
    manifest: Manifest,
    results: Results,
    comparison: dict[str, Any],
    explained: list[ShownExplanation],
) -> None:
    """Report and model card."""
    options = manifest.options
    if not options["learning_rate"]:
        options = {**options, "learning_rate": f"{fitted.fit.learning_rate:g} (chosen)"}
    parts: dict[str, LabelledRows] = {name: getattr(run.parts, name) for name in fitted.tokens}
    write_report(
        folder / "report",
        results=results,
        title=f"{manifest.model}: {manifest.evaluated_on} rows",
        predictions=folder / PREDICTIONS,
        surroundings=Surroundings(
            history={name: [epoch[name] for epoch in manifest.history] for name in manifest.history[0]},
            label_counts=_label_counts(run.task, parts),
            lengths=TextLengths(
                splits={name: _count_tokens(run.preprocessor, rows) for name, rows in parts.items()},
                unit="tokens",
                limit=manifest.max_length,
                in_windows=manifest.options["long"] == "windows",
            ),
            explained=explained,
            baselines=manifest.baselines,
            splits=check_splits({name: _split_texts(rows) for name, rows in parts.items()}),
            thresholds=manifest.thresholds,
            facts={
                "encoder": run.encoder.source,
                "best epoch": f"{manifest.best_epoch} of {len(manifest.history)}",
                **_decided(manifest),
                **_unreadable(fitted),
                "rows": {name.replace("_", " "): count for name, count in manifest.rows.items()},
                **comparison,
                "options": options,
            },
        ),
    )
    write_model_card(
        folder / "model_card.md",
        manifest={**dataclasses.asdict(manifest), "options": options},
        results=results,
    )


def _decided(manifest: Manifest) -> dict[str, Any]:
    """What was chosen on the validation rows."""
    found: dict[str, Any] = {}
    if "temperature" in manifest.decoding:
        found["temperature that divides the logits"] = manifest.decoding["temperature"]
    if manifest.thresholds:
        found["thresholds"] = manifest.thresholds
    return found


def _unreadable(fitted: Fitted) -> dict[str, dict[str, int]]:
    """The true answers that the model cannot give, by why and part, of tasks that have such."""
    reasons = {reason for counts in fitted.unreadable.values() for reason in counts}
    return {
        reason: {part: counts.get(reason, 0) for part, counts in fitted.unreadable.items()}
        for reason in sorted(reasons)
    }


def _count_tokens(preprocessor: Preprocessor, rows: LabelledRows) -> LengthTally:
    return LengthTally().add(count_tokens(*rows.columns.values(), lengths=preprocessor.lengths))


def _label_counts(task: Task, parts: dict[str, LabelledRows]) -> dict[str, dict[str, int]]:
    """Rows of each label in each part; none in regression."""
    if not task.label_names:
        return {}
    return {name: count_labels(chain.from_iterable(map(task.labels_of, rows.labels))) for name, rows in parts.items()}


def _split_texts(rows: LabelledRows) -> SplitTexts:
    return SplitTexts(rows.shown_texts, rows.labels, list(zip(rows.files, rows.lines, strict=True)))


def _write_profile(path: Path, run: Run, *, rows: LabelledRows, answers: Answers) -> None:
    profile = build_profile(
        run.parts.train.shown_texts,
        labels=run.task.label_names,
        texts=rows.shown_texts,
        values=answers.values,
        predicted=answers.predicted,
    )
    write_profile(profile, path)


def _write_predictions(path: Path, run: Run, *, rows: LabelledRows, values: np.ndarray) -> None:
    """The held-out rows with their true label, as `tfbert score` would write them."""
    columns = {**rows.columns, "label": rows.labels}
    new_columns = run.task.prediction_columns(prefix="")
    predicted = run.task.prediction_rows(values, texts=list(rows.columns.values())[-1])
    with open_writer(path, [*map(Column, columns), *new_columns]) as writer:
        writer.write((*row, *new) for *row, new in zip(*columns.values(), predicted, strict=True))
        writer.publish()
