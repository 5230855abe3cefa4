"""Cells of a label column as an evaluator takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.data.answers import answer_texts
from tfbert.data.entities import parse_entities
from tfbert.data.label_cells import label_name
from tfbert.data.object_rows import object_rows
from tfbert.tasks.multi_label import split_labels
from tfbert.tasks.registry import TASKS
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.span import Span
from tfbert.tasks.tagging import Tagging


def parse_truth(task: str, labels: Sequence[str], cells: Sequence[Any]) -> np.ndarray:
    """The truth of rows from the cells of their label column, as an evaluator takes it.

    Args:
        task: the task's name.
        labels: the labels that the model knows.
        cells: one a row.

    Returns:
        Label ids, int64 [rows], -1 for a label that the model does not know; in a multi-label task float32 [rows,
        labels] of 0 and 1, in regression float64 [rows], and NaN for a row without a truth that the model knows. In
        tagging object [rows] of entities as (start, end, type id), of spans of the right answers' texts, None for such
        a row.
    """
    number = {name: index for index, name in enumerate(labels)}
    if task == SingleLabel.name:
        return np.array([number.get(label_name(cell), -1) for cell in cells], np.int64)
    if task == Span.name:
        return object_rows(map(answer_texts, cells))
    usable = [TASKS[task].label_fault(cell, column="") is None for cell in cells]
    if task == Regression.name:
        known = (float(label_name(cell)) if fine else np.nan for cell, fine in zip(cells, usable, strict=True))
        return np.fromiter(known, np.float64, len(cells))
    if task == Tagging.name:
        rows = [parse_entities(cell) if fine else None for cell, fine in zip(cells, usable, strict=True)]
        return object_rows(
            None
            if row is None or any(kind not in number for _, _, kind in row)
            else tuple((start, end, number[kind]) for start, end, kind in row)
            for row in rows
        )
    truth = np.zeros((len(cells), len(labels)), np.float32)
    for row, cell, fine in zip(truth, cells, usable, strict=True):
        names = split_labels(label_name(cell)) if fine else []
        if fine and set(names) <= number.keys():
            row[[number[name] for name in names]] = 1
        else:
            row[:] = np.nan
    return truth


def is_known(truth: np.ndarray) -> np.ndarray:
    """Which rows of what `parse_truth` gives have a truth that the model knows, bool [rows]."""
    if truth.dtype == object:
        return np.array([row is not None for row in truth], bool)
    if truth.dtype.kind == "i":
        return truth >= 0
    return ~np.isnan(truth.reshape(len(truth), -1)).any(axis=1)
