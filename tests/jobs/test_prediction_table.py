from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from predicted_tables import TASKS, made_up, write_scored

from tfbert.data.tables import Row, open_table
from tfbert.errors import DataError
from tfbert.jobs.prediction_table import find_predictions


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", TASKS)
def test_predictions_are_read_back_as_they_were_written(tmp_path: Path, name: str, suffix: str) -> None:
    task = TASKS[name]
    labels, values, _ = made_up(name)
    path = write_scored(tmp_path / f"out.{suffix}", task, labels=labels, values=values, prefix="p_")
    with open_table(path) as table:
        found = find_predictions(table.columns, prefix="p_", path=str(path))
        rows = list(table)
    answers = found.read(rows)
    assert (found.task, found.labels) == (name, task.label_names)
    assert (answers.values == values.astype(np.float32)).all()
    decided = task.decide(values.astype(np.float32))
    assert decided is answers.predicted is None or (answers.predicted == decided).all()


def test_what_was_decided_counts_and_not_the_likeliest_label() -> None:
    columns = ("predicted_label", "predicted_score", "probability_a", "probability_b")
    found = find_predictions(columns, prefix="", path="f")
    answers = found.read([Row("f", 2, ("b", "0.3", "0.7", "0.3"))])  # b reached its threshold
    assert answers.predicted.tolist() == [1]


def test_columns_that_only_look_like_predictions_are_carried_over() -> None:
    columns = ("probability_of_rain", "predicted_label", "predicted_score", "probability_a", "probability_b", "note")
    found = find_predictions(columns, prefix="", path="f")
    assert found.labels == ("a", "b")
    assert columns[found.at] == columns[1:5]


@pytest.mark.parametrize(
    ("columns", "prefix"),
    [
        ("text,label", ""),
        ("text,predicted_label,predicted_score,probability_a", ""),
        ("text,predicted_labels", ""),
        ("text,predicted_label,predicted_score,probability_a,probability_b", "p_"),
    ],
)
def test_a_table_without_predictions_is_refused(columns: str, prefix: str) -> None:
    with pytest.raises(DataError) as error:
        find_predictions(columns.split(","), prefix=prefix, path="f.csv")
    assert str(error.value) == (
        f"expected the columns that tfbert score writes ({prefix}predicted_label, {prefix}probability_... and so on), "
        f"found columns {columns.replace(',', ', ')} (f.csv); "
        "give the output of tfbert score, and --prefix when it was given one"
    )


@pytest.mark.parametrize(
    ("columns", "cells", "expected", "found"),
    [
        ("predicted_value", ["high"], "finite numbers in the columns of predictions", "high"),
        ("predicted_value", ["nan"], "finite numbers in the columns of predictions", "nan"),
        ("predicted_value", [None], "finite numbers in the columns of predictions", "None"),
        ("predicted_value", [10**400], "finite numbers in the columns of predictions", f"1{'0' * 400}"),
        (
            "predicted_label,predicted_score,probability_a,probability_b",
            ["a", "0.5", "0.5", "0.6"],
            "probabilities between 0 and 1 with a sum of 1",
            "0.5, 0.6",
        ),
        ("predicted_labels,probability_a", ["", "1.5"], "probabilities between 0 and 1", "1.5"),
        (
            "predicted_label,predicted_score,probability_a,probability_b",
            ["c", "0.5", "0.5", "0.5"],
            "labels among a, b",
            "c",
        ),
        ("predicted_labels,probability_a", ["a|b", "0.5"], "labels among a", "a|b"),
    ],
)
def test_a_cell_that_scoring_does_not_write_is_named(columns: str, cells: list, expected: str, found: str) -> None:
    with pytest.raises(DataError) as error:
        find_predictions(columns.split(","), prefix="", path="f.csv").read([Row("f.csv", 7, tuple(cells))])
    assert str(error.value) == (
        f"expected {expected}, found {found} (f.csv, line 7); give the output of tfbert score unchanged"
    )
