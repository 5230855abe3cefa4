"""Outputs as the JSON of TensorFlow Serving's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfbert.serving.failure import invalid


def write_json(value: Any) -> bytes:
    """A value as JSON; numbers that JSON does not have are `NaN`, `Infinity` and `-Infinity`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def plain(values: np.ndarray) -> Any:
    """An array as nested lists: float32 with the fewest digits that read back to it, bytes as text."""
    if values.dtype == np.float32:
        return values.astype(str).astype(np.float64).tolist()
    if values.dtype == object:
        return np.frompyfunc(_text, 1, 1)(values).tolist()
    return values.tolist()


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def by_rows(outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The answer to a request with `instances`.

    Raises:
        Failure: the outputs have different numbers of rows.
    """
    rows = -1
    for name, values in outputs.items():
        if rows not in (-1, len(values)):
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {len(values)} expecting: {rows}")
        rows = len(values)
    columns = {name: plain(values) for name, values in outputs.items()}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]}


def by_columns(outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The answer to a request with `inputs`."""
    columns = {name: plain(values) for name, values in outputs.items()}
    return {"outputs": next(iter(columns.values())) if len(columns) == 1 else columns}


def classifications(labels: tuple[str, ...], probabilities: np.ndarray) -> dict[str, Any]:
    """The answer to a `:classify` request: all labels with their probabilities, for each example."""
    return {"results": [[list(pair) for pair in zip(labels, row, strict=True)] for row in plain(probabilities)]}


def regressions(values: np.ndarray) -> dict[str, Any]:
    """The answer to a `:regress` request: the value of each example, from float32 [examples, 1]."""
    return {"results": plain(values[:, 0])}
