"""Rows of tokens cut into batches that cost little: rows of like length together, padded to their own longest."""

from __future__ import annotations

import dataclasses

import numpy as np

# Tokens in a batch, padding included: so few that the hidden states stay in a core's own cache (docs/speed.md).
BATCH_TOKENS = 1024
# A call of few rows, as of a server, is cut into so many batches that every core gets some and little is padding, but
# none so small that its dense products are slow (docs/speed.md).
BATCHES_OF_A_CALL = 8
FEW_TOKENS = 64
LENGTH_STEP = 4  # a server's calls are padded to a multiple of it, or TensorFlow would keep kernels for every shape
SHAPES = 8  # that the last batch of a window may have for each length, beside the small ones


@dataclasses.dataclass(frozen=True)
class TokenRows:
    """Unpadded rows one after another: row r is `ids[starts[r] : starts[r] + lengths[r]]`, all int32.

    Of texts that are read in windows a row is a window, and `row_windows` is how many each text has; None where a text
    is a row.
    """

    ids: np.ndarray
    type_ids: np.ndarray
    lengths: np.ndarray
    row_windows: np.ndarray | None = None

    @property
    def starts(self) -> np.ndarray:
        """Where each row begins."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def first_rows(self) -> np.ndarray:
        """The first row of each text."""
        if self.row_windows is None:
            return np.arange(len(self.lengths))
        return np.cumsum(self.row_windows) - self.row_windows

    def head(self, rows: int) -> TokenRows:
        """Those of the first texts, at most so many of them, but all of the first text."""
        row_windows = self.row_windows
        if row_windows is not None:
            ends = np.cumsum(row_windows)
            texts = max(1, int(np.searchsorted(ends, rows, side="right")))
            row_windows, rows = row_windows[:texts], int(ends[texts - 1])
        return dataclasses.replace(self, lengths=self.lengths[:rows], row_windows=row_windows)

    @property
    def text_lengths(self) -> np.ndarray:
        """Tokens of all rows of each text."""
        return np.add.reduceat(self.lengths, self.first_rows)

    def pad(self, rows: np.ndarray, *, length: int) -> dict[str, np.ndarray]:
        """`tokens` of some rows, int32 [rows, length]; none of them is longer."""
        lengths = self.lengths[rows, None]
        place = np.arange(length)
        mask = place < lengths
        at = np.where(mask, self.starts[rows, None] + place, 0)
        return {
            "input_word_ids": np.where(mask, self.ids[at], 0),
            "input_mask": mask.astype(np.int32),
            "input_type_ids": np.where(mask, self.type_ids[at], 0),
        }


def token_budget(lengths: np.ndarray) -> int:
    """How many tokens a batch of these rows may have: a power of two, at most `BATCH_TOKENS`.

    It follows from the rows alone, not from the number of cores: the same rows give the same bytes on every machine.

    Args:
        lengths: int [rows].
    """
    tokens = int(lengths.sum())
    few = max(tokens // BATCHES_OF_A_CALL, min(FEW_TOKENS, tokens // 2), 1)
    return min(BATCH_TOKENS, 1 << (few.bit_length() - 1))


def padded_length(longest: int, *, batch_tokens: int, max_length: int) -> int:
    """The length that a batch is padded to: that of its longest row, in a call of few rows a little more.

    Args:
        longest: tokens of the longest row.
        batch_tokens: as `token_budget` has it.
        max_length: longest row that the model reads.
    """
    if batch_tokens == BATCH_TOKENS:
        return longest
    return min(-(-longest // LENGTH_STEP) * LENGTH_STEP, max_length)


def cut_batches(lengths: np.ndarray, *, batch_tokens: int) -> list[np.ndarray]:
    """Row numbers of each batch, longest rows first; rows times the batch's longest is at most `batch_tokens`.

    The number of rows follows from the longest alone, but for the last batch (see `fill_batch`): there are few shapes,
    and each needs its kernels made once.

    Args:
        lengths: int [rows].
        batch_tokens: the budget; a single row above it gets a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        size = max(1, batch_tokens // int(lengths[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches


def fill_batch(rows: np.ndarray, *, longest: int, batch_tokens: int) -> np.ndarray:
    """The rows of a batch, and the last of them again until their number is one of a few.

    TensorFlow keeps for good what it makes for a shape: with last batches of any size, memory would grow over the first
    million rows. At most an eighth of a batch is computed in vain, and none of a batch that is smaller than that.

    Args:
        rows: their numbers.
        longest: tokens of the longest.
        batch_tokens: as in `cut_batches`.
    """
    most = max(1, batch_tokens // longest)
    step = max(1, most // SHAPES)
    if len(rows) <= step:
        return rows
    wanted = min(-(-len(rows) // step) * step, most)
    return np.concatenate([rows, np.repeat(rows[-1:], wanted - len(rows))])
