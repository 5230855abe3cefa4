"""What the raw-text signature answers, by task, from what the scorer gives: `Task.answer` without the graph.

What is decided comes from `Task.prediction_rows`, of which the predictions of `tfbert score` are made, too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfbert.tasks.task import Task

TEXT_SIGNATURE = "serving_default"


def _single_label(task: Task, values: np.ndarray) -> dict[str, np.ndarray]:
    decided = task.prediction_rows(values)
    label, score = np.array([row[0] for row in decided], object), np.array([row[1] for row in decided], np.float32)
    return {"classes": _classes(task, values), "label": label, "probabilities": values, "score": score}


def _multi_label(task: Task, values: np.ndarray) -> dict[str, np.ndarray]:
    labels = np.array([row[0] for row in task.prediction_rows(values)], object)
    return {"classes": _classes(task, values), "labels": labels, "probabilities": values}


def _regression(_: Task, values: np.ndarray) -> dict[str, np.ndarray]:
    return {"value": values[:, 0]}


def _classes(task: Task, values: np.ndarray) -> np.ndarray:
    """The labels once more for each row, in the order of the probabilities."""
    return np.tile(np.array(task.label_names, object), (len(values), 1))


ANSWERS: dict[str, Callable[[Task, np.ndarray], dict[str, np.ndarray]]] = {
    "single-label": _single_label,
    "multi-label": _multi_label,
    "regression": _regression,
}
"""The outputs by name, from a task and its values, float32 [rows, outputs]."""
