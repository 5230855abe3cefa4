"""Pairs of texts, several labels a row, and values: served as TensorFlow Serving has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from served_model import Answer, Client, open_server
from test_tables import finish, send

from tfbert.jobs.score import score
from tfbert.scoring.scorer import Scorer
from tfbert.serving.text_answers import ANSWERS
from tfbert.tasks.registry import TASKS

TEXTS = ["the old house", "a river in the city", "music"]
PAIRS = ["is it new?", "", "people played here"]
KINDS = {
    "pair": ("single-label", {"text_pair": "other"}),
    "several labels": ("multi-label", {}),
    "value": ("regression", {}),
    "value of a pair": ("regression", {"text_pair": "other"}),
}


class Served(NamedTuple):
    client: Client
    folder: Path
    task: str
    pairs: bool

    def ask(self, method: str, content: Any) -> Answer:
        return self.client.post(f"/v1/models/{self.folder.parent.name}:{method}", content)

    @property
    def rows(self) -> list[dict[str, str]]:
        names = ("text", "text_pair") if self.pairs else ("text",)
        return [dict(zip(names, row, strict=False)) for row in zip(TEXTS, PAIRS, strict=True)]

    @property
    def values(self) -> np.ndarray:
        return Scorer(self.folder).score(TEXTS, *([PAIRS] if self.pairs else []))


@pytest.fixture(scope="module", params=KINDS, ids=str)
def served(request: pytest.FixtureRequest, random_model: Callable[..., Path]) -> Iterator[Served]:
    task, options = KINDS[request.param]
    folder = random_model(task, **options)
    with open_server(folder.parent) as client:
        yield Served(client, folder, task, "text_pair" in options)


def predictions(served: Served, rows: list[Any]) -> list[dict[str, Any]]:
    """The answers by output: a single output stands there without its name."""
    answer = served.ask("predict", {"instances": rows})
    assert answer.status == 200, answer.json
    return [row if isinstance(row, dict) else {"value": row} for row in answer.json["predictions"]]


def test_every_task_has_an_answer() -> None:
    assert ANSWERS.keys() == TASKS.keys()


def test_rows_get_the_answer_of_the_graph_itself(served: Served) -> None:
    rows = predictions(served, served.rows)
    graph = Scorer(served.folder).model
    columns = {name: [row[name].encode() for row in served.rows] for name in served.rows[0]}
    outputs = sorted(graph.signatures["serving_default"].outputs)
    expected = dict(zip(outputs, graph.run("serving_default", columns, outputs=outputs), strict=True))
    assert [sorted(row) for row in rows] == [outputs] * 3
    for name, values in expected.items():
        given = [row[name] for row in rows]
        if values.dtype == object:
            assert given == [
                value.decode() if isinstance(value, bytes) else [v.decode() for v in value] for value in values
            ]
        else:
            np.testing.assert_allclose(given, values, atol=1e-5)


def test_columns_get_columns(served: Served) -> None:
    columns = {name: [row[name] for row in served.rows] for name in served.rows[0]}
    outputs = served.ask("predict", {"inputs": columns}).json["outputs"]
    values = outputs if served.task == "regression" else outputs["probabilities"]
    np.testing.assert_allclose(np.reshape(values, served.values.shape), served.values, atol=1e-6)


def test_examples_get_labels_with_scores_or_a_value(served: Served) -> None:
    method, other = ("regress", "classify") if served.task == "regression" else ("classify", "regress")
    results = served.ask(method, {"signature_name": method, "examples": served.rows}).json["results"]
    if served.task == "regression":
        np.testing.assert_allclose(results, served.values[:, 0], atol=1e-6)
    else:
        assert [[label for label, _ in row] for row in results] == [["x", "y", "z"]] * 3
        np.testing.assert_allclose([[value for _, value in row] for row in results], served.values, atol=1e-6)
    assert served.ask(other, {"signature_name": other, "examples": served.rows}).json == {
        "error": f"No signature was found with the name: {other}"
    }


def test_metadata_shows_what_the_model_takes_and_gives(served: Served) -> None:
    metadata = served.client.get(f"/v1/models/{served.folder.parent.name}/metadata").json
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert set(signatures["serving_default"]["inputs"]) == set(served.rows[0])
    method = "regress" if served.task == "regression" else "classify"
    assert signatures[method]["method_name"] == f"tensorflow/serving/{method}"


@pytest.mark.parametrize("served", ["pair", "value of a pair"], indirect=True)
def test_a_pair_wants_both_texts(served: Served) -> None:
    for content, message in (
        (
            {"instances": ["a"]},
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        (
            {"instances": [{"text": "a"}]},
            'Failed to process element: 0 of \'instances\' list. JSON object: {"text": "a"} keys must be equal to: '
            "text,text_pair",
        ),
        ({"inputs": {"text": ["a"]}}, "Missing named input: text_pair in 'inputs' object."),
        ({"inputs": {"text": ["a"], "text_pair": ["b", "c"]}}, "The inputs have different numbers of rows."),
    ):
        answer = served.ask("predict", content)
        assert (answer.status, answer.json) == (400, {"error": message})
    long = {"text": "a", "text_pair": "b" * 100_001}
    assert "Text 0 has 100001 characters" in served.ask("predict", {"instances": [long]}).json["error"]


def test_the_page_learns_what_is_predicted_and_why(served: Served) -> None:
    row = served.rows[0]
    answer = served.client.post("/page/explain", row).json
    (values,) = served.values[:1]
    np.testing.assert_allclose(answer["values"], values, atol=1e-6)
    decided = {
        "single-label": [int(values.argmax())],
        "multi-label": np.flatnonzero(values >= 0.5).tolist(),
        "regression": [],
    }[served.task]
    assert answer["decided"] == decided
    assert answer["explained"] == (0 if served.task == "regression" else int(values.argmax()))
    assert ["".join(text["pieces"]) for text in answer["texts"]] == list(row.values())
    without = {**row, "text": row["text"].replace("old", "")}
    left = Scorer(served.folder).score(*([text] for text in without.values()))[0]
    weight = answer["texts"][0]["weights"][answer["texts"][0]["pieces"].index("old")]
    assert weight == pytest.approx(float(values[answer["explained"]] - left[answer["explained"]]), abs=1e-5)
    assert served.client.post("/page/explain", {"text": 1}).json == {"error": "Expecting a 'text' that is a string."}


@pytest.mark.slow
def test_a_table_gives_the_bytes_of_tfbert_score(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["text,other", *(f"{text},{pair}" for text, pair in zip(TEXTS, ["b", "a", "d"], strict=True))]
    table = "\n".join(lines).encode()
    columns = {"text_pair": "other"} if served.pairs else {}
    key = send(served.client, table, text="text", **columns)
    assert finish(served.client, key)["scored"] == 3
    (tmp_path / "table.csv").write_bytes(table)
    monkeypatch.chdir(tmp_path)
    score(served.folder, ["table.csv"], output="predictions.csv")
    assert served.client.get(f"/page/tables/{key}/predictions.csv").body == Path("predictions.csv").read_bytes()
