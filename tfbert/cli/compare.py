"""`tfbert compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from tfbert.cli.options import Columns, Encoding, Endings, Format, Header, Quoting, split_names, table_format
from tfbert.errors import ConfigError
from tfbert.progress import open_progress, stderr

HEADER = ("metric", "first", "second", "difference", "low", "high")


def compare(
    predictions: Annotated[
        list[str],
        typer.Argument(metavar="FIRST SECOND", help="Two tables that tfbert score wrote.", show_default=False),
    ],
    label: Annotated[str, typer.Option(help="Column of true labels.")],
    output: Annotated[str, typer.Option(help="Folder of the report.")],
    text: Annotated[str, typer.Option(help="Text column, of which the report shows some rows.")] = "text",
    text_pair: Annotated[str, typer.Option(help="Column of second texts.", show_default=False)] = "",
    endings: Endings = "",
    key: Annotated[
        str,
        typer.Option(metavar="COL", help="Match rows by this column, not by their order.", show_default=False),
    ] = "",
    prefix: Annotated[
        list[str] | None,
        typer.Option(help="Before the names of the prediction columns; once for both tables or once for each."),
    ] = None,
    header: Header = True,
    columns: Columns = "",
    format: Format = "auto",
    quoting: Quoting = "auto",
    encoding: Encoding = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing report.")] = False,
) -> None:
    """Compare two models' predictions for the same rows: differences with 95 % intervals, and a report in a folder."""
    prefixes = prefix or [""]
    if len(predictions) != 2:
        found = f"{len(predictions)}: {', '.join(predictions)}"
        raise ConfigError("two tables of predictions", found=found, fix="compare models two by two")
    if len(prefixes) > 2:
        raise ConfigError("--prefix once or twice", found=", ".join(prefixes), fix="give one for each table")

    from tfbert.jobs.compare import compare as run
    from tfbert.report.comparison_summary import count_rows, find

    with open_progress("done") as progress:
        comparison = run(
            *predictions,
            label=label,
            output=output,
            text=text,
            text_pair=text_pair,
            endings=split_names(endings),
            key=key,
            prefixes=prefixes,
            table_format=table_format(header, columns, format, quoting, encoding),
            force=force,
            progress=progress,
        )
    typer.echo("\t".join(HEADER))
    for name, difference in comparison.metrics.items():
        values = (difference.first, difference.second, difference.value, difference.low, difference.high)
        typer.echo("\t".join([name, *(f"{value:.4f}" for value in values)]))
    for sentence in (count_rows(comparison), *(finding.sentence for finding in find(comparison))):
        stderr.print(sentence, soft_wrap=True)
    stderr.print(f"report: {output}/report.html", soft_wrap=True)
