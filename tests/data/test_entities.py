from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfbert.data.cells import cell
from tfbert.data.entities import Entity, entities_fault, entity_items, parse_entities

TEXT = "Zoë in  Paris 😀"


def fault(value: object) -> str | None:
    return entities_fault(value, column="entities", text=TEXT)


@st.composite
def tagged(draw: st.DrawFn) -> tuple[str, list[Entity]]:
    """A text and entities of it, in order and apart."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    return text, [Entity(start, end, draw(st.sampled_from(["person", "a|b", "ort é"]))) for start, end in pairs]


@given(tagged())
def test_what_is_written_reads_back(case: tuple[str, list[Entity]]) -> None:
    text, entities = case
    written = cell(entity_items(entities, text=text))
    assert entities_fault(written, column="c", text=text) is None
    assert parse_entities(written) == tuple(entities)
    assert all(text[item["start"] : item["end"]] == item["text"] for item in json.loads(written))


def test_a_cell_is_json_with_text_and_score() -> None:
    items = entity_items([Entity(0, 3, "person"), Entity(8, 13, "place")], text=TEXT, scores=[0.1, 1.0])
    assert cell(items) == (
        '[{"start": 0, "end": 3, "type": "person", "text": "Zoë", "score": 0.1}, '
        '{"start": 8, "end": 13, "type": "place", "text": "Paris", "score": 1.0}]'
    )
    assert cell(entity_items([], text=TEXT, scores=[])) == "[]"


def test_entities_may_come_in_any_order_with_or_without_their_text() -> None:
    value = [
        {"start": 8, "end": 13, "type": " place "},
        {"start": 0, "end": 3, "type": "person", "text": "Zoë", "id": 7},
    ]
    for form in (value, json.dumps(value)):
        assert fault(form) is None
        assert parse_entities(form) == (Entity(0, 3, "person"), Entity(8, 13, "place"))


def test_entities_may_touch() -> None:
    assert fault([{"start": 0, "end": 3, "type": "a"}, {"start": 3, "end": 6, "type": "a"}]) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty label in column 'entities'; a text without entities has []"),
        ("", "empty label in column 'entities'; a text without entities has []"),
        (float("nan"), "empty label in column 'entities'; a text without entities has []"),
        ("Zoë", "invalid JSON: Expecting value at character 1, column 'entities'"),
        ("[" * 100_000, "invalid JSON: nested too deeply, column 'entities'"),
        ("3", "expected an array of entities in column 'entities', found a number"),
        (b"[]", "expected an array of entities in column 'entities', found bytes"),
        (
            [[0, 3]],
            "entity 1 in column 'entities': expected an object with start, end and type, found an array",
        ),
        ([{"start": 0, "end": 3}], "entity 1 in column 'entities': expected start, end and type, found no type"),
        (
            [{"start": 0, "end": 3.5, "type": "a"}],
            "entity 1 in column 'entities': expected whole numbers 0 <= start < end, found start 0 and end 3.5",
        ),
        (
            [{"start": False, "end": 3, "type": "a"}],
            "entity 1 in column 'entities': expected whole numbers 0 <= start < end, found start False and end 3",
        ),
        (
            [{"start": -1, "end": 3, "type": "a"}],
            "entity 1 in column 'entities': expected whole numbers 0 <= start < end, found start -1 and end 3",
        ),
        (
            [{"start": 0, "end": 3, "type": "a"}, {"start": 9, "end": 9, "type": "a"}],
            "entity 2 in column 'entities': expected whole numbers 0 <= start < end, found start 9 and end 9",
        ),
        (
            [{"start": 0, "end": 3, "type": " "}],
            "entity 1 in column 'entities': expected a type of one line of text, found ' '",
        ),
        (
            [{"start": 0, "end": 3, "type": "a\nb"}],
            "entity 1 in column 'entities': expected a type of one line of text, found 'a\\nb'",
        ),
        (
            [{"start": 0, "end": 16, "type": "a"}],
            "entity 1 in column 'entities': expected an end within the text's 15 characters, found 16",
        ),
        (
            [{"start": 0, "end": 3, "type": "a", "text": "Zoe"}],
            "entity 1 in column 'entities': expected the text 'Zoë' from 0 to 3, found 'Zoe'",
        ),
        (
            [{"start": 4, "end": 9, "type": "a"}, {"start": 0, "end": 5, "type": "a"}],
            "entities 1 and 2 in column 'entities' overlap",
        ),
        (
            [{"start": 0, "end": 5, "type": "a"}, {"start": 0, "end": 5, "type": "b"}],
            "entities 1 and 2 in column 'entities' overlap",
        ),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(value: object, reason: str) -> None:
    assert fault(value) == reason


def test_without_its_text_a_cell_may_reach_anywhere() -> None:
    assert entities_fault([{"start": 0, "end": 99, "type": "a", "text": "?"}], column="c") is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["start", "end", "type", "text"]), inner),
    )
)
def test_any_json_is_either_a_fault_or_entities(value: Any) -> None:
    if fault(value) is None:
        entities = parse_entities(value)
        assert all(0 <= one.start < one.end <= len(TEXT) for one in entities)
