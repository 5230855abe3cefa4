"""Which tag each word of a text has: what the loss of tagging compares with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfbert.data.datasets import UNCOUNTED
from tfbert.data.token_places import TokenPlaces

FoundEntity = tuple[int, int, int]  # first character, the one behind the last, type id


def tag_tokens(targets: np.ndarray, *, places: TokenPlaces) -> np.ndarray:
    """The tag of each word at its first piece, `UNCOUNTED` at all other tokens, int32 [tokens].

    Tags are numbered as in `tfbert.tasks.tag_decoding`.

    Args:
        targets: the entities of each text, object [texts].
        places: where the tokens stand in the texts.
    """
    tags = np.zeros(len(places.starts), np.int32)
    for (_, _, kind), words in _words_of(targets, places):
        tags[words] = 2 + 2 * kind
        tags[words.start : min(words.start + 1, words.stop)] = 1 + 2 * kind
    by_token = np.full(len(places.words), UNCOUNTED, np.int32)
    by_token[places.first] = tags[places.words[places.first]]
    return by_token


def count_unreadable(targets: np.ndarray, *, places: TokenPlaces) -> dict[str, int]:
    """Entities that a text's cut takes away or cuts, and such whose edges are not those of words.

    Arguments as of `tag_tokens`.
    """
    read = places.is_read()
    cut = uneven = 0
    for (start, end, _), words in _words_of(targets, places):
        starts, ends = places.starts[words], places.ends[words]
        cut += not read[words].all()
        uneven += not len(starts) or (starts[0], ends[-1]) != (start, end)
    return {"entities that are cut off": cut, "entities whose edges are not those of words": uneven}


def _words_of(targets: np.ndarray, places: TokenPlaces) -> Iterator[tuple[FoundEntity, slice]]:
    """Each entity, and which words, of those of all texts, have characters of it."""
    for text, entities in enumerate(targets):
        for start, end, kind in entities:
            yield (start, end, kind), places.words_between(text, start=start, end=end)
