"""Pairs of texts, and models whose answers are no labels, through the scorer and through a scoring job."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from stand_in import StandIn, Watch

from tfbert.data.tables import TableFormat
from tfbert.errors import ConfigError, DataError
from tfbert.jobs.score import score
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.regression import Regression

TEXTS = ["is it late?", "is it late?", "is it late?", "crashes"]
PAIRS = ["yes", "no", "yes", "again"]


@pytest.fixture(scope="module")
def paired(random_model: Callable[..., Path]) -> Path:
    """A model of numbers for pairs, trained (so it says) on the columns text and other."""
    return random_model("regression", text_pair="other")


@pytest.fixture(scope="module")
def single(random_model: Callable[..., Path]) -> Path:
    return random_model("multi-label")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# The scorer


def test_the_order_of_the_two_texts_matters_and_equal_pairs_are_computed_once(paired: Path) -> None:
    scorer = Scorer(paired)
    values = scorer.score(TEXTS, PAIRS)
    assert values.shape == (4, 1)
    assert values.dtype == np.float32
    assert values[0].tobytes() == values[2].tobytes() != values[1].tobytes()
    assert (scorer.texts_repeated, scorer.texts_computed) == (1, 3)
    assert np.abs(Scorer(paired).score(PAIRS, TEXTS) - values).max() > 1e-3


def test_no_pairs_give_no_rows(paired: Path, single: Path) -> None:
    assert Scorer(paired).score([], []).shape == (0, 1)
    assert Scorer(single).score([]).shape == (0, 3)


def test_a_model_gets_what_it_was_trained_on(paired: Path, single: Path) -> None:
    with pytest.raises(ConfigError) as error:
        Scorer(paired).score(TEXTS)
    assert str(error.value) == (
        "expected pairs of texts for regression-model/1, which was trained on them, found single texts; "
        "give the second texts with --text-pair"
    )
    with pytest.raises(ConfigError) as error:
        Scorer(single).score(TEXTS, PAIRS)
    assert str(error.value) == (
        "expected single texts for multi-label-model/1, which was trained on them, found pairs of texts; "
        "leave --text-pair out"
    )


# The job


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Of its six rows two cannot be scored and one repeats another."""
    rows = ["is it late?,yes", "is it late?,no", "is it late?,yes", "crashes,", ",again", "crashes,again"]
    path = tmp_path / "in.csv"
    path.write_text("id,text,other\n" + "".join(f"{number},{row}\n" for number, row in enumerate(rows)))
    return path


def test_a_table_of_pairs_is_scored_by_the_columns_of_training(paired: Path, table: Path, tmp_path: Path) -> None:
    summary = score(paired, [str(table)], output=str(tmp_path / "out.csv"))
    written = read(tmp_path / "out.csv")
    assert list(written[0]) == ["id", "text", "other", "predicted_value"]
    assert [row["id"] for row in written] == ["0", "1", "2", "5"]
    expected = Scorer(paired).score(["is it late?", "is it late?", "crashes"], ["yes", "no", "again"])[:, 0]
    found = np.array([float(row["predicted_value"]) for row in written], np.float32)
    assert found.tolist() == expected[[0, 1, 0, 2]].tolist()
    assert [tuple(row.values()) for row in read(tmp_path / "out.rejects.csv")] == [
        (str(table), "5", "empty text in column 'other'", "3,crashes,"),
        (str(table), "6", "empty text in column 'text'", "4,,again"),
    ]
    assert (summary.rows_scored, summary.rows_rejected, summary.texts_repeated) == (4, 2, 1)
    told = json.loads((tmp_path / "out.summary.json").read_text())
    assert (told["texts_repeated"], told["options"]["text"], told["options"]["text_pair"]) == (1, "text", "other")


