from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfbert.data.object_rows import object_rows
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.results import Results, compute_results
from tfbert.report.chips import TextPart, split_parts
from tfbert.report.rows import shown_rows
from tfbert.report.summary import summarise
from tfbert.report.writing import write_report

TEXTS = ["Ann <b>met</b> Tom", "nobody", "in New York", "x"]
TRUTH = [((0, 3, 0), (15, 18, 0)), (), ((3, 11, 1),), ()]
PREDICTED = [((0, 3, 0), (4, 10, 1)), ((0, 6, 0),), ((3, 11, 0),), ()]


def results_of(truth: list[object], predicted: list[object]) -> Results:
    evaluator = build_evaluator("tagging", ("person", "place"))
    evaluator.add(
        object_rows(np.array([(*one, 0.5) for one in row], np.float32).reshape(-1, 4) for row in predicted),
        truth=object_rows(truth),
        predicted=object_rows(predicted),
        texts=TEXTS[: len(truth)],
        places=[("a.csv", 2 + row) for row in range(len(truth))],
    )
    return compute_results(evaluator.finish())


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of(TRUTH, PREDICTED)


def test_the_page_marks_entities_and_escapes_texts(results: Results, tmp_path: Path) -> None:
    written = write_report(tmp_path / "report", results=results, title="t", predictions="p.csv")
    page = written["report.html"].read_text(encoding="utf-8")
    for wanted in (
        '<mark class="right" title="person">Ann</mark> <mark class="wrong" title="place">&lt;b&gt;met</mark>',
        '&lt;/b&gt; <mark class="missed" title="person">Tom</mark>',
        '<mark class="wrong" title="person">New York</mark>',
    ):
        assert wanted in page, wanted
    assert "<b>" not in page
    assert {"entity_confusion.svg", "label_f1.svg", "calibration.svg"} <= set(written)


def test_under_a_row_stand_right_wrong_and_missed_entities(results: Results) -> None:
    (worst, *_) = shown_rows(results.evaluation, results.evaluation.examples.mistakes)
    shown = [(chip.before, chip.text, chip.kind, chip.score) for chip in worst.chips]
    assert shown == [
        ("person", "Ann", "right", 0.5),
        ("place", "<b>met", "wrong", 0.5),
        ("person", "Tom", "missed", None),
    ]


def test_the_result_is_said_in_plain_sentences(results: Results) -> None:
    assert summarise(results) == [
        "1 of 3 entities are found, and 4 entities are predicted.",
        "Entity F1 is 0.286.",
        "1 have the right characters and another type, 1 are missed, 2 are predicted where none has these characters.",
        "The weakest type is “place”, F1 0.000 on 1 entity.",
    ]


@pytest.mark.parametrize(("truth", "predicted"), [([()], [()]), ([((0, 3, 0),)], [()]), ([()], [((0, 3, 0),)])])
def test_a_table_without_entities_has_a_report(truth: list[object], predicted: list[object], tmp_path: Path) -> None:
    results = results_of(truth, predicted)
    assert "report.html" in write_report(tmp_path / "report", results=results, title="t", predictions="p.csv")
    assert summarise(results)


def test_a_fold_may_cut_through_an_entity() -> None:
    before, behind = split_parts([TextPart("ab"), TextPart("cdef", "right", "x"), TextPart("")], 4)
    assert before == [TextPart("ab"), TextPart("cd", "right", "x")]
    assert behind == [TextPart("ef", "right", "x")]
