"""How a report shows a row, and how much of its text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

from tfbert.evaluation.evaluation import AnyEvaluation, Evaluation, MultiLabelEvaluation, RegressionEvaluation
from tfbert.evaluation.examples import Example, frequent_pairs
from tfbert.report.answer_rows import answer_chips, answer_parts
from tfbert.report.chips import Chip, TextPart, split_parts
from tfbert.report.entity_rows import entity_chips, entity_parts
from tfbert.report.figures import printable

SHOWN_PAIRS = 40
CLAMP = 200  # characters of a text that are shown at once


@dataclasses.dataclass(frozen=True)
class ShownRow:
    """One row as the report shows it."""

    start: list[TextPart]  # the text, or its beginning
    rest: list[TextPart]  # what unfolds, nothing when `start` is all
    omitted: int  # characters that are in the table only
    chips: list[Chip]
    origin: str  # "test.csv, line 7"


@dataclasses.dataclass(frozen=True)
class ShownPair:
    """A label that is taken for another: in how many rows, in what share of the true label's, and some of the rows."""

    anchor: str
    truth: str
    predicted: str
    rows: int
    share: float
    examples: list[ShownRow]


def shown_rows(evaluation: AnyEvaluation, examples: Iterable[Example]) -> list[ShownRow]:
    """The rows as the report shows them."""
    return [_shown(evaluation, example) for example in examples]


def pair_anchor(truth: int, predicted: int) -> str:
    """The place on the page where the rows of a kind of mistake stand."""
    return f"pair-{truth}-{predicted}"


def frequent_mistakes(evaluation: Evaluation) -> list[ShownPair]:
    """The most frequent mistakes, most frequent first."""
    return [
        ShownPair(
            anchor=pair_anchor(truth, predicted),
            truth=evaluation.labels[truth],
            predicted=evaluation.labels[predicted],
            rows=int(evaluation.confusion[truth, predicted]),
            share=evaluation.confusion[truth, predicted] / evaluation.truth_counts[truth],
            examples=shown_rows(evaluation, evaluation.pairs.examples[truth, predicted]),
        )
        for truth, predicted in frequent_pairs(evaluation.confusion, SHOWN_PAIRS)
    ]


def _fold(text: str) -> int:
    """Where the text is folded: after a word where there is one; a fold that would hide less than a line is none."""
    if len(text) <= CLAMP * 1.2:
        return len(text)
    return text.rfind(" ", CLAMP - 20, CLAMP) + 1 or CLAMP


def _shown(evaluation: AnyEvaluation, example: Example) -> ShownRow:
    parts = _PARTS[evaluation.task](evaluation, example) if evaluation.task in _PARTS else [TextPart(example.text)]
    start, rest = split_parts(parts, _fold(example.text))
    file = "" if example.file == "-" else f"{PurePath(example.file).name}, "
    return ShownRow(
        start=start,
        rest=rest,
        omitted=example.characters - len(example.text),
        chips=_CHIPS[evaluation.task](evaluation, example),
        origin=printable(f"{file}line {example.line}"),
    )


def _regression_chips(_: RegressionEvaluation, example: Example) -> list[Chip]:
    truth, value = float(example.truth), float(example.values[0])
    return [
        Chip(f"{value:.4g}", before="predicted"),
        Chip(f"{truth:.4g}", before="truth"),
        Chip(f"{value - truth:+.3g}", before="error"),
    ]


def _single_label_chips(evaluation: Evaluation, example: Example) -> list[Chip]:
    truth, predicted = int(example.truth), int(example.predicted)
    right = truth == predicted
    chips = [Chip(evaluation.labels[predicted], "right" if right else "wrong", float(example.values[predicted]))]
    if not right:
        chips.append(Chip(evaluation.labels[truth], score=float(example.values[truth]), before="truth"))
    return chips


def _multi_label_chips(evaluation: MultiLabelEvaluation, example: Example) -> list[Chip]:
    """Right ones, wrong ones, missed ones, each group likeliest first."""
    kinds = {(True, True): "right", (False, True): "wrong", (True, False): "missed"}
    chips = [
        Chip(label, kinds[bool(truth), bool(predicted)], float(value))
        for label, truth, predicted, value in zip(
            evaluation.labels, example.truth, example.predicted, example.values, strict=True
        )
        if truth or predicted
    ]
    order = list(kinds.values())
    return sorted(chips, key=lambda chip: (order.index(chip.kind), -(chip.score or 0))) or [Chip("no label", "right")]


# By the task that is evaluated: what stands under a row, and what of its text is marked.
_CHIPS: dict[str, Callable[[Any, Example], list[Chip]]] = {
    "single-label": _single_label_chips,
    "multi-label": _multi_label_chips,
    "regression": _regression_chips,
    "tagging": entity_chips,
    "span": answer_chips,
}
_PARTS: dict[str, Callable[[Any, Example], Iterable[TextPart]]] = {"tagging": entity_parts, "span": answer_parts}
