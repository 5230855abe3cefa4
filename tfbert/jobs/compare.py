"""The comparison job: two tables of predictions for the same labelled rows in, their differences and a report out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from tfbert.data.labelled import column_index
from tfbert.data.tables import TableFormat, open_table
from tfbert.data.writers import open_writer
from tfbert.errors import DataError
from tfbert.evaluation.comparison import Comparison
from tfbert.evaluation.comparison_bootstrap import RESAMPLES, measure_differences
from tfbert.evaluation.comparison_measures import LABEL_F1, measure_of
from tfbert.evaluation.mcnemar import McNemar, mcnemar_test
from tfbert.evaluation.metrics import task_metrics
from tfbert.jobs.compared_rows import ComparedRows, disagreement_columns
from tfbert.jobs.evaluate import check_folder
from tfbert.jobs.key_matching import KeyMatches
from tfbert.jobs.matching import Matched, Side, match_by_place, open_side
from tfbert.progress import Report
from tfbert.report.comparison_page import DISAGREEMENTS, write_comparison
from tfbert.report.folder import open_folder
from tfbert.row_texts import name_texts, text_flag
from tfbert.tasks.answers import Answers

UNKNOWN = "with a label that the models do not know"

log = logging.getLogger(__name__)


def compare(
    first: str,
    second: str,
    *,
    label: str,
    output: str | Path,
    text: str = "text",
    text_pair: str = "",
    endings: Sequence[str] = (),
    key: str = "",
    prefixes: Sequence[str] = ("",),
    table_format: TableFormat | None = None,
    force: bool = False,
    progress: Report = lambda what, done, total: None,
) -> Comparison:
    """Compare the predictions of two models for the same labelled rows and write a report.

    Both models' metrics with their differences and 95 % intervals (paired bootstrap), for a single-label task McNemar's
    exact test, and the rows on which the two disagree. Of each row its label and the answers are kept in memory, and of
    the first table its key where there is one; texts are not.

    Args:
        first: a table that `tfbert score` wrote.
        second: another one, of a model for the same task and labels.
        label: the column of true labels, in both. A row whose label the models do not know is left out and counted.
        output: folder of the report.
        text: the text column of the second table, of which the report shows some rows.
        text_pair: its column of second texts, of predictions for pairs.
        endings: its columns of endings, of a choice.
        key: match the rows by the values of this column; '' matches them by their order, and then every column that
            both tables carried over must agree.
        prefixes: the prefix that the prediction columns were given, one for both tables or one for each.
        table_format: how the tables are written.
        force: replace a report that is there already.
        progress: told of (what, done, total).

    Returns:
        What was found.

    Raises:
        DataError: a missing column, tables of different tasks, labels or rows, or none with a known label.
        ConfigError: the folder cannot be written, or holds the predictions or, without `force`, anything else.
    """
    output = Path(output)
    for path in (first, second):
        check_folder(output, predictions=path, force=force)
    form = table_format or TableFormat()
    with open_table(first, table_format=form) as one, open_table(second, table_format=form) as other:
        sides = (
            open_side(one, path=first, label=label, prefix=prefixes[0]),
            open_side(other, path=second, label=label, prefix=prefixes[-1]),
        )
        _check_comparable(*sides)
        columns = disagreement_columns(*sides)
        at_texts = [
            column_index(other.columns, column, path=second, flag=text_flag(name))
            for name, column in name_texts(text=text, text_pair=text_pair, endings=endings).items()
        ]
        by_key = KeyMatches(*sides, key=key) if key else None
        with open_folder(output) as folder:
            with open_writer(folder / DISAGREEMENTS, columns) as writer:
                rows = ComparedRows(*sides, at_texts=at_texts, writer=writer)
                _read(by_key or match_by_place(*sides), rows, progress=progress)
                writer.publish()
            left_out = {UNKNOWN: rows.unknown} | (by_key.left_out() if by_key else {})
            comparison = _compare(rows, sides, left_out=left_out, label=label, progress=progress)
            write_comparison(folder, comparison)
    for reason, count in left_out.items():
        if count:
            log.warning("%d rows %s are left out", count, reason)
    return comparison


def _read(matches: Iterable[Matched], rows: ComparedRows, *, progress: Report) -> None:
    read = 0
    for matched in matches:
        rows.add(matched)
        read += len(matched.rows)
        progress("reading rows", read, None)


def _compare(
    rows: ComparedRows, sides: tuple[Side, Side], *, left_out: dict[str, int], label: str, progress: Report
) -> Comparison:
    task, labels = sides[0].predictions.task, sides[0].predictions.labels
    truth, first, second = rows.join(label=label)
    measured = measure_differences(
        measure_of(task, truth=truth, answers=first),
        measure_of(task, truth=truth, answers=second),
        rows=len(truth),
        progress=lambda done: progress("drawing rows", done, RESAMPLES),
    )
    return Comparison(
        first=sides[0].path,
        second=sides[1].path,
        task=task,
        labels=labels,
        rows=len(truth),
        left_out=left_out,
        metrics={name: measured[name] for name in task_metrics(task, positive="") if name in measured},
        label_f1={name: measured[f"{LABEL_F1}{number}"] for number, name in enumerate(labels)},
        mcnemar=_test(truth, first, second),
        disagreements=rows.disagreements.counts,
        examples=rows.disagreements.examples,
    )


def _test(truth: np.ndarray, first: Answers, second: Answers) -> McNemar | None:
    """McNemar's test, of a single label alone: several are neither right nor wrong, and no value is just right."""
    if first.predicted is None or second.predicted is None or truth.ndim > 1:
        return None
    return mcnemar_test(np.equal(first.predicted, truth), np.equal(second.predicted, truth))


def _check_comparable(first: Side, second: Side) -> None:
    """See that both models predict the same things.

    Raises:
        DataError: they do not.
    """
    ours, theirs = first.predictions, second.predictions
    if ours.task != theirs.task:
        raise DataError(
            "two tables of predictions for the same task",
            found=f"{ours.task} ({first.path}) and {theirs.task} ({second.path})",
            fix="compare models of one task",
        )
    if set(ours.labels) != set(theirs.labels):
        raise DataError(
            f"the labels {', '.join(ours.labels)}, which {first.path} has, in both tables",
            found=f"{', '.join(theirs.labels)} ({second.path})",
            fix="compare models of the same labels",
        )
