from __future__ import annotations

from pathlib import Path

import pytest

from tfbert.config import TrainConfig
from tfbert.data.parts import read_parts
from tfbert.errors import DataError
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.registry import label_column
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel


def write(path: Path, texts: list[str]) -> str:
    rows = [f"{text},{'ab'[number % 2]}\n" for number, text in enumerate(texts)]
    path.write_text("".join(["text,label\n", *rows]), encoding="utf-8")
    return str(path)


WORDS = [f"word {number}" for number in range(20)]


def test_rows_that_cleaning_empties_are_rejects_of_whatever_part(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ["<br>", *WORDS])
    valid = write(tmp_path / "valid.csv", ["one", "<p> </p>", "two"])
    test = write(tmp_path / "test.csv", ["word 1<br>", "word 2", "<i></i>", ""])
    parts = read_parts(
        TrainConfig(train=(train,), valid=(valid,), test=(test,), clean=("strip_html",)), task=SingleLabel
    )
    reason = "empty text in column 'text' after cleaning"
    assert parts.rejects == [
        (train, 2, reason, "<br>"),
        (valid, 3, reason, "<p> </p>"),
        (test, 5, "empty text in column 'text'", ",b"),
        (test, 4, reason, "<i></i>"),
    ]
    assert (parts.train.texts, parts.valid.texts) == (WORDS, ["one", "two"])
    assert (parts.valid.files, parts.valid.lines.tolist()) == ([valid, valid], [2, 4])
    assert parts.facts() == {
        "train": 20,
        "valid": 2,
        "test": 2,
        "rejected": 4,
        "duplicate_texts": 0,
        "texts_with_conflicting_labels": 0,
        "valid_and_test_texts_also_in_train": 1,
    }


def test_every_row_of_a_held_out_part_knows_its_place(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ["<br>", *WORDS])
    parts = read_parts(
        TrainConfig(train=(train,), clean=("strip_html",), valid_fraction=0.2, test_fraction=0.2), task=SingleLabel
    )
    for part in (parts.train, parts.valid, parts.test):
        assert [WORDS[line - 3] for line in part.lines] == part.texts
        assert set(part.files) == {train}


def test_a_table_that_cleaning_empties_is_refused(tmp_path: Path) -> None:
    train, valid = write(tmp_path / "train.csv", WORDS), write(tmp_path / "valid.csv", ["<br>", "<p>"])
    with pytest.raises(DataError) as error:
        read_parts(TrainConfig(train=(train,), valid=(valid,), clean=("strip_html",)), task=SingleLabel)
    assert str(error.value) == (
        "expected labelled rows to train on, found 2 rejected rows, the first for "
        f"empty text in column 'text' after cleaning, and no other in {valid}; "
        "check the file, --text, --label and --quoting"
    )


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> str:
    rows = [f"{first},{second},{'ab'[number % 2]}\n" for number, (first, second) in enumerate(pairs)]
    path.write_text("".join(["text,other,label\n", *rows]), encoding="utf-8")
    return str(path)


def test_the_pair_is_what_makes_two_rows_the_same(tmp_path: Path) -> None:
    pairs = [(f"first {number % 5}", f"second {number}") for number in range(40)]
    repeated = [("first 0", "second 0<br>"), ("first 0 ", "second 10")]  # cleaned, the pairs of rows 0 and 10
    train = write_pairs(tmp_path / "train.csv", [*pairs, *repeated])
    parts = read_parts(
        TrainConfig(train=(train,), text_pair="other", clean=("strip_html", "squeeze_spaces")), task=SingleLabel
    )
    facts = parts.facts()
    assert (facts["duplicate_texts"], facts["texts_with_conflicting_labels"]) == (2, 1)  # row 10 has another label
    sides = [
        {
            (text.strip(), pair.removesuffix("<br>"))
            for text, pair in zip(part.texts, part.columns["text_pair"], strict=True)
        }
        for part in (parts.train, parts.valid, parts.test)
    ]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_a_pair_of_which_cleaning_empties_one_text_is_a_reject(tmp_path: Path) -> None:
    pairs = [("<br>", "x"), ("x", "<br>"), ("<p>", "<p>"), *((word, word) for word in WORDS)]
    train = write_pairs(tmp_path / "train.csv", pairs)
    valid = write_pairs(tmp_path / "valid.csv", [("word 1", "word 1"), ("word 1", "word 2")])
    parts = read_parts(
        TrainConfig(train=(train,), valid=(valid,), test=(valid,), text_pair="other", clean=("strip_html",)),
        task=SingleLabel,
    )
    assert parts.rejects == [
        (train, 2, "empty text in column 'text' after cleaning", "<br>"),
        (train, 3, "empty text in column 'other' after cleaning", "x"),
        (train, 4, "empty text in column 'text' after cleaning", "<p>"),
    ]
    assert parts.train.texts == parts.train.columns["text_pair"] == WORDS
    assert parts.shared == 2  # the same pair in both tables; (word 1, word 2) is another


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({"task": "span", "text": "other", "text_pair": "repeated", "label": "answer"}, "text_pair"),
        ({"task": "choice", "text": "repeated", "endings": ("other", "another"), "label": "letter"}, "text"),
    ],
)
def test_questions_on_one_context_and_choices_of_one_text_stay_on_one_side(
    tmp_path: Path, options: dict, shared: str
) -> None:
    table = tmp_path / "train.csv"
    rows = [f"the word {n % 20},other {n},another {n},word {n % 20},{'AB'[n % 2]}\n" for n in range(80)]
    table.write_text("repeated,other,another,answer,letter\n" + "".join(rows))
    config = TrainConfig(train=(str(table),), **options)
    parts = read_parts(config, task=label_column(config))
    assert (parts.duplicates, len(parts.rejects)) == (0, 0)
    sides = [set(part.columns[shared]) for part in (parts.train, parts.valid, parts.test)]
    assert [len(side) for side in sides] == [14, 3, 3]
    assert len(set.union(*sides)) == 20


def test_numbers_are_split_without_regard_to_their_values(tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    table.write_text("text,label\n" + "".join(f"{word},{number / 7}\n" for number, word in enumerate(WORDS)))
    parts = read_parts(TrainConfig(train=(str(table),)), task=Regression)
    assert (len(parts.train.texts), len(parts.valid.texts), len(parts.test.texts)) == (14, 3, 3)


def test_a_rare_label_among_several_stands_in_every_part(tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    cells = [("common|rare" if number % 8 == 0 else "common") for number in range(120)]
    table.write_text("text,label\n" + "".join(f"word {number},{cell}\n" for number, cell in enumerate(cells)))
    parts = read_parts(TrainConfig(train=(str(table),)), task=MultiLabel)
    shares = [part.labels.count("common|rare") / len(part.labels) for part in (parts.train, parts.valid, parts.test)]
    assert shares == pytest.approx([1 / 8] * 3, abs=0.02)


def test_weights_are_asked_of_the_training_table_alone(tmp_path: Path) -> None:
    train = tmp_path / "train.csv"
    train.write_text("text,label,w\n" + "".join(f"{word},{'ab'[n % 2]},{n + 1}\n" for n, word in enumerate(WORDS)))
    valid = write(tmp_path / "valid.csv", ["one", "two"])
    parts = read_parts(
        TrainConfig(train=(str(train),), valid=(valid,), test_fraction=0.2, sample_weight="w"), task=SingleLabel
    )
    assert parts.valid.weights is None
    assert parts.train.weights is not None
    assert [WORDS[int(weight) - 1] for weight in parts.train.weights] == parts.train.texts
