"""`TrainConfig` from plain values: TOML, a model's manifest, `--set KEY=VALUE` and flags, the later winning."""

from __future__ import annotations

import difflib
import json
import math
import tomllib
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tfbert.config import Strings, TrainConfig, field_types
from tfbert.errors import ConfigError
from tfbert.possible import ImpossibleValue, shown_value


def build_config(values: Mapping[str, Any], *, source: str = "the options") -> TrainConfig:
    """A configuration from plain values, as TOML and JSON give them.

    Args:
        values: option name to value; lists become tuples, whole numbers pass where a float is asked for.
        source: where the values come from, for the error message.

    Raises:
        ConfigError: an unknown key, a value of another type, or an impossible value.
    """
    return merge_config({source: values})


def merge_config(layers: Mapping[str, Mapping[str, Any]]) -> TrainConfig:
    """A configuration from several places: `{"train.toml": {...}, "--set": {...}, "--epochs": {"epochs": 3}}`.

    Args:
        layers: place, named in error messages, to values as in `build_config`; of two with one option the later wins.

    Raises:
        ConfigError: an unknown key, a value of another type, or an impossible value.
    """
    types = field_types()
    places = {key: place for place, values in layers.items() for key in values}
    for key, place in places.items():
        if key not in types:
            near = difflib.get_close_matches(key, types, n=1)
            fix = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(types)}"
            raise ConfigError("a known option", found=f"{key} in {place}", fix=fix)
    merged = {key: _typed(key, layers[place][key], types[key], place) for key, place in places.items()}
    try:
        return TrainConfig(**merged)
    except ImpossibleValue as error:
        place = places.get(error.key, "the defaults")
        raise ConfigError(error.expected, found=f"{error.found} in {place}", fix=error.fix) from None


def _typed(key: str, value: Any, kind: Any, source: str) -> Any:
    if kind == Strings and isinstance(value, str):
        return (value,)
    if kind == Strings and isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if kind is float and type(value) is int:
        # float() has no room for a whole number of 400 digits; infinity is refused with the other impossible values.
        return float(value) if abs(value) < 2**1023 else math.inf
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value in choices:
            return value
        raise ConfigError(
            f"{key} to be one of {', '.join(choices)}",
            found=f"{shown_value(value)} in {source}",
            fix="choose one of them",
        )
    if kind in (int, float, str, bool) and type(value) is kind:
        return value
    name = (
        "a list of strings"
        if kind == Strings
        else {int: "a whole number", float: "a number", str: "a string"}.get(kind, "true or false")
    )
    raise ConfigError(f"{key} to be {name}", found=f"{shown_value(value)} in {source}", fix=f"mend {key}")


def read_options(path: Path) -> dict[str, Any]:
    """The options in a TOML file, or those that a model was trained with from its `tfbert.json`.

    Raises:
        ConfigError: the file is missing or cannot be parsed.
    """
    wanted = f"{'the manifest of a model' if path.suffix == '.json' else 'TOML'} in {path}"
    try:
        content = path.read_text(encoding="utf-8")
        if path.suffix != ".json":
            return tomllib.loads(content)
        manifest = json.loads(content)
    except OSError as error:
        raise ConfigError("a configuration file", found=f"{error.strerror} ({path})", fix="check the path") from error
    except ValueError as error:
        raise ConfigError(wanted, found=str(error), fix="mend the file") from error
    except RecursionError as error:
        raise ConfigError(wanted, found="brackets nested too deep", fix="mend the file") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("options"), dict):
        raise ConfigError(wanted, found="no options", fix="give the tfbert.json of a model")
    return dict(manifest["options"])


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """The values of `--set KEY=VALUE`, each VALUE written as in TOML; a bare word is a string.

    Raises:
        ConfigError: a setting is not one key and one value.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, _, text = setting.partition("=")
        try:
            parsed = tomllib.loads(f"value = {text}")
        except RecursionError:
            parsed = {}
        except ValueError:
            parsed = {"value": text.strip()} if len(text.splitlines()) == 1 else {}
        if not key.strip() or len(parsed) != 1:
            raise ConfigError("one --set KEY=VALUE", found=repr(setting), fix="write for example --set epochs=3")
        values[key.strip()] = parsed["value"]
    return values
