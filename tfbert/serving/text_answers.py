"""What the raw-text signature answers, by task, from what the scorer gives: `Task.answer` without the graph.

What is decided comes from `Task.prediction_rows`, of which the predictions of `tfbert score` are made, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tfbert.tasks.span import BEHIND, BEST, END, NO_ANSWER, SCORE, START
from tfbert.tasks.task import Task

NOWHERE = -1  # a place that pads those of a row with fewer entities


def _single_label(task: Task, values: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    decided = task.prediction_rows(values, texts=texts)
    label, score = np.array([row[0] for row in decided], object), np.array([row[1] for row in decided], np.float32)
    return {"classes": _classes(task, values), "label": label, "probabilities": values, "score": score}


def _multi_label(task: Task, values: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    labels = np.array([row[0] for row in task.prediction_rows(values, texts=texts)], object)
    return {"classes": _classes(task, values), "labels": labels, "probabilities": values}


def _regression(_: Task, values: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    return {"value": values[:, 0]}


def _tagging(task: Task, values: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    rows = [cells for (cells,) in task.prediction_rows(values, texts=texts)]
    shape = (len(rows), max(map(len, rows), default=0))
    outputs = {
        "counts": np.array([len(row) for row in rows], np.int32),
        "ends": np.full(shape, NOWHERE, np.int32),
        "entities": np.full(shape, "", object),
        "scores": np.zeros(shape, np.float32),
        "starts": np.full(shape, NOWHERE, np.int32),
        "types": np.full(shape, "", object),
    }
    keys = {"ends": "end", "entities": "text", "scores": "score", "starts": "start", "types": "type"}
    for at, row in enumerate(rows):
        for name, key in keys.items():
            outputs[name][at, : len(row)] = [item[key] for item in row]
    return outputs


def _span(task: Task, values: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    best = values[:, BEHIND:].reshape(len(values), BEST, 3)
    starts, ends = best[..., 1].astype(np.int32), best[..., 2].astype(np.int32)
    cut = [
        [text[slice(*place)] if place[0] >= 0 else "" for place in zip(*places, strict=True)]
        for text, *places in zip(texts, starts.tolist(), ends.tolist(), strict=True)
    ]
    return {
        "answer": np.array([row[0] or "" for row in task.prediction_rows(values, texts=texts)], object),
        "answers": np.array(cut, object).reshape(starts.shape),
        "end": values[:, END].astype(np.int32),
        "ends": ends,
        "no_answer_score": values[:, NO_ANSWER],
        "score": values[:, SCORE],
        "scores": best[..., 0],
        "start": values[:, START].astype(np.int32),
        "starts": starts,
    }


def _classes(task: Task, values: np.ndarray) -> np.ndarray:
    """The labels once more for each row, in the order of the probabilities."""
    return np.tile(np.array(task.label_names, object), (len(values), 1))


ANSWERS: dict[str, Callable[[Task, np.ndarray, Sequence[str]], dict[str, np.ndarray]]] = {
    **dict.fromkeys(("single-label", "choice"), _single_label),
    "multi-label": _multi_label,
    "regression": _regression,
    "tagging": _tagging,
    "span": _span,
}
"""The outputs by name, from a task, its values, and the last text of each row."""
