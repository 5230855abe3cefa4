"""The handler of the page's question: what is the answer for this text, and which words drove it?"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from tfbert.serving.answers import plain
from tfbert.serving.exchange import json_response, read_body, within
from tfbert.serving.failure import invalid
from tfbert.serving.occlusion import explain
from tfbert.serving.page import find_version
from tfbert.serving.request_body import parse_body, read_bytes
from tfbert.serving.version import decode_texts
from tfbert.tasks.task import Task


async def explain_text(request: Request) -> Response:
    """The answer for a text or a pair, and what each word adds to it: to the likeliest of its labels, or the value.

    Of a task that reads tokens the answer is what it finds in the text, `found`, and words are not weighed.
    """
    state = request.app.state
    request.scope["asked"] = "explain"
    options = state.options
    content = parse_body(await read_body(request, most_bytes=options.max_body_bytes, seconds=options.timeout))
    with find_version(request).held() as version:
        task = version.model.scorer.task
        texts = tuple(_read_text(content, name) for name in version.model.text_names)
        if task.reads == "tokens":
            values = await within(options.timeout, version.score([texts]))
            return json_response({"found": _found(task, values, text=texts[-1])})
        work = explain(texts, version.score, choose=partial(_main_output, task), most_rows=options.max_request_texts)
        explanation = await within(options.timeout, work)
    return json_response(
        {
            "labels": list(task.label_names),
            "values": plain(explanation.values),
            "decided": _decided(task, explanation.values),
            "explained": explanation.output,
            "texts": [dataclasses.asdict(text) for text in explanation.texts],
        }
    )


def _read_text(content: dict[str, Any], name: str) -> str:
    if not isinstance(content.get(name), str):
        raise invalid(f"Expecting a '{name}' that is a string.")
    (text,) = decode_texts([read_bytes(content[name])])
    return text


def _found(task: Task, values: np.ndarray, *, text: str) -> list[dict[str, Any]]:
    """What the prediction columns say of one row: the items of a cell that has a list of them, or the cells by name."""
    (cells,) = task.prediction_rows(values, texts=[text])
    if lists := [cell for cell in cells if isinstance(cell, list)]:
        return lists[0]
    names = [column.name for column in task.prediction_columns(prefix="")]
    return [{name: plain(np.asarray(cell)) for name, cell in zip(names, cells, strict=True)}]


def _decided(task: Task, values: np.ndarray) -> list[int]:
    """The ids of the labels that are predicted from values, float32 [outputs]; none in regression."""
    decided = task.decide(values[np.newaxis])
    if decided is None:
        return []
    ids: list[int] = np.flatnonzero(decided[0]).tolist() if decided.ndim == 2 else decided.tolist()
    return ids


def _main_output(task: Task, values: np.ndarray) -> int:
    """The output to explain: the likeliest of the predicted labels, or of all where none is, or the value."""
    return max(_decided(task, values) or range(len(values)), key=lambda output: float(values[output]))
