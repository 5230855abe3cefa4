"""Which words an answer rests on: how much it falls when a word is left out.

Leave-one-out occlusion asks nothing of a model but its answers, so it holds for any SavedModel. It sees each word
alone: of two words that say the same, neither may seem to matter.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

MOST_WORDS = 100
_PIECES = re.compile(r"\s+|\S+")


@dataclasses.dataclass(frozen=True)
class WeighedText:
    """A text, and what an answer rests on in it.

    Attributes:
        pieces: words and white space; together they are the text.
        weights: of each piece how much the output falls without it; None for white space and for words after the first
            `MOST_WORDS` of all texts.
    """

    pieces: list[str]
    weights: list[float | None]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """An answer and what it rests on.

    Attributes:
        values: float32 [outputs].
        output: of which of them the weights speak.
        texts: the text and, of a pair, the second one.
    """

    values: np.ndarray
    output: int
    texts: list[WeighedText]


async def explain(
    texts: tuple[str, ...],
    score: Callable[[list[tuple[str, ...]]], Awaitable[Any]],
    *,
    choose: Callable[[np.ndarray], int],
    most_rows: int,
) -> Explanation:
    """Score a row whole, and without each of its words.

    Args:
        texts: the row: a text, or a pair of them.
        score: rows to values, float32 [rows, outputs].
        choose: which output the weights are for, from the values of the row, float32 [outputs].
        most_rows: how many rows `score` takes at once.
    """
    pieces = [_PIECES.findall(text) for text in texts]
    words = [(text, place) for text, row in enumerate(pieces) for place, piece in enumerate(row) if not piece.isspace()]
    words = words[: min(MOST_WORDS, most_rows - 1)]
    values = await score([texts, *(_without(pieces, *word) for word in words)])
    output = choose(values[0])
    weights: list[list[float | None]] = [[None] * len(row) for row in pieces]
    for (text, place), row in zip(words, values[1:], strict=True):
        weights[text][place] = float(values[0, output] - row[output])
    return Explanation(values[0], output, [WeighedText(*one) for one in zip(pieces, weights, strict=True)])


def _without(pieces: list[list[str]], text: int, place: int) -> tuple[str, ...]:
    """The texts without one piece of one of them."""
    return tuple(
        "".join(row[:place] + row[place + 1 :] if number == text else row) for number, row in enumerate(pieces)
    )
