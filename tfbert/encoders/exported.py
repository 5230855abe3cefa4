"""Classifiers that `tfbert train` exported, read back as encoders, to go on training or to be given to others."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.folders import read_sized_vocabulary, reason
from tfbert.encoders.pretrained import Pretrained
from tfbert.encoders.weights import weight_shapes
from tfbert.errors import ConfigError, ModelError

MANIFEST = "tfbert.json"
_FIX = "copy the whole version folder again"


def is_native(encoder: Mapping[str, Any]) -> bool:
    """Whether what a manifest says about an encoder is an architecture, and not that of a wrapped module."""
    return typing.get_type_hints(BertConfig).keys() <= encoder.keys()


def read_exported_config(path: Path) -> BertConfig:
    """The architecture of a classifier's encoder, from its manifest.

    Raises:
        ModelError: the manifest is damaged, or the encoder was wrapped: then it is a graph without an architecture.
    """
    encoder = _read_manifest(path)
    if not is_native(encoder):
        raise ModelError(
            "a classifier on a native BERT encoder",
            found=f"one on a wrapped module, {encoder.get('source')} ({path / MANIFEST})",
            fix="use the module itself as the encoder",
        )
    kinds = typing.get_type_hints(BertConfig)
    for name, kind in kinds.items():
        if type(encoder[name]) is not kind and not (kind is float and type(encoder[name]) is int):
            raise _damaged(path, found=f"{name} {encoder[name]!r}, not {kind.__name__}")
    try:
        return BertConfig(**{name: encoder[name] for name in kinds})
    except ConfigError as error:
        raise ModelError(error.expected, found=f"{error.found} ({path / MANIFEST})", fix=_FIX) from error


def read_exported_classifier(path: Path) -> Pretrained:
    """The fine-tuned encoder of an exported classifier, with the vocabulary and case it was trained with.

    Raises:
        ModelError: a file is missing or damaged.
    """
    import tensorflow as tf

    config = read_exported_config(path)
    lower_case = _read_manifest(path).get("lower_case")
    if not isinstance(lower_case, bool):
        raise _damaged(path, found=f"lower_case {lower_case!r}, not bool")
    try:
        reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
        # Those of an export in a smaller format are that format's numbers, which float32 holds exactly.
        weights = {name: reader.get_tensor(_key(name)).astype("float32", copy=False) for name in weight_shapes(config)}
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        raise ModelError(
            "a classifier exported by tfbert train",
            found=f"{reason(error)} ({path / 'variables'})",
            fix=_FIX,
        ) from error
    for name, shape in weight_shapes(config).items():
        if weights[name].shape != shape:
            raise ModelError(
                f"{name} of shape {shape}, as {MANIFEST} has it",
                found=f"{weights[name].shape} ({path / 'variables'})",
                fix=_FIX,
            )
    vocabulary = read_sized_vocabulary(path / "assets" / "vocab.txt", size=config.vocabulary_size)
    return Pretrained(config, vocabulary, lower_case, weights, None, None)


def _key(name: str) -> str:
    """Where TensorFlow stores an entry of the exported object's dictionary `encoder`; `.S` is its escape of a slash."""
    return f"encoder/{name.replace('/', '.S')}/.ATTRIBUTES/VARIABLE_VALUE"


def _read_manifest(path: Path) -> dict[str, Any]:
    """What the manifest says about the encoder."""
    try:
        values = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, found=str(error)) from error
    except RecursionError as error:
        raise _damaged(path, found="brackets nested too deep") from error
    if not isinstance(values, dict) or not isinstance(values.get("encoder"), dict):
        raise _damaged(path, found="no object 'encoder'")
    return values["encoder"]


def _damaged(path: Path, *, found: str) -> ModelError:
    return ModelError("a manifest that names the encoder", found=f"{found} ({path / MANIFEST})", fix=_FIX)
