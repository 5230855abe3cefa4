"""Scoring tables of any size: every input row ends, once and in order, in the predictions or in the rejects.

The inputs are cut into windows. Each window is read, scored, written and committed: its rows lie on the disk, and the
journal says so, before the next is written. While one is scored, the next is read and the last one written. A killed
job goes on after its last commit and gives the same bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from typing import Any

from tfbert.data.tables import Column, Table, TableFormat
from tfbert.errors import ConfigError, DataError, UserError
from tfbert.scoring.given_texts import check_texts
from tfbert.scoring.inputs import expand_inputs, open_inputs
from tfbert.scoring.journal import Journal, open_journal
from tfbert.scoring.outputs import OutputOptions, Outputs, open_outputs
from tfbert.scoring.overlap import overlap
from tfbert.scoring.paths import output_paths
from tfbert.scoring.plan import Plan, begin
from tfbert.scoring.reject_limit import RejectLimit
from tfbert.scoring.run import Counted, Observer, Run
from tfbert.scoring.shard import Shard
from tfbert.scoring.summary import Summary, summarise, write_summary
from tfbert.scoring.text_scorer import TextScorer
from tfbert.scoring.windows import WINDOW_ROWS, cut_windows


def score_tables(
    scorer: TextScorer,
    inputs: Sequence[str],
    *,
    output: str,
    texts: Mapping[str, str],
    rejects: str | None = None,
    prefix: str = "",
    table_format: TableFormat,
    shard: Shard | None = None,
    max_rejects: RejectLimit | None = None,
    spreadsheet_safe: bool = False,
    resume: bool = False,
    force: bool = False,
    options: Mapping[str, Any] | None = None,
    observe: Observer | None = None,
    drift: Callable[[], dict[str, dict[str, float]]] = dict,
    finish: Callable[[Summary], None] | None = None,
    progress: Callable[[int], None] | None = None,
    window_rows: int = WINDOW_ROWS,
) -> Summary:
    """Score every row of one or more tables with the same columns.

    The output holds all columns of the input, unchanged and in order, and behind them the task's prediction columns.
    Predictions, rejects and summary appear under their names only when all rows are done, the predictions last.

    Args:
        scorer: the model; it is loaded when the first row is scored, after the inputs were checked.
        inputs: files, folders, patterns, or `-`, see `expand_inputs`.
        output: path of the predictions, its format by suffix, or `-`.
        texts: the columns of a row's texts, by the names that the model's signatures have for them.
        rejects: path of the rejected rows (CSV); None puts `NAME.rejects.csv` beside the output.
        prefix: put before the names of the prediction columns.
        table_format: how the inputs are written.
        shard: score only this part.
        max_rejects: stop when more rows are rejected.
        spreadsheet_safe: put an apostrophe before cells of CSV and TSV outputs that a spreadsheet would run.
        resume: go on with an interrupted job, from its journal; without one start anew.
        force: replace existing outputs, and forget an interrupted job.
        options: further options of the caller that decide what is written; for the journal and the summary.
        observe: watches the job.
        drift: asked when all rows are done: what the summary says under this name.
        finish: called when the outputs have appeared; a killed job that is resumed calls it too.
        progress: told the number of rows done.
        window_rows: rows of a window.

    Raises:
        ConfigError: more or fewer texts a row than the model reads, an existing output without `force`, a clash of
            column names, an interrupted job without `resume` or `force`, or one that is not this job.
        DataError: a missing column, inputs with different columns, or too many rejects.
    """
    check_texts(scorer.manifest, given=len(texts))
    plan = Plan(
        files=expand_inputs(inputs, table_format=table_format),
        paths=output_paths(output, rejects=rejects),
        texts=texts,
        prefix=prefix,
        table_format=table_format,
        shard=shard,
        spreadsheet_safe=spreadsheet_safe,
        resume=resume,
        force=force,
        options=options or {},
        window_rows=window_rows,
    )
    with ExitStack() as stack:
        journal = stack.enter_context(open_journal(output, kept=plan.can_resume))
        table = stack.enter_context(open_inputs(plan.files, text_columns=plan.text_columns, table_format=table_format))
        predictions = scorer.task.prediction_columns(prefix=prefix)
        _check_clash(table.columns, predictions)
        if observe:
            observe.begin(table.columns, plan.files[0])
        begin(plan, journal, scorer=scorer)
        columns = [*table.schema, *predictions]
        keep_values = scorer.task.value_shape if observe and plan.can_resume else None
        outputs = stack.enter_context(_open(plan, columns, journal=journal, keep_values=keep_values))
        journal.running = True
        at_texts = [table.columns.index(name) for name in plan.text_columns]
        run = Run(scorer, outputs, journal=journal, at_texts=at_texts, observe=observe)
        if outputs.kept or not run.last.complete:
            _score_rows(
                run, table, plan=plan, rows=(journal.job or {}).get("rows"), max_rejects=max_rejects, progress=progress
            )
        summary = summarise(plan, run.last, scorer=scorer, drift=drift())
        outputs.publish("rejects")
        if plan.paths.summary:
            write_summary(summary, plan.paths.summary)
        outputs.publish("output")
        _finish(summary, outputs, journal=journal, finish=finish)
    return summary


def _open(
    plan: Plan, columns: Sequence[Column], *, journal: Journal, keep_values: tuple[int | None, ...] | None
) -> AbstractContextManager[Outputs]:
    assert journal.job
    options = OutputOptions(
        # Input that is quoted although its suffix says otherwise gives output that is quoted in the same way.
        quoting="minimal" if plan.table_format.quoting == "minimal" else "auto",
        spreadsheet_safe=plan.spreadsheet_safe,
        force=journal.job["force"],
        keep_values=keep_values,
    )
    return open_outputs(plan.paths, columns, options=options, start=journal.last, keep=lambda: journal.last is not None)


def _score_rows(
    run: Run,
    table: Table,
    *,
    plan: Plan,
    rows: list[int] | None,
    max_rejects: RejectLimit | None,
    progress: Callable[[int], None] | None,
) -> None:
    """Everything from the first row to the last commit; rows that an earlier run has committed are only passed by.

    Args:
        run: does the work.
        table: all records of the inputs.
        plan: the job.
        rows: first record, and the one behind the last, of a shard.
        max_rejects: stop when more rows are rejected.
        progress: told the number of rows done.
    """
    first, done = rows[0] if rows else 0, run.last.rows_read
    records = Counted(table)
    for _ in islice(records, first):
        pass
    for window in cut_windows(islice(records, done), start=first, rows=plan.window_rows):
        run.replay(window)
    _check_count(records.count, expected=first + done)
    check = functools.partial(_check_rejects, run, max_rejects)
    check(at_end=False)
    rest = islice(records, rows[1] - records.count) if rows else records

    def written() -> None:
        if progress:
            progress(run.last.rows_read)
        check(at_end=False)

    windows = cut_windows(rest, start=records.count, rows=plan.window_rows)
    overlap(windows, compute=run.compute, write=run.write, written=written, read_ahead=plan.can_resume)
    if rows:
        _check_count(records.count, expected=rows[1])
    check(at_end=True)
    run.complete(rows_read=records.count - first)


def _check_rejects(run: Run, limit: RejectLimit | None, *, at_end: bool) -> None:
    if limit:
        last = run.last
        limit.check(rejected=last.rows_rejected, read=last.rows_read, last=run.last_reject, at_end=at_end)


def _check_count(found: int, *, expected: int) -> None:
    if found != expected:
        raise DataError(
            "inputs that stay as they are while they are scored",
            found=f"{found} rows where there were {expected} before",
            fix="start anew with --force when they are whole",
        )


def _finish(summary: Summary, outputs: Outputs, *, journal: Journal, finish: Callable[[Summary], None] | None) -> None:
    """What is left to do when the outputs have appeared; after a user's error here there is nothing to go on with."""
    try:
        if finish and not outputs.finished:
            finish(summary)
    except UserError:
        journal.remove()
        raise
    if outputs.kept:
        outputs.kept.discard()
    journal.remove()


def _check_clash(columns: Sequence[str], predictions: Sequence[Column]) -> None:
    for column in predictions:
        if column.name in columns:
            raise ConfigError(
                "prediction columns with names of their own",
                found=f"a column '{column.name}' in the input",
                fix="put a word before the new names with --prefix, such as --prefix bert_",
            )
