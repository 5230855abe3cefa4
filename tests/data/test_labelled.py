from __future__ import annotations

import math
from pathlib import Path

import pytest

from tfbert.data.label_cells import label_fault, label_name
from tfbert.data.labelled import LabelledRows, read_labelled
from tfbert.data.tables import TableFormat
from tfbert.errors import DataError
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression


def write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_rows_of_all_files_come_in_order_and_bad_ones_are_rejected(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", "text,label\nhello, a \n,b\nno label,\n")
    second = write(tmp_path / "b.csv", "label,text\nb,bye\n")
    rows = read_labelled([first, second], texts={"text": "text"}, label="label", table_format=TableFormat())
    assert (rows.texts, rows.labels) == (["hello", "bye"], ["a", "b"])
    assert (rows.files, rows.lines.tolist()) == ([first, second], [2, 2])
    assert [(reject.line, reject.reason) for reject in rows.rejects] == [
        (3, "empty text in column 'text'"),
        (4, "empty label in column 'label'"),
    ]


def test_a_missing_label_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,class\nhello,a\n")
    with pytest.raises(DataError) as error:
        read_labelled([path], texts={"text": "text"}, label="label", table_format=TableFormat())
    assert str(error.value) == (
        f"expected a column named 'label', found columns text, class ({path}); name the column with --label"
    )


def test_a_table_without_a_usable_row_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\n,a\n")
    with pytest.raises(DataError) as error:
        read_labelled([path], texts={"text": "text"}, label="label", table_format=TableFormat())
    assert str(error.value) == (
        f"expected labelled rows to train on, found 1 rejected rows, the first for empty text in column 'text', "
        f"and no other in {path}; "
        "check the file, --text, --label and --quoting"
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, ""), (math.nan, ""), (True, "true"), (3, "3"), (3.0, "3"), (3.5, "3.5"), (" spam ", "spam")],
)
def test_a_label_of_any_type_has_a_name(value: object, name: str) -> None:
    assert label_name(value) == name


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("żółć 👩\u200d💻", None),
        (" spam\n", None),
        (3.5, None),
        (math.nan, "empty label in column 'label'"),
        (" ", "empty label in column 'label'"),
        ({"a": 1}, "expected a label in column 'label', found an object"),
        (["a"], "expected a label in column 'label', found an array"),
        (b"a", "expected a label in column 'label', found bytes"),
        ("a\nb", "a line break or control character in the label, column 'label'"),
        ("a\u2028b", "a line break or control character in the label, column 'label'"),
        ("a\x1bb", "a line break or control character in the label, column 'label'"),
    ],
)
def test_a_label_is_one_line_of_text(value: object, reason: str | None) -> None:
    assert label_fault(value, column="label") == reason


def test_rows_whose_label_is_no_label_are_rejected_with_their_text(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        '{"text": "w", "label": ["a", "b"]}\n{"text": "x", "label": NaN}\n{"text": "y", "label": "a"}\n',
    )
    rows = read_labelled([path], texts={"text": "text"}, label="label", table_format=TableFormat())
    assert (rows.texts, rows.labels) == (["y"], ["a"])
    assert rows.rejects == [
        (path, 1, "expected a label in column 'label', found an array", "w"),
        (path, 2, "empty label in column 'label'", "x"),
    ]


def read_pairs(paths: list[str], **options: object) -> LabelledRows:
    texts = {"text": "question", "text_pair": "answer"}
    return read_labelled(paths, texts=texts, **{"label": "label", "table_format": TableFormat(), **options})


def test_of_a_pair_both_texts_must_be_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "question,label,answer\none?,a,yes\ntwo?,a,\n,b,no\n ,b, \nthree?,b,no\n")
    rows = read_pairs([path])
    assert (*rows.columns.values(), rows.labels) == (["one?", "three?"], ["yes", "no"], ["a", "b"])
    assert [(reject.line, reject.reason, reject.raw) for reject in rows.rejects] == [
        (3, "empty text in column 'answer'", "two?,a,"),
        (4, "empty text in column 'question'", ",b,no"),
        (5, "empty text in column 'question'", " ,b, "),
    ]
    chosen = rows.select([1])
    assert (*chosen.columns.values(), chosen.weights) == (["three?"], ["no"], None)


def test_a_missing_column_of_second_texts_is_named_with_its_flag(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "question,label\nhello,a\n")
    with pytest.raises(DataError) as error:
        read_pairs([path])
    assert str(error.value) == (
        f"expected a column named 'answer', found columns question, label ({path}); name the text column with "
        "--text-pair, or all columns with --columns and perhaps --no-header"
    )


def test_weights_are_finite_numbers_above_0(tmp_path: Path) -> None:
    cells = ["0.5", "0", "-1", "", "many", "inf", " 2 "]
    path = write(tmp_path / "a.csv", "text,label,w\n" + "".join(f"t{cell},a,{cell}\n" for cell in cells) + "t,,zero\n")
    rows = read_labelled([path], texts={"text": "text"}, label="label", sample_weight="w", table_format=TableFormat())
    assert rows.weights is not None
    assert rows.weights.tolist() == [0.5, 2.0]
    expected = "expected a finite number above 0 in column 'w', found "
    assert [reject.reason for reject in rows.rejects] == [
        *(f"{expected}{cell!r}" for cell in cells[1:6]),
        "empty label in column 'label'",
    ]
    assert rows.select([1]).weights.tolist() == [2.0]
    assert rows.leave_out({0: "why"}).weights.tolist() == [2.0]


def test_weights_of_json_are_numbers_and_not_booleans(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", "".join(f'{{"text": "t", "label": "a", "w": {w}}}\n' for w in ("3", "true", "null"))
    )
    rows = read_labelled([path], texts={"text": "text"}, label="label", sample_weight="w", table_format=TableFormat())
    assert rows.weights.tolist() == [3.0]
    assert [reject.reason for reject in rows.rejects] == [
        "expected a finite number above 0 in column 'w', found True",
        "expected a finite number above 0 in column 'w', found None",
    ]


def test_a_task_says_what_is_a_label(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\nx,a|b\ny,\nz,a||b\n")
    rows = read_labelled(
        [path], texts={"text": "text"}, label="label", table_format=TableFormat(), label_fault=MultiLabel.label_fault
    )
    assert rows.labels == ["a|b", ""]
    assert rows.rejects == [(path, 4, "empty label in column 'label'", "z")]
    path = write(tmp_path / "b.csv", "text,label\nx,3\ny,\nz,three\n")
    rows = read_labelled(
        [path], texts={"text": "text"}, label="label", table_format=TableFormat(), label_fault=Regression.label_fault
    )
    assert rows.labels == ["3"]
    assert rows.rejects == [
        (path, 3, "empty label in column 'label'", "y"),
        (path, 4, "expected a finite number in column 'label', found 'three'", "z"),
    ]
