"""Where the words of a text stand, and how many pieces each becomes: the way back from tokens to characters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import tensorflow as tf

from tfbert.text.normalization import normalize_cased, normalize_uncased
from tfbert.text.wordpiece import WordPieceTokenizer

Span = tuple[int, int]  # from the first character up to, not including, the second


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of a text as the tokenizer splits it: letters between white space, a punctuation mark, an ideograph.

    Attributes:
        start: where it begins, in characters: `text[start:end]` is the word.
        end: where it ends, accents and joiners behind its last letter included.
        pieces: how many WordPieces it becomes; the pieces of all words in order are those of the text.
    """

    start: int
    end: int
    pieces: int


def locate_words(text: str, *, tokenizer: WordPieceTokenizer) -> list[Word]:
    """The words of a text, from first to last.

    Args:
        text: cleaned already, as the tokenizer gets it.
        tokenizer: counts the pieces. Where it splits otherwise than word by word (`normalization="hub"` on rare
            characters, a capital sigma whose small letter depends on what stands behind an apostrophe), all that stands
            between white space is one word.
    """
    chunks = list(_split_at_spaces(text, lower_case=tokenizer.lower_case))
    spans = [span for chunk, words in chunks for span in (chunk, *words)]
    pieces = iter(tokenizer.tokenize(tf.constant([text[slice(*span)] for span in spans], tf.string)).to_list())
    located = []
    for chunk, words in chunks:
        together, apart = next(pieces), [next(pieces) for _ in words]
        if together == [piece for word in apart for piece in word]:
            located += [Word(*span, len(word)) for span, word in zip(words, apart, strict=True)]
        else:
            located.append(Word(*chunk, len(together)))
    return located


def _split_at_spaces(text: str, *, lower_case: bool) -> Iterator[tuple[Span, list[Span]]]:
    """What stands between white space, and the words in it."""
    normalize = normalize_uncased if lower_case else normalize_cased
    normal = [normalize(character) for character in text]
    start = 0
    for end in [*(place for place, shown in enumerate(normal) if shown.isspace()), len(text)]:
        if start < end:
            yield (start, end), [(start + first, start + last) for first, last in _split_words(normal[start:end])]
        start = end + 1


def _split_words(normal: list[str]) -> list[Span]:
    """The words in characters without white space, from what each character becomes."""
    words: list[Span] = []
    in_letters = False
    for place, shown in enumerate(normal):
        touches = bool(words) and words[-1][1] == place
        if not shown:  # an accent or a control character belongs to what stands before it
            if touches:
                words[-1] = (words[-1][0], place + 1)
        elif " " in shown:  # punctuation or an ideograph is a word of its own
            words.append((place, place + 1))
            in_letters = False
        elif in_letters:
            words[-1] = (words[-1][0], place + 1)
        else:
            words.append((place, place + 1))
            in_letters = True
    return words
