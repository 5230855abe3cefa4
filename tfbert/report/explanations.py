"""What an explanation is: a text, its words, and what each of them adds to the model's output."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

SHOWN_UNREAD = 100  # characters at either end of what is not read


@dataclasses.dataclass(frozen=True)
class ExplainedWord:
    """A word: `text[start:end]`, and what it adds; None when the model does not read it, because the text is longer."""

    start: int
    end: int
    attribution: float | None


@dataclasses.dataclass(frozen=True)
class ExplainedText:
    """A text as the model reads it.

    Attributes:
        text: after the model's cleaning steps.
        cleaned: whether they have changed it.
        words: in order.
    """

    text: str
    cleaned: bool
    words: tuple[ExplainedWord, ...]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """One output of a model for one row, and what each word adds to it.

    Attributes:
        texts: the text and, of a pair, the second one.
        labels: of the model; empty in regression.
        values: the probabilities by label, or the value alone.
        target: the label that is explained; empty in regression.
        output: what the attributions add up to, together with `baseline`: the label's log-odds, or the value.
        baseline: the same of the row without words.
        error: how far they are from it, as a share of `output - baseline`.
        steps: points at which the model's gradient was taken.
    """

    texts: tuple[ExplainedText, ...]
    labels: tuple[str, ...]
    values: tuple[float, ...]
    target: str
    output: float
    baseline: float
    error: float
    steps: int

    @property
    def value(self) -> float:
        """The probability of the label that is explained, or the value."""
        return self.values[self.labels.index(self.target)] if self.labels else self.values[0]

    @property
    def largest(self) -> float:
        """The largest size of an attribution; 0 without words."""
        return max((abs(word.attribution or 0) for text in self.texts for word in text.words), default=0.0)

    def strongest(self, most: int) -> list[tuple[str, float]]:
        """The words that add or take most, largest first, as (word, attribution)."""
        words = [
            (text.text[word.start : word.end], word.attribution)
            for text in self.texts
            for word in text.words
            if word.attribution is not None
        ]
        return sorted(words, key=lambda word: -abs(word[1]))[:most]


@dataclasses.dataclass(frozen=True)
class Segment:
    """A part of a text: a word with its attribution, what stands between words, or what is not read.

    Attributes:
        text: the part; all of them together are the text, but for the middle of what is not read.
        attribution: of a word that was read.
        strength: its size as a share of the explanation's largest, 0 to 1.
        read: False for words that the model does not read, and for what stands between them.
    """

    text: str
    attribution: float | None = None
    strength: float = 0.0
    read: bool = True


def segments(text: ExplainedText, *, largest: float) -> Iterator[Segment]:
    """A text in parts.

    Args:
        text: the text.
        largest: `Explanation.largest`.
    """
    place = 0
    for read, run in itertools.groupby(text.words, key=lambda word: word.attribution is not None):
        words = list(run)
        if place < words[0].start:
            yield Segment(text.text[place : words[0].start])
        place = words[-1].end
        if read:
            yield from _read(text.text, words, largest=largest)
        else:
            yield Segment(_shorten(text.text[words[0].start : place]), read=False)
    if place < len(text.text):
        yield Segment(text.text[place:])


def _read(text: str, words: list[ExplainedWord], *, largest: float) -> Iterator[Segment]:
    place = words[0].start
    for word in words:
        if place < word.start:
            yield Segment(text[place : word.start])
        place, attribution = word.end, word.attribution or 0.0
        yield Segment(text[word.start : place], attribution, abs(attribution) / largest if largest else 0.0)


def _shorten(unread: str) -> str:
    return unread if len(unread) <= 2 * SHOWN_UNREAD else f"{unread[:SHOWN_UNREAD]} … {unread[-SHOWN_UNREAD:]}"
