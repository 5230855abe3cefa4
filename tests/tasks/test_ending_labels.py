"""How the labels of a choice name its endings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfbert.config import TrainConfig
from tfbert.data.parts import read_parts
from tfbert.errors import DataError
from tfbert.tasks.ending_labels import EndingLabels
from tfbert.tasks.registry import label_column

COLUMNS = ("first", "second", "third", "fourth")
LABELS = EndingLabels(COLUMNS)
WAYS = "0 to 3, 1 to 4, A to D, a to d, or one of first, second, third, fourth"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["3", "0", "1"], ("0", "1", "2", "3")),
        (["4", "2"], ("1", "2", "3", "4")),
        (["B", "C"], ("A", "B", "C", "D")),
        (["d"], ("a", "b", "c", "d")),
        (["third", "first", "third"], COLUMNS),
    ],
)
def test_the_labels_of_the_model_are_those_of_training_for_every_ending(
    labels: list[str], names: tuple[str, ...]
) -> None:
    task = LABELS.learn(labels)
    assert (task.name, task.label_names) == ("choice", names)
    assert task.targets(labels).tolist() == [names.index(label) for label in labels]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            ["1", "2", "2"],
            "expected labels that name the 4 endings in one way, found only 1, 2, which may be of 0 to 3 or 1 to 4; "
            "write letters (A, B, ...) or the names of the endings' columns",
        ),
        (
            ["0", "4"],
            f"expected labels that all name the 4 endings in one way ({WAYS}), found 0, 4; mend the labels, or "
            "--endings",
        ),
        (
            ["A", "first"],
            f"expected labels that all name the 4 endings in one way ({WAYS}), found A, first; mend the labels, or "
            "--endings",
        ),
    ],
)
def test_labels_that_could_mean_two_things_are_refused(labels: list[str], message: str) -> None:
    with pytest.raises(DataError) as error:
        LABELS.learn(labels)
    assert str(error.value) == message


def test_columns_that_are_named_as_letters_are_no_second_meaning() -> None:
    assert EndingLabels(("A", "B")).learn(["B"]).label_names == ("A", "B")
    with pytest.raises(DataError, match=r"^expected labels that name the 2 endings in one way, found only B, which"):
        EndingLabels(("B", "A")).learn(["B"])


def test_of_many_endings_there_are_numbers_and_columns() -> None:
    columns = tuple(f"e{number}" for number in range(30))
    assert EndingLabels(columns).learn(["0", "29"]).label_names[-1] == "29"
    assert EndingLabels(columns).learn(["e7"]).label_names == columns


def test_rows_whose_label_is_no_ending_are_rejects(tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    bad = ["x,a,b,c,d,", "x,a,b,c,d,E", "x,a,b,c,d,fifth", "x,a,b,,d,0", ",a,b,c,d,0"]
    good = [f"x {number},a,b,c,d,{number % 4}" for number in range(40)]
    table.write_text("".join(f"{line}\n" for line in [f"text,{','.join(COLUMNS)},right", *bad, *good]))
    config = TrainConfig(train=(str(table),), task="choice", endings=COLUMNS, label="right")
    parts = read_parts(config, task=label_column(config))
    assert [(reject.line, reject.reason) for reject in parts.rejects] == [
        (2, "empty label in column 'right'"),
        (3, f"expected an ending ({WAYS}) in column 'right', found 'E'"),
        (4, f"expected an ending ({WAYS}) in column 'right', found 'fifth'"),
        (5, "empty text in column 'third'"),
        (6, "empty text in column 'text'"),
    ]
    with table.open("a") as file:
        file.write("x,a,b,c,d,4\n")
    with pytest.raises(DataError, match=r", found 0, 1, 2, 3, 4; mend the labels, or --endings$"):
        read_parts(config, task=label_column(config))
