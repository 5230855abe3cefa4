"""Looking for good options: `tfbert train --search KEY=A,B`.

Every trial is a training that is not published. What counts is a metric on the validation rows; the test rows are not
looked at, so that they can say of the winner how good it is.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_origin

from tfbert.config import TrainConfig, field_types
from tfbert.config_reading import merge_config, parse_settings
from tfbert.data.parts import read_parts
from tfbert.encoders.sources import load_encoder
from tfbert.errors import ConfigError
from tfbert.evaluation.metrics import HEADLINES
from tfbert.jobs.identity import check_rereadable, identify_options
from tfbert.jobs.train import check_options
from tfbert.jobs.trials import Trial, read_trials, write_trials
from tfbert.progress import Report
from tfbert.tasks.registry import TASKS, label_column

NAME = "search.csv"
# What decides which rows there are, what is predicted, where it is computed, or what is shown of it.
FIXED = ("format", "quoting", "valid_fraction", "test_fraction", "task", "seed", "strategy", "explain")

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Search:
    """What was tried.

    Attributes:
        metric: what `score` is.
        trials: in the order of the grid.
        best: the options of the trial with the highest score, of equal ones the first.
    """

    metric: str
    trials: list[Trial]
    best: TrainConfig


def search(
    config: TrainConfig,
    choices: Mapping[str, Sequence[Any]],
    *,
    trials: int = 0,
    progress: Report = lambda what, done, total: None,
) -> Search:
    """Train with every combination of some options and say which is best on the validation rows; publishes nothing.

    `search.csv` in the output folder keeps every trial. One that stands there, with the same options, rows and encoder,
    is not done again: a killed search goes on, and a grid can be widened.

    Args:
        config: the options that all trials share.
        choices: option name to the values to try: numbers, named choices and `trainable` can be searched.
        trials: draw so many of the combinations at random, without repeats, by the seed; 0 tries all.
        progress: told of (what, steps done, steps in all) while training.

    Raises:
        ConfigError: an option that cannot be searched, no value, tables from a pipe, or no trial with a finite loss.
        ConfigError, DataError, ModelError: as `tfbert.train`.
    """
    candidates = _combine(config, choices, trials=trials)
    check_rereadable(config)
    for candidate in candidates:
        check_options(candidate)
    parts, path = read_parts(config, task=label_column(config)), Path(config.output) / NAME
    # Imports TensorFlow: what can be checked without it must not wait for it.
    from tfbert.jobs.trial_run import run_trial

    digest = load_encoder(config.encoder).digest
    kept, done = read_trials(path), []
    for number, candidate in enumerate(candidates, start=1):
        identity = identify_options(candidate, parts, encoder=digest)
        chosen = {name: str(getattr(candidate, name)) for name in choices}
        if identity not in kept:
            title = f"trial {number} of {len(candidates)}, "
            log.info("%s%s", title, ", ".join(map(" ".join, chosen.items())))
            kept[identity] = run_trial(
                candidate,
                parts,
                identity=identity,
                chosen=chosen,
                progress=lambda what, steps, total, title=title: progress(title + what, steps, total),  # type: ignore[misc]
            )
            write_trials(path, list(kept.values()))
        # An earlier search may have tried the same with other options named.
        done.append(dataclasses.replace(kept[identity], options=chosen))
    return Search(HEADLINES[TASKS[config.task].evaluated_as], done, candidates[_best(done)])


def parse_choices(settings: Sequence[str]) -> dict[str, list[Any]]:
    """The values of `--search KEY=A,B,C`, each written as in TOML; a bare word is a string.

    Raises:
        ConfigError: a setting is not one key and its values, or a key stands twice.
    """
    choices: dict[str, list[Any]] = {}
    for setting in settings:
        key, _, values = setting.partition("=")
        key, parts = key.strip(), values.split(",")
        if not key or key in choices or not all(len(part.strip().splitlines()) == 1 for part in parts):
            raise ConfigError(
                "one --search KEY=A,B,... for each option",
                found=repr(setting),
                fix="write for example --search learning_rate=5e-5,3e-5",
            )
        choices[key] = [parse_settings([f"{key}={part}"])[key] for part in parts]
    return choices


def _combine(config: TrainConfig, choices: Mapping[str, Sequence[Any]], *, trials: int) -> list[TrainConfig]:
    # Imported here: it takes a second.
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    for name in choices:
        if name in field_types() and name not in searchable_options():
            raise ConfigError(
                f"options that can be searched: {', '.join(searchable_options())}", found=name, fix="leave it out"
            )
    if not choices or not all(choices.values()) or trials < 0:
        raise ConfigError(
            "values to try and a number of trials of at least 1, or 0 for all",
            found=f"{dict(choices)} and {trials}",
            fix="write for example --search learning_rate=5e-5,3e-5 --trials 2",
        )
    grid = ParameterGrid({name: list(values) for name, values in choices.items()})
    drawn = ParameterSampler(grid.param_grid[0], min(trials, len(grid)), random_state=config.seed) if trials else grid
    shared = dataclasses.asdict(config)
    return [merge_config({"the options": shared, "--search": dict(chosen)}) for chosen in drawn]


def searchable_options() -> list[str]:
    """The options that can be searched."""
    kinds = field_types().items()
    open_ones = [name for name, kind in kinds if kind in (int, float) or get_origin(kind) is Literal]
    return [*(name for name in open_ones if name not in FIXED), "trainable"]


def _best(trials: Sequence[Trial]) -> int:
    scores = [-math.inf if math.isnan(trial.score) else trial.score for trial in trials]
    best = max(range(len(trials)), key=scores.__getitem__)
    if math.isinf(scores[best]):
        raise ConfigError(
            "a trial whose loss stays finite", found=f"none of {len(trials)}", fix="search among lower learning rates"
        )
    return best
