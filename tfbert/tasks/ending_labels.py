"""The label column of a choice: which ending is right, by its number, its letter or the name of its column."""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Sequence
from typing import ClassVar

from tfbert.data.label_cells import label_fault, label_name
from tfbert.data.labels import Labels
from tfbert.errors import DataError
from tfbert.tasks.choice import Choice


@dataclasses.dataclass(frozen=True)
class EndingLabels:
    """What `tfbert.tasks.registry.label_column` gives for a choice.

    Attributes:
        endings: the columns of the endings.
        kept_together: the text that goes on; what is asked of it twice, with other endings, is no other text.
    """

    endings: tuple[str, ...]
    kept_together: ClassVar[str] = "text"

    @property
    def ways(self) -> list[tuple[str, ...]]:
        """The ways in which labels may name the endings, each with a name for every ending, in their order."""
        count = len(self.endings)
        numbered = [tuple(str(first + number) for number in range(count)) for first in (0, 1)]
        lettered = [
            tuple(letters[:count])
            for letters in (string.ascii_uppercase, string.ascii_lowercase)
            if count <= len(letters)
        ]
        return list(dict.fromkeys([*numbered, *lettered, self.endings]))

    def label_fault(self, value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A cell names an ending in one of the ways."""
        if fault := label_fault(value, column=column):
            return fault
        name = label_name(value)
        if any(name in names for names in self.ways):
            return None
        return f"expected an ending ({self._shown()}) in column '{column}', found {name!r}"

    def label_text(self, value: object, *, texts: Sequence[str]) -> str:
        """The label's name."""
        return label_name(value)

    def strata(self, labels: Sequence[str]) -> list[str]:
        """The labels themselves.

        Raises:
            DataError: as `learn`; a label that is none would be a stratum too small to split.
        """
        self.learn(labels)
        return list(labels)

    def learn(self, labels: Sequence[str]) -> Choice:
        """The task, whose labels name the endings as these do.

        Raises:
            DataError: they name them in several ways, or in one that could be two: of four endings the labels 1 and 2
                may count from 0 or from 1.
        """
        found = sorted(set(labels))
        fitting = [names for names in self.ways if set(found) <= set(names)]
        if len(fitting) == 1:
            return Choice(Labels(fitting[0]))
        if fitting:
            ways = " or ".join(f"{names[0]} to {names[-1]}" for names in fitting)
            raise DataError(
                f"labels that name the {len(self.endings)} endings in one way",
                found=f"only {', '.join(found)}, which may be of {ways}",
                fix="write letters (A, B, ...) or the names of the endings' columns",
            )
        raise DataError(
            f"labels that all name the {len(self.endings)} endings in one way ({self._shown()})",
            found=", ".join(found),
            fix="mend the labels, or --endings",
        )

    def _shown(self) -> str:
        *counted, _ = (f"{names[0]} to {names[-1]}" for names in self.ways)
        return f"{', '.join(counted)}, or one of {', '.join(self.endings)}"
