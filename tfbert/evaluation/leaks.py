"""Texts that stand in a split more than once, or in two splits: what makes a model look better than it is.

Texts are compared after normalising case, spaces, punctuation, links and mentions, so that a retweet or a resent
message is the same text.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tfbert.data.cleaning import clean_text

EXAMPLES = 8
SHOWN_CHARACTERS = 300
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclasses.dataclass(frozen=True)
class SplitTexts:
    """The rows of a split.

    Attributes:
        texts: of pairs both texts, one after the other.
        labels: their label cells.
        places: file and line.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    places: Sequence[tuple[str, int]]


@dataclasses.dataclass(frozen=True)
class Leak:
    """How many rows of a split have a text of another split.

    Attributes:
        source: the split that is learned from.
        target: the split that is measured on.
        rows: rows of the target whose text the source has.
        share: of the target's rows.
        conflicts: of these rows those whose label is none that the text has in the source.
        examples: (place in the source, its text, place in the target, its text), texts cut.
    """

    source: str
    target: str
    rows: int
    share: float
    conflicts: int
    examples: list[tuple[str, str, str, str]]


@dataclasses.dataclass(frozen=True)
class SplitCheck:
    """What `check_splits` found.

    Attributes:
        duplicates: split to rows whose text an earlier row of the split has.
        leaks: for every two splits.
    """

    duplicates: Mapping[str, int]
    leaks: Sequence[Leak]


def normalise(text: str) -> str:
    """The text in lower case, without links, mentions and punctuation; a text of nothing else keeps them."""
    lower = text.lower()
    words = _NOT_WORDS.sub(" ", clean_text(lower, steps=("strip_links", "strip_mentions"))).strip()
    return words or " ".join(lower.split())


def check_splits(splits: Mapping[str, SplitTexts]) -> SplitCheck:
    """Find texts that stand more than once.

    Args:
        splits: name to rows, the split that is learned from first; empty ones are left out.
    """
    digests = {name: [_digest(text) for text in split.texts] for name, split in splits.items() if split.texts}
    return SplitCheck(
        duplicates={name: len(found) - len(set(found)) for name, found in digests.items()},
        leaks=[
            _compare(source, target, splits=splits, digests=digests)
            for source, target in itertools.combinations(digests, 2)
        ],
    )


def _digest(text: str) -> bytes:
    return hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _compare(
    source: str, target: str, *, splits: Mapping[str, SplitTexts], digests: Mapping[str, Sequence[bytes]]
) -> Leak:
    ours, theirs = splits[source], splits[target]
    first: dict[bytes, int] = {}
    labels: Counter[tuple[bytes, str]] = Counter()
    for row, digest in enumerate(digests[source]):
        first.setdefault(digest, row)
        labels[digest, ours.labels[row]] += 1
    found = [row for row, digest in enumerate(digests[target]) if digest in first]
    # Texts that are not the same to the letter show what normalising has found.
    shown = sorted(found, key=lambda row: ours.texts[first[digests[target][row]]] == theirs.texts[row])[:EXAMPLES]
    return Leak(
        source=source,
        target=target,
        rows=len(found),
        share=len(found) / len(theirs.texts),
        conflicts=sum((digests[target][row], theirs.labels[row]) not in labels for row in found),
        examples=[
            (
                *_place(ours, first[digests[target][row]]),
                *_place(theirs, row),
            )
            for row in shown
        ],
    )


def _place(split: SplitTexts, row: int) -> tuple[str, str]:
    file, line = split.places[row]
    return f"{file}, line {line}", split.texts[row][:SHOWN_CHARACTERS]
