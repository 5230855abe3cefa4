"""Rows of a report on answers: the context with the answer marked, what was answered and what would have been right."""

from __future__ import annotations

from tfbert.evaluation.answer_match import match_answer
from tfbert.evaluation.evaluation import SpanEvaluation
from tfbert.evaluation.examples import Example
from tfbert.report.chips import Chip, TextPart
from tfbert.tasks.span import END, SCORE, START

NO_ANSWER = "no answer"
MOST_TRUE = 3  # right answers that a row shows
SHOWN_CHARACTERS = 120  # of an answer in its chip


def answer_chips(evaluation: SpanEvaluation, example: Example) -> list[Chip]:
    """The answer, and where it is not exactly right the F1 and the right ones."""
    answer, right = str(example.predicted), [str(text) for text in example.truth]
    exact, f1 = match_answer(answer, right)
    chips = [Chip(answer[:SHOWN_CHARACTERS] or NO_ANSWER, _kind(exact), float(example.values[SCORE]))]
    if not exact:
        chips.append(Chip(f"{f1:.2f}", before="F1"))
        distinct = list(dict.fromkeys(right))[:MOST_TRUE] or [NO_ANSWER]
        chips += [Chip(text[:SHOWN_CHARACTERS], before="truth") for text in distinct]
    return chips


def answer_parts(evaluation: SpanEvaluation, example: Example) -> list[TextPart]:
    """Question and context, the answer marked where it stands.

    Texts stand on a line each. Where the table was evaluated without its contexts, or a question has several lines, the
    answer is not where its place says, and nothing is marked.
    """
    answer, (start, end) = str(example.predicted), example.values[[START, END]].astype(int).tolist()
    context = example.text.find("\n") + 1
    start, end = context + start, context + end
    if not answer or example.text[start:end] != answer:
        return [TextPart(example.text)]
    kind = _kind(match_answer(answer, [str(text) for text in example.truth])[0])
    return [
        TextPart(example.text[:start]),
        TextPart(example.text[start:end], kind, title="the answer"),
        TextPart(example.text[end:]),
    ]


def _kind(exact: bool) -> str:
    return "right" if exact else "wrong"
