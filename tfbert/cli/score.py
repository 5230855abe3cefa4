"""`tfbert score`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tfbert.cli.options import Columns, Encoding, Format, Header, Prefix, Quoting, Slices, split_names, table_format
from tfbert.data.formats import TableFormat
from tfbert.progress import open_progress, stderr
from tfbert.scoring.calling import Calling
from tfbert.scoring.paths import output_paths
from tfbert.scoring.precision import Precision

BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell says it


def score(
    model: Annotated[
        str, typer.Argument(help="A version folder, such as saved_models/sms/1, or any SavedModel that takes strings.")
    ],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Tables with the same columns: files, folders, 'patterns*', or - for standard input.",
        ),
    ],
    output: Annotated[
        str, typer.Option(help="Predictions: .csv, .tsv, .jsonl or .parquet, .gz too; - for standard output.")
    ],
    text: Annotated[
        str | None, typer.Option(help="Text column; default: its name in training.", show_default=False)
    ] = None,
    text_pair: Annotated[
        str | None,
        typer.Option(help="Column of second texts, of a model of pairs; default: as in training.", show_default=False),
    ] = None,
    endings: Annotated[
        str,
        typer.Option(
            metavar="A,B,...", help="Columns of the endings, of a choice; default: as in training.", show_default=False
        ),
    ] = "",
    label: Annotated[
        str | None, typer.Option(help="Column of true labels: writes a report too.", show_default=False)
    ] = None,
    slice: Slices = None,
    rejects: Annotated[
        str | None,
        typer.Option(help="Rejected rows (CSV); default: NAME.rejects.csv beside the output.", show_default=False),
    ] = None,
    max_rejects: Annotated[
        str | None,
        typer.Option(metavar="N|P%", help="Stop when more rows, or a larger share, are rejected.", show_default=False),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Score the I-th of N parts; in order they are the whole.", show_default=False),
    ] = None,
    prefix: Prefix = "",
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="CSV, TSV: an apostrophe before what a spreadsheet would run.")
    ] = False,
    header: Header = True,
    columns: Columns = "",
    format: Format = "auto",
    quoting: Quoting = "auto",
    encoding: Encoding = "utf-8",
    max_field_bytes: Annotated[
        int, typer.Option(min=1, help="A row with a longer field is rejected.")
    ] = TableFormat.max_field_bytes,
    precision: Annotated[
        Precision, typer.Option(help="bfloat16: faster, if the labels of a sample of the rows stay the same.")
    ] = "float32",
    signature: Annotated[str, typer.Option(help="Of a SavedModel of another make: the signature to call.")] = (
        Calling.signature
    ),
    output_name: Annotated[
        str, typer.Option(help="... its output to take, where there are several.", show_default=False)
    ] = "",
    labels: Annotated[
        str, typer.Option(metavar="A,B,...", help="... its labels, in the output's order.", show_default=False)
    ] = "",
    logits: Annotated[bool, typer.Option("--logits", help="... apply softmax, or sigmoid to a single column.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of the same output.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output, or an interrupted run.")] = False,
) -> None:
    """Score tables: all input columns and the predictions, in order; what cannot be scored goes to the rejects."""
    from tfbert.jobs.score import score as run

    with open_progress("rows") as progress, _saying_how_to_go_on():
        summary = run(
            model,
            inputs,
            output=output,
            text=text,
            text_pair=text_pair,
            endings=split_names(endings),
            label=label,
            slices=slice or (),
            rejects=rejects,
            prefix=prefix,
            table_format=table_format(header, columns, format, quoting, encoding, max_field_bytes),
            shard=shard,
            max_rejects=max_rejects,
            spreadsheet_safe=spreadsheet_safe,
            resume=resume,
            force=force,
            precision=precision,
            calling=Calling(signature, output_name, split_names(labels), logits),
            progress=lambda rows: progress("scoring", rows, None),
        )
    if unlike := [name for name, part in summary.drift.items() if part["index"] >= part["limit"]]:
        stderr.print(f"unlike the training data: {', '.join(unlike)}; see drift in the summary", soft_wrap=True)
    stderr.print(
        f"{summary.rows_read} rows read = {summary.rows_scored} scored + {summary.rows_rejected} rejected "
        f"in {summary.seconds:.1f} s, {summary.seconds_loading:.1f} s of them to load the model "
        f"({summary.rows_per_second:.0f} rows/s in the others); rejects: {summary.rejects}",
        soft_wrap=True,
    )
    if label is not None:
        report = Path(output_paths(output, rejects=rejects).report) / "report.html"
        stderr.print(f"report: {report}", soft_wrap=True)


@contextmanager
def _saying_how_to_go_on() -> Iterator[None]:
    """Prints the notes of an error, which say what a later run can go on with."""
    try:
        yield
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            stderr.print(note, soft_wrap=True)
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(BROKEN_PIPE) from error
        raise
