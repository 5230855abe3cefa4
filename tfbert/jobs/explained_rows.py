"""The held-out rows that a training's report explains: the most confident mistakes first, then right ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np

from tfbert.data.labelled import LabelledRows
from tfbert.export.reading import load_network
from tfbert.jobs.explainer import Explainer
from tfbert.report.shown_explanations import ShownExplanation, show
from tfbert.tasks.answers import Answers


def explain_rows(folder: Path, rows: LabelledRows, *, answers: Answers, most: int) -> list[ShownExplanation]:
    """Explanations of some labelled rows of different texts, as a report shows them.

    Args:
        folder: the model's.
        rows: the rows.
        answers: what the model answers for them.
        most: how many rows.
    """
    read = load_network(folder)
    explainer = Explainer(read)
    texts = list(zip(*rows.columns.values(), strict=True))
    order = order_rows(answers, targets=read.task.targets(rows.labels)).tolist()
    shown = []
    for row in without_repeats(order, texts=texts)[:most]:
        file = "" if rows.files[row] == "-" else f"{PurePath(rows.files[row]).name}, "
        origin = f"{file}line {rows.lines[row]}"
        shown += [show(one, truth=rows.labels[row], origin=origin) for one in explainer.explain(texts[row])]
    return shown


def order_rows(answers: Answers, *, targets: np.ndarray) -> np.ndarray:
    """The numbers of the rows, int [rows]: the surest mistakes first, or the values that are furthest off.

    Args:
        answers: of a model.
        targets: as `Task.targets` gives them.
    """
    values, decided = answers.values, answers.predicted
    if decided is None:
        return np.argsort(-np.abs(values[:, 0] - targets), kind="stable")
    if decided.ndim == 1:
        wrong, sureness = decided != targets, values[np.arange(len(values)), decided]
    else:  # of a row's wrong labels that which is furthest off
        wrong_labels = decided != targets
        wrong, sureness = wrong_labels.any(axis=1), (wrong_labels * np.abs(values - targets)).max(axis=1)
    return np.lexsort((-sureness, ~wrong))


def without_repeats(order: Sequence[int], *, texts: Sequence[tuple[str, ...]]) -> list[int]:
    """Row numbers in their order, each text (or pair) once."""
    first: dict[tuple[str, ...], int] = {}
    for row in order:
        first.setdefault(texts[row], row)
    return list(first.values())
