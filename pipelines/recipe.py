"""What every recipe that reproduces a published system does: its flags, its tables, its trainings, its section."""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import tfbert
from pipelines.baselines import baseline
from pipelines.comparison import RESULTS, System, keep_section, table_of
from tfbert.cli.trials import print_search
from tfbert.config_reading import parse_settings
from tfbert.data.disk import writing
from tfbert.native_log import divert_native_log
from tfbert.native_settings import choose_kernels
from tfbert.progress import open_progress, stderr


def recipe_parser(name: str, doc: str, *, seeds: int = 3) -> argparse.ArgumentParser:
    """The flags that all recipes have; a recipe adds its own.

    Args:
        name: of the recipe, `sms_spam`.
        doc: its text, for --help.
        seeds: how many seeds it trains ours with unless asked otherwise.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m pipelines.{name}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the published tables")
    parser.add_argument("--encoder", default="bert-base-uncased", help="encoder SPEC, as in tfbert train")
    parser.add_argument("--output", type=Path, default=Path("saved_models") / name, help="tables and models go here")
    parser.add_argument("--seeds", type=positive, default=seeds, help="train ours with so many seeds")
    parser.add_argument("--ours-only", action="store_true", help="leave out the published settings with our encoder")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change an option of ours")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the page that keeps the table")
    return parser


def positive(text: str) -> int:
    """A whole number from 1 on, of a flag; a ValueError becomes argparse's own message."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A recipe that was asked for, with its flags.

    Attributes:
        name: `sms_spam`.
        title: the first line of its text.
        asked: its flags.
        command: how it was started, without this machine's own paths.
    """

    name: str
    title: str
    asked: argparse.Namespace
    command: str

    def find(self, name: str) -> Path:
        """A published table in the folder of --data, perhaps compressed.

        Raises:
            DataError: it is not there.
        """
        for path in (self.asked.data / name, self.asked.data / f"{name}.gz"):
            if path.is_file():
                return path
        raise tfbert.DataError(f"the table {name}", found=f"none in {self.asked.data}", fix="check --data")

    def write_table(self, rows: pd.DataFrame, *, name: str) -> tuple[str]:
        """Write rows as a CSV of ours; gives its path as the options take it."""
        path = self.asked.output / "tables" / f"{name}.csv"
        with writing(str(path), flag="--output"):
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.to_csv(path, index=False)
        return (str(path),)

    def options(self, setting: str, **values: Any) -> tfbert.TrainConfig:
        """The options of one setting, whose models go into a folder of that name; --set changes those of `ours`."""
        output = str(self.asked.output / setting)
        changes = parse_settings(self.asked.set) if setting.startswith("ours") else {}
        return tfbert.build_config({"encoder": self.asked.encoder, "output": output, **values, **changes})

    def reproduce(self, name: str, config: tfbert.TrainConfig) -> list[System]:
        """The published settings trained with our encoder; nothing with --ours-only."""
        return [] if self.asked.ours_only else [self.train(name, config)]

    def train(self, name: str, config: tfbert.TrainConfig) -> System:
        """Train with every seed; what an earlier start of the recipe has trained is not trained again."""
        stderr.print(f"{name}: {config.output}", soft_wrap=True)
        with open_progress("batches") as progress:
            repeated = tfbert.repeat(config, seeds=self.asked.seeds, progress=progress)
        runs = repeated.runs
        return System(
            name,
            repeated.mean,
            deviation=repeated.deviation,
            seeds=[run.seed for run in runs],
            seconds=sum(run.seconds for run in runs) / len(runs),
            predictions=repeated.output / str(runs[0].version) / "report" / "predictions.csv",
        )

    def compare(self, ours: System, other: System, *, metrics: Mapping[str, str]) -> str:
        """What two systems differ in on the same rows, with paired bootstrap and McNemar's test: a sentence."""
        folder = self.asked.output / "compared" / f"{ours.name} - {other.name}"
        found = tfbert.compare(str(other.predictions), str(ours.predictions), label="label", output=folder, force=True)
        differences = [
            f"{heading} {difference.value:+.4f}"
            + ("" if math.isnan(difference.low) else f" ({difference.low:+.4f} to {difference.high:+.4f})")
            for name, heading in metrics.items()
            if (difference := found.metrics.get(name))
        ]
        sentence = f"{ours.name} against {other.name} on {found.rows} rows, 95 % intervals: {', '.join(differences)}"
        if test := found.mcnemar:
            sentence += f"; {test.second_only} rows that only the former has right, {test.first_only} only the latter"
            sentence += f" (McNemar's p {test.p:.2g})"
        return f"{sentence}."

    def baseline(self, config: tfbert.TrainConfig, *, estimator: Any = None) -> System:
        """A linear model on TF-IDF, or another estimator, on the rows of a training; see `pipelines.baselines`."""
        folder = self.asked.output / "predictions" / Path(config.output).name
        return baseline(config, folder=folder, estimator=estimator)

    def search(self, config: tfbert.TrainConfig, choices: Mapping[str, Sequence[Any]]) -> tfbert.TrainConfig:
        """The best of several options on the validation rows; what an earlier start has tried is not tried again."""
        with open_progress("batches") as progress:
            found = tfbert.search(config, choices, progress=progress)
        print_search(found)
        return found.best

    def show(self, systems: Sequence[System], *, metrics: Mapping[str, str], notes: Sequence[str] = ()) -> None:
        """Print the table and what is to be said about it, and keep both in the page of results."""
        text = "\n\n".join([table_of(systems, metrics=metrics), *notes])
        print(text, flush=True)
        section = f"## {self.name}\n\n{self.title}\n\n```sh\n{self.command}\n```\n\n{text}"
        keep_section(self.asked.results, name=self.name, text=section)


def open_recipe(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> Recipe:
    """The recipe as asked for on the command line, or with these arguments."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    here = [os.path.relpath(word) if os.path.isabs(word) else word for word in given]
    title = str(parser.description).partition(":")[0]
    name = parser.prog.rpartition(".")[2]
    return Recipe(name, title, parser.parse_args(given), shlex.join([*parser.prog.split(), *here]))


def start(main: Callable[[], None]) -> None:
    """Run a recipe as a program: a user's error is one line and its exit code."""
    choose_kernels()
    divert_native_log()
    try:
        main()
    except tfbert.UserError as error:
        stderr.print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
