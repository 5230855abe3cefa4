"""A model that answers questions, served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from served_model import Client, open_server

from tfbert.scoring.saved_model import SavedModel

QUESTIONS = ["who sat there ?", "where ?", "x ?"]
CONTEXTS = ["the old house of ann", "Zoé  and the 😡 river in the city " * 4, "\u0301"]


@pytest.fixture(scope="module")
def folder(random_model: Callable[..., Path]) -> Path:
    return random_model("span", text_pair="context", long="windows")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with open_server(folder.parent) as client:
        yield client


def test_rows_get_the_answer_of_the_graph_itself(client: Client, folder: Path) -> None:
    rows = [{"text": text, "text_pair": pair} for text, pair in zip(QUESTIONS, CONTEXTS, strict=True)]
    answer = client.post("/v1/models/span-model:predict", {"instances": rows})
    assert answer.status == 200, answer.json
    graph = SavedModel(folder)
    names = list(graph.signatures["serving_default"].outputs)
    given = {"text": [text.encode() for text in QUESTIONS], "text_pair": [text.encode() for text in CONTEXTS]}
    outputs = dict(zip(names, graph.run("serving_default", given, outputs=names), strict=True))
    for number, found in enumerate(answer.json["predictions"]):
        assert set(found) == set(names)
        assert found["answer"] == outputs["answer"][number].decode()
        assert found["answers"] == [one.decode() for one in outputs["answers"][number]]
        for name in ("start", "end", "starts", "ends"):
            assert found[name] == outputs[name][number].tolist()
        for name in ("score", "scores", "no_answer_score"):
            np.testing.assert_allclose(found[name], outputs[name][number], atol=1e-5)


def test_the_page_gets_the_best_answers_to_a_question(client: Client) -> None:
    answer = client.post("/page/explain", {"text": QUESTIONS[1], "text_pair": CONTEXTS[1]})
    assert answer.status == 200
    assert len(answer.json["found"]) == 5
    for item in answer.json["found"]:
        assert CONTEXTS[1][item["start"] : item["end"]] == item["text"]
