"""SQuAD v1.1 and v2.0 JSON: a row for each question.

    {"data": [{"title": ..., "paragraphs": [{"context": ..., "qas": [{"id", "question", "answers": [...]}]}]}]}

The answers become a cell as `tfbert.data.answers` has it; a question without the key `answers` has none, as in a test
set to be sent in. A file is one JSON document and is held in memory as a whole. Lines of such a file mean nothing:
instead of them a row has the 1-based number of its question.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from tfbert.data.answers import parse_answers
from tfbert.data.compression import ByteStream
from tfbert.data.json_values import parse_json
from tfbert.data.lines import read_lines, undecodable
from tfbert.data.records import REASONS, SURROGATE, Column, Parsed, RowChecks, kind_of
from tfbert.errors import DataError

COLUMNS = (Column("id"), Column("title"), Column("question"), Column("context"), Column("answers", "any"))
_NAMES = tuple(column.name for column in COLUMNS)
_CHECKS = RowChecks(_NAMES, tuple((_NAMES.index(name), name) for name in ("id", "question", "context")), sys.maxsize)


def read_squad(stream: ByteStream, *, file: str, encoding: str) -> Iterator[Parsed]:
    """Every question of a file, which is read when the first is asked for.

    Raises:
        DataError: it is damaged, no JSON, or JSON of another kind.
    """
    text = "\n".join(read_lines(stream, file=file, encoding=encoding, limit=sys.maxsize))
    document, fault = parse_json(text)
    if fault:
        raise _no_squad(fault, place=file)
    marked = SURROGATE.search(text) is not None
    for number, (title, context, question) in enumerate(_questions(document, file=file), 1):
        if not isinstance(question, dict):
            yield number, json.dumps(question), (), REASONS["object"].format(found=kind_of(question))
            continue
        values, fault = _values(question, title=title, context=context)
        raw = json.dumps(dict(zip(_NAMES, values, strict=True)), ensure_ascii=False)
        if not raw.isascii() and SURROGATE.search(raw):
            broken = REASONS["json"].format(problem="half of a surrogate pair")
            fault = (undecodable(raw, encoding=encoding) if marked else None) or broken
        yield number, raw, values, fault


def _questions(document: Any, *, file: str) -> Iterator[tuple[Any, Any, Any]]:
    """Title, context and question, wherever a question stands."""
    for at, article in enumerate(_list(document, "data", place=file), 1):
        for paragraph in _list(article, "paragraphs", place=f"{file}, article {at}"):
            for question in _list(paragraph, "qas", place=f"{file}, article {at}"):
                yield article.get("title"), paragraph.get("context"), question


def _list(value: Any, key: str, *, place: str) -> list[Any]:
    if not isinstance(value, dict):
        raise _no_squad(f"{kind_of(value)} in place of an object with '{key}'", place=place)
    if not isinstance(value.get(key), list):
        found = f"{kind_of(value[key])} in place of the list '{key}'" if key in value else f"no list '{key}'"
        raise _no_squad(found, place=place)
    return value[key]


def _values(question: dict[str, Any], *, title: Any, context: Any) -> tuple[tuple[Any, ...], str | None]:
    """The cells of a question, and its fault."""
    answers: Any = question.get("answers")
    number = str(question["id"]) if type(question.get("id")) is int else question.get("id")
    listed = isinstance(answers, list) and all(isinstance(answer, dict) for answer in answers)
    cell = {key: [answer.get(key) for answer in answers] for key in ("text", "answer_start")} if listed else answers
    values = number, title, question.get("question"), context, cell
    if fault := _CHECKS.fault(values, length=0):
        return values, fault
    if not isinstance(title, str | None):
        return values, REASONS["kind"].format(column="title", found=kind_of(title))
    if answers is None:
        return values, None
    if not listed:
        return values, f"expected a list of answers in column 'answers', found {kind_of(answers)}"
    if question.get("is_impossible") is True and answers:
        return values, "answers in column 'answers', and is_impossible"
    return values, parse_answers(cell, context=context, column="answers")[1]


def _no_squad(found: str, *, place: str) -> DataError:
    return DataError(
        "SQuAD's JSON (data, paragraphs, context, qas)",
        found=f"{found} ({place})",
        fix="give a SQuAD file, or rows as JSON Lines (.jsonl)",
    )
