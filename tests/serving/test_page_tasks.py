"""The page for pairs of texts, several labels a row and values, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import needs_browser, resize, wait
from served_model import open_server

from tfbert.jobs.score import score
from tfbert.scoring.scorer import Scorer

pytestmark = needs_browser
KINDS = {
    "single-label": {"text_pair": "other"},
    "multi-label": {},
    "regression": {"text_pair": "other"},
}
TEXTS = {"text": "the old house in the city", "text-pair": "a river"}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, random_model: Callable[..., Path]) -> Path:
    return random_model(request.param, **KINDS[request.param])


@pytest.fixture
def page(browser: Any, model: Path) -> Iterator[Callable[[str], Any]]:
    """The page of a model; gives its elements by their ids, and leaves nothing on the console."""
    with open_server(model.parent) as client:
        browser.get_log("browser")
        browser.get(client.address)
        wait(lambda: browser.title == model.parent.name)
        yield lambda name: browser.find_element("id", name)
        assert browser.get_log("browser") == []


def test_a_row_is_typed_and_answered_and_a_table_scored(
    browser: Any, page: Callable[[str], Any], model: Path, downloads: Path, tmp_path: Path
) -> None:
    scorer = Scorer(model)
    pairs, labels = len(scorer.manifest.text_columns) > 1, scorer.manifest.labels
    assert page("second").is_displayed() == pairs
    texts = dict(list(TEXTS.items())[: 1 + pairs])
    for name, text in texts.items():
        page("classify").click()
        assert not page("result").is_displayed()  # a text is still missing
        page(name).send_keys(text)
    page("classify").click()
    wait(lambda: page("result").is_displayed())
    (values,) = scorer.score(*([text] for text in texts.values()))
    task, predicted = (
        scorer.manifest.task,
        [label for label, value in zip(labels, values, strict=False) if value >= 0.5],
    )
    likeliest = labels[values.argmax()] if labels else f"{values[0]:.4g}"
    assert page("kind").text == {"single-label": "Label", "multi-label": "Labels", "regression": "Value"}[task]
    assert page("label").text == (", ".join(predicted) or "none" if task == "multi-label" else likeliest)
    bars = [bar.text.split("\n")[0] for bar in page("bars").find_elements("tag name", "li")]
    assert bars == [labels[label] for label in np.argsort(-values)] if labels else bars == []
    assert [shown.text for shown in page("words").find_elements("class name", "words")] == list(texts.values())
    assert ("the probability of" if labels else "the value falls") in page("method").text

    table = tmp_path / "table.csv"
    table.write_text("other,text\na river,the old house\nmusic,a city\n")
    page("file").send_keys(str(table))
    wait(lambda: page("table").is_displayed())
    assert page("column").get_attribute("value") == "text"
    assert page("second-column").is_displayed() == pairs
    page("score-table").click()
    wait(lambda: page("downloads").is_displayed())
    page("predictions").click()
    file = downloads / "predictions.csv"
    wait(file.exists)
    score(model, [str(table)], output=str(tmp_path / "out.csv"))
    assert file.read_bytes() == (tmp_path / "out.csv").read_bytes()
    file.unlink()

    resize(browser, 320)
    needed, there = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert needed <= there == 320
    resize(browser, 1000)
