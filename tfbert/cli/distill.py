"""`tfbert distill encoder` and `tfbert distill classifier`."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any

import typer

from tfbert.cli.options import config_flags, config_values, set_flags
from tfbert.config_reading import merge_config
from tfbert.jobs.distill_classifier_options import TeachingConfig
from tfbert.jobs.distill_encoder_options import DistillEncoderConfig
from tfbert.progress import open_progress, stderr

app = typer.Typer(help="Make large models small.", no_args_is_help=True)


def encoder(**flags: Any) -> None:
    """Train a small encoder to compute from raw text what a large one does.

    Prints the folder of the student, which --encoder of tfbert train takes. Losses and speed of each lesson lie in its
    log.csv and README.md.
    """
    options = DistillEncoderConfig(**config_values(flags, DistillEncoderConfig))

    from tfbert.jobs.distill_encoder import distill_encoder

    with open_progress("batches") as progress:
        folder = distill_encoder(options, progress=progress)
    stderr.print(f"card: {folder / 'README.md'}", soft_wrap=True)
    typer.echo(folder)


def classifier(**flags: Any) -> None:
    """Train a small classifier on what a large one says of unlabelled texts, and on labels.

    The report compares the two: accuracy, agreement and rows per second. The other options are those of tfbert train.
    """
    own = {field.name for field in dataclasses.fields(TeachingConfig)}
    teaching = TeachingConfig(**config_values({name: flags.pop(name) for name in own}, TeachingConfig))
    flags["encoder"] = flags.pop("student")
    options = merge_config(
        {f"--{name.replace('_', '-')}": {name: value} for name, value in config_values(flags).items()}
    )

    from tfbert.jobs.train import train

    with open_progress("batches") as progress:
        trained = train(options, teaching=teaching, progress=progress)
    for name, value in json.loads((trained.folder / "distillation.json").read_text())["comparison"].items():
        stderr.print(f"  {name}: {value}", soft_wrap=True)
    stderr.print(f"report: {trained.folder / 'report' / 'report.html'}", soft_wrap=True)
    typer.echo(trained.folder)


def _classifier_flags() -> list[inspect.Parameter]:
    """Those of the teaching and of the training, whose `--encoder` is here called `--student`."""
    training = [flag.replace(name="student") if flag.name == "encoder" else flag for flag in config_flags()]
    return [*config_flags(TeachingConfig), *training]


set_flags(encoder, config_flags(DistillEncoderConfig))
set_flags(classifier, _classifier_flags())
app.command()(encoder)
app.command()(classifier)
