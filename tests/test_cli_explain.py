from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tfbert.cli import app
from tfbert.cli import explain as command
from tfbert.jobs.explain import explain

TEXTS = ["The café is the best 😡", "no\u200b"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, str]]:
    """Runs `tfbert explain` in this process; gives what it wrote to standard output and, if asked on a terminal, to
    standard error."""

    def run(*arguments: object, terminal: bool = False) -> tuple[str, str]:
        shown = io.StringIO()
        console = Console(
            file=shown,
            force_terminal=terminal,
            color_system="standard" if terminal else "auto",
            highlight=False,
            markup=False,
        )
        monkeypatch.setattr(command, "stderr", console)
        done = CliRunner().invoke(app, ["explain", *map(str, arguments)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout, shown.getvalue()

    return run


def test_standard_output_has_a_word_and_its_number_in_each_line(random_model, run) -> None:
    out, told = run(random_model(), "--text", TEXTS[0], "--text", TEXTS[1])
    blocks = [[line.split("\t") for line in block.splitlines()] for block in out.split("\n\n")]
    assert [[word for word, _ in block] for block in blocks] == [
        ["The", "café", "is", "the", "best", "😡"],
        [r"no\u200b"],
    ]
    expected = [[word.attribution for word in one.texts[0].words] for one in explain(random_model(), TEXTS)]
    for block, numbers in zip(blocks, expected, strict=True):
        assert [float(number) for _, number in block] == pytest.approx(numbers, rel=1e-4)
    assert TEXTS[0] in told
    assert re.search(r"the log-odds of [xyz] are -?[0-9.e-]+, without words", told)
    assert "\x1b" not in told


def test_words_are_coloured_on_a_terminal_and_only_there(random_model, run) -> None:
    _, told = run(random_model(), "--text", TEXTS[0], terminal=True)
    assert len(re.findall(r"\x1b\[30;4[56]m", told)) >= 1  # black on cyan or magenta: the strongest
    assert re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines()[1] == TEXTS[0]


def test_words_that_are_not_read_have_an_empty_number(random_model, run) -> None:
    out, _ = run(random_model(), "--text", "old " * 30)
    assert [bool(line.split("\t")[1]) for line in out.splitlines()] == [True] * 22 + [False] * 8


def test_pair_target_and_page_are_passed_on(random_model, run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pair = ["--text", "the house", "--text-pair", "the river", "--target", "y", "--output", page]
    out, told = run(random_model(text_pair="other"), *pair)
    assert [line.split("\t")[0] for line in out.splitlines()] == ["the", "house", "the", "river"]
    assert told.startswith("y 0.")
    assert told.endswith(f"page: {page}\n")
    assert page.is_file()
