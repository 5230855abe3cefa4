"""`tfbert evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer

from tfbert.cli.options import (
    Columns,
    Encoding,
    Endings,
    Format,
    Header,
    Prefix,
    Quoting,
    Slices,
    split_names,
    table_format,
)
from tfbert.progress import open_progress, stderr


def evaluate(
    predictions: Annotated[str, typer.Argument(help="A table that tfbert score wrote.")],
    label: Annotated[str, typer.Option(help="Column of true labels.")],
    output: Annotated[str, typer.Option(help="Folder of the report.")],
    text: Annotated[str, typer.Option(help="Text column, of which the report shows some rows.")] = "text",
    text_pair: Annotated[str, typer.Option(help="Column of second texts.", show_default=False)] = "",
    endings: Endings = "",
    slice: Slices = None,
    prefix: Prefix = "",
    header: Header = True,
    columns: Columns = "",
    format: Format = "auto",
    quoting: Quoting = "auto",
    encoding: Encoding = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing report.")] = False,
) -> None:
    """Compare predictions with true labels: metrics and 95 % intervals on standard output, a report in a folder."""
    from tfbert.jobs.evaluate import evaluate as run

    with open_progress("rows") as progress:
        metrics = run(
            predictions,
            label=label,
            output=output,
            text=text,
            text_pair=text_pair,
            endings=split_names(endings),
            slices=slice or (),
            prefix=prefix,
            table_format=table_format(header, columns, format, quoting, encoding),
            force=force,
            progress=lambda rows: progress("evaluating", rows, None),
        )
    for name, measure in metrics.items():
        typer.echo("\t".join([name, *map(_number, (measure.value, measure.low, measure.high))]))
    stderr.print(f"report: {output}/report.html", soft_wrap=True)


def _number(value: float) -> str:
    """Four decimals; four digits of a number that is too large or too small for them."""
    return f"{value:.4g}" if abs(value) >= 10_000 or 0 < abs(value) < 0.001 else f"{value:.4f}"
