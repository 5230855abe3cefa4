"""A scoring job that chooses between endings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tfbert.errors import ConfigError, DataError
from tfbert.jobs.explain import explain
from tfbert.jobs.score import score
from tfbert.scoring.scorer import Scorer

WORDS = ("old", "new", "river", "city", "music", "house", "people", "road")


@pytest.fixture(scope="module")
def folder(random_model: Callable[..., Path]) -> Path:
    return random_model("choice", endings=("a", "b", "c"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Of its 120 rows some lack an ending and some are alike."""
    random, path = np.random.default_rng(0), tmp_path / "in.csv"
    lines = ["id,c,text,a,b"]
    for number in range(120):
        c, text, a, b = (" ".join(random.choice(WORDS, 1 + number % 4)) for _ in range(4))
        lines.append(f"{number},{c},{text},{'' if number % 17 == 5 else a},{b}")
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_rows_that_are_alike_in_all_texts_are_computed_once(folder: Path) -> None:
    scorer = Scorer(folder)
    values = scorer.score(["x", "x", "x"], ["a", "b", "a"], ["b", "a", "b"], ["c", "c", "c"])
    assert (scorer.texts_repeated, scorer.texts_computed) == (1, 2)
    assert values[0].tobytes() == values[2].tobytes()
    np.testing.assert_allclose(values[1], values[0][[1, 0, 2]], atol=1e-6)


def test_the_endings_are_named_as_in_training_or_by_a_flag(folder: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        score(folder, [str(table)], output=str(tmp_path / "out.csv"), endings=("a", "b"))
    assert str(error.value) == (
        "expected a text and 3 endings a row for choice-model/1, which was trained on them, "
        "found a text and 2 endings a row; give them with --endings"
    )
    with pytest.raises(DataError) as refused:
        score(folder, [str(table)], output=str(tmp_path / "out.csv"), endings=("a", "b", "d"))
    assert str(refused.value) == (
        f"expected a column named 'd', found columns id, c, text, a, b ({table}); name the text column with --endings, "
        "or all columns with --columns and perhaps --no-header"
    )
    score(folder, [str(table)], output=str(tmp_path / "out.csv"))
    score(folder, [str(table)], output=str(tmp_path / "named.csv"), endings=("a", "b", "c"))
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "named.csv").read_bytes()


def test_a_choice_is_not_explained(folder: Path) -> None:
    with pytest.raises(ConfigError) as error:
        explain(folder, ["a text"])
    assert str(error.value) == (
        "expected a model of the task single-label or multi-label or regression to explain, "
        "found choice-model/1, of the task choice; give one of these"
    )
