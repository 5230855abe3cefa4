"""A model that chooses between endings, served: over REST and on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import needs_browser, resize, wait
from served_model import Client, open_server
from test_tables import finish, send

from tfbert.jobs.score import score
from tfbert.scoring.scorer import Scorer

ROWS = [
    {"text": "the old house", "ending_0": "is new", "ending_1": "by a river", "ending_2": "in the city"},
    {"text": "music", "ending_0": "people played here", "ending_1": "a road", "ending_2": "x"},
]
MODEL = "choice-model"


@pytest.fixture(scope="module")
def folder(random_model: Callable[..., Path]) -> Path:
    return random_model("choice", endings=("a", "b", "c"))


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with open_server(folder.parent) as client:
        yield client


@pytest.fixture(scope="module")
def values(folder: Path) -> np.ndarray:
    return Scorer(folder).score(*([row[name] for row in ROWS] for name in ROWS[0]))


def test_rows_of_a_text_and_its_endings_get_the_ending(client: Client, values: np.ndarray) -> None:
    rows = client.predict({"instances": ROWS}, at=MODEL).json["predictions"]
    assert [sorted(row) for row in rows] == [["classes", "label", "probabilities", "score"]] * 2
    np.testing.assert_allclose([row["probabilities"] for row in rows], values, atol=1e-6)
    assert [row["label"] for row in rows] == ["xyz"[at] for at in values.argmax(axis=1)]
    refused = client.predict({"instances": [{"text": "a", "ending_0": "b"}]}, at=MODEL)
    assert refused.status == 400
    assert refused.json["error"].endswith("keys must be equal to: ending_0,ending_1,ending_2,text")


def test_examples_get_the_endings_with_their_probabilities(client: Client, values: np.ndarray) -> None:
    answer = client.post(f"/v1/models/{MODEL}:classify", {"signature_name": "classify", "examples": ROWS})
    results = answer.json["results"]
    assert [[label for label, _ in row] for row in results] == [["x", "y", "z"]] * 2
    np.testing.assert_allclose([[value for _, value in row] for row in results], values, atol=1e-6)


def test_rows_of_tokens_get_their_scores(client: Client) -> None:
    tokens = {"input_word_ids": [[2, 8, 3], [2, 3, 0]], "input_mask": [[1, 1, 1], [1, 1, 0]]}
    tokens["input_type_ids"] = [[0, 0, 0]] * 2
    answer = client.predict({"signature_name": "tokens", "inputs": tokens}, at=MODEL)
    assert len(answer.json["outputs"]) == 2, answer.json


def test_the_page_learns_which_words_drove_the_choice(client: Client, values: np.ndarray) -> None:
    answer = client.post("/page/explain", ROWS[0]).json
    np.testing.assert_allclose(answer["values"], values[0], atol=1e-6)
    assert answer["decided"] == [answer["explained"]] == [int(values[0].argmax())]
    assert ["".join(text["pieces"]) for text in answer["texts"]] == list(ROWS[0].values())


@pytest.mark.slow
def test_a_table_gives_the_bytes_of_tfbert_score(
    client: Client, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = b"b,prompt,a,c\na river,the old house,x,y\nmusic,a city,z,w\n"
    columns = {"text": "prompt", "ending_0": "a", "ending_1": "b", "ending_2": "c"}
    key = send(client, table, **columns)
    assert finish(client, key)["scored"] == 2
    (tmp_path / "table.csv").write_bytes(table)
    monkeypatch.chdir(tmp_path)
    score(folder, ["table.csv"], output="predictions.csv", text="prompt")
    assert client.get(f"/page/tables/{key}/predictions.csv").body == Path("predictions.csv").read_bytes()


@needs_browser
def test_the_page_has_a_field_for_each_ending(browser: Any, client: Client, values: np.ndarray, tmp_path: Path) -> None:
    browser.get_log("browser")
    browser.get(client.address)
    wait(lambda: browser.title == MODEL)

    def page(name: str) -> Any:
        return browser.find_element("id", name)

    assert page("classify").text == "Choose"
    for name, text in ROWS[0].items():
        page("classify").click()
        assert not page("result").is_displayed()  # a text is still missing
        page(name.replace("_", "-")).send_keys(text)
    page("classify").click()
    wait(lambda: page("result").is_displayed())
    assert (page("kind").text, page("label").text) == ("Ending", "xyz"[values[0].argmax()])
    assert page("score").text == f"{100 * values[0].max():.1f}%"
    assert len(page("bars").find_elements("tag name", "li")) == 3
    assert [shown.text for shown in page("words").find_elements("class name", "words")] == list(ROWS[0].values())

    table = tmp_path / "table.csv"
    table.write_text("text,a,b,c\nthe old house,x,y,z\n")
    page("file").send_keys(str(table))
    wait(lambda: page("table").is_displayed())
    chosen = {name: page(name).get_attribute("value") for name in ("column", "column-ending-0", "column-ending-2")}
    assert chosen == {"column": "text", "column-ending-0": "a", "column-ending-2": "c"}
    page("score-table").click()
    wait(lambda: page("downloads").is_displayed())
    assert page("told").text == "1 row: 1 scored"
    resize(browser, 320)
    needed, there = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert needed <= there == 320
    resize(browser, 1000)
    assert browser.get_log("browser") == []
