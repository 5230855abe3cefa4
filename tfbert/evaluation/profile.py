"""What a model's training data is like, in a small file beside the model: `report/profile.json`.

Lengths are those of the training texts. Words and predictions are those of held-out rows, on which a model meets words
and decides as it will on new rows.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from tfbert.errors import ModelError

PATH = "report/profile.json"  # within a model's folder
PARTS = LENGTHS, WORDS, ANSWERS = "lengths", "words", "answers"
LENGTH_BINS = 10
VALUE_BINS = 10
KNOWN_WORDS = 10_000  # the most frequent ones of the training texts
RANKS = (100, 1000, KNOWN_WORDS)
WORD_NAMES = (*(f"one of the {rank:,} most frequent" for rank in RANKS), "rarer in training, or not seen")
MOST_TEXT = 5000  # characters of a text whose words are counted
NO_LABEL = "no label"
# A run of letters or digits; where a script has no spaces, a character.
_SCRIPT = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SCRIPT}]|[^\W_{_SCRIPT}]+")


@dataclasses.dataclass(frozen=True)
class Part:
    """Counts in bins.

    Attributes:
        names: of the bins.
        counts: of each bin.
        rows: texts that were counted.
        edges: where each bin but the first begins, for numbers.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...] = ()
    rows: int = 0
    edges: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Profile:
    """What the training data is like.

    Attributes:
        labels: the model's labels; none in regression.
        words: the most frequent words of the training texts, most frequent first.
        parts: "lengths", "words" and "answers".
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    parts: Mapping[str, Part]

    def __post_init__(self) -> None:
        ranks = {word: int(np.searchsorted(RANKS, rank, side="right")) for rank, word in enumerate(self.words)}
        object.__setattr__(self, "_ranks", ranks)

    def bins(self, texts: Sequence[str], values: np.ndarray, predicted: np.ndarray | None) -> dict[str, np.ndarray]:
        """The bins that rows fall into: of each text its length, of each word its rank, of each row its predictions."""
        lengths = np.searchsorted(self.parts[LENGTHS].edges, [len(text) for text in texts], side="right")
        return {LENGTHS: lengths, WORDS: self.word_bins(texts), ANSWERS: self.answer_bins(values, predicted)}

    def word_bins(self, texts: Iterable[str]) -> np.ndarray:
        """The bin of every word, int64 [words]."""
        ranks: dict[str, int] = self._ranks  # type: ignore[attr-defined]
        found = chain.from_iterable(map(split_words, texts))
        return np.fromiter((ranks.get(word, len(RANKS)) for word in found), np.int64)

    def answer_bins(self, values: np.ndarray, predicted: np.ndarray | None) -> np.ndarray:
        """The bin of every prediction, int64 [predictions]: a label id, or the bin of a value."""
        if not self.labels or predicted is None:
            return np.searchsorted(self.parts[ANSWERS].edges, values[:, 0], side="right")
        if predicted.dtype == object:  # any number of entities, with their type last
            kinds = [{entity[-1] for entity in entities} or {len(self.labels)} for entities in predicted]
            return np.array([kind for row in kinds for kind in sorted(row)], np.int64)
        if predicted.ndim == 1:
            return predicted
        none = np.full(int((~predicted.any(axis=1)).sum()), len(self.labels))
        return np.concatenate([np.nonzero(predicted)[1], none])


def split_words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return _WORD.findall(text[:MOST_TEXT].lower())


def build_profile(
    train_texts: Sequence[str],
    *,
    labels: Sequence[str],
    texts: Sequence[str],
    values: np.ndarray,
    predicted: np.ndarray | None,
) -> Profile:
    """The profile of a model.

    Args:
        train_texts: what it learned from.
        labels: its labels; none in regression.
        texts: held-out texts.
        values: what the model answers for these, [rows, outputs].
        predicted: what is decided, as an evaluator takes it.
    """
    words = Counter(chain.from_iterable(map(split_words, train_texts)))
    frequent = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:KNOWN_WORDS]
    lengths = np.array([len(text) for text in train_texts])
    edges = _edges(lengths, bins=LENGTH_BINS)
    # The bins first, then the counts in them.
    empty = {
        LENGTHS: Part(_between(edges), rows=len(lengths), edges=edges),
        WORDS: Part(WORD_NAMES, rows=len(texts)),
        ANSWERS: _answers(labels, values),
    }
    profile = Profile(tuple(labels), tuple(word for word, _ in frequent), empty)
    bins = profile.bins(texts, values, predicted) | {LENGTHS: np.searchsorted(edges, lengths, side="right")}
    counted = {
        name: dataclasses.replace(part, counts=tuple(np.bincount(bins[name], minlength=len(part.names)).tolist()))
        for name, part in empty.items()
    }
    return dataclasses.replace(profile, parts=counted)


def _answers(labels: Sequence[str], values: np.ndarray) -> Part:
    """Empty bins for predictions."""
    if labels:
        return Part((*labels, NO_LABEL), rows=len(values))
    edges = _edges(values[:, 0], bins=VALUE_BINS)
    return Part(_between(edges), rows=len(values), edges=edges)


def _edges(numbers: np.ndarray, *, bins: int) -> tuple[float, ...]:
    """Where all bins but the first begin, so that each has about the same share of the numbers."""
    inner = np.quantile(numbers, np.linspace(0, 1, bins + 1)[1:-1], method="higher")
    return tuple(np.unique(inner.astype(np.float64)).tolist())


def _between(edges: Sequence[float]) -> tuple[str, ...]:
    """The names of bins."""
    shown = [f"{edge:g}" for edge in edges]
    inner = (f"{low} to below {high}" for low, high in itertools.pairwise(shown))
    return (f"below {shown[0]}", *inner, f"{shown[-1]} and more")


def write_profile(profile: Profile, path: Path) -> None:
    """Write `profile.json`."""
    path.write_text(json.dumps(dataclasses.asdict(profile), ensure_ascii=False) + "\n", encoding="utf-8")


def _read_part(values: Mapping[str, Any], *, bins: int | None) -> Part:
    """Raises a ValueError for counts that do not fit their bins: so many, or one more than edges."""
    part = Part(tuple(values["names"]), tuple(values["counts"]), values["rows"], tuple(values["edges"]))
    edges = [float(edge) for edge in part.edges]
    whole = (
        all(type(number) is int and number >= 0 for number in part.counts)
        and all(isinstance(name, str) for name in part.names)
        and (type(part.rows) is int and part.rows > 0)
        and (math.isfinite(sum(edges)) and edges == sorted(edges))
        and len(part.counts) == len(part.names) == (bins or len(edges) + 1)
    )
    if not whole:
        raise ValueError("counts that do not fit their bins")
    return part


def read_profile(path: Path, *, labels: Sequence[str]) -> Profile | None:
    """The profile of a model with these labels; None where there is none, as beside models of other makes.

    Raises:
        ModelError: the file is damaged, or another model's.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if tuple(values["labels"]) != tuple(labels):
            raise ValueError("other labels than the model's")
        bins = {WORDS: len(WORD_NAMES)} | ({ANSWERS: len(labels) + 1} if labels else {})
        parts = {name: _read_part(values["parts"][name], bins=bins.get(name)) for name in PARTS}
        return Profile(tuple(labels), tuple(values["words"]), parts)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(
            f"the profile that tfbert train writes in {path}",
            found=f"{type(error).__name__} {error}",
            fix="copy the model's whole folder again, or remove the file to score without it",
        ) from error
