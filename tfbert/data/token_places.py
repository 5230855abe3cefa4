"""Where the tokens of many rows stand in their texts: what tasks that read tokens make their targets from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfbert.data.datasets import TokenTable, string_batches, token_table


@dataclasses.dataclass(frozen=True)
class TokenPlaces:
    """The words of rows' texts (of the last one, where a row has several) and the tokens that come from them.

    Attributes:
        words: for each token of a `TokenTable` the number of its word among all, int64 [tokens]; -1 for one of none.
        first: whether it is the first piece of that word, bool [tokens].
        last: whether it is the last piece of that word, bool [tokens].
        starts: where each word begins in its text, in characters, int32 [words].
        ends: where it ends, int32 [words].
        splits: the words of text r are `[splits[r]:splits[r + 1]]`, int64 [texts + 1].
    """

    words: np.ndarray
    first: np.ndarray
    last: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    splits: np.ndarray

    def words_between(self, text: int, *, start: int, end: int) -> slice:
        """The words that have characters of a text from `start` up to `end`, by their numbers among all."""
        words = slice(*self.splits[text : text + 2])
        first = np.searchsorted(self.ends[words], start, side="right")
        behind = np.searchsorted(self.starts[words], end, side="left")
        return slice(int(words.start + first), int(words.start + max(first, behind)))

    def is_read(self) -> np.ndarray:
        """Which words have a token, and so are not cut off, bool [words]."""
        read = np.zeros(len(self.starts), bool)
        read[self.words[self.first]] = True
        return read


def place_rows(*texts: Sequence[str], place: Callable[..., Any]) -> tuple[TokenTable, TokenPlaces]:
    """Tokenise every row once, and find its words.

    Args:
        texts: the rows' texts, a column or more of them.
        place: a `Preprocessor.place`.
    """
    batches = [place(*columns) for columns in string_batches(texts)]
    words, first, last, before = [], [], [], 0
    for batch in batches:
        pieces, word_of_piece = batch.pieces.flat_values.numpy(), batch.word_of_piece.numpy()
        of_word = pieces >= 0
        word = np.full(len(pieces), -1, np.int64)
        word[of_word] = before + word_of_piece[pieces[of_word]]
        words.append(word)
        first.append(np.isin(pieces, batch.first_piece.numpy()))
        last.append(np.isin(pieces, np.append(batch.first_piece.numpy()[1:], len(word_of_piece)) - 1) & of_word)
        before += len(batch.first_piece)
    lengths = np.concatenate([batch.words.starts.row_lengths().numpy() for batch in batches])
    places = TokenPlaces(
        words=np.concatenate(words),
        first=np.concatenate(first),
        last=np.concatenate(last),
        starts=np.concatenate([batch.words.starts.flat_values.numpy() for batch in batches]),
        ends=np.concatenate([batch.words.ends.flat_values.numpy() for batch in batches]),
        splits=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )
    return token_table([(batch.ids, batch.type_ids) for batch in batches]), places
