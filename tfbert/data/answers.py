"""The answers to a question and where they stand in its context: the label column of span answers.

A cell is one of two things:

- JSON, as the SQuAD tables of the Hugging Face Hub have it, with every answer that counts as right and the character at
  which it begins: `{"text": ["Paris", "in Paris"], "answer_start": [12, 9]}`. Empty lists say that the context does not
  answer the question. JSON Lines and Parquet may hold it as an object.
- the text of the only answer. Where it begins stands in a column of its own (`place_answer` makes one cell of the two);
  without one the answer must occur once.
"""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from tfbert.data.json_values import parse_json
from tfbert.data.label_cells import label_name
from tfbert.data.records import kind_of

_PLACE = re.compile("[0-9]{1,9}")


class Answer(NamedTuple):
    """An answer: `context[start : start + len(text)] == text`, in characters (code points)."""

    text: str
    start: int


Parsed = tuple[tuple[Answer, ...], str | None]  # answers and None, or none and the fault


def parse_answers(value: Any, *, context: str, column: str) -> Parsed:
    """The answers of a cell and None, or none and why the row is a reject.

    Args:
        value: the cell.
        context: what the answers are cut out of.
        column: the name of the cell's column.
    """
    if _is_json(value):
        value, fault = parse_json(value)
        if fault:
            return (), f"{fault}, column '{column}'"
    if isinstance(value, dict):
        answers, fault = _listed(value, column=column)
    elif isinstance(value, list | bytes | bool):
        return (), f"expected an answer in column '{column}', found {kind_of(value)}"
    elif not label_name(value):
        return (), f"empty label in column '{column}'"
    else:
        answers, fault = _found(label_name(value), context=context, column=column)
    fault = fault or _displaced(answers, context=context, column=column)
    return ((), fault) if fault else (answers, None)


def place_answer(value: Any, start: Any) -> Any:
    """One cell of an answer's text and the cell that says where it begins; a cell of JSON stays as it is."""
    if isinstance(value, dict | list) or _is_json(value) or not label_name(value):
        return value
    place = label_name(start)
    text = value if isinstance(value, str) else label_name(value)
    return {"text": [text], "answer_start": [int(place) if _PLACE.fullmatch(place) else start]}


def answers_cell(answers: Sequence[Answer]) -> str:
    """A cell that `parse_answers` reads back."""
    lists = {"text": [answer.text for answer in answers], "answer_start": [answer.start for answer in answers]}
    return json.dumps(lists, ensure_ascii=False)


def answer_texts(value: Any) -> tuple[str, ...] | None:
    """The texts of a cell's answers, wherever they stand; None where the cell is none."""
    if _is_json(value):
        value = parse_json(value)[0]
    elif not isinstance(value, dict):
        text = "" if isinstance(value, list | bytes | bool) else label_name(value)
        return (text,) if text else None
    texts = value.get("text") if isinstance(value, dict) else None
    return tuple(texts) if isinstance(texts, list) and all(isinstance(text, str) for text in texts) else None


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")


def _listed(value: dict[str, Any], *, column: str) -> Parsed:
    """The answers of a JSON cell."""
    texts, starts = value.get("text"), value.get("answer_start")
    if isinstance(texts, list) and isinstance(starts, list) and _fit(texts, starts):
        return tuple(map(Answer, texts, starts)), None
    expected = "lists of texts and of whole numbers, text and answer_start, of one length"
    return (), f"expected {expected}, in column '{column}', found {reprlib.repr(value)}"


def _found(text: str, *, context: str, column: str) -> Parsed:
    """A plain answer that must be looked for."""
    place = context.find(text)
    if place < 0:
        return (), f"the answer {reprlib.repr(text)} is not in the context, column '{column}'"
    if context.find(text, place + 1) >= 0:
        several = f"the answer {reprlib.repr(text)} stands several times in the context, column '{column}'"
        return (), f"{several}; say where in a column that --answer-start names"
    return (Answer(text, place),), None


def _displaced(answers: Sequence[Answer], *, context: str, column: str) -> str | None:
    for text, start in answers:
        if context[start : start + len(text)] != text:
            return f"the answer {reprlib.repr(text)} is not at character {start} of the context, column '{column}'"
    return None


def _fit(texts: list[Any], starts: list[Any]) -> bool:
    """Whether these are texts and as many places."""
    placed = all(type(start) is int and start >= 0 for start in starts)
    return placed and len(texts) == len(starts) and all(isinstance(text, str) and text for text in texts)
