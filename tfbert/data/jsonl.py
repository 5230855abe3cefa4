"""JSON Lines: one JSON object a line.

The first object's keys are the columns; a key missing later is None, a new one a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, TypeAlias

from tfbert.data.json_values import parse_json
from tfbert.data.lines import undecodable
from tfbert.data.records import REASONS, SURROGATE, Parsed, kind_of
from tfbert.errors import DataError

_Object: TypeAlias = tuple[int, str, dict[str, Any], str | None]  # as Parsed, before the columns are known

LOOKAHEAD = 100  # lines in which the first good record must stand


def read_jsonl(
    lines: Iterator[str], *, file: str, encoding: str, limit: int
) -> tuple[tuple[str, ...], Iterator[Parsed]]:
    """The columns and every record; blank lines are skipped.

    Raises:
        DataError: no JSON object in the first `LOOKAHEAD` lines.
    """
    objects = _objects(lines, encoding=encoding, limit=limit)
    head: list[_Object] = []
    for item in islice(objects, LOOKAHEAD):
        head.append(item)
        if item[3] is None:
            break
    if not head:
        return (), iter(())
    line, _, first, fault = head[-1]
    if fault is not None:
        line, fault = head[0][0], head[0][3]
        raise DataError(
            "a JSON object on each line",
            found=f"none on the first {len(head)}; the first fault: {fault} ({file}, line {line})",
            fix="check the file or name its format with --format",
        )
    return tuple(first), _in_columns(chain(head, objects), tuple(first))


def _objects(lines: Iterator[str], *, encoding: str, limit: int) -> Iterator[_Object]:
    for number, line in enumerate(lines, 1):
        if not (text := line.removesuffix("\r")):
            continue
        if len(text) > limit:
            yield number, text, {}, REASONS["record"].format(limit=limit)
        elif fault := undecodable(text, encoding=encoding):
            yield number, text, {}, fault
        else:
            value, fault = _parse(text)
            yield number, text, value, fault


def _parse(text: str) -> tuple[dict[str, Any], str | None]:
    value, fault = parse_json(text)
    if fault:
        return {}, fault
    if not isinstance(value, dict):
        return {}, REASONS["object"].format(found=kind_of(value))
    if "\\u" in text and SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return {}, REASONS["json"].format(problem="half of a surrogate pair")
    return value, None


def _in_columns(objects: Iterator[_Object], names: tuple[str, ...]) -> Iterator[Parsed]:
    known = set(names)
    for number, text, value, fault in objects:
        if fault is None and not known.issuperset(value):
            key = next(key for key in value if key not in known)
            fault = REASONS["key"].format(key=key)
        yield number, text, tuple(map(value.get, names)), fault
