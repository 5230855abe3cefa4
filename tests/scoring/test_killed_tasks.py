"""Scoring jobs of tasks with answers of other shapes, killed and gone on with."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tfbert.data.tables import TableFormat
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer

WORDS = ("old", "Émile", "🎉", "river,  city", "東京", "house", "nai\u0308ve", "road")
MODELS = {
    "tagging": {"text": "text", "long": "windows"},
    "span": {"text": "text", "text_pair": "a", "long": "windows"},
    "choice": {"text": "text", "endings": ("a", "b", "c")},
}


class Cut(Scorer):
    """Scores two windows, and then no more."""

    windows_left = 2

    def score(self, *texts: Sequence[str]) -> np.ndarray:
        """As the model does."""
        self.windows_left -= 1
        if self.windows_left < 0:
            raise KeyboardInterrupt
        return super().score(*texts)


class Watch:
    """Notes the values of every row."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bytes]] = []

    def begin(self, columns: Sequence[str], file: str) -> None:
        """Nothing."""

    def window(self, rows: list, values: np.ndarray) -> None:
        """Note rows."""
        self.seen += [(row.line, value.tobytes()) for row, value in zip(rows, values, strict=True)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Of its 120 rows seven lack their second text, and texts are longer than the model's windows or shorter."""
    random, path = np.random.default_rng(0), tmp_path / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "a", "b", "c"])
        for number in range(120):
            text, a, b, c = (" ".join(random.choice(WORDS, 1 + number % 9)) for _ in range(4))
            writer.writerow([number, text, "" if number % 17 == 5 else a, b, c])
    return path


@pytest.mark.parametrize("task", MODELS)
def test_a_killed_job_goes_on_to_the_same_bytes(
    task: str, random_model: Callable[..., Path], table: Path, tmp_path: Path
) -> None:
    folder = random_model(task, **MODELS[task])
    texts = Scorer(folder).manifest.text_columns
    options = {"texts": texts, "table_format": TableFormat(), "window_rows": 20}
    watched = Watch()
    score_tables(Scorer(folder), [str(table)], output=str(tmp_path / "whole.csv"), observe=watched, **options)
    options |= {"output": str(tmp_path / "killed.csv"), "resume": True}
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            score_tables(Cut(folder), [str(table)], observe=Watch(), **options)
    again = Watch()
    score_tables(Cut(folder), [str(table)], observe=again, **options)
    assert again.seen == watched.seen
    assert len(again.seen) == 120 - (7 if len(texts) > 1 else 0)
    for name in ("csv", "rejects.csv"):
        assert (tmp_path / f"killed.{name}").read_bytes() == (tmp_path / f"whole.{name}").read_bytes()


@pytest.mark.parametrize(("task", "column", "answers"), [("tagging", "text", "entities"), ("span", "a", "answers")])
def test_what_is_answered_stands_where_the_table_says_it_does(
    task: str, column: str, answers: str, random_model: Callable[..., Path], table: Path, tmp_path: Path
) -> None:
    folder, output = random_model(task, **MODELS[task]), tmp_path / "out.csv"
    scorer = Scorer(folder)
    texts = scorer.manifest.text_columns
    score_tables(scorer, [str(table)], output=str(output), texts=texts, table_format=TableFormat())
    with output.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [(row[column], item) for row in rows for item in json.loads(row[f"predicted_{answers}"])]
    assert len(found) > 100
    assert all(text[item["start"] : item["end"]] == item["text"] for text, item in found)
    assert all(item["text"] == item["text"].strip() != "" for _, item in found)
