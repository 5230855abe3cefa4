"""How well an answer agrees with the right ones: exact match and F1 as the evaluation scripts of SQuAD have them.

Rajpurkar et al. 2016, section 6.1, and 2018; the rules are those of `evaluate-v2.0.py`, which are those of
`evaluate-v1.1.py` where every question has an answer.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """An answer in lower case without ASCII punctuation, English articles and superfluous white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def match_answer(predicted: str, answers: Sequence[str]) -> tuple[bool, float]:
    """Exact match and F1 of an answer, each the best over the right ones.

    Args:
        predicted: the answer; '' for none.
        answers: all that count as right; none where the question has no answer.
    """
    words = normalize_answer(predicted).split()
    # A right answer of which nothing is left is no answer, as in `evaluate-v2.0.py`.
    right = [normal.split() for answer in answers if (normal := normalize_answer(answer))] or [[]]
    return words in right, max(_f1(words, other) for other in right)


def _f1(words: list[str], other: list[str]) -> float:
    """F1 of two bags of words; without any on one side 1 when they agree, and 0 otherwise."""
    if not words or not other:
        return float(words == other)
    return 2 * sum((Counter(words) & Counter(other)).values()) / (len(words) + len(other))
