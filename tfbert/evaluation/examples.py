"""The few rows that a report shows, chosen while all rows pass by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from tfbert.evaluation.blocks import Block

MISTAKES = 20  # the worst ones
SAMPLE = 12  # drawn at random
PAIRS = 100  # of a true and a wrong label, the most frequent so far
PAIR_EXAMPLES = 3  # the surest ones of each pair


@dataclasses.dataclass(frozen=True)
class Example:
    """One row.

    Attributes:
        number: 0 is the first row.
        file: where it stands.
        line: where it begins.
        text: its first `MOST_TEXT` characters.
        characters: of the whole text.
        values: what the model answered, float32 [outputs].
        truth: a label id, labels as bool [labels], or a number.
        predicted: what was decided, of the same kind.
        badness: how wrong the model is; the worst rows come first.
    """

    number: int
    file: str
    line: int
    text: str
    characters: int
    values: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    badness: float


def example_of(block: Block, row: int, *, badness: float) -> Example:
    """One of the rows of a block."""
    return Example(
        number=block.first + row,
        file=block.places[row][0],
        line=block.places[row][1],
        text=block.texts[row],
        characters=int(block.characters[row]),
        values=block.values[row].copy(),
        truth=np.array(block.truth[row]),
        predicted=np.array(block.predicted[row]),
        badness=badness,
    )


def keep_worst(
    kept: Iterable[Example], block: Block, rows: np.ndarray, *, badness: np.ndarray, most: int
) -> list[Example]:
    """The worst of the rows kept and of some rows of a block, worst first, the earlier row first when tied.

    Args:
        kept: from the blocks before.
        block: the rows.
        rows: numbers within the block.
        badness: of every row of the block, float [block].
        most: how many to keep.
    """
    worst = rows[np.argsort(-badness[rows], kind="stable")[:most]]
    new = [example_of(block, row, badness=float(badness[row])) for row in worst.tolist()]
    return sorted([*kept, *new], key=lambda example: (-example.badness, example.number))[:most]


class Examples:
    """The worst rows, and a random sample.

    Attributes:
        mistakes: worst first, the earlier row first when tied.
        mistaken: how many rows are mistakes.
    """

    def __init__(self) -> None:
        self.mistakes: list[Example] = []
        self.mistaken = 0
        self._sample: list[tuple[float, Example]] = []
        self._random = np.random.default_rng(0)  # the same rows give the same sample

    @property
    def sample(self) -> list[Example]:
        """Rows drawn at random, in their order."""
        return sorted((example for _, example in self._sample), key=lambda example: example.number)

    def add(self, block: Block, *, wrong: np.ndarray, badness: np.ndarray) -> None:
        """Look at rows.

        Args:
            block: the rows.
            wrong: which are mistakes, bool [rows].
            badness: how wrong they are, float [rows].
        """
        draws = self._random.random(len(block.texts))
        drawn = [
            (float(draws[row]), example_of(block, row, badness=float(badness[row])))
            for row in np.argsort(draws)[:SAMPLE].tolist()
        ]
        self._sample = sorted([*self._sample, *drawn], key=lambda item: item[0])[:SAMPLE]
        self.mistaken += int(wrong.sum())
        self.mistakes = keep_worst(self.mistakes, block, np.flatnonzero(wrong), badness=badness, most=MISTAKES)


class PairExamples:
    """Some rows of the most frequent kinds of mistake of a single-label model.

    Attributes:
        examples: (true label, predicted label) to mistakes of that kind, surest first. A pair that becomes frequent
            late has no example from before.
    """

    def __init__(self) -> None:
        self.examples: dict[tuple[int, int], list[Example]] = {}

    def add(self, block: Block, *, score: np.ndarray, confusion: np.ndarray) -> None:
        """Look at rows.

        Args:
            block: the rows.
            score: the predicted label's probability, float [rows].
            confusion: all rows so far, these included, by true and predicted label, int64 [labels, labels].
        """
        frequent = frequent_pairs(confusion, PAIRS)
        kinds = block.truth.astype(np.int64) * len(confusion) + block.predicted
        self.examples = {
            pair: keep_worst(
                self.examples.get(pair, []),
                block,
                np.flatnonzero(kinds == pair[0] * len(confusion) + pair[1]),
                badness=score,
                most=PAIR_EXAMPLES,
            )
            for pair in frequent
        }


def frequent_pairs(confusion: np.ndarray, most: int) -> list[tuple[int, int]]:
    """The most frequent mistakes as (true label, predicted label), most frequent first."""
    mistakes = confusion.copy()
    np.fill_diagonal(mistakes, 0)
    found = np.flatnonzero(mistakes)
    counts = mistakes.ravel()[found]
    ranked = found[np.argsort(-counts, kind="stable")[:most]]
    return [(int(pair) // len(confusion), int(pair) % len(confusion)) for pair in ranked]
