"""The evaluation job: a table of predictions with true labels in, metrics and a report out. Needs no model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from tfbert.data.tables import Record, Reject, TableFormat, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.evaluation.intervals import Measure
from tfbert.export.versions import check_output
from tfbert.jobs.predicted_entities import collect_types
from tfbert.jobs.prediction_table import find_labels, find_predictions
from tfbert.jobs.truth import Truth, TruthColumns, check_report_folder
from tfbert.row_texts import name_texts
from tfbert.tasks.tagging import Tagging

WINDOW_ROWS = 4096  # read and counted together


def evaluate(
    predictions: str,
    *,
    label: str,
    output: str | Path,
    text: str = "text",
    text_pair: str = "",
    endings: Sequence[str] = (),
    slices: Sequence[str] = (),
    prefix: str = "",
    table_format: TableFormat | None = None,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Mapping[str, Measure]:
    """Compare the predictions of `tfbert score` with true labels and write a report.

    The table is read once and in windows: memory does not grow with it.

    Args:
        predictions: a table in any format that `tfbert score` writes. The task is that of its prediction columns, and
            what was decided is what they say.
        label: the column of true labels, or values. A row whose label has no probability column, or whose value is no
            number, is left out; the report counts such rows.
        output: folder of the report.
        text: the text column, of which the report shows some rows.
        text_pair: the column of second texts, of predictions for pairs.
        endings: the columns of the endings, of a choice.
        slices: columns whose values get results of their own.
        prefix: the prefix that the prediction columns were given.
        table_format: how the table is written.
        force: replace a report that is there already.
        progress: told the number of rows done.

    Returns:
        Metric name to value and 95 % interval; NaN where one is not defined on these rows.

    Raises:
        DataError: a missing column, a cell that `tfbert score` does not write, no row, or none with a known label.
        ConfigError: the folder cannot be written, or holds the predictions or, without `force`, anything else.
    """
    output = Path(output)
    check_folder(output, predictions=predictions, force=force)
    read = rejected = 0
    with open_table(predictions, table_format=table_format or TableFormat()) as table:
        found = find_predictions(table.columns, prefix=prefix, path=predictions)
        at_label = find_labels(table.columns, label, predictions=found, path=predictions)
        if found.task == Tagging.name:  # whose columns do not say the labels
            at = (found.at.start, at_label)
            types = collect_types(predictions, at=at, table_format=table_format or TableFormat())
            found = dataclasses.replace(found, labels=types)
        texts = name_texts(text=text, text_pair=text_pair, endings=endings)
        columns = TruthColumns(label=label, texts=texts, slices=tuple(slices))
        truth = Truth(columns, task=found.task, labels=found.labels)
        truth.begin(table.columns, predictions)
        for window in _windows(iter(table)):
            rows = [record for record in window if not isinstance(record, Reject)]
            read, rejected = read + len(rows), rejected + len(window) - len(rows)
            if rows:
                truth.add(rows, found.read(rows))
            if progress:
                progress(read + rejected)
    if not read:
        raise DataError("rows with predictions", found=f"none ({predictions})", fix="score a table first")
    results = truth.write_report(
        output,
        title=f"Evaluation of {Path(predictions).name}",
        predictions=predictions,
        facts={"predictions": predictions, "rows read": read, "rows that could not be read": rejected},
    )
    return results.metrics


def check_folder(output: Path, *, predictions: str, force: bool) -> None:
    """See that a report can be written, and replaces neither the predictions nor, without `force`, anything else.

    Raises:
        ConfigError: it cannot, or does.
    """
    check_output(output)
    if output.resolve() == Path(predictions).resolve().parent:
        raise ConfigError(
            "a folder of its own for the report, whose files would replace others",
            found=f"that of {predictions}",
            fix=f"use for example --output {output / 'report'}",
        )
    check_report_folder(output, force=force)


def _windows(records: Iterator[Record]) -> Iterator[list[Record]]:
    while window := list(islice(records, WINDOW_ROWS)):
        yield window
