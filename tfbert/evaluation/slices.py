"""Results by the value of a column, or by text length, while all rows pass by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tfbert.evaluation.groups import GROUPS, add_rows

SHOWN_VALUES = 20  # the most frequent ones; the others are taken together
TRACKED_VALUES = 100  # the first ones that come are counted apart
TRACKED_NUMBERS = 1 << 22  # of all values together, 8 bytes each
MOST_VALUE = 200  # characters of a value that are kept
BY_LENGTH = "characters"  # the name of the slices by text length
SHORTEST = 16  # characters; each further length bin is twice as wide
LENGTH_BINS = 10


class SliceTally:
    """What the evaluation sums, for each value of one column.

    Args:
        shape: of what a row adds.

    Attributes:
        sums: value to float64 [GROUPS, ...].
        rows: value to rows.
        rest: of the values that came when there were `TRACKED_VALUES` already, of the same shape.
        rest_rows: their rows.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = (GROUPS, *shape)
        self._most = min(TRACKED_VALUES, max(SHOWN_VALUES, TRACKED_NUMBERS // int(np.prod(self._shape))))
        self.sums: dict[str, np.ndarray] = {}
        self.rows: dict[str, int] = {}
        self.rest, self.rest_rows = np.zeros(self._shape), 0

    def add(self, cells: Sequence[str], rows: np.ndarray, groups: np.ndarray) -> None:
        """Count rows.

        Args:
            cells: the column's value in each row.
            rows: what each adds, [rows, ...].
            groups: their groups, int64 [rows].
        """
        places: dict[str, list[int]] = {}
        rest: list[int] = []
        for row, cell in enumerate(cells):
            value = cell[:MOST_VALUE]
            if value not in self.sums and len(self.sums) < self._most:
                self.sums[value] = np.zeros(self._shape)
            (places.setdefault(value, []) if value in self.sums else rest).append(row)
        for value, chosen in places.items():
            add_rows(self.sums[value], rows[chosen], groups[chosen])
            self.rows[value] = self.rows.get(value, 0) + len(chosen)
        add_rows(self.rest, rows[rest], groups[rest])
        self.rest_rows += len(rest)


def length_names(characters: np.ndarray) -> list[str]:
    """The length bin of each text: "1 to 16", "17 to 32", ... characters."""
    at = np.ceil(np.log2(np.maximum(characters, SHORTEST) / SHORTEST)).astype(np.int64)
    return [LENGTH_NAMES[number] for number in np.minimum(at, LENGTH_BINS - 1).tolist()]


def _length_name(number: int) -> str:
    least = 1 if number == 0 else (SHORTEST << (number - 1)) + 1
    return f"{least:,} and more" if number == LENGTH_BINS - 1 else f"{least:,} to {SHORTEST << number:,}"


LENGTH_NAMES = tuple(map(_length_name, range(LENGTH_BINS)))


def all_cells(slices: Mapping[str, Sequence[str]], characters: np.ndarray) -> dict[str, Sequence[str]]:
    """The cells of every column to slice by, the length bins among them."""
    return {BY_LENGTH: length_names(characters), **slices}
