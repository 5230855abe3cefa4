"""A report's files: one page for people, and each number and figure in a file of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfbert.evaluation.classification import classification_report
from tfbert.evaluation.evaluation import AnyEvaluation, Evaluation
from tfbert.evaluation.results import Results
from tfbert.report.data_plots import TextLengths, plot_history, plot_labels, plot_lengths
from tfbert.report.figures import Figure
from tfbert.report.folder import open_folder, write_texts
from tfbert.report.html import build_html
from tfbert.report.surroundings import Surroundings
from tfbert.report.task_plots import draw_predictions

ALONE = Surroundings()


def write_report(
    folder: str | Path,
    *,
    results: Results,
    title: str,
    predictions: str | Path,
    surroundings: Surroundings = ALONE,
) -> dict[str, Path]:
    """Write a report on the labelled rows of one table.

    The same arguments give the same bytes: a date or duration is in it only when the facts hold one.

    Args:
        folder: where the files go. A new folder appears whole; in one that is there, files of the same names are
            replaced.
        results: every number, from `compute_results`.
        title: a heading such as "sms, version 1: test rows".
        predictions: the table that has all rows, of which the page names the path and shows a few.
        surroundings: what else to say about model and data.

    Returns:
        File name to path of everything written: report.html, metrics.json, a .svg for each figure, and in a
        single-label task classification_report.txt and .json and confusion_matrix.csv.
    """
    folder, predictions = Path(folder), Path(predictions)
    sections = _figures(results.evaluation, surroundings)
    contents = {"metrics.json": to_json(results.to_json()), **_tables(results.evaluation)}
    for figure in itertools.chain(*sections.values()):
        if figure.svg is not None:
            contents[f"{figure.name}.svg"] = figure.svg
    beside = predictions.parent == folder
    contents["report.html"] = build_html(
        results,
        title=title,
        sections=sections,
        surroundings=surroundings,
        predictions=predictions.name if beside else str(predictions),
        files=[*contents, *([predictions.name] if beside else [])],
    )
    with open_folder(folder) as partial:
        write_texts(partial, contents)
    return {name: folder / name for name in contents}


def _figures(evaluation: AnyEvaluation, surroundings: Surroundings) -> dict[str, list[Figure]]:
    counts = surroundings.label_counts
    counted = [plot_labels(counts, name="label_counts", title="Labels by split")] if counts else []
    lengths = surroundings.lengths or TextLengths(splits={"evaluated": evaluation.lengths}, unit="characters")
    return {
        "predictions": draw_predictions(evaluation, thresholds=surroundings.thresholds),
        "training": plot_history(surroundings.history),
        "data": [*counted, plot_lengths(lengths)],
    }


def _tables(evaluation: AnyEvaluation) -> dict[str, str]:
    import pandas as pd

    if not isinstance(evaluation, Evaluation):
        return {}
    text, table = classification_report(evaluation)
    names = list(evaluation.labels)
    confusion = pd.DataFrame(evaluation.confusion, index=names, columns=names)
    return {
        "classification_report.txt": text,
        "classification_report.json": to_json(table),
        "confusion_matrix.csv": confusion.to_csv(index_label="truth", lineterminator="\n"),
    }


def to_json(value: Mapping[str, Any]) -> str:
    """Strict JSON, for people too; a NaN in it is an error."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
