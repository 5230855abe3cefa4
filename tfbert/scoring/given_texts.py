"""The texts of a row that a model reads, and those that it is given."""

from __future__ import annotations

from collections.abc import Sequence

from tfbert.errors import ConfigError
from tfbert.row_texts import ENDING, name_texts
from tfbert.scoring.text_scorer import ModelFacts

KINDS = {1: ("single texts", ""), 2: ("pairs of texts", "--text-pair")}
"""Texts of a row to what such rows are called, and the flag that the last of them needs."""


def choose_columns(
    model: ModelFacts, *, text: str | None, text_pair: str | None, endings: Sequence[str] = ()
) -> dict[str, str]:
    """The columns of a row's texts, by the names of a model's signatures: those given, the others as in training.

    Raises:
        ConfigError: more texts than the model reads.
    """
    kept = {name: column for name, column in model.text_columns.items() if not (endings and name.startswith(ENDING))}
    given = name_texts(text=text or model.text_columns["text"], text_pair=text_pair or "", endings=endings)
    columns = kept | given
    check_texts(model, given=len(columns))
    return columns


def check_texts(model: ModelFacts, *, given: int) -> None:
    """See that a model gets as many texts a row as it was trained on.

    Raises:
        ConfigError: it does not.
    """
    wanted = len(model.text_columns)
    if given == wanted:
        return
    (trained_on, flag), (found, unwanted) = (_kind(texts) for texts in (wanted, given))
    raise ConfigError(
        f"{trained_on} for {model.model}, which was trained on them",
        found=found,
        fix=f"give {'the second texts' if wanted == 2 else 'them'} with {flag}" if flag and given < wanted
        else f"leave {unwanted} out",
    )  # fmt: skip


def _kind(texts: int) -> tuple[str, str]:
    return KINDS.get(texts, (f"a text and {texts - 1} endings a row", "--endings"))
