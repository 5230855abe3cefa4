"""`tfbert train`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfbert.cli.options import config_flags, config_values, set_flags
from tfbert.cli.trials import print_search, print_seeds
from tfbert.config import TrainConfig
from tfbert.config_reading import merge_config, parse_settings, read_options
from tfbert.errors import ConfigError
from tfbert.progress import open_progress, stderr

if TYPE_CHECKING:
    from tfbert.export.manifest import Manifest

# What is printed of the metrics, whichever of them the task has.
HEADLINES = ("accuracy", "micro_f1", "macro_f1", "positive_f1", "pearson", "spearman", "exact_match", "f1")


def train(
    config: str | None,
    settings: list[str] | None,
    searched: list[str] | None,
    trials: int,
    seeds: int | None,
    **flags: Any,
) -> None:
    """Train a classifier on labelled texts and export it as the next version under --output.

    Options come from --config, then --set, then flags; the later wins. With --search the best of several is trained,
    with --seeds one for each seed.
    """
    options = merge_config(
        {
            **({config: read_options(Path(config))} if config else {}),
            "--set": parse_settings(settings or []),
            **{f"--{name.replace('_', '-')}": {name: value} for name, value in config_values(flags).items()},
        }
    )

    if searched:
        options = _search(options, searched, trials=trials)
    elif trials:
        raise ConfigError("--search with --trials", found="none", fix="name options to try: --search KEY=A,B")
    if seeds is not None:
        _repeat(options, seeds=seeds)
    else:
        _train(options)


def _train(options: TrainConfig) -> None:
    from tfbert.jobs.train import train as run

    with open_progress("batches") as progress:
        trained = run(options, progress=progress)
    stderr.print(f"published in {trained.seconds:.0f} s; on the {trained.manifest.evaluated_on} rows:")
    _print_metrics(trained.manifest.metrics)
    _print_verdict(trained.manifest)
    stderr.print(f"report: {trained.folder / 'report' / 'report.html'}", soft_wrap=True)
    typer.echo(trained.folder)


def _search(options: TrainConfig, searched: list[str], *, trials: int) -> TrainConfig:
    from tfbert.jobs.search import parse_choices, search

    with open_progress("batches") as progress:
        found = search(options, parse_choices(searched), trials=trials, progress=progress)
    print_search(found)
    return found.best


def _repeat(options: TrainConfig, *, seeds: int) -> None:
    from tfbert.jobs.seeds import repeat

    with open_progress("batches") as progress:
        repeated = repeat(options, seeds=seeds, progress=progress)
    print_seeds(repeated)
    for run in repeated.runs:
        typer.echo(repeated.output / str(run.version))


def _print_metrics(metrics: Mapping[str, float | None]) -> None:
    for name in HEADLINES:
        if metrics.get(name) is not None:
            stderr.print(f"  {name} {metrics[name]:.4f}")


def _print_verdict(manifest: Manifest) -> None:
    from tfbert.report.summary import compare_with_baselines

    if manifest.baselines:
        verdict = compare_with_baselines(manifest.metrics, manifest.baselines, task=manifest.task)
        stderr.print(verdict.sentence, soft_wrap=True)


def _parameters() -> list[inspect.Parameter]:
    config = typer.Option(metavar="FILE", help="TOML file of options, or the tfbert.json of a model to train its like.")
    settings = typer.Option("--set", metavar="KEY=VALUE", help="Any option by its name in the file, VALUE as in TOML.")
    searched = typer.Option(
        "--search", metavar="KEY=A,B,...", help="Try these values of an option, with others every combination."
    )
    trials = typer.Option(metavar="N", help="Try only so many of the combinations of --search, drawn by the seed.")
    seeds = typer.Option(metavar="N", help="Train and publish with N seeds, --seed and those after it.")
    annotations = {
        "config": (Annotated[str | None, config], None),
        "settings": (Annotated[list[str] | None, settings], None),
        "searched": (Annotated[list[str] | None, searched], None),
        "trials": (Annotated[int, trials], 0),
        "seeds": (Annotated[int | None, seeds], None),
    }
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        *config_flags(),
        *(
            inspect.Parameter(name, keyword, default=usual, annotation=kind)
            for name, (kind, usual) in annotations.items()
        ),
    ]


set_flags(train, _parameters())
