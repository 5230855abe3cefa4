from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tfbert.data.records import RowChecks, as_records
from tfbert.data.squad import COLUMNS, read_squad
from tfbert.data.tables import Row, TableFormat, count_records, open_table
from tfbert.errors import DataError
from tfbert.scoring.inputs import expand_inputs

CONTEXT = "Zoë lives in Paris 😀."
QUESTION = {"id": "q1", "question": "Where?", "answers": [{"text": "Paris", "answer_start": 13}]}
CELL = {"text": ["Paris"], "answer_start": [13]}


def document(*questions: object, context: object = CONTEXT, title: object = "Zoë") -> dict[str, Any]:
    return {"version": "1.1", "data": [{"title": title, "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def parse(data: bytes, *, encoding: str = "utf-8") -> list[Any]:
    """Number and values of a row, or number, reason and raw of a reject."""
    parsed = read_squad(io.BytesIO(data), file="dev.json", encoding=encoding)
    checks = RowChecks(tuple(column.name for column in COLUMNS), (), 1 << 20)
    return [record[1:] for record in as_records(parsed, file="dev.json", checks=checks)]


def rows(*questions: object, **places: object) -> list[Any]:
    return parse(json.dumps(document(*questions, **places)).encode())


def test_every_question_is_a_row_with_its_title_and_context() -> None:
    second = {"id": 7, "question": "Who?", "answers": [{"text": "Zoë", "answer_start": 0}] * 2}
    whole = document(QUESTION, second)
    whole["data"].append({"paragraphs": [{"context": "Nothing.", "qas": []}, {"context": "It.", "qas": [second]}]})
    whole["data"][1]["paragraphs"][1]["qas"] = [{"id": "q3", "question": "What?", "answers": []}]
    for indent in (None, 2):
        assert parse(json.dumps(whole, indent=indent).encode()) == [
            (1, ("q1", "Zoë", "Where?", CONTEXT, CELL)),
            (2, ("7", "Zoë", "Who?", CONTEXT, {"text": ["Zoë", "Zoë"], "answer_start": [0, 0]})),
            (3, ("q3", None, "What?", "It.", {"text": [], "answer_start": []})),
        ]


def test_unanswerable_questions_of_version_2_have_empty_lists() -> None:
    impossible = {**QUESTION, "answers": [], "is_impossible": True, "plausible_answers": QUESTION["answers"]}
    assert rows(impossible, {**QUESTION, "is_impossible": False}) == [
        (1, ("q1", "Zoë", "Where?", CONTEXT, {"text": [], "answer_start": []})),
        (2, ("q1", "Zoë", "Where?", CONTEXT, CELL)),
    ]


def test_questions_of_a_test_set_have_no_answers() -> None:
    assert rows({"id": "q1", "question": "Where?"}) == [(1, ("q1", "Zoë", "Where?", CONTEXT, None))]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "empty text in column 'id'"),
        ({"id": ""}, "empty text in column 'id'"),
        ({"id": ["q1"]}, "expected text in column 'id', found an array"),
        ({"question": 3}, "expected text in column 'question', found a number"),
        ({"question": " "}, "empty text in column 'question'"),
        ({"answers": "Paris"}, "expected a list of answers in column 'answers', found a string"),
        ({"answers": ["Paris"]}, "expected a list of answers in column 'answers', found an array"),
        ({"is_impossible": True}, "answers in column 'answers', and is_impossible"),
        ({"answers": [{"text": "Paris", "answer_start": 12}]},
         "the answer 'Paris' is not at character 12 of the context, column 'answers'"),
        ({"answers": [{"text": "Paris", "answer_start": None}]},
         "expected lists of texts and of whole numbers, text and answer_start, of one length, in column 'answers', "
         "found {'answer_start': [None], 'text': ['Paris']}"),
        ({"question": "\ud800?"}, "invalid JSON: half of a surrogate pair"),
    ],
)  # fmt: skip
def test_a_bad_question_is_a_reject_and_the_others_are_read(change: dict[str, Any], reason: str) -> None:
    before, bad, after = rows(QUESTION, {**QUESTION, **change}, QUESTION)
    assert (before, after) == ((1, before[1]), (3, before[1]))
    assert bad[:2] == (2, reason)
    shown = json.loads(bad[2])
    assert list(shown) == [column.name for column in COLUMNS]
    assert shown["context"] == CONTEXT


