"""Scoring in a lower precision: accepted when it answers the same on a sample of the user's own rows."""

from __future__ import annotations

import dataclasses
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


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How alike the values of some rows are in two precisions.

    Attributes:
        rows: how many there are.
        same: share of those with the same answer (`Task.agree`): the same labels, or nearly the same number.
        change: the largest of a value; NaN where one is not finite.
    """

    rows: int
    same: float
    change: float


def compare_values(full: np.ndarray, reduced: np.ndarray, *, task: Task) -> Agreement:
    """Compare the values of some rows, as `Task.value_shape` has them, in full and in reduced precision."""
    import numpy as np

    same = task.agree(full, reduced)
    if full.dtype == object:  # the numbers of rows that agree stand in the same places
        full, reduced = (
            np.concatenate([np.zeros((0, 1)), *(row[:, -1:] for row in rows[same])]) for rows in (full, reduced)
        )
        rows = len(same)
    elif task.reads == "tokens":  # behind a row's score stand places
        full, reduced, rows = full[same, :1], reduced[same, :1], len(same)
    else:
        same, rows = same & np.isfinite(reduced).all(axis=-1), len(full)
    with np.errstate(invalid="ignore"):
        changes = np.where(np.isfinite(reduced), np.abs(full - reduced), np.nan)
    return Agreement(rows, float(same.mean()), float(changes.max(initial=0)))


def check_precision(full: np.ndarray, reduced: np.ndarray, *, precision: Precision, task: Task) -> None:
    """Compare the values of a sample, float32 [rows, outputs], in full and in reduced precision, and log it.

    Raises:
        ConfigError: fewer than 99.5 % of the rows have the same answer (`Task.agree`): the same labels, or nearly the
            same number.
    """
    found = compare_values(full, reduced, task=task)
    answers, value = ("labels", "probability") if task.label_names else ("values", "value")
    facts = f"{found.same:.2%} of {found.rows} sampled rows, largest change of a {value} {found.change:.2g}"
    if found.same < AGREEMENT:
        raise ConfigError(
            f"the {answers} of float32 on {AGREEMENT:.1%} of the rows", found=facts, fix="leave --precision out"
        )
    log.info("%s gives the %s of float32 on %s", precision, answers, facts)
