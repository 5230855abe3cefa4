"""The report in a real browser, headless Chromium, when the machine has one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compared_models import comparison_of
from labelled_rows import made_up_multi, made_up_numbers, made_up_rows, rows_of

from tfbert.evaluation.drift import DriftTally
from tfbert.evaluation.leaks import SplitTexts, check_splits
from tfbert.evaluation.profile import build_profile
from tfbert.evaluation.results import compute_results
from tfbert.report.comparison_page import write_comparison
from tfbert.report.explanation_page import build_explanation_page
from tfbert.report.explanations import ExplainedText, ExplainedWord, Explanation
from tfbert.report.surroundings import Surroundings
from tfbert.report.writing import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
    "--enable-logging=stderr", "--window-size=1300,900",
)  # fmt: skip

# The report stands in a frame: a window cannot be as narrow as a phone, and the page's own policy forbids scripts.
FRAME = """<!DOCTYPE html><iframe src="{page}" style="border: 0; width: {width}px; height: 800px"></iframe><pre></pre>
<script>window.onload = () => {{
  const page = document.querySelector("iframe").contentDocument, count = name => page.querySelectorAll(name).length;
  page.querySelectorAll("details").forEach(details => details.open = true);
  const style = name => getComputedStyle(page.querySelector(name));
  document.querySelector("pre").textContent = JSON.stringify({{
    width: page.documentElement.clientWidth, needed: page.documentElement.scrollWidth,
    figures: count("figure svg"), scripts: count("script"), articles: count("article"), bold: count("td b, bdi b"),
    plotted: [...page.querySelectorAll("figure svg")].every(svg => svg.getBoundingClientRect().height > 100),
    paper: style("body").backgroundColor, ink: style("body").color, axis: style("figure svg text").fill}});
}};</script>"""

# Follows the link of the first wrong cell, as a click does.
CLICK = """<!DOCTYPE html><iframe src="{page}" style="width: 1000px; height: 800px"></iframe><pre></pre>
<script>window.onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const link = page.querySelector("#confusion_matrix a"), target = link.getAttribute("xlink:href").slice(1);
  const state = () => page.getElementById(target).closest("details").open ? "open" : "closed";
  const before = state();
  link.dispatchEvent(new MouseEvent("click", {{bubbles: true, view: page.defaultView}}));
  setTimeout(() => document.querySelector("pre").textContent = `${{before}}, then ${{state()}}`, 300);
}};</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")


