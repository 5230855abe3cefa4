from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.data.splits import split_rows
from tfbert.errors import DataError

FRACTIONS = {"valid_fraction": 0.2, "test_fraction": 0.2}


def table(rows: int = 400) -> tuple[list[str], list[str]]:
    """Texts of which a third is repeated, and labels that are a function of the text, 3 : 1."""
    random = np.random.default_rng(7)
    numbers = random.integers(0, rows * 2 // 3, rows)
    return [f"text {number}" for number in numbers], ["a" if number % 4 else "b" for number in numbers]


LABELLED = st.lists(st.tuples(st.integers(0, 12).map(str), st.sampled_from("abc")), min_size=1, max_size=60)


@given(LABELLED, st.sampled_from([0, 0.01, 0.2, 0.5, 0.9]), st.sampled_from([0, 0.05, 0.3, 0.6]), st.integers(0, 9))
def test_any_table_is_split_with_every_label_to_train_on_or_refused(
    rows: list[tuple[str, str]], valid_fraction: float, test_fraction: float, seed: int
) -> None:
    texts, labels = map(list, zip(*rows, strict=True))
    try:
        split = split_rows(texts, labels, valid_fraction=valid_fraction, test_fraction=test_fraction, seed=seed)
    except DataError:
        return
    assert sorted([*split.train, *split.valid, *split.test]) == list(range(len(rows)))
    assert all([split.train.size, split.valid.size or not valid_fraction, split.test.size or not test_fraction])


@settings(max_examples=50)
@given(st.lists(st.integers(0, 60), min_size=120, max_size=300), st.integers(0, 1000))
def test_no_text_stands_on_two_sides_and_every_row_in_one_part(numbers: list[int], seed: int) -> None:
    texts = [str(number) for number in numbers] + [str(number) for number in range(20)]
    split = split_rows(texts, ["a" if int(text) % 2 else "b" for text in texts], seed=seed, **FRACTIONS)
    parts = [split.train, split.valid, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(texts)))
    sides = [{texts[row] for row in part} for part in parts]
    assert all(not one & other for one, other in itertools.combinations(sides, 2))


def test_fractions_are_of_distinct_texts() -> None:
    texts, labels = table()
    split = split_rows(texts, labels, seed=1, **FRACTIONS)
    distinct = len(set(texts))
    for part in (split.valid, split.test):
        assert len({texts[row] for row in part}) == round(0.2 * distinct)


def test_labels_keep_their_shares() -> None:
    texts, labels = table()
    split = split_rows(texts, labels, seed=1, **FRACTIONS)
    for part in (split.train, split.valid, split.test):
        shares = Counter(labels[row] for row in part)
        assert shares["a"] / len(part) == pytest.approx(0.75, abs=0.06)


def test_the_seed_decides() -> None:
    texts, labels = table()
    first, again, other = (split_rows(texts, labels, seed=seed, **FRACTIONS) for seed in (1, 1, 2))
    assert first.test.tolist() == again.test.tolist() != other.test.tolist()


def test_duplicates_and_conflicts_are_counted() -> None:
    texts = ["x", "x", "x", *map(str, range(30))]
    labels = ["a", "b", "a", *("ab"[number % 2] for number in range(30))]
    split = split_rows(texts, labels, seed=1, **FRACTIONS)
    assert (split.duplicates, split.conflicts) == (2, 1)


def test_a_part_of_fraction_zero_is_empty() -> None:
    texts, labels = table()
    split = split_rows(texts, labels, valid_fraction=0.2, test_fraction=0, seed=1)
    assert (len(split.test), len(split.train) + len(split.valid)) == (0, len(texts))


def test_a_label_with_too_few_texts_is_named() -> None:
    texts, labels = table()
    with pytest.raises(DataError) as error:
        split_rows([*texts, "x", "y"], [*labels, "rare", "rare"], seed=1, **FRACTIONS)
    assert str(error.value) == (
        "expected at least 3 distinct texts of every label, one for each part of the split, found 2 of label 'rare'; "
        "add rows, drop the label, or give --valid and --test"
    )