def test_the_columns_may_have_other_names(paired: Path, table: Path, tmp_path: Path) -> None:
    table.write_text(table.read_text().replace("id,text,other", "id,question,answer"))
    with pytest.raises(DataError) as error:
        score(paired, [str(table)], output=str(tmp_path / "out.csv"), text="question")
    assert str(error.value) == (
        f"expected a column named 'other', found columns id, question, answer ({table}); name the text column with "
        "--text-pair, or all columns with --columns and perhaps --no-header"
    )
    score(paired, [str(table)], output=str(tmp_path / "out.csv"), text="question", text_pair="answer")
    assert len(read(tmp_path / "out.csv")) == 4


def test_pairs_for_a_model_of_single_texts_are_refused(single: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^expected single texts for multi-label-model/1, .*; leave --text-pair out$"
    ):
        score(single, [str(table)], output=str(tmp_path / "out.csv"), text_pair="other")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_several_labels_are_written_joined_by_bars(single: Path, table: Path, tmp_path: Path) -> None:
    score(single, [str(table)], output=str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert list(rows[0])[3:] == ["predicted_labels", "probability_x", "probability_y", "probability_z"]
    for row in rows:
        assert row["predicted_labels"] == "|".join(name for name in "xyz" if row[f"probability_{name}"] >= 0.5)


# A job that is killed


class PairStandIn(StandIn):
    """A number for each pair, which depends on both texts and on the company in the window."""

    manifest: Any = SimpleNamespace(model="stand-in/1", labels=(), text_columns={"text": "text", "text_pair": "other"})
    task: Any = Regression(0.0, 1.0)
    windows_left = 10**9

    def score(self, *columns: Sequence[str]) -> np.ndarray:
        """Numbers from checksums."""
        self.windows_left -= 1
        if self.windows_left < 0:
            raise KeyboardInterrupt
        self.texts_repeated += len(columns[0]) - len(set(zip(*columns, strict=True)))
        return super().score(["\0".join(row) for row in zip(*columns, strict=True)])[:, :1]


class Values(Watch):
    """Notes the value of every row."""

    def window(self, rows: list, values: np.ndarray) -> None:
        """Note rows."""
        assert values.shape == (len(rows), 1)
        self.seen += [(row.file, row.line, float(value)) for row, value in zip(rows, values[:, 0], strict=True)]


def test_a_killed_job_on_pairs_goes_on_to_the_same_bytes_and_the_same_account(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    rows = [f"text {number % 3},{'' if number % 13 == 5 else number % 4}" for number in range(150)]
    table.write_text("text,other\n" + "".join(f"{row}\n" for row in rows))
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    options = {"texts": {"text": "text", "text_pair": "other"}, "table_format": TableFormat(), "window_rows": 20}
    watched = Values()
    whole = score_tables(
        PairStandIn(), [str(table)], output=str(tmp_path / "whole" / "out.csv"), observe=watched, **options
    )
    assert whole.texts_repeated > 0
    for number in range(20):
        scorer, again = PairStandIn(), Values()
        scorer.windows_left = 1 + number % 2
        try:
            summary = score_tables(
                scorer, [str(table)], output=str(tmp_path / "killed" / "out.csv"), observe=again, resume=True, **options
            )
            break
        except KeyboardInterrupt:
            continue
    assert number > 2
    assert again.seen == watched.seen
    assert summary.texts_repeated == whole.texts_repeated
    for name in ("out.csv", "out.rejects.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_job_on_another_column_of_second_texts_is_another_job(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("text,other,third\n" + "".join(f"text {number},a,b\n" for number in range(60)))
    options = {
        "texts": {"text": "text", "text_pair": "other"},
        "table_format": TableFormat(),
        "window_rows": 20,
        "output": str(tmp_path / "out.csv"),
    }
    scorer = PairStandIn()
    scorer.windows_left = 1
    with pytest.raises(KeyboardInterrupt):
        score_tables(scorer, [str(table)], **options)
    with pytest.raises(ConfigError) as error:
        options["texts"] = {"text": "text", "text_pair": "third"}
        score_tables(PairStandIn(), [str(table)], resume=True, **options)
    assert str(error.value) == (
        "expected --text-pair 'other', with which the output was begun, found --text-pair 'third'; "
        "repeat the interrupted command, or start anew with --force"
    )
