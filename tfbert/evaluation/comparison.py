"""Two models on the same labelled rows: what a comparison holds, and the rows on which they disagree."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from tfbert.evaluation.comparison_bootstrap import Difference
from tfbert.evaluation.mcnemar import McNemar

FIRST_CLOSER, SECOND_CLOSER, NEITHER_CLOSER = KINDS = ("first", "second", "neither")
EXAMPLES = 10  # of each kind
MOST_TEXT = 2000  # characters of a text that are kept


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """A row that two models answer differently.

    Attributes:
        text: its beginning.
        omitted: characters of the text that are left out.
        file: where it stands.
        line: where it begins.
        truth: the true label, labels or value.
        first: what the first model answered.
        second: what the second answered.
    """

    text: str
    omitted: int
    file: str
    line: int
    truth: str
    first: str
    second: str

    @property
    def origin(self) -> str:
        """Where it stands: "test.csv, line 7"."""
        return f"{PurePath(self.file).name}, line {self.line}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on the same rows.

    Attributes:
        first: the table of the first model's predictions, as given.
        second: that of the second.
        task: the task's name.
        labels: the labels; none in regression.
        rows: rows that were compared.
        left_out: why rows were not compared, to how many.
        metrics: metric name to the difference.
        label_f1: label to the difference of its F1.
        mcnemar: whether they are right equally often; of a single-label task only.
        disagreements: rows that they answer differently, by who is closer to the truth, a key of `KINDS`.
        examples: of each kind some such rows.
    """

    first: str
    second: str
    task: str
    labels: tuple[str, ...]
    rows: int
    left_out: Mapping[str, int]
    metrics: Mapping[str, Difference]
    label_f1: Mapping[str, Difference]
    mcnemar: McNemar | None
    disagreements: Mapping[str, int]
    examples: Mapping[str, Sequence[Disagreement]]
