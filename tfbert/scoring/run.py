"""A scoring job under way: a window comes in; rows, rejects and a line of the journal go out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tfbert.data.tables import Record, Reject, Row
from tfbert.scoring.freed_memory import return_freed_memory
from tfbert.scoring.journal import Commit, Journal
from tfbert.scoring.outputs import Outputs
from tfbert.scoring.text_scorer import TextScorer


class Observer(Protocol):
    """Watches a job: shown the columns before the model is loaded, then every scored window.

    A resumed job shows the windows of the runs before once more.
    """

    def begin(self, columns: Sequence[str], file: str) -> None:
        """Look at the columns of the first table; raise to stop the job."""

    def window(self, rows: list[Row], values: np.ndarray) -> None:
        """See rows with the task's values of them."""


class Counted:
    """Records, counted as they are read."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = iter(records)
        self.count = 0

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        record = next(self._records)
        self.count += 1
        return record


class Answered(NamedTuple):
    """A window with its answers, to be written.

    Attributes:
        rows: the rows that were scored.
        rejects: the others.
        values: the rows' values.
        tokens_scored: the scorer's count after this window.
        texts_repeated: the same.
    """

    rows: list[Row]
    rejects: list[Reject]
    values: np.ndarray
    tokens_scored: int
    texts_repeated: int


class Run:
    """Scores windows and commits them.

    Args:
        scorer: the model.
        outputs: what is written.
        journal: where commits are noted; its last is where this run begins.
        at_texts: position of the text column, and of that of second texts where the model reads pairs.
        observe: watches.

    Attributes:
        last: the last commit.
        last_reject: the last row rejected by this run.
    """

    def __init__(
        self,
        scorer: TextScorer,
        outputs: Outputs,
        *,
        journal: Journal,
        at_texts: Sequence[int],
        observe: Observer | None,
    ) -> None:
        self._scorer, self._outputs, self._journal = scorer, outputs, journal
        self._at_texts, self._observe = at_texts, observe
        self._begun = time.perf_counter()
        self._loading = 0.0
        self._start = self.last = journal.last or Commit()
        self._tokens_before, self._repeated_before = scorer.tokens_scored, scorer.texts_repeated
        self._tokens, self._repeated = self._tokens_before, self._repeated_before  # as of the last window written
        self.last_reject: Reject | None = None

    def replay(self, window: list[Record]) -> None:
        """Show the observer a window that an earlier run has scored."""
        if self._observe and self._outputs.kept:
            rows, _ = self._outputs.part(window)
            self._observe.window(rows, self._outputs.kept.read(len(rows)))

    def compute(self, window: list[Record]) -> Answered:
        """Score the rows of a window."""
        rows, rejects = self._outputs.part(window)
        if rows and not self._loading:
            before = time.perf_counter()
            self._scorer.load()
            self._loading = time.perf_counter() - before
        values = self._scorer.score(*([row.values[at] for row in rows] for at in self._at_texts))
        return Answered(rows, rejects, values, self._scorer.tokens_scored, self._scorer.texts_repeated)

    def write(self, answered: Answered) -> None:
        """Write a window and commit it; it may be done while the next one is computed."""
        rows, rejects, values = answered.rows, answered.rejects, answered.values
        texts = [row.values[self._at_texts[-1]] for row in rows]
        new_columns = self._scorer.task.prediction_rows(values, texts=texts)
        self._outputs.write(
            [(*row.values, *new) for row, new in zip(rows, new_columns, strict=True)],
            rejects=rejects,
            values=values,
        )
        if rejects:
            self.last_reject = rejects[-1]
        self._tokens, self._repeated = answered.tokens_scored, answered.texts_repeated
        self.commit(rows_read=self.last.rows_read + len(rows) + len(rejects))
        if self._observe:
            self._observe.window(rows, values)
        return_freed_memory()

    def commit(self, *, rows_read: int, complete: bool = False) -> None:
        """Bring the outputs to the disk, then say so in the journal.

        Args:
            rows_read: rows dealt with, since the job began.
            complete: whether these are all.
        """
        start = self._start
        self.last = Commit(
            rows_read=rows_read,
            rows_scored=start.rows_scored + self._outputs.rows_written("output"),
            rows_rejected=start.rows_rejected + self._outputs.rows_written("rejects"),
            texts_repeated=start.texts_repeated + self._repeated - self._repeated_before,
            tokens=start.tokens + self._tokens - self._tokens_before,
            seconds=start.seconds + time.perf_counter() - self._begun,
            seconds_loading=start.seconds_loading + self._loading,
            positions=self._outputs.commit(),
            complete=complete,
        )
        self._journal.commit(self.last)

    def complete(self, *, rows_read: int) -> None:
        """Check that every row that was read has been written, and commit that these are all.

        Args:
            rows_read: rows that the readers gave, since the job began.

        Raises:
            RuntimeError: a row was lost or written twice, which is a fault of this package.
        """
        written = self.last.rows_scored + self.last.rows_rejected
        if written != rows_read:
            raise RuntimeError(
                f"{rows_read} rows read, but {self.last.rows_scored} scored + {self.last.rows_rejected} rejected; "
                "nothing was published"
            )
        self.commit(rows_read=rows_read, complete=True)
