"""A stream of rows cut into blocks: sums then depend on the rows alone, to the last bit, not on the windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfbert.evaluation.groups import Dealer

BLOCK = 4096  # rows counted together, whatever the windows they came in
MOST_TEXT = 5000  # characters of a text that are kept


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """Rows that are counted together.

    Attributes:
        first: number of the first row.
        values: what the model answered, float32 [rows, outputs].
        truth: [rows] or [rows, labels], as the task's evaluator takes it.
        predicted: what was decided, of the same shape; in regression the values.
        texts: at most `MOST_TEXT` characters of each text.
        characters: of the whole texts, int64 [rows].
        places: file and line of each row.
        slices: column to its cells, one a row.
        groups: see `tfbert.evaluation.groups`, int64 [rows].
    """

    first: int
    values: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    texts: Sequence[str]
    characters: np.ndarray
    places: Sequence[tuple[str, int]]
    slices: Mapping[str, Sequence[str]]
    groups: np.ndarray


class BlockCutter:
    """Holds rows until there is a whole block of them.

    Args:
        slices: names of the columns that come with each row.

    Attributes:
        rows: rows so far.
    """

    def __init__(self, slices: Sequence[str] = ()) -> None:
        self.rows = 0
        self._cut = 0
        self._dealer = Dealer()
        self._arrays: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._texts: list[str] = []
        self._characters: list[int] = []
        self._places: list[tuple[str, int]] = []
        self._slices: dict[str, list[str]] = {name: [] for name in slices}

    def add(
        self,
        arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
        *,
        texts: Sequence[str],
        places: Sequence[tuple[str, int]],
        slices: Mapping[str, Sequence[str]],
    ) -> Iterator[Block]:
        """Take rows (values, truth and predicted, each [rows, ...]) and give the blocks that are full now."""
        for start in range(0, len(texts), BLOCK):
            part = slice(start, start + BLOCK)
            self.rows += len(texts[part])
            self._arrays.append(tuple(array[part].copy() for array in arrays))  # type: ignore[arg-type]
            self._texts += [text[:MOST_TEXT] for text in texts[part]]
            self._characters += map(len, texts[part])
            self._places += places[part]
            for name, cells in self._slices.items():
                cells += slices[name][part]
            if self.rows - self._cut >= BLOCK:
                yield self._block(BLOCK)

    def rest(self) -> Iterator[Block]:
        """What is held, when there is anything."""
        if self._texts:
            yield self._block(len(self._texts))

    def _block(self, rows: int) -> Block:
        values, truth, predicted = (np.concatenate(column) for column in zip(*self._arrays, strict=True))
        self._arrays = [(values[rows:], truth[rows:], predicted[rows:])]
        block = Block(
            first=self._cut,
            values=values[:rows],
            truth=truth[:rows],
            predicted=predicted[:rows],
            texts=self._texts[:rows],
            characters=np.array(self._characters[:rows]),
            places=self._places[:rows],
            slices={name: cells[:rows] for name, cells in self._slices.items()},
            groups=self._dealer.deal(rows),
        )
        for held in (self._texts, self._characters, self._places, *self._slices.values()):
            del held[:rows]  # type: ignore[attr-defined]
        self._cut += rows
        return block
