"""What the texts of a row are called: in options, and as inputs of a model's signatures."""

from __future__ import annotations

from collections.abc import Sequence

ENDING = "ending_"


def name_texts(*, text: str, text_pair: str = "", endings: Sequence[str] = ()) -> dict[str, str]:
    """The columns of a row's texts, by the names that signatures have for them.

    Args:
        text: the column of the text.
        text_pair: that of the second text; '' for none.
        endings: those of the endings that a choice is made between.
    """
    numbered = {f"{ENDING}{number}": column for number, column in enumerate(endings)}
    return {"text": text} | ({"text_pair": text_pair} if text_pair else {}) | numbered


def text_flag(name: str) -> str:
    """The flag that names the column of one of `name_texts`."""
    return "--endings" if name.startswith(ENDING) else f"--{name.replace('_', '-')}"
