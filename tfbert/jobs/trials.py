"""The trials of a search, and the table that keeps them."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

from tfbert.data.disk import replace, writing
from tfbert.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Trial:
    """One training of a search.

    Attributes:
        identity: the same for the same options, rows and encoder, and for nothing else.
        score: the headline metric on the validation rows; NaN where the loss did not stay finite, or the metric
            is not defined.
        valid_loss: of the best epoch.
        best_epoch: counted from 1; 0 where there is none.
        seconds: what it took.
        options: the options that were searched, as text.
    """

    identity: str
    score: float
    valid_loss: float
    best_epoch: int
    seconds: float
    options: dict[str, str]


_FACTS = [field.name for field in dataclasses.fields(Trial) if field.name != "options"]


def read_trials(path: Path) -> dict[str, Trial]:
    """The trials in a table by their identity; none when there is no table.

    Raises:
        ConfigError: it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {row["identity"]: _trial(row) for row in csv.DictReader(file, strict=True)}
    except (csv.Error, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"the trials done so far in {path}", found=f"a damaged table ({error})", fix="delete it to do all again"
        ) from error


def write_trials(path: Path, trials: Iterable[Trial]) -> None:
    """Write the table anew: a column for each fact, and one for each option that was searched in any of the trials."""
    rows = [{**{name: _cell(getattr(trial, name)) for name in _FACTS}, **trial.options} for trial in trials]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    partial = path.with_name(f".{path.name}.partial")
    with writing(str(path), flag="--output"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        replace(partial, path)


def _trial(row: dict[str, str]) -> Trial:
    if None in row or None in row.values():
        raise ValueError("rows of more or fewer cells than the header")
    return Trial(
        identity=row["identity"],
        score=float(row["score"] or "nan"),
        valid_loss=float(row["valid_loss"] or "nan"),
        best_epoch=int(row["best_epoch"]),
        seconds=float(row["seconds"]),
        options={name: value for name, value in row.items() if name not in _FACTS and value},
    )


def _cell(value: object) -> object:
    return "" if isinstance(value, float) and math.isnan(value) else value
