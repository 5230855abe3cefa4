from __future__ import annotations

import pytest

from tfbert.evaluation.leaks import EXAMPLES, SplitTexts, check_splits, normalise


def split(*rows: tuple[str, str]) -> SplitTexts:
    return SplitTexts(
        [text for text, _ in rows], [label for _, label in rows], [("in.csv", 2 + n) for n in range(len(rows))]
    )


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("RT @user Where is my PARCEL?!", "rt where is my parcel"),
        ("look: https://t.co/abc\n there", "look there"),
        ("  two\tspaces ", "two spaces"),
        ("naïve Été", "naïve été"),
        ("https://t.co/abc", "https://t.co/abc"),
        ("😀 !!", "😀 !!"),
    ],
)
def test_case_spaces_punctuation_links_and_mentions_do_not_tell_texts_apart(text, same):
    assert normalise(text) == same
    assert normalise(same) == same


def test_repeated_and_leaked_rows_are_counted_with_their_conflicts():
    check = check_splits(
        {
            "train": split(("Hello!", "a"), ("hello", "a"), ("Where is it?", "b")),
            "valid": split(),
            "test": split(("HELLO", "a"), ("where is it", "a"), ("new", "b"), ("new", "b")),
        }
    )
    assert check.duplicates == {"train": 1, "test": 1}
    (leak,) = check.leaks
    assert (leak.source, leak.target, leak.rows, leak.share, leak.conflicts) == ("train", "test", 2, 0.5, 1)
    assert leak.examples == [
        ("in.csv, line 2", "Hello!", "in.csv, line 2", "HELLO"),
        ("in.csv, line 4", "Where is it?", "in.csv, line 3", "where is it"),
    ]


def test_examples_are_few_and_show_texts_that_differ_first():
    rows = [(f"text {number}", "a") for number in range(30)]
    other = [(f"text {number}" if number < 29 else "TEXT 29", "a") for number in range(30)]
    (leak,) = check_splits({"train": split(*rows), "test": split(*other)}).leaks
    assert leak.rows == 30
    assert len(leak.examples) == EXAMPLES
    assert leak.examples[0][3] == "TEXT 29"
