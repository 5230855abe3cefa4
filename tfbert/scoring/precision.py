"""Scoring in a lower precision: accepted when it answers the same on a sample of the user's own rows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from tfbert.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from tfbert.tasks.task import Task

Precision = Literal["float32", "bfloat16"]

# The signature of our exports that computes in each precision.
SIGNATURES: dict[Precision, str] = {"float32": "tokens", "bfloat16": "tokens_bfloat16"}
SAMPLE_ROWS = 512
AGREEMENT = 0.995

log = logging.getLogger(__name__)


def check_precision(full: np.ndarray, reduced: np.ndarray, *, precision: Precision, task: Task) -> None:
    """Compare the values of a sample, float32 [rows, outputs], in full and in reduced precision, and log it.

    Raises:
        ConfigError: fewer than 99.5 % of the rows have the same answer (`Task.agree`): the same labels, or nearly the
            same number.
    """
    agreement = float(task.agree(full, reduced).mean())
    change = float(abs(full - reduced).max())
    answers, value = ("labels", "probability") if task.label_names else ("values", "value")
    facts = f"{agreement:.2%} of {len(full)} sampled rows, largest change of a {value} {change:.2g}"
    if agreement < AGREEMENT:
        raise ConfigError(
            f"the {answers} of float32 on {AGREEMENT:.1%} of the rows", found=facts, fix="leave --precision out"
        )
    log.info("%s gives the %s of float32 on %s", precision, answers, facts)