@pytest.mark.parametrize(
    ("valid", "test", "message"),
    [
        (0.05, 0.2, "expected at least 2 distinct texts in the valid part, as many as there are labels, found 1 of 12; "
                    "add rows, raise --valid-fraction or give --valid"),
        (0.2, 0.01, "expected at least 2 distinct texts in the test part, as many as there are labels, found 0 of 12; "
                    "add rows, raise --test-fraction or give --test"),
        (0.5, 0.4, "expected at least 2 distinct texts to train on, as many as there are labels, "
                   "found 1 of 12 outside the test and valid part; "
                   "add rows or lower --test-fraction or --valid-fraction"),
        (0.9, 0, "expected at least 2 distinct texts to train on, as many as there are labels, "
                 "found 1 of 12 outside the valid part; add rows or lower --valid-fraction"),
    ],
)  # fmt: skip
def test_a_part_without_room_for_every_label_is_refused(valid: float, test: float, message: str) -> None:
    texts, labels = [str(number) for number in range(12)], ["ab"[number % 2] for number in range(12)]
    with pytest.raises(DataError) as error:
        split_rows(texts, labels, valid_fraction=valid, test_fraction=test, seed=1)
    assert str(error.value) == message


def test_a_label_of_which_the_test_part_leaves_too_little_is_named() -> None:
    texts, labels = [str(number) for number in range(30)], ["a"] * 27 + ["b"] * 3
    with pytest.raises(DataError) as error:
        split_rows(texts, labels, valid_fraction=0.1, test_fraction=0.7, seed=1)
    assert str(error.value) == (
        "expected at least 2 distinct texts of every label, one for each part of the split, "
        "found 1 of label 'b' without those of the test part; "
        "lower --test-fraction, add rows, drop the label, or give --valid and --test"
    )


def test_strata_other_than_the_labels_are_kept_and_conflicts_still_counted() -> None:
    texts = [str(number) for number in range(100)] + ["0"]
    labels = [str(number) for number in range(101)]  # no two the same
    strata = ["even" if number % 4 == 0 else "odd" for number in range(100)] + ["even"]
    split = split_rows(texts, labels, strata=strata, seed=1, **FRACTIONS)
    assert (split.duplicates, split.conflicts) == (1, 1)
    for part in (split.train, split.valid, split.test):
        assert np.mean([strata[row] == "even" for row in part]) == pytest.approx(0.25, abs=0.05)


def test_pairs_of_texts_are_split_by_the_pair() -> None:
    texts = [(f"a {number % 10}", f"b {number % 30}") for number in range(60)]
    split = split_rows(texts, ["x", "y"] * 30, seed=1, **FRACTIONS)
    assert split.duplicates == 30
    sides = [{texts[row] for row in part} for part in (split.train, split.valid, split.test)]
    assert all(not one & other for one, other in itertools.combinations(sides, 2))


def test_a_group_stands_on_one_side_and_only_equal_texts_are_duplicates() -> None:
    texts = [f"question {number}" for number in range(120)] + ["question 0"]
    groups = [f"context {number % 40}" for number in range(121)]
    groups[-1] = groups[0]
    split = split_rows(texts, ["x", "y"] * 60 + ["y"], groups=groups, strata=[""] * 121, seed=1, **FRACTIONS)
    assert (split.duplicates, split.conflicts) == (1, 1)
    sides = [{groups[row] for row in part} for part in (split.train, split.valid, split.test)]
    assert all(not one & other for one, other in itertools.combinations(sides, 2))
    assert [len(side) for side in sides] == [24, 8, 8]


@pytest.mark.parametrize(
    ("rows", "valid", "message"),
    [
        (2, 0.2, "expected at least 3 distinct texts, one for each part of the split, found 2; "
                 "add rows, or give --valid and --test"),
        (5, 0.05, "expected at least 1 distinct text in the valid part, found 0 of 5; "
                  "add rows, raise --valid-fraction or give --valid"),
    ],
)  # fmt: skip
def test_rows_without_strata_are_refused_without_a_word_about_labels(rows: int, valid: float, message: str) -> None:
    texts = [str(number) for number in range(rows)]
    with pytest.raises(DataError) as error:
        split_rows(texts, texts, strata=[""] * rows, valid_fraction=valid, test_fraction=0.2, seed=1)
    assert str(error.value) == message
