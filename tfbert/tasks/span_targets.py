"""Where answers stand among the tokens of windows: what the loss of spans compares with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfbert.data.datasets import UNCOUNTED, TokenTable
from tfbert.data.token_places import TokenPlaces
from tfbert.tasks.span_losses import BOTH, ENDS, NEITHER, STARTS

NO_WORD = -2  # of texts without an answer; no token has it


def target_tokens(answers: Sequence[slice | None], *, tokens: TokenTable, places: TokenPlaces) -> np.ndarray:
    """What the loss says of each token, int32 [tokens].

    A window that has all of the answer has its start and its end; any other says that it has none, with [CLS], its
    first token, as both (Devlin et al. 2019, section 4.3). Other tokens that are not the context's do not count.

    Args:
        answers: for each text the words of its answer, by their numbers among all; None where it has none.
        tokens: of the texts.
        places: where they stand.
    """
    row_windows = tokens.row_windows
    texts = np.arange(len(answers)) if row_windows is None else np.repeat(np.arange(len(answers)), row_windows)
    rows = np.repeat(np.arange(len(texts)), tokens.lengths)
    first_words, last_words = (
        np.array([NO_WORD if words is None else (words.start, words.stop - 1)[side] for words in answers], np.int64)
        for side in (0, 1)
    )
    starts = places.first & (places.words == first_words[texts[rows]])
    ends = places.last & (places.words == last_words[texts[rows]])
    whole = np.zeros(len(texts), np.int32)
    whole[rows[starts]] += 1
    whole[rows[ends]] += 1

    targets = np.where(places.words < 0, UNCOUNTED, NEITHER).astype(np.int32)
    has_answer = (whole == 2)[rows]
    targets[starts & has_answer] = STARTS
    targets[ends & has_answer] += ENDS
    cls = tokens.splits[:-1]
    targets[cls] = np.where(whole == 2, NEITHER, BOTH)
    return targets