def test_a_question_that_is_no_object_is_shown_as_it_is() -> None:
    assert rows("Where?", None) == [
        (1, "expected a JSON object, found a string", '"Where?"'),
        (2, "expected a JSON object, found null", "null"),
    ]


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ({"context": 3}, "expected text in column 'context', found a number"),
        ({"context": None}, "empty text in column 'context'"),
        ({"title": {}}, "expected text in column 'title', found an object"),
    ],
)
def test_without_context_all_questions_of_a_paragraph_are_rejects(places: dict[str, Any], reason: str) -> None:
    assert [reject[:2] for reject in rows(QUESTION, QUESTION, **places)] == [(1, reason), (2, reason)]


def test_bytes_that_are_not_the_encoding_reject_one_question() -> None:
    second = {**QUESTION, "question": "Où ?"}
    data = json.dumps(document(QUESTION, second), ensure_ascii=False).encode().replace("ù".encode(), b"\xf9")
    before, bad = parse(data)
    assert before == (1, ("q1", "Zoë", "Where?", CONTEXT, CELL))
    assert bad[1].startswith("bytes that are not utf-8, first at byte ")
    assert '"question": "O\\xf9 ?"' in bad[2]


def test_a_file_may_have_any_encoding() -> None:
    text = json.dumps(document(QUESTION), ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert parse(text.encode(encoding), encoding=encoding) == [(1, ("q1", "Zoë", "Where?", CONTEXT, CELL))]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "invalid JSON: Expecting value at character 1 (dev.json)"),
        (b'{"data": [}', "invalid JSON: Expecting value at character 11 (dev.json)"),
        (b"[" * 100_000, "invalid JSON: nested too deeply (dev.json)"),
        (b'[{"text": "a"}]', "an array in place of an object with 'data' (dev.json)"),
        (b'{"text": "a"}', "no list 'data' (dev.json)"),
        (b'{"data": [{"paragraphs": []}, {"context": "x"}]}', "no list 'paragraphs' (dev.json, article 2)"),
        (b'{"data": [{"paragraphs": ["x"]}]}', "a string in place of an object with 'qas' (dev.json, article 1)"),
        (b'{"data": [{"paragraphs": [{"qas": 3}]}]}', "a number in place of the list 'qas' (dev.json, article 1)"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(data: bytes, found: str) -> None:
    with pytest.raises(DataError) as error:
        parse(data)
    assert str(error.value) == (
        f"expected SQuAD's JSON (data, paragraphs, context, qas), found {found}; "
        "give a SQuAD file, or rows as JSON Lines (.jsonl)"
    )


def test_a_file_is_a_table_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "dev.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document(QUESTION, {**QUESTION, "question": ""})).encode()))
    with open_table(path, text_columns=("question", "context")) as table:
        assert table.columns == ("id", "title", "question", "context", "answers")
        row, reject = table
    assert row == Row(str(path), 1, ("q1", "Zoë", "Where?", CONTEXT, CELL))
    assert (reject.file, reject.line, reject.reason) == (str(path), 2, "empty text in column 'question'")
    assert count_records(path) == 2
    renamed = TableFormat(format="squad", columns=("id", "title", "text", "passage", "gold"))
    with open_table(path.rename(tmp_path / "dev.gz"), text_columns=("passage",), table_format=renamed) as table:
        assert len(list(table)) == 2


def test_in_a_folder_a_json_file_is_no_table_unless_it_is_said_to_be_one(tmp_path: Path) -> None:
    for name in ("summary.json", "questions.jsonl", "dev.json"):
        (tmp_path / name).write_text("{}")
    assert expand_inputs([str(tmp_path)], table_format=TableFormat()) == [str(tmp_path / "questions.jsonl")]
    assert expand_inputs([str(tmp_path / "dev.json")], table_format=TableFormat()) == [str(tmp_path / "dev.json")]
    assert len(expand_inputs([str(tmp_path)], table_format=TableFormat(format="squad"))) == 3


def test_the_published_file_is_read_to_the_last_question(shared: Path) -> None:
    data = gzip.decompress((shared / "data/xquad_en/xquad.en.json.gz").read_bytes())
    records = parse(data)
    assert len(records) == 1190
    assert len({values[0] for _, values in records}) == 1190
    for _, (_, title, _, context, answers) in records:
        assert title
        for text, start in zip(answers["text"], answers["answer_start"], strict=True):
            assert context[start : start + len(text)] == text
