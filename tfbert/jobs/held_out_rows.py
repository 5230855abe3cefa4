"""The held-out rows that a training's report lists, with what the model answered."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from tfbert.data.tables import Row, open_table
from tfbert.errors import DataError
from tfbert.export.manifest import Manifest
from tfbert.jobs.prediction_table import PredictionColumns, find_predictions
from tfbert.tasks.registry import TASKS

PREDICTIONS = "report/predictions.csv"  # in a version folder


@dataclasses.dataclass(frozen=True)
class HeldOutRows:
    """Rows as `report/predictions.csv` has them.

    Attributes:
        columns: before those of the predictions: those of `texts`, and `label`.
        rows: all columns.
        texts: the rows' texts, by the names that the model's signatures have for them.
        values: what the model gave, float32 [rows, outputs].
    """

    columns: tuple[str, ...]
    rows: list[Row]
    texts: dict[str, list[str]]
    values: np.ndarray


def read_held_out(model: Path, manifest: Manifest) -> HeldOutRows:
    """The held-out rows of a model's report.

    Args:
        model: the version folder.
        manifest: its manifest.

    Raises:
        DataError: the report has no such table, or one without rows, or of another model.
    """
    path = model / PREDICTIONS
    if not path.is_file():
        raise DataError(
            f"the held-out rows of {manifest.model}, to compare the two precisions on",
            found=f"no {path}",
            fix="take the model's folder as tfbert train wrote it, with its report",
        )
    names = tuple(manifest.text_columns)
    with open_table(path, text_columns=names) as table:
        predictions = find_predictions(table.columns, prefix="", path=str(path))
        if not predictions.labels:  # the columns do not say them
            predictions = dataclasses.replace(predictions, labels=manifest.labels)
        rows = [record for record in table if isinstance(record, Row)]
    if not rows or not _fits(predictions, manifest):
        raise DataError(
            f"rows with the predictions of {manifest.model} ({', '.join(manifest.labels) or manifest.task})",
            found=f"{len(rows)} rows with those of {', '.join(predictions.labels) or predictions.task} ({path})",
            fix="copy the whole version folder again",
        )
    texts = {name: [row.values[table.columns.index(name)] for row in rows] for name in names}
    return HeldOutRows(table.columns[: predictions.at.start], rows, texts, predictions.read(rows).values)


def _fits(predictions: PredictionColumns, manifest: Manifest) -> bool:
    return (predictions.task, predictions.labels) == (TASKS[manifest.task].evaluated_as, manifest.labels)
