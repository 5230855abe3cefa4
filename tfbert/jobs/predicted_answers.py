"""Answers as `tfbert score` wrote them into a table, read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfbert.data.cells import cell
from tfbert.data.json_values import parse_json
from tfbert.data.object_rows import empty_rows, object_rows
from tfbert.data.tables import Row
from tfbert.jobs.predicted_entities import not_written
from tfbert.tasks.answers import Answers
from tfbert.tasks.span import BEHIND, BEST, END, NO_ANSWER, SCORE, START, Span

NOWHERE = -1.0  # the place of no answer


def read_answers(cells: Sequence[Sequence[Any]], rows: Sequence[Row]) -> Answers:
    """The answers of rows, as the values of a `Span` and the decided texts.

    Args:
        cells: of the prediction columns, as `Span.prediction_columns` has them.
        rows: for the message.

    Raises:
        DataError: a cell is not what `tfbert score` writes there; the message names the row.
    """
    values = empty_rows(len(rows), Span.value_shape)
    values[:, BEHIND:] = np.tile([0.0, NOWHERE, NOWHERE], BEST)
    answers = []
    for into, found, row in zip(values, cells, rows, strict=True):
        answer, start, score, *no_answer, best = found
        answer = cell(answer)
        place = _number(start) if answer else NOWHERE
        into[[SCORE, START, END]] = _number(score), place, place + len(answer) if answer else NOWHERE
        into[NO_ANSWER] = _number(no_answer[0]) if no_answer else 0.0
        items = parse_json(best)[0] if isinstance(best, str) else best
        numbers = _best(items)
        chosen = into[[SCORE, NO_ANSWER]]
        if numbers is None or not ((chosen >= 0) & (chosen <= 1)).all() or not into[END] - into[START] >= 0:
            raise not_written("an answer with its place and its score, and the best answers as JSON", found, row)
        into[BEHIND : BEHIND + numbers.size] = numbers.ravel()
        answers.append(answer)
    return Answers(values, object_rows(answers))


def _best(items: Any) -> np.ndarray | None:
    """Score, start and end of the best answers, float32 [answers, 3], or None where they are none."""
    try:
        numbers = np.array([(item["score"], item["start"], item["end"]) for item in items], np.float32).reshape(-1, 3)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    return numbers if len(numbers) <= BEST and np.isfinite(numbers).all() else None


def _number(value: Any) -> float:
    """A number, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
