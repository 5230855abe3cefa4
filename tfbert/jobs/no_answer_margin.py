"""From which margin on a trained model gives no answer, chosen on the validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from tfbert.data.answers import answer_texts
from tfbert.evaluation.answer_match import match_answer
from tfbert.tasks.span import BEHIND, MOST_MARGIN, NO_ANSWER, Span
from tfbert.training.no_answer import choose_margin

if TYPE_CHECKING:
    from tfbert.jobs.training_run import Run

LEAST = 1e-30  # in the place of a probability of 0, whose logarithm is none
_SCORE, _START, _END = range(BEHIND, BEHIND + 3)  # of the best answer


def decide_margin(run: Run) -> Span:
    """The task of a run with its margin; as it is where every question has an answer."""
    # Imports TensorFlow; `tfbert.jobs.decisions` is imported before that.
    from tfbert.training.token_answers import predict_answers

    task, rows = cast(Span, run.task), run.parts.valid
    if task.margin is None:
        return task
    texts = list(rows.columns.values())
    values = predict_answers(run.network.model, *texts, task=task, preprocessor=run.preprocessor)
    odds = np.log(np.maximum(values[:, NO_ANSWER], LEAST)) - np.log(np.maximum(values[:, _SCORE], LEAST))
    places = values[:, [_START, _END]].astype(int).tolist()
    best = [context[start:end] if start >= 0 else "" for context, (start, end) in zip(texts[-1], places, strict=True)]
    f1, f1_of_none = (
        np.array(
            [match_answer(answer, answer_texts(cell) or ())[1] for answer, cell in zip(said, rows.labels, strict=True)]
        )
        for said in (best, [""] * len(best))
    )
    return Span(choose_margin(odds.astype(np.float64), f1=f1, f1_of_none=f1_of_none, most=MOST_MARGIN))
