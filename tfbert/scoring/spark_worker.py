"""What runs in Spark's Python workers: batches of rows come in as Arrow, and go out with predictions."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfbert.data.arrow_values import python_values
from tfbert.data.cells import cell
from tfbert.data.lines import undecodable
from tfbert.data.records import Column, Record, Reject, Row, RowChecks
from tfbert.errors import ModelError
from tfbert.scoring.calling import Calling
from tfbert.scoring.freed_memory import return_freed_memory
from tfbert.scoring.loading import load_scorer
from tfbert.scoring.text_scorer import TextScorer
from tfbert.scoring.windows import cut_windows
from tfbert.tasks.task import Task

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class PlacedModel:
    """Which model, and where a machine has it.

    Attributes:
        path: absolute, or with `shipped` inside the folder in which Spark unpacks what it ships.
        shipped: whether Spark ships it.
        digest: SHA-256 of what decides its predictions, on the driver.
        calling: how to call a model of another make.
    """

    path: str
    shipped: bool
    digest: str
    calling: Calling


def new_columns(task: Task, *, prefix: str) -> list[Column]:
    """The columns that scoring adds to a DataFrame: the task's predictions and the reason of a reject."""
    return [*task.prediction_columns(prefix=prefix), Column(f"{prefix}reject_reason")]


@functools.lru_cache(maxsize=2)  # Spark keeps its Python workers between tasks: a job loads a model once in each
def load_model(model: PlacedModel) -> TextScorer:
    """The scorer of this process, loaded when first asked for.

    Raises:
        ModelError: this machine has no such model, or another one under its path.
    """
    from pyspark import SparkFiles, TaskContext

    folder = SparkFiles.get(model.path) if model.shipped else model.path
    scorer = load_scorer(folder, calling=model.calling)
    if scorer.digest != model.digest:
        raise ModelError(
            f"the driver's model (SHA-256 {model.digest[:12]}...) on every machine",
            found=f"another ({scorer.digest[:12]}...) in {folder}",
            fix="put the same version on all machines, or let Spark ship it with --archives",
        )
    if context := TaskContext.get():  # other tasks compute on the executor's other cores
        os.environ["OMP_NUM_THREADS"] = str(context.cpus())
    scorer.load()
    return scorer


@dataclass(frozen=True)
class ScorePartition:
    """The function for `mapInArrow`: rows in, the same rows with the new columns out, in the same order.

    Attributes:
        model: the model.
        at_texts: position of the text column, and of that of second texts where the model reads pairs.
        checks: of a row of the texts alone.
        prefix: put before the names of the new columns.
    """

    model: PlacedModel
    at_texts: tuple[int, ...]
    checks: RowChecks
    prefix: str

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """Score a partition, window by window."""
        for batch in batches:
            start = 0
            for window in cut_windows(self._records(batch), start=0):
                yield self._score(batch.slice(start, len(window)), window)
                return_freed_memory()
                start += len(window)

    def _records(self, batch: pyarrow.RecordBatch) -> Iterator[Record]:
        """The texts as the rows of a table with these columns alone, or as rejects."""
        for texts in zip(*(python_values(batch.column(at)) for at in self.at_texts), strict=True):
            whole = "".join(text or "" for text in texts)
            fault = undecodable(whole, encoding="utf-8") or self.checks.fault(texts, length=len(whole))
            yield Row("", 0, texts) if fault is None else Reject("", 0, fault, whole)

    def _score(self, batch: pyarrow.RecordBatch, window: list[Record]) -> pyarrow.RecordBatch:
        import pyarrow

        scorer = load_model(self.model)
        rows = [record.values for record in window if isinstance(record, Row)]
        scored = scorer.score(*([row[number] for row in rows] for number in range(len(self.at_texts))))
        predicted = iter(scorer.task.prediction_rows(scored, texts=[row[-1] for row in rows]))
        columns = new_columns(scorer.task, prefix=self.prefix)
        nothing = (None,) * (len(columns) - 1)
        values: list[tuple[Any, ...]] = [
            (*nothing, record.reason) if isinstance(record, Reject) else (*next(predicted), None) for record in window
        ]
        types = {
            "text": pyarrow.string(), "float": pyarrow.float32(), "int": pyarrow.int64(), "any": pyarrow.string()
        }  # fmt: skip
        fields = [pyarrow.field(column.name, types[column.kind]) for column in columns]
        arrays = [
            pyarrow.array([v if v is None else cell(v) for v in column] if kind == "any" else column, field.type)
            for column, field, kind in zip(
                zip(*values, strict=True), fields, (column.kind for column in columns), strict=True
            )
        ]
        return pyarrow.record_batch([*batch.columns, *arrays], schema=pyarrow.schema([*batch.schema, *fields]))