def open_page(page: Path, folder: Path, *, dark: bool = False) -> tuple[str, list[str]]:
    """The page's DOM after loading, and what the browser wrote to its console."""
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [
        CHROMIUM,
        *FLAGS,
        scheme,
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def run(page: Path, *, width: int, dark: bool = False) -> dict[str, Any]:
        frame = tmp_path / "frame.html"
        frame.write_text(FRAME.format(page=page.as_uri(), width=width))
        dom, console = open_page(frame, tmp_path, dark=dark)
        found = re.search(r"<pre>(.*?)</pre>", dom)
        assert found, dom
        return json.loads(found[1]) | {"console": console}

    return run


@pytest.fixture
def report(tmp_path) -> Path:
    labels = ("<b>billing</b>", "praise", "a_very_long_label_" * 12, "<script>console.error('label')</script>")
    rows = made_up_rows(labels, 80)
    texts = [f"<script>console.error('{row}')</script>" if row % 2 else f"{row}unbroken" * 400 for row in range(80)]
    rows = rows_of(rows.truth, rows.probabilities, labels=labels, texts=texts)
    history = {"loss": [1.0, 0.5], "val_loss": [0.8, 0.6]}
    written = write_report(
        tmp_path / "report",
        results=rows.results,
        predictions="folder/" * 30 + "all.csv",
        title="a title of " + "many" * 60,
        surroundings=Surroundings(
            history=history,
            facts={"options": {"seed": 42}, "encoder": "https://example.org/" + "path/" * 50},
            baselines={"majority": {"macro_f1": 0.1}},
        ),
    )
    return written["report.html"]


def brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_the_console_is_watched(tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text("<script>console.error('seen')</script>")
    assert "seen" in open_page(page, tmp_path)[1][0]


def test_the_report_opens_without_a_word_on_the_console(report, tmp_path):
    dom, console = open_page(report, tmp_path)
    assert console == []
    assert "</html>" in dom


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("rows", [made_up_multi([f"feeling {n}" for n in range(14)], 90), made_up_numbers(90)])
def test_reports_of_other_tasks_fit_a_phone_and_a_desk_too(rows, width, measure, tmp_path):
    splits = {"train": split_texts("Same text!", "other"), "test": split_texts("same text")}
    profile = build_profile(["a b", "c"] * 9, labels=(), texts=["a b"] * 9, values=np.ones((9, 1)), predicted=None)
    tally = DriftTally(profile)
    tally.add(["d e f g"] * 50, np.zeros((50, 1)), None)
    surroundings = Surroundings(splits=check_splits(splits), drift=tally.finish())
    results = compute_results(rows.evaluation)
    written = write_report(
        tmp_path / "report", results=results, title="t", predictions="p.csv", surroundings=surroundings
    )
    seen = measure(written["report.html"], width=width)
    assert seen["needed"] <= seen["width"] <= width
    assert seen["figures"] >= 4
    assert seen["plotted"]
    assert (seen["scripts"], seen["console"]) == (0, [])


def split_texts(*texts: str) -> SplitTexts:
    return SplitTexts(texts, ["a"] * len(texts), [("in.csv", 2)] * len(texts))


def test_a_click_on_a_cell_of_the_confusion_opens_its_rows(tmp_path):
    rows = made_up_rows(("billing", "praise", "spam"), 300)
    written = write_report(tmp_path / "report", results=rows.results, title="t", predictions="p.csv")
    frame = tmp_path / "click.html"
    frame.write_text(CLICK.format(page=written["report.html"].as_uri()))
    dom, console = open_page(frame, tmp_path)
    assert "<pre>closed, then open</pre>" in dom
    assert console == []


@pytest.mark.parametrize("width", [360, 1280])
def test_everything_is_shown_within_the_width_of_a_phone_and_of_a_desk(width, report, measure):
    seen = measure(report, width=width)
    assert seen["needed"] <= seen["width"] <= width
    assert seen["figures"] == 7  # confusion, confidence, calibration, ROC, precision-recall, loss, text length
    assert seen["plotted"]
    assert seen["articles"] > 20
    assert (seen["scripts"], seen["bold"], seen["console"]) == (0, 0, [])


def test_text_and_figures_follow_the_dark_scheme(report, measure):
    light, dark = (measure(report, width=800, dark=scheme) for scheme in (False, True))
    for part in ("ink", "axis"):
        assert brightness(light["paper"]) - brightness(light[part]) > 0.6
        assert brightness(dark[part]) - brightness(dark["paper"]) > 0.6


@pytest.mark.parametrize("width", [360, 1280])
def test_a_comparison_is_shown_within_the_width_of_a_phone_and_of_a_desk(width, measure, tmp_path):
    texts = ["<script>console.error('text')</script>", "unbroken" * 400]
    compared = comparison_of(
        "multi-label",
        labels=["<b>one</b>", "two", "a_very_long_label_" * 12, "four"],
        texts=texts,
        paths=["folder/" + "long_name_" * 20 + "a.csv", "b.csv"],
    )
    write_comparison(tmp_path, compared)
    seen = measure(tmp_path / "report.html", width=width)
    assert seen["needed"] <= seen["width"] <= width
    assert seen["figures"] == 2
    assert seen["plotted"]
    assert seen["articles"] > 10
    assert (seen["scripts"], seen["bold"], seen["console"]) == (0, 0, [])


@pytest.fixture
def explanations(tmp_path) -> Path:
    text = "<script>console.error('text')</script> " + "unbroken" * 100
    words = (ExplainedWord(0, 38, 0.5), ExplainedWord(39, len(text), -0.25))
    label = "<b>" + "a_very_long_label_" * 12
    one = ExplainedText(text, True, words)
    explained = Explanation(
        (one, one), labels=(label, "two"), values=(0.8, 0.2), target=label, output=1, baseline=0.5, error=0.0, steps=16
    )
    page = tmp_path / "explanations.html"
    page.write_text(build_explanation_page([explained, explained], title="a title of " + "many" * 60))
    return page


@pytest.mark.parametrize("width", [360, 1280])
def test_explanations_are_shown_within_the_width_of_a_phone_and_of_a_desk(width, explanations, measure):
    seen = measure(explanations, width=width)
    assert seen["needed"] <= seen["width"] <= width
    assert (seen["articles"], seen["figures"]) == (2, 4)  # in each the strongest words and the probabilities
    assert (seen["scripts"], seen["bold"], seen["console"]) == (0, 0, [])


def test_explanations_follow_the_dark_scheme(explanations, measure):
    light, dark = (measure(explanations, width=800, dark=scheme) for scheme in (False, True))
    for part in ("ink", "axis"):
        assert brightness(light["paper"]) - brightness(light[part]) > 0.6
        assert brightness(dark[part]) - brightness(dark["paper"]) > 0.6
