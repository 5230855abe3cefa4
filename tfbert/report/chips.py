"""The small pieces that a report shows a row with."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Chip:
    """A label, or a number with its name, as it stands under a row.

    Attributes:
        text: what it says.
        kind: "right", "wrong", "missed" or "" for neither.
        score: its probability, None for a chip without.
        before: a word before it.
    """

    text: str
    kind: str = ""
    score: float | None = None
    before: str = ""


@dataclasses.dataclass(frozen=True)
class TextPart:
    """A part of a row's text.

    Attributes:
        text: the part.
        kind: "right", "wrong" or "missed" where it is marked, '' elsewhere.
        title: what a mark says.
    """

    text: str
    kind: str = ""
    title: str = ""


def split_parts(parts: Iterable[TextPart], cut: int) -> tuple[list[TextPart], list[TextPart]]:
    """The parts up to a character and those from there on; empty ones are left out."""
    before, behind, at = [], [], 0
    for part in parts:
        here = max(0, cut - at)
        at += len(part.text)
        before.append(dataclasses.replace(part, text=part.text[:here]))
        behind.append(dataclasses.replace(part, text=part.text[here:]))
    return [part for part in before if part.text], [part for part in behind if part.text]
