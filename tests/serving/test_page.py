"""The page in a real browser, headless Chromium, when the machine has one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import needs_browser, resize, wait
from served_model import Client, add_version, open_server

from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel

pytestmark = needs_browser
TEXT = "I was charged twice for one order, please refund the second payment"
HOSTILE = "<img src=x onerror=\"console.error('ran')\"> </textarea><script>console.error('ran')</script> refund"


@pytest.fixture(scope="module")
def site(trained: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    model = tmp_path_factory.mktemp("page") / "<b>messages"
    add_version(model, trained, 1)
    add_version(model, trained, 2)
    with open_server(model, versions="all") as client:
        yield client


@pytest.fixture
def page(browser: Any, site: Client) -> Callable[[str], Any]:
    """The page, opened anew; gives its elements by their ids, and leaves nothing on the console."""
    browser.get_log("browser")
    browser.get(site.address)
    wait(lambda: browser.title == "<b>messages")
    yield lambda name: browser.find_element("id", name)
    assert browser.get_log("browser") == []


def test_a_text_is_typed_and_answered_by_keyboard_alone(browser, page, site: Client) -> None:
    from selenium.webdriver.common.keys import Keys

    active = browser.switch_to.active_element
    assert active.get_attribute("id") == "text"
    active.send_keys(TEXT, Keys.CONTROL, Keys.ENTER)
    wait(lambda: page("result").is_displayed())
    expected = site.predict({"instances": [TEXT]}, at="%3Cb%3Emessages").json["predictions"][0]
    assert page("label").text == expected["label"]
    bars = page("bars").find_elements("tag name", "li")
    assert sorted(bar.text.split("\n")[0] for bar in bars) == sorted(expected["classes"])
    percents = [float(bar.text.split("\n")[1].rstrip("%")) for bar in bars]
    assert percents == sorted(percents, reverse=True)
    assert percents[0] == pytest.approx(100 * expected["score"], abs=0.06)
    width = bars[0].find_element("class name", "fill").size["width"]
    assert width == pytest.approx(bars[0].find_element("class name", "track").size["width"] * expected["score"], abs=2)
    assert page("words").text == TEXT
    assert "The model was asked again without each word" in page("method").text


def test_every_control_is_reached_by_the_tab_key(browser, page) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    shown = browser.execute_script(
        "return [...document.querySelectorAll('a, button, select, textarea, input')]"
        ".filter(one => one.offsetParent).map(one => one.id)"
    )
    assert set(shown) == {"version", "card", "report", "text", "classify", "file"}
    reached = set()
    for _ in range(len(shown) + 1):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        reached.add(browser.switch_to.active_element.get_attribute("id"))
    assert reached >= set(shown)


def test_markup_in_a_text_is_shown_and_not_run(browser, page) -> None:
    page("text").send_keys(HOSTILE)
    page("classify").click()
    wait(lambda: page("result").is_displayed())
    assert page("words").text == HOSTILE
    assert browser.execute_script("return document.querySelectorAll('#result img, #result script, h1 b').length") == 0
    assert page("name").text == "<b>messages"


def test_a_table_is_sent_watched_and_downloaded_as_tfbert_score_writes_it(
    browser, page, downloads: Path, trained: TrainedModel, inbox: Path, tmp_path: Path
) -> None:
    page("file").send_keys(str(inbox))
    wait(lambda: page("table").is_displayed())
    columns = [option.text for option in page("column").find_elements("tag name", "option")]
    assert columns == ["id", "received", "channel", "message", "priority"]
    page("column").send_keys("message")
    page("score-table").click()
    wait(lambda: page("progress").is_displayed())
    wait(lambda: page("downloads").is_displayed())
    assert page("told").text.startswith("146 rows: 132 scored, 14 rejected")
    page("predictions").click()
    file = downloads / "predictions.csv"
    wait(file.exists)
    score(trained.folder, [str(inbox)], output=str(tmp_path / "out.csv"), text="message")
    assert file.read_bytes() == (tmp_path / "out.csv").read_bytes()
    page("rejects").click()
    wait((downloads / "rejects.csv").exists)


def test_a_dropped_file_is_taken_and_one_that_misses_does_no_harm(browser, page, inbox: Path) -> None:
    def drop(name: str) -> None:
        box = browser.execute_script(
            "arguments[0].scrollIntoView(); const box = arguments[0].getBoundingClientRect();"
            "return [box.left + box.width / 2, box.top + box.height / 2]",
            page(name),
        )
        data = {"items": [], "files": [str(inbox)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, "x": box[0], "y": box[1], "data": data}
            browser.execute_cdp_cmd("Input.dispatchDragEvent", event)

    drop("name")
    assert browser.title == "<b>messages"
    assert not page("table").is_displayed()
    drop("drop")
    wait(lambda: page("table").is_displayed())
    assert page("column").text.split() == ["id", "received", "channel", "message", "priority"]


def test_the_columns_of_a_table_are_offered(page, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text('"a ""quoted"" name",id\n1,2\n')
    page("file").send_keys(str(table))
    wait(lambda: page("table").is_displayed())
    assert page("column").text.split("\n")[0].strip() == 'a "quoted" name'
    table.write_text("id\n1,2\n")  # the same file once more, with another column
    page("file").send_keys(str(table))
    wait(lambda: page("column").text.strip() == "id")


def test_card_and_report_are_one_click_away_and_run_nothing(browser, page) -> None:
    page("card").click()
    wait(lambda: browser.title == "Model card")
    browser.back()
    wait(lambda: browser.title == "<b>messages")
    page("report").click()
    wait(lambda: browser.current_url.endswith("/versions/2/report/report.html"))
    assert browser.find_elements("tag name", "figure")


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_nothing_is_wider_than_the_window(browser, page, width: int) -> None:
    resize(browser, width)
    page("text").send_keys("unbroken" * 60)
    page("classify").click()
    wait(lambda: page("result").is_displayed())
    needed, there = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert needed <= there == width


def test_colours_follow_the_dark_scheme(browser, page) -> None:
    def brightness(name: str) -> float:
        colour = browser.execute_script(f"return getComputedStyle(document.body).{name}")
        red, green, blue = (int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(","))
        return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255

    resize(browser, 1000)
    assert brightness("backgroundColor") - brightness("color") > 0.6
    resize(browser, 1000, dark=True)
    assert brightness("color") - brightness("backgroundColor") > 0.6


def test_the_page_asks_nobody_but_its_own_server(browser, page, site: Client) -> None:
    page("text").send_keys(TEXT)
    page("classify").click()
    wait(lambda: page("result").is_displayed())
    entries = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]
    assert any(url.endswith("/page/explain?version=2") for url in urls)
    assert all(url.startswith((site.address, "data:", "chrome:")) for url in urls), urls
