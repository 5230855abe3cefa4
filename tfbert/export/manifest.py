"""`tfbert.json`: what a model is, how it was made, and everything needed to make it again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import reprlib
import types
import typing
from pathlib import Path
from typing import Any

from tfbert.errors import ModelError

NAME = "tfbert.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifest:
    """The facts that travel with a model.

    Attributes:
        model: name and version, `sms/1`.
        task: the task's name, a key of `tfbert.tasks.registry.TASKS`.
        labels: the label names, in the order of `probabilities`; none in regression.
        text_columns: what signatures call a row's texts, `text` and of pairs `text_pair`, to the columns of the
            training table, the scorer's defaults.
        label_column: the label column of the training table.
        max_length: longest input in tokens.
        encoder: source, digest and architecture of the encoder that training started from.
        options: every option of the training, `TrainConfig` as plain values.
        rows: rows of each split, and the rejected, duplicate and conflicting ones.
        metrics: metric name to value on the test rows, or on the valid rows where there are no test rows.
        baselines: baseline to its metrics on the same rows, empty unless the training was asked for them; the best one
            also has `lead_low` and `lead_high`, the 95 % interval of the model's headline metric less its own.
        evaluated_on: `test` or `valid`.
        history: losses and metrics of each epoch.
        best_epoch: the epoch, from 1, whose weights these are.
        packages: versions of the packages that made it.
        decoding: the numbers by which logits become values: `mean` and `scale` of regression, a `temperature`.
        thresholds: label to the probability from which it is predicted; empty where the likeliest label wins.
        precision: number format of the dense layers and of the weights on disk: `float32`, or what `tfbert export` made
            of it, `bfloat16` or `float16`.
        compared: of an export in another precision than float32: the `model` it was made from and its `digest`, and on
            how many held-out `rows` it gave the same answers (`same`, a share) with which `largest_change` of a value.
    """

    model: str
    task: str
    labels: tuple[str, ...]
    text_columns: dict[str, str]
    label_column: str
    max_length: int
    encoder: dict[str, Any]
    options: dict[str, Any]
    rows: dict[str, Any]
    metrics: dict[str, float | None]
    baselines: dict[str, dict[str, float | None]]
    evaluated_on: str
    history: list[dict[str, float]]
    best_epoch: int
    packages: dict[str, str]
    decoding: dict[str, float]
    thresholds: dict[str, float]
    precision: str
    compared: dict[str, Any]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `tfbert.json` into a model's folder."""
    text = json.dumps(dataclasses.asdict(manifest), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an exported model.

    Args:
        folder: a version folder, `saved_models/sms/1`.

    Raises:
        ModelError: there is no such model, or its manifest is damaged.
    """
    path = folder / NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(
            "a model exported by tfbert train",
            found=f"the file {folder}" if folder.is_file() else f"no {NAME} in {folder}",
            fix="give the version folder, such as saved_models/sms/1",
        ) from error
    except OSError as error:
        raise _damaged(path, found=error.strerror or str(error)) from error
    except ValueError as error:
        raise _damaged(path, found=str(error)) from error
    except RecursionError as error:
        raise _damaged(path, found="brackets nested too deep") from error
    return _checked(values, path)


def _checked(values: Any, path: Path) -> Manifest:
    kinds = typing.get_type_hints(Manifest)
    if not isinstance(values, dict):
        raise _damaged(path, found=f"{reprlib.repr(values)}, not an object")
    for name in sorted(kinds.keys() ^ values.keys()):
        raise _damaged(path, found=f"no entry {name!r}" if name in kinds else f"an unknown entry {name!r}")
    for name, kind in kinds.items():
        if not _fits(values[name], kind):
            wanted = getattr(kind, "__name__", "") if isinstance(kind, type) else str(kind)
            raise _damaged(path, found=f"{name} {reprlib.repr(values[name])}, not {wanted}")
    if len(set(values["labels"])) < len(values["labels"]):
        raise _damaged(path, found=f"labels {', '.join(values['labels'])}, of which two are the same")
    return Manifest(**{**values, "labels": tuple(values["labels"])})


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value read from JSON is of a type as `Manifest` has them."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin is types.UnionType:
        return any(_fits(value, one) for one in inner)
    if origin in (tuple, list):
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    return type(value) is kind or (kind is float and type(value) is int)


def _damaged(path: Path, *, found: str) -> ModelError:
    return ModelError(f"a manifest in {path}", found=found, fix="export the model again")


def digest_model(folder: Path) -> str:
    """SHA-256 over a model's graph, weights and assets, hex: models with the same digest predict the same.

    Raises:
        ModelError: a file or folder of the model is missing.
    """
    digest = hashlib.sha256()
    try:
        files = [
            folder / "saved_model.pb",
            *sorted((folder / "variables").iterdir()),
            *sorted((folder / "assets").iterdir()),
        ]
        for path in files:
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise ModelError(
            f"a whole model in {folder} (saved_model.pb, variables, assets)",
            found=f"{error.strerror} ({error.filename})",
            fix="copy the whole version folder again",
        ) from error
    return digest.hexdigest()
