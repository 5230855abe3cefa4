"""What `--threshold` may say: from which probability on a label is predicted, or how that is chosen."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Literal

Kind = Literal["f1", "precision", "recall", "cost", "fixed"]

_FORMS: dict[Kind, re.Pattern[str]] = {
    "f1": re.compile("f1"),
    "precision": re.compile("precision>=(.+)"),
    "recall": re.compile("recall>=(.+)"),
    "cost": re.compile("cost:([^,]+),([^,]+)"),
    "fixed": re.compile("(.+)"),
}
MEANING = "f1, precision>=0.9, recall>=0.9, cost:FALSE_POSITIVE,FALSE_NEGATIVE or a probability between 0 and 1"


@dataclasses.dataclass(frozen=True)
class ThresholdRule:
    """How a label's threshold is found.

    Attributes:
        kind: `f1`: the best F1; `precision`, `recall`: the best of the other one where this is at least so high;
            `cost`: the lowest cost; `fixed`: the number given.
        numbers: the floor; the costs of a false positive and of a false negative; the threshold; of `f1` nothing.
    """

    kind: Kind
    numbers: tuple[float, ...] = ()


def parse_rule(text: str) -> ThresholdRule | None:
    """The rule that `--threshold` gives, or None where it gives none that can be followed; `MEANING` has the forms."""
    compact = "".join(text.split())
    for kind, form in _FORMS.items():
        if match := form.fullmatch(compact):
            numbers = tuple(map(_number, match.groups()))
            return ThresholdRule(kind, numbers) if all(_possible(kind, number) for number in numbers) else None
    return None


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", text) else math.nan


def _possible(kind: Kind, number: float) -> bool:
    if kind == "cost":
        return 0 < number < math.inf
    return 0 < number < 1 or (kind != "fixed" and number == 1)
