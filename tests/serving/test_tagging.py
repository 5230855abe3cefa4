"""A tagging model, served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from served_model import Client, open_server
from test_tables import finish, send

from tfbert.jobs.score import score
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["the old house of ann", "Zoé  and the 😡 river in the city", "x"]


@pytest.fixture(scope="module")
def folder(random_model: Callable[..., Path]) -> Path:
    return random_model("tagging")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with open_server(folder.parent) as client:
        yield client


@pytest.mark.parametrize("rows", [TEXTS, TEXTS[:1], TEXTS * 20])
def test_rows_get_the_answer_of_the_graph_itself(client: Client, folder: Path, rows: list[str]) -> None:
    answer = client.post("/v1/models/tagging-model:predict", {"instances": [{"text": text} for text in rows]})
    assert answer.status == 200, answer.json
    graph = SavedModel(folder)
    names = list(graph.signatures["serving_default"].outputs)
    outputs = dict(
        zip(names, graph.run("serving_default", {"text": [text.encode() for text in rows]}, outputs=names), strict=True)
    )
    assert set(answer.json["predictions"][0]) == set(names)
    for number, found in enumerate(answer.json["predictions"]):
        for name in ("counts", "starts", "ends"):
            assert found[name] == outputs[name][number].tolist()
        for name in ("entities", "types"):
            assert found[name] == [one.decode() for one in outputs[name][number]]
        np.testing.assert_allclose(found["scores"], outputs["scores"][number], atol=1e-5)


@pytest.mark.parametrize("method", ["classify", "regress"])
def test_what_it_cannot_answer_is_refused(client: Client, method: str) -> None:
    answer = client.post(f"/v1/models/tagging-model:{method}", {"examples": [{"text": "the house"}]})
    assert answer.status == 400
    assert "signature method_name" in answer.json["error"]


def test_the_page_gets_the_entities_of_a_text(client: Client, folder: Path) -> None:
    scorer = Scorer(folder)
    answer = client.post("/page/explain", {"text": TEXTS[0]})
    assert answer.status == 200
    ((items,),) = scorer.task.prediction_rows(scorer.score(TEXTS[:1]), texts=TEXTS[:1])
    assert [{**one, "score": None} for one in answer.json["found"]] == [{**one, "score": None} for one in items]


def test_a_table_is_scored_as_by_the_command(client: Client, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("\n".join(["text", *TEXTS]), encoding="utf-8")
    key = send(client, (tmp_path / "in.csv").read_bytes(), text="text")
    assert finish(client, key)["scored"] == 3
    score(folder, [str(tmp_path / "in.csv")], output=str(tmp_path / "out.csv"))
    assert client.get(f"/page/tables/{key}/predictions.csv").body == (tmp_path / "out.csv").read_bytes()
