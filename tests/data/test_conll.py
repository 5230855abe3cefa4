from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfbert.data.conll import read_conll
from tfbert.data.entities import entities_fault, parse_entities
from tfbert.data.records import Column, Parsed
from tfbert.data.tables import TableFormat, count_records, open_table
from tfbert.data.writers import open_writer
from tfbert.errors import ConfigError


def read(text: str, *, limit: int = 1 << 20) -> list[Parsed]:
    return list(read_conll(text.split("\n"), encoding="utf-8", limit=limit))


def entities(values: Any) -> list[tuple[str, str]]:
    text, items = values
    return [(item["type"], text[item["start"] : item["end"]]) for item in items]


@pytest.mark.parametrize(
    "text",
    [
        "Zoë\tB-person\nMay\tI-person\nin\tO\nParis\tB-place\n\nYes\tO\n",
        "Zoë B-person\nMay I-person\nin O\nParis B-place\n\nYes O\n",
        "Zoë NNP B-NP B-person\nMay NNP I-NP I-person\nin IN B-PP O\nParis NNP B-NP B-place\n\nYes UH B-X O",
        "Zoë\tI-person\r\nMay\tI-person\r\nin\tO\r\nParis\tI-place\r\n\t\r\n\r\nYes\tO\r\n\r\n",
        "Zoë\tB-person\nMay\tI-person\nin\tO\nParis\tB-place\n \t\n-DOCSTART-\tO\n\n\nYes\tO",
    ],
    ids=["tabs", "spaces", "more columns", "IOB1, CRLF", "a document's start"],
)
def test_sentences_become_texts_with_entities(text: str) -> None:
    first, second = read(text)
    assert (first[2][0], entities(first[2])) == ("Zoë May in Paris", [("person", "Zoë May"), ("place", "Paris")])
    assert (second[2][0], entities(second[2])) == ("Yes", [])
    assert (first[3], second[3]) == (None, None)


def test_a_row_has_the_line_of_its_first_token_and_all_of_its_lines() -> None:
    rows = read("\n-DOCSTART- O\n\na O\nb O\n\n\nc O\n")
    assert [(line, text) for line, text, _, _ in rows] == [(4, "a O\nb O"), (8, "c O")]


def test_neighbours_of_the_same_type_are_two_entities_where_the_second_begins_with_b() -> None:
    ((_, _, values, _),) = read("a B-x\nb B-x\nc I-x\nd I-y\ne I-y\nf O\ng I-y")
    assert entities(values) == [("x", "a"), ("x", "b c"), ("y", "d e"), ("y", "g")]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a O\nb\nc O", 1, "expected a token and its tag on line 2, found 'b'"),
        ("\n\n\tO", 3, "expected a token and its tag on line 3, found '\\tO'"),
        ("a\tO\nb\tE-x", 1, "expected a tag O, B-TYPE or I-TYPE on line 2, found 'E-x'"),
        ("a\tB-", 1, "expected a tag O, B-TYPE or I-TYPE on line 1, found 'B-'"),
        ("a\tO\n\udcff\tO", 1, "bytes that are not utf-8, first at byte 5"),
    ],
)
def test_a_bad_line_rejects_its_sentence_alone(text: str, line: int, reason: str) -> None:
    bad, good = read(f"{text}\n\ngood\tB-x")
    assert (bad[0], bad[1], bad[3]) == (line, text.strip("\n"), reason)
    assert (good[2][0], entities(good[2]), good[3]) == ("good", [("x", "good")], None)


def test_a_sentence_that_never_ends_is_rejected_without_being_held() -> None:
    long, good = read("a O\n" * 1000 + "\ngood O", limit=100)
    assert (long[0], long[3]) == (1, "a record over 100 characters")
    assert 100 < len(long[1]) < 110
    assert (good[0], good[2][0]) == (1002, "good")


@given(st.text(st.sampled_from("aB-xIO \t\n\r\u3000é-DOCSTART")))
def test_every_line_with_a_token_is_in_one_record(text: str) -> None:
    records = read(text)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    kept = [line for line in lines if line and not line.isspace() and not line.startswith("-DOCSTART-")]
    assert [line for _, raw, _, _ in records for line in raw.split("\n")] == kept
    for _, _, values, fault in records:
        if fault is None:
            assert entities_fault(values[1], column="c", text=values[0]) is None


@pytest.mark.parametrize(
    ("name", "sentences"),
    [("wnut17train.conll", 3394), ("emerging.dev.conll", 1009), ("emerging.test.annotated", 1287)],
)
def test_the_files_of_the_2017_shared_task_are_read_whole(shared: Path, name: str, sentences: int) -> None:
    text = (shared / "data/wnut17" / name).read_text(encoding="utf-8")
    records = read(text)
    assert [fault for _, _, _, fault in records] == [None] * sentences
    found = sum(len(parse_entities(values[1])) for _, _, values, _ in records)
    assert found == sum(line.split("\t")[-1].startswith("B-") for line in text.splitlines())


def test_a_conll_file_is_a_table_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.conll.gz"
    path.write_bytes(gzip.compress("Zoë\tB-person\n\nbad\n\nin\tO\nParis\tB-place\n".encode()))
    with open_table(path, text_columns=("text",)) as table:
        assert table.columns == ("text", "entities")
        first, bad, last = table
    assert first.values == ("Zoë", [{"start": 0, "end": 3, "type": "person", "text": "Zoë"}])
    assert (bad.line, bad.reason, bad.raw) == (3, "expected a token and its tag on line 3, found 'bad'", "bad")
    assert (last.line, last.values[0]) == (5, "in Paris")


def test_a_conll_file_of_another_name_is_read_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "test.annotated"
    path.write_text("Zoë\tB-person\n", encoding="utf-8")
    with open_table(path, table_format=TableFormat(format="conll", columns=("words", "names"))) as table:
        assert table.columns == ("words", "names")
    assert count_records(path, table_format=TableFormat(format="conll")) == 1


def test_conll_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        open_writer(tmp_path / "a.conll", [Column("text")])
    assert str(error.value) == (
        "expected a name that ends in .csv, .tsv, .jsonl, .ndjson, .parquet (and perhaps .gz, .bz2, .xz, .zst), found "
        f"{tmp_path}/a.conll; choose another with --output"
    )
