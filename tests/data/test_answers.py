from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfbert.data.answers import Answer, answer_texts, answers_cell, parse_answers, place_answer

CONTEXT = "Zoë lives in Paris 😀, and Paris is in France."
PARIS = {"text": ["Paris", "in Paris"], "answer_start": [13, 10]}


def parsed(value: Any) -> Any:
    """The answers, or the fault."""
    answers, fault = parse_answers(value, context=CONTEXT, column="answers")
    return fault or answers


@pytest.mark.parametrize("cell", [PARIS, json.dumps(PARIS), f" {json.dumps(PARIS, indent=2)}\n"])
def test_a_json_cell_lists_all_right_answers_in_whatever_table_it_stands(cell: object) -> None:
    assert parsed(cell) == (Answer("Paris", 13), Answer("in Paris", 10))


def test_empty_lists_say_that_there_is_no_answer() -> None:
    assert parsed({"text": [], "answer_start": []}) == ()
    assert parsed('{"text": [], "answer_start": []}') == ()


def test_places_are_counted_in_code_points() -> None:
    assert CONTEXT.encode().index(b"France") > CONTEXT.index("France") == 38
    assert parsed({"text": ["France"], "answer_start": [38]}) == (Answer("France", 38),)


def test_a_plain_answer_that_occurs_once_is_found_in_the_context() -> None:
    assert parsed(" Zoë ") == (Answer("Zoë", 0),)
    assert parse_answers(308, context="gave up just 308 points", column="answers")[0] == (Answer("308", 13),)


@pytest.mark.parametrize("start", [26, 26.0, "26", " 26 "])
def test_a_plain_answer_that_occurs_twice_needs_its_place(start: object) -> None:
    assert parsed("Paris") == (
        "the answer 'Paris' stands several times in the context, column 'answers'; "
        "say where in a column that --answer-start names"
    )
    assert parsed(place_answer("Paris", start)) == (Answer("Paris", 26),)


def test_white_space_around_an_answer_with_a_place_counts() -> None:
    assert parsed(place_answer(" Paris", 12)) == (Answer(" Paris", 12),)


@pytest.mark.parametrize("cell", [None, "", PARIS, json.dumps(PARIS), ["Paris"]])
def test_only_a_plain_answer_needs_a_place(cell: object) -> None:
    assert place_answer(cell, 3) == cell


@pytest.mark.parametrize("start", [None, "", "x", -1, 1.5, "1" * 5000])
def test_a_place_that_is_none_is_a_fault(start: object) -> None:
    assert str(parsed(place_answer("Paris", start))).startswith("expected lists of texts and of whole numbers")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (None, "empty label in column 'answers'"),
        (math.nan, "empty label in column 'answers'"),
        ("  ", "empty label in column 'answers'"),
        (["Paris"], "expected an answer in column 'answers', found an array"),
        (True, "expected an answer in column 'answers', found a boolean"),
        ("London", "the answer 'London' is not in the context, column 'answers'"),
        ("paris", "the answer 'paris' is not in the context, column 'answers'"),
        ("{oops", "invalid JSON: Expecting property name enclosed in double quotes at character 2, column 'answers'"),
        (
            {"text": ["Paris"], "answer_start": [14]},
            "the answer 'Paris' is not at character 14 of the context, column 'answers'",
        ),
    ],
)
def test_a_cell_that_names_no_place_of_the_context_is_refused(cell: object, fault: str) -> None:
    assert parsed(cell) == fault


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": ["Paris"]},
        {"text": ["Paris"], "answer_start": []},
        {"text": "Paris", "answer_start": 13},
        {"text": ["Paris"], "answer_start": [13.0]},
        {"text": ["Paris"], "answer_start": [True]},
        {"text": ["Paris"], "answer_start": [-33]},
        {"text": [3], "answer_start": [13]},
        {"text": [""], "answer_start": [13]},
    ],
)
def test_a_json_cell_has_two_lists_of_one_length(value: dict[str, Any]) -> None:
    assert str(parsed(value)).startswith(
        "expected lists of texts and of whole numbers, text and answer_start, of one length, in column 'answers', "
    )


@given(context=st.text(min_size=1), data=st.data())
def test_what_is_written_reads_back(context: str, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, len(context) - 1), max_size=3))
    answers = tuple(Answer(context[start : start + data.draw(st.integers(1, 9))], start) for start in starts)
    cell = answers_cell(answers)
    assert parse_answers(cell, context=context, column="answers") == (answers, None)
    assert parse_answers(json.loads(cell), context=context, column="answers") == (answers, None)


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        (PARIS, ("Paris", "in Paris")),
        (json.dumps(PARIS), ("Paris", "in Paris")),
        ('{"text": [], "answer_start": []}', ()),
        ({"text": ["London"]}, ("London",)),
        (" London ", ("London",)),
        (308, ("308",)),
        (None, None),
        ("", None),
        ("{oops", None),
        ("{}", None),
        ({"text": "Paris"}, None),
        ({"text": [3]}, None),
        (["Paris"], None),
        (True, None),
    ],
)
def test_the_texts_of_a_cell_need_no_context(cell: object, texts: tuple[str, ...] | None) -> None:
    assert answer_texts(cell) == texts
