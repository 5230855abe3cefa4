"""What watches a scoring job: true labels for a report, and whether the rows are like the training data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfbert.data.labelled import column_index
from tfbert.data.tables import Row
from tfbert.evaluation.drift import Drift, DriftTally
from tfbert.evaluation.profile import Profile
from tfbert.jobs.truth import Truth
from tfbert.tasks.answers import Answers
from tfbert.tasks.task import Task


class ScoreWatch:
    """A scoring job's `Observer`, of constant size.

    Args:
        task: what the model predicts.
        texts: the columns of its texts.
        truth: counts rows against true labels, when there are any.
        profile: of the model's training data, when it has one.
    """

    def __init__(self, task: Task, *, texts: Sequence[str], truth: Truth | None, profile: Profile | None) -> None:
        self.truth = truth
        self._task, self._texts = task, texts
        self._drift = DriftTally(profile) if profile else None
        self._at_texts: list[int] = []

    def begin(self, columns: Sequence[str], file: str) -> None:
        """Find the columns.

        Raises:
            DataError: one of them is not there.
        """
        if self.truth:
            self.truth.begin(columns, file)
        self._at_texts = [column_index(columns, name, path=file, flag="--text") for name in self._texts]

    def window(self, rows: list[Row], values: np.ndarray) -> None:
        """Count rows, with the task's values of them, float32 [rows, outputs]."""
        if not rows:
            return
        decided = self._task.decide(values, texts=[row.values[self._at_texts[-1]] for row in rows])
        answers = Answers(values, decided)
        if self.truth:
            self.truth.add(rows, answers)
        if self._drift:
            texts = ["\n".join(str(row.values[at]) for at in self._at_texts) for row in rows]
            self._drift.add(texts, answers.values, answers.predicted)

    @property
    def needed(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.truth or self._drift)

    def drift_facts(self) -> dict[str, dict[str, float]]:
        """What the summary of the job says of `drift`."""
        parts = self.drift.parts if self.drift else []
        return {part.name: {"index": round(part.index, 4), "limit": round(part.limit, 4)} for part in parts}

    @property
    def drift(self) -> Drift | None:
        """How like the training data the rows so far are; None without rows or profile."""
        return self._drift.finish() if self._drift and self._drift.rows else None
