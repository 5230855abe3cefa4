"""Models of single texts and models of pairs."""

from __future__ import annotations

from tfbert.errors import ConfigError
from tfbert.scoring.text_scorer import ModelFacts


def check_pairs(model: ModelFacts, *, given: bool) -> None:
    """See that a model gets the texts that it was trained on.

    Args:
        model: the model.
        given: whether there are second texts.

    Raises:
        ConfigError: there are, and it was trained on single texts, or the other way round.
    """
    if given and not model.text_pair_column:
        raise ConfigError(
            f"single texts for {model.model}, which was trained on them",
            found="pairs of texts",
            fix="leave --text-pair out",
        )
    if model.text_pair_column and not given:
        raise ConfigError(
            f"pairs of texts for {model.model}, which was trained on them",
            found="single texts",
            fix="give the second texts with --text-pair",
        )
