"""The same training with several seeds, and what of its numbers is chance: `tfbert train --seeds N`.

Every seed's model is published, each as a version of its own. To keep only the best would be to choose among lucky
draws, and what is served would not be what mean and deviation speak of.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfbert.config import TrainConfig
from tfbert.data.disk import replace, writing
from tfbert.data.parts import read_parts
from tfbert.encoders.sources import load_encoder
from tfbert.errors import ConfigError
from tfbert.export.versions import list_versions
from tfbert.jobs.identity import check_rereadable, identify_options
from tfbert.jobs.train import check_options, train
from tfbert.possible import SEED
from tfbert.progress import Report
from tfbert.tasks.registry import label_column

NAME = "seeds.json"


@dataclasses.dataclass(frozen=True)
class SeedRun:
    """One seed's training: the version it published, how long it took, and its metrics on the held-out rows."""

    seed: int
    version: int
    seconds: float
    metrics: dict[str, float | None]


@dataclasses.dataclass(frozen=True)
class Repeated:
    """Trainings that differ in nothing but the seed.

    Attributes:
        output: the folder of their versions.
        runs: in the order of their seeds, at least one.
    """

    output: Path
    runs: list[SeedRun]

    @property
    def mean(self) -> dict[str, float | None]:
        """Each metric's mean over the seeds; None where it is not defined for one of them."""
        return self._over_seeds(statistics.fmean)

    @property
    def deviation(self) -> dict[str, float | None]:
        """Each metric's sample standard deviation over the seeds; None also where there is one seed only."""
        return self._over_seeds(lambda values: statistics.stdev(values) if len(values) > 1 else None)

    def _over_seeds(self, measure: Callable[[Sequence[float]], float | None]) -> dict[str, float | None]:
        measured: dict[str, float | None] = {}
        for name in self.runs[0].metrics:
            values = [value for run in self.runs if (value := run.metrics[name]) is not None]
            measured[name] = measure(values) if len(values) == len(self.runs) else None
        return measured


def repeat(config: TrainConfig, *, seeds: int, progress: Report = lambda what, done, total: None) -> Repeated:
    """Train with `config.seed` and the seeds after it, and publish a version for each.

    `seeds.json` in the output folder has every seed's metrics, their mean and sample standard deviation. A training
    that stands in it, with the same options, rows and encoder, is not done again: a killed run goes on, and seeds can
    be added. A seed also decides which rows are held out: give valid and test tables to have the same ones each time.

    Args:
        config: every option of the trainings.
        seeds: how many.
        progress: told of (what, steps done, steps in all) while training.

    Raises:
        ConfigError: an impossible number of seeds, or tables from a pipe.
        ConfigError, DataError, ModelError: as `tfbert.train`; versions published before stay.
    """
    wanted = range(config.seed, config.seed + seeds)
    if seeds < 1 or not SEED[1](wanted[-1]):
        raise ConfigError(
            "at least one seed and none above 2147483647", found=f"{seeds} from {config.seed} on", fix="mend --seeds"
        )
    check_rereadable(config)
    check_options(config)
    output, parts = Path(config.output), read_parts(config, task=label_column(config))
    identity = identify_options(config, parts, encoder=load_encoder(config.encoder).digest)
    runs = _read_runs(output, identity=identity)
    for number, seed in enumerate(wanted, start=1):
        if seed not in runs:
            title = f"seed {seed} ({number} of {seeds}), "
            trained = train(
                dataclasses.replace(config, seed=seed),
                progress=lambda what, done, total, title=title: progress(title + what, done, total),  # type: ignore[misc]
            )
            runs[seed] = SeedRun(seed, int(trained.folder.name), round(trained.seconds, 1), trained.manifest.metrics)
            _write_runs(Repeated(output, [runs[seed] for seed in sorted(runs)]), identity=identity)
    return Repeated(output, [runs[seed] for seed in wanted])


def _read_runs(output: Path, *, identity: str) -> dict[int, SeedRun]:
    """The seeds done, by number, whose versions are still there."""
    path = output / NAME
    if not path.is_file():
        return {}
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if kept["identity"] != identity:
            return {}
        runs = [SeedRun(**run) for run in kept["runs"]]
        if not all(_is_whole(run) and run.metrics.keys() == runs[0].metrics.keys() for run in runs):
            raise ValueError("a seed, version or metric that is no number")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(
            f"the seeds done so far in {path}", found=f"a damaged file ({error})", fix="delete it to train all again"
        ) from error
    versions = list_versions(output)
    return {run.seed: run for run in runs if run.version in versions}


def _is_whole(run: SeedRun) -> bool:
    return (
        type(run.seed) is type(run.version) is int
        and isinstance(run.metrics, dict)
        and all(value is None or isinstance(value, int | float) for value in run.metrics.values())
    )


def _write_runs(repeated: Repeated, *, identity: str) -> None:
    path = repeated.output / NAME
    partial = path.with_name(f".{NAME}.partial")
    content = {
        "identity": identity,
        "runs": [dataclasses.asdict(run) for run in repeated.runs],
        "mean": repeated.mean,
        "deviation": repeated.deviation,
    }
    with writing(str(path), flag="--output"):
        partial.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        replace(partial, path)
