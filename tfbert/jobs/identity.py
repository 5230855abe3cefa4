"""What makes two trainings the same: only then does the one go on where the other stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfbert.config import TrainConfig
from tfbert.data.parts import Parts
from tfbert.errors import ConfigError


def identify(config: TrainConfig, parts: Parts, *, facts: Sequence[Any]) -> str:
    """12 hexadecimal digits that change with any option, any row, our version and the facts.

    Args:
        config: every option.
        parts: the rows.
        facts: what else decides the result, as JSON has it: the encoder's digest, a teacher.
    """
    # Without what stands at its default: a new option then leaves the trainings under way in a checkout the same.
    usual = dataclasses.asdict(TrainConfig())
    chosen = {name: value for name, value in dataclasses.asdict(config).items() if value != usual[name]}
    told = [chosen, importlib.metadata.version("tfbert"), *facts]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for rows in (parts.train, parts.valid, parts.test):
        digest.update(b"part")
        weights = [] if rows.weights is None else [rows.weights]
        for row in zip(rows.labels, *rows.columns.values(), *weights, strict=True):
            digest.update(repr(row).encode())  # repr and not the text itself: it keeps the two apart
    return digest.hexdigest()[:12]


def identify_options(config: TrainConfig, parts: Parts, *, encoder: str) -> str:
    """`identify` for several trainings with the encoder of that digest, wherever their output goes."""
    return identify(dataclasses.replace(config, output=TrainConfig.output), parts, facts=[encoder])


def check_rereadable(config: TrainConfig) -> None:
    """See that the tables can be read once for each training.

    Raises:
        ConfigError: one comes through a pipe.
    """
    for path in (*config.train, *config.valid, *config.test):
        if path == "-" or Path(path).is_fifo():
            raise ConfigError(
                "tables that can be read more than once",
                found="standard input" if path == "-" else f"the pipe {path}",
                fix="write the rows to a file",
            )
