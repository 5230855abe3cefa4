"""Tables of made-up predictions, written as `tfbert score` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfbert.data.writers import Column, open_writer
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.task import Task

TASKS = {
    "single-label": SingleLabel.learn(["a", "b", "c"]),
    "multi-label": MultiLabel.learn(["a|b|c"]),
    "regression": Regression(3.0, 1.0),
}


def write_scored(
    path: Path,
    task: Task,
    *,
    labels: Sequence[str],
    values: np.ndarray,
    prefix: str = "",
    carried: dict[str, Sequence[str]] | None = None,
) -> Path:
    """A table of texts and labels with predictions; `carried` replaces or adds columns."""
    columns = {"text": [f"text {row}" for row in range(len(labels))], "label": list(labels)} | (carried or {})
    with open_writer(path, [*map(Column, columns), *task.prediction_columns(prefix=prefix)], force=True) as writer:
        added = task.prediction_rows(values.astype(np.float32))
        writer.write((*row, *new) for *row, new in zip(*columns.values(), added, strict=True))
        writer.publish()
    return path


def made_up(task: str, rows: int = 60, *, seed: int = 0) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Label cells, and the values of two models of which the second is better."""
    random = np.random.default_rng(seed)
    if task == "regression":
        truth = np.round(random.normal(3, 1, rows), 2)
        return [str(value) for value in truth], *(
            np.round(truth + random.normal(0, spread, rows), 3).reshape(-1, 1) for spread in (1, 0.3)
        )
    if task == "multi-label":
        truth = random.random((rows, 3)) < 0.4
        cells = ["|".join(np.array(["a", "b", "c"])[row]) for row in truth]
        return cells, *(np.clip(truth * part + random.random((rows, 3)) * (1 - part), 0, 1) for part in (0.2, 0.45))
    ids = random.integers(3, size=rows)
    values = []
    for skill in (1.5, 5):
        sure = random.dirichlet([skill, 1, 1], rows)  # of the true label first
        values.append(np.stack([np.roll(row, label) for row, label in zip(sure, ids, strict=True)]))
    return ["abc"[label] for label in ids], *values
