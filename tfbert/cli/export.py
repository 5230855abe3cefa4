"""`tfbert export`."""

from __future__ import annotations

from typing import Annotated

import typer

from tfbert.export.precision import Reduced
from tfbert.progress import open_progress, stderr


def export(
    model: Annotated[str, typer.Argument(help="A version folder of tfbert train, such as saved_models/sms/1.")],
    precision: Annotated[
        Reduced,
        typer.Option(
            help="float16: any GPU computes it; bfloat16: newer ones do, with the range of float32, and rounds more."
        ),
    ],
    output: Annotated[str, typer.Option(help="Folder of the new model, which becomes the next version there.")],
) -> None:
    """Export a trained model again in 16 bits, for GPUs: weights of half the size, answers in float32.

    It is published when it gives the answers of the float32 model on the held-out rows: the same labels on 99.5 % of
    them, and no probability changed by more than 0.05.
    """
    from tfbert.jobs.export_model import export_model

    with open_progress("rows") as progress:
        exported = export_model(
            model,
            precision=precision,
            output=output,
            progress=lambda done, total: progress("scoring the held-out rows", done, total),
        )
    before, after = (size / 1e6 for size in (exported.bytes_before, exported.bytes_after))
    stderr.print(f"published with weights of {after:.1f} MB instead of {before:.1f} MB")
    stderr.print(f"report: {exported.folder / 'report' / 'report.html'}", soft_wrap=True)
    typer.echo(exported.folder)
