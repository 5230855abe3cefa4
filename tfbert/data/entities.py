"""Entities of a text: which characters of it, and of what type. In a table they are a cell of JSON.

    [{"start": 0, "end": 5, "type": "location", "text": "Paris", "score": 0.98}]

Places are characters (code points) of the text as the table has it: `text[start:end]` is the entity. A cell of labels
needs no `text`, which must agree where it stands, and no `score`; other keys are passed over.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from tfbert.data.cells import shortest_float
from tfbert.data.json_values import parse_json
from tfbert.data.records import kind_of

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a type is one line


class Entity(NamedTuple):
    """Characters `start` up to, not including, `end`, and the type of what they name."""

    start: int
    end: int
    type: str


def entities_fault(value: object, *, column: str, text: str | None = None) -> str | None:
    """Why a cell cannot hold the entities of a text, or None.

    Args:
        value: JSON text, or the array itself from formats that have arrays.
        column: for the message.
        text: the row's text; None leaves out whether the entities fit into it.
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return f"empty label in column '{column}'; a text without entities has []"
    items, fault = parse_json(value) if isinstance(value, str) else (value, None)
    if fault:
        return f"{fault}, column '{column}'"
    if not isinstance(items, list):
        return f"expected an array of entities in column '{column}', found {kind_of(items)}"
    for number, item in enumerate(items, 1):
        if fault := _entity_fault(item, text):
            return f"entity {number} in column '{column}': {fault}"
    ordered = sorted(range(len(items)), key=lambda at: (items[at]["start"], items[at]["end"]))
    for one, other in itertools.pairwise(ordered):
        if items[other]["start"] < items[one]["end"]:
            return f"entities {min(one, other) + 1} and {max(one, other) + 1} in column '{column}' overlap"
    return None


def _entity_fault(item: Any, text: str | None) -> str | None:
    if not isinstance(item, dict):
        return f"expected an object with start, end and type, found {kind_of(item)}"
    if missing := [name for name in Entity._fields if item.get(name) is None]:
        return f"expected start, end and type, found no {missing[0]}"
    start, end, kind = (item[name] for name in Entity._fields)
    if not (type(start) is type(end) is int and 0 <= start < end):
        return f"expected whole numbers 0 <= start < end, found start {start!r} and end {end!r}"
    if not isinstance(kind, str) or not kind.strip() or _CONTROL.search(kind):
        return f"expected a type of one line of text, found {kind!r}"
    if text is None:
        return None
    if end > len(text):
        return f"expected an end within the text's {len(text)} characters, found {end}"
    if (said := item.get("text")) is not None and said != text[start:end]:
        return f"expected the text {text[start:end]!r} from {start} to {end}, found {said!r}"
    return None


def parse_entities(value: Any) -> tuple[Entity, ...]:
    """The entities of a cell without fault, by their places."""
    items = parse_json(value)[0] if isinstance(value, str) else value
    return tuple(sorted(Entity(item["start"], item["end"], item["type"].strip()) for item in items))


def parse_scores(value: Any) -> list[Any]:
    """The `score` of each of these entities, None where there is none."""
    items = parse_json(value)[0] if isinstance(value, str) else value
    return [item.get("score") for item in sorted(items, key=lambda item: item["start"])]


def entity_items(
    entities: Iterable[Entity], *, text: str, scores: Iterable[float] | None = None
) -> list[dict[str, Any]]:
    """Entities as a cell has them: `start`, `end`, `type`, the `text` and, of predictions, the `score` of each."""
    items: list[dict[str, Any]] = [{**entity._asdict(), "text": text[entity.start : entity.end]} for entity in entities]
    for item, score in zip(items, () if scores is None else scores, strict=scores is not None):
        item["score"] = shortest_float(score)
    return items
