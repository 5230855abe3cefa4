"""The options that `tfbert distill classifier` has beside those of `tfbert train`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from tfbert.config import Strings
from tfbert.jobs.run_options import SHARE
from tfbert.possible import POSITIVE, check_possible


@dataclasses.dataclass(frozen=True, kw_only=True)
class TeachingConfig:
    """Who teaches, on what, and how much it counts."""

    teacher: Annotated[str, "Version folder of the trained model to learn from, such as saved_models/large/1."]
    unlabelled: Annotated[
        Strings, "Table(s) of more texts, in the same format; rows that are also held out are left out."
    ]
    temperature: Annotated[float, "Divides the logits of both models; above 1 softens the teacher's answers."] = 2.0
    teacher_weight: Annotated[
        float, "Share of the teacher's answers in the loss; the labels, where there are any, have the rest."
    ] = 0.7

    def __post_init__(self) -> None:
        """Refuse what is impossible."""
        check_possible(self, {"temperature": POSITIVE, "teacher_weight": SHARE})
