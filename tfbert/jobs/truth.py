"""True labels beside predictions while rows pass by, and the report made of both."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tfbert.data.cells import cell
from tfbert.data.label_cells import label_name
from tfbert.data.labelled import column_index
from tfbert.data.tables import Row
from tfbert.errors import ConfigError, DataError
from tfbert.evaluation.drift import Drift
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.results import Results, compute_results
from tfbert.evaluation.slices import BY_LENGTH
from tfbert.jobs.true_labels import parse_truth
from tfbert.report.surroundings import Surroundings
from tfbert.report.writing import write_report
from tfbert.row_texts import text_flag
from tfbert.scoring.paths import output_paths
from tfbert.tasks.answers import Answers

_NOTHING: Mapping[str, float] = MappingProxyType({})

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TruthColumns:
    """Which columns of a table a report needs.

    Attributes:
        label: the true labels or values.
        texts: the texts, of which the report shows some, by the names that flags have for them.
        slices: the columns whose values get results of their own.
    """

    label: str
    texts: Mapping[str, str]
    slices: tuple[str, ...] = ()


def check_report(output: str, *, rejects: str | None, force: bool) -> None:
    """See that a scoring job can write its report.

    Raises:
        ConfigError: predictions that go to standard output, or a report that is there already without `force`.
    """
    report = output_paths(output, rejects=rejects).report
    if not report:
        raise ConfigError(
            "a file for the predictions when --label asks for a report", found="--output -", fix="name a file"
        )
    check_report_folder(report, force=force)


def check_report_folder(folder: str | Path, *, force: bool) -> None:
    """See that a report replaces nothing unasked.

    Raises:
        ConfigError: there is something in the folder, and no `force`.
    """
    if not force and os.path.isdir(folder) and os.listdir(folder):
        raise ConfigError(
            "a new report folder",
            found=f"{folder}, which exists",
            fix="rename the output, or add --force to replace it",
        )


class Truth:
    """Counts predictions against the labels of a column, in memory that does not grow.

    Args:
        columns: which columns to look at.
        task: the task's name.
        labels: the labels that the model knows, in the order of its probabilities; none in regression.
    """

    def __init__(self, columns: TruthColumns, *, task: str, labels: Sequence[str]) -> None:
        self._columns, self._task, self._labels = columns, task, tuple(labels)
        self._evaluator = build_evaluator(task, self._labels, slices=columns.slices)
        self._at_label = 0
        self._at_texts: list[int] = []
        self._at_slices: dict[str, int] = {}

    def begin(self, columns: Sequence[str], file: str) -> None:
        """Find the columns.

        Raises:
            DataError: one of them is not there, or a column to slice by has the name of the results by text length.
        """
        wanted = self._columns
        self._at_label = column_index(columns, wanted.label, path=file, flag="--label")
        self._at_texts = [
            column_index(columns, column, path=file, flag=text_flag(name)) for name, column in wanted.texts.items()
        ]
        if BY_LENGTH in wanted.slices:
            raise DataError(
                f"columns to slice by that are not named '{BY_LENGTH}', as the results by text length are",
                found=f"--slice {BY_LENGTH}",
                fix=f"rename the column, or leave the flag out: every report has the text length in {BY_LENGTH}",
            )
        self._at_slices = {name: column_index(columns, name, path=file, flag="--slice") for name in wanted.slices}

    def add(self, rows: Sequence[Row], answers: Answers) -> None:
        """Count rows; those whose label the model does not know are only counted as such."""
        self._evaluator.add(
            answers.values,
            truth=parse_truth(self._task, self._labels, [row.values[self._at_label] for row in rows]),
            predicted=answers.predicted,
            texts=["\n".join(cell(row.values[at]) for at in self._at_texts) for row in rows],
            places=[(row.file, row.line) for row in rows],
            slices={name: [_shown(row.values[at]) for row in rows] for name, at in self._at_slices.items()},
        )

    def write_report(
        self,
        folder: str | Path,
        *,
        title: str,
        predictions: str,
        facts: Mapping[str, Any],
        drift: Drift | None = None,
        thresholds: Mapping[str, float] = _NOTHING,
    ) -> Results:
        """Write the report.

        Args:
            folder: where to.
            title: its heading.
            predictions: the table that has all rows.
            facts: what else to say.
            drift: how like the training data the rows are.
            thresholds: the model's own, by label.

        Raises:
            DataError: no row had a label that the model knows.
        """
        unknown = self._evaluator.unknown
        if not self._evaluator.rows:
            wanted = f"labels that the model knows ({', '.join(self._labels)})" if self._labels else "numbers"
            raise DataError(
                f"{wanted} in column '{self._columns.label}'",
                found=f"none in {unknown} scored rows",
                fix=f"check --label; the predictions are in {predictions}",
            )
        what = "rows whose label the model does not know" if self._labels else "rows whose label is no number"
        if unknown:
            log.warning("left out of the report, %s: %d", what, unknown)
        results = compute_results(self._evaluator.finish())
        facts = {**facts, f"{what}, left out here": unknown}
        surroundings = Surroundings(facts=facts, drift=drift, thresholds=thresholds)
        write_report(folder, results=results, title=title, predictions=predictions, surroundings=surroundings)
        return results


def _shown(value: Any) -> str:
    return label_name(value) if not isinstance(value, bytes) else value.decode("utf-8", "backslashreplace")
