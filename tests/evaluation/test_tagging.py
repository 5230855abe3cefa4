"""A tagging model's numbers against scikit-learn on the entities one by one, and seqeval's published example."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.data.object_rows import object_rows
from tfbert.errors import ModelError
from tfbert.evaluation.evaluation import TaggingEvaluation
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.results import compute_results

TYPES = ("person", "place", "product")
Entities = tuple[tuple[int, int, int], ...]


def counted(truth: list[Entities | None], predicted: list[Entities], *, window: int = 7) -> TaggingEvaluation:
    """Every entity has the score that its place gives it."""
    evaluator = build_evaluator("tagging", TYPES, slices=("source",))
    values = [np.array([(*one, score_of(one)) for one in row], np.float32).reshape(-1, 4) for row in predicted]
    for start in range(0, len(truth), window):
        part = slice(start, start + window)
        rows = range(len(truth))[part]
        evaluator.add(
            object_rows(values[part]),
            truth=object_rows(truth[part]),
            predicted=object_rows(predicted[part]),
            texts=["x" * 20 for _ in rows],
            places=[("rows.csv", 2 + row) for row in rows],
            slices={"source": ["even" if row % 2 == 0 else "odd" for row in rows]},
        )
    return evaluator.finish()


def score_of(entity: tuple[int, int, int]) -> float:
    return 0.3 + entity[0] / 40


@st.composite
def entities(draw: st.DrawFn) -> Entities:
    places = sorted(draw(st.sets(st.integers(0, 8), max_size=6)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return tuple((start, end, draw(st.integers(0, 2))) for start, end in pairs)


ROWS = st.lists(st.tuples(entities(), entities()), min_size=1, max_size=40)


def decisions(rows: list[tuple[Entities, Entities]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each entity of truth or prediction: whether it is in the truth, in the prediction, and its type."""
    found = [(set(true), set(predicted), one) for true, predicted in rows for one in {*true, *predicted}]
    columns = [(one in true, one in predicted, one[2]) for true, predicted, one in found]
    return tuple(np.array(column, int) for column in zip(*columns, strict=True)) if columns else (np.zeros(0, int),) * 3


@settings(max_examples=60)
@given(ROWS)
def test_metrics_are_scikit_learns_on_the_entities_one_by_one(rows: list[tuple[Entities, Entities]]) -> None:
    evaluation = counted(*map(list, zip(*rows, strict=True)))
    true, predicted, kinds = decisions(rows)
    metrics = compute_metrics(evaluation)
    for name, measure in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        by_type = [
            measure(true[kinds == kind], predicted[kinds == kind], zero_division=0) if kind in kinds else 0
            for kind in range(3)
        ]
        micro = measure(true, predicted, zero_division=0) if len(true) else 0
        assert metrics[f"micro_{name}"] == pytest.approx(micro)
        assert metrics[f"macro_{name}"] == pytest.approx(np.mean(by_type))
    assert metrics["exact_rows"] == np.mean([set(one) == set(other) for one, other in rows])
    assert math.isnan(metrics["calibration_error"]) == (not predicted.any())


@settings(max_examples=30)
@given(ROWS)
def test_the_confusion_has_every_entity_once(rows: list[tuple[Entities, Entities]]) -> None:
    evaluation = counted(*map(list, zip(*rows, strict=True)))
    assert evaluation.confusion.sum(axis=1)[:3].tolist() == evaluation.truth_counts.tolist()
    assert evaluation.confusion.sum(axis=0)[:3].tolist() == evaluation.predicted_counts.tolist()
    assert np.diagonal(evaluation.confusion)[:3].tolist() == evaluation.hits.tolist()
    assert evaluation.confusion[3, 3] == 0


def test_the_example_of_seqevals_documentation() -> None:
    # O O O B-MISC I-MISC I-MISC O, predicted O O B-MISC I-MISC I-MISC I-MISC O; B-PER I-PER O twice: F1 0.50.
    evaluation = counted([((3, 6, 2),), ((0, 2, 0),)], [((2, 6, 2),), ((0, 2, 0),)])
    metrics = compute_metrics(evaluation)
    assert metrics["micro_f1"] == 0.5
    assert metrics["macro_f1"] == pytest.approx(1 / 3)  # place, of which there is none, counts 0
    assert {name: score.f1 for name, score in zip(TYPES, compute_results(evaluation).labels, strict=True)} == (
        pytest.approx({"person": 1.0, "place": math.nan, "product": 0.0}, nan_ok=True)
    )


def made_up(rows: int) -> tuple[list[Entities], list[Entities]]:
    random = np.random.default_rng(0)
    truth, predicted = [], []
    for _ in range(rows):
        spans = [(at, at + 2, int(random.integers(3))) for at in (0, 4, 8) if random.random() < 0.5]
        truth.append(tuple(spans))
        guessed = [(start, end, kind if random.random() < 0.8 else 2 - kind) for start, end, kind in spans]
        predicted.append(tuple(one for one in guessed if random.random() < 0.8))
    return truth, predicted


def test_intervals_hold_the_numbers_and_slices_add_up() -> None:
    results = compute_results(counted(*made_up(300)))
    for name in ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "exact_rows", "calibration_error"):
        measure = results.metrics[name]
        assert measure.low < measure.value < measure.high, name
        assert measure.high - measure.low < 0.2, name
    assert results.slice_metric == "micro_f1"
    assert {score.value: score.rows for score in results.slices["source"]} == {"even": 150, "odd": 150}
    assert "true_negatives" not in results.to_json()["labels"]["person"]


def test_numbers_do_not_depend_on_the_windows_that_rows_came_in() -> None:
    truth, predicted = made_up(50)
    ones, whole = (compute_results(counted(truth, predicted, window=size)).to_json() for size in (1, 50))
    assert ones == whole


def test_rows_without_a_known_truth_are_left_out() -> None:
    evaluation = counted([None, ((0, 2, 0),)], [((0, 2, 1),), ((0, 2, 0),)])
    assert (evaluation.rows, evaluation.unknown, evaluation.truth_counts.tolist()) == (1, 1, [1, 0, 0])


def test_the_most_wrong_rows_are_kept_as_examples() -> None:
    evaluation = counted([((0, 2, 0),), (), ((0, 2, 0), (4, 6, 1))], [((0, 2, 0),), ((10, 12, 1),), ()])
    assert [(example.number, example.badness) for example in evaluation.examples.mistakes] == [
        (2, 2.0),
        (1, pytest.approx(score_of((10, 12, 1)))),
    ]
    assert evaluation.examples.mistaken == 2


def test_scores_that_are_none_are_the_models_fault() -> None:
    evaluator = build_evaluator("tagging", TYPES)
    with pytest.raises(ModelError) as error:
        evaluator.add(
            object_rows([np.array([[0, 2, 0, np.nan]], np.float32)]),
            truth=object_rows([()]), predicted=object_rows([((0, 2, 0),)]), texts=["ab"], places=[("a.csv", 2)],
        )  # fmt: skip
    assert str(error.value) == (
        "expected probabilities between 0 and 1, found nan (a.csv, line 2); check the table, or train again with "
        "--precision float32"
    )
