"""Rows of a tagging report: the text with its entities marked, and a chip for each."""

from __future__ import annotations

from collections.abc import Iterator

from tfbert.evaluation.evaluation import TaggingEvaluation
from tfbert.evaluation.examples import Example
from tfbert.evaluation.tagging_counts import SCORE, Found
from tfbert.report.chips import Chip, TextPart

MOST_CHIPS = 40  # of a row
SHOWN_CHARACTERS = 60  # of an entity in its chip


def entity_chips(evaluation: TaggingEvaluation, example: Example) -> list[Chip]:
    """Right entities, wrong ones and missed ones, each group in the order of the text."""
    true, scores = _found(example.truth), dict(zip(_found(example.predicted), example.values[:, SCORE], strict=True))
    entities = [
        *((entity, "right", float(score)) for entity, score in scores.items() if entity in true),
        *((entity, "wrong", float(score)) for entity, score in scores.items() if entity not in true),
        *((entity, "missed", None) for entity in true if entity not in scores),
    ]
    chips = [
        Chip(example.text[start:end][:SHOWN_CHARACTERS], kind, score, before=evaluation.labels[type_id])
        for (start, end, type_id), kind, score in entities[:MOST_CHIPS]
    ]
    return chips or [Chip("no entity", "right")]


def entity_parts(evaluation: TaggingEvaluation, example: Example) -> Iterator[TextPart]:
    """The text in parts, marked where an entity is predicted, or missed beside those that are predicted."""
    true, predicted = _found(example.truth), _found(example.predicted)
    marks = [(entity, "right" if entity in true else "wrong") for entity in predicted]
    covered = {place for start, end, _ in predicted for place in range(start, end)}
    marks += [(entity, "missed") for entity in true if covered.isdisjoint(range(*entity[:2]))]
    at = 0
    for (start, end, type_id), kind in sorted(marks):
        yield TextPart(example.text[at:start])
        yield TextPart(example.text[start:end], kind, title=evaluation.labels[type_id])
        at = end
    yield TextPart(example.text[at:])


def _found(entities: object) -> list[Found]:
    """Entities as a row of a table of examples has them: an array of three columns, maybe empty."""
    return [(int(start), int(end), int(kind)) for start, end, kind in entities]  # type: ignore[attr-defined]
