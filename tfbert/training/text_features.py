"""What the baselines read of a text: TF-IDF of its words and, of a pair, how many words the two have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

WORD = re.compile(r"\w\w+")  # as TfidfVectorizer has it
ANY_WORD = re.compile(r"\w+")


def text_columns(texts: Sequence[str], text_pairs: Sequence[str] | None) -> np.ndarray:
    """Texts as scikit-learn takes them: object [rows, 1], or [rows, 2] for pairs."""
    columns = [texts] if text_pairs is None else [texts, text_pairs]
    return np.array([list(column) for column in columns], object).T


def build_features(columns: np.ndarray) -> Any:
    """An unfitted transformer from `text_columns` to features, sparse float64 [rows, features].

    Args:
        columns: those of the training rows; they decide what can be counted.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import FunctionTransformer

    parts: list[tuple[str, Any, Any]] = [
        (f"text {at}", TfidfVectorizer(sublinear_tf=True, **_counted(column)), at)
        for at, column in enumerate(columns.T)
    ]
    if len(parts) == 2:
        parts.append(("overlap", FunctionTransformer(word_overlap), [0, 1]))
    return ColumnTransformer(parts, sparse_threshold=1.0)


def _counted(texts: Sequence[str]) -> dict[str, Any]:
    """What TF-IDF counts: words and pairs of words that occur in two texts or more.

    Where there are none, as in a table of a few rows, all words count, and where no text has a word of two letters,
    one to three characters in a row do.
    """
    seen: set[str] = set()
    for text in texts:
        words = set(WORD.findall(text.lower()))
        if seen & words:
            return {"ngram_range": (1, 2), "min_df": 2}
        seen |= words
    return {"ngram_range": (1, 2)} if seen else {"analyzer": "char", "ngram_range": (1, 3)}


def word_overlap(pairs: np.ndarray) -> np.ndarray:
    """The shares of either text's different words that the other has too, and of all words that both have.

    Args:
        pairs: object [rows, 2].

    Returns:
        Float64 [rows, 3].
    """
    words = [[set(ANY_WORD.findall(text.lower())) for text in pair] for pair in pairs]
    shares = [
        [len(first & second) / max(1, len(of)) for of in (first, second, first | second)] for first, second in words
    ]
    return np.array(shares).reshape(-1, 3)
