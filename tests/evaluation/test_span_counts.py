from __future__ import annotations

import pickle

import numpy as np
import pytest
from labelled_rows import count

from tfbert.data.object_rows import object_rows
from tfbert.errors import ModelError
from tfbert.evaluation.answer_match import match_answer
from tfbert.evaluation.blocks import BLOCK
from tfbert.evaluation.evaluation import SpanEvaluation
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.groups import resample
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.results import compute_results
from tfbert.evaluation.span_metrics import SUMMED
from tfbert.tasks.span import SCORE, Span


def counted(
    truth: list, predicted: list[str], scores: list[float] | None = None, *, window: int = 10_000
) -> SpanEvaluation:
    values = np.zeros((len(truth), *Span.value_shape), np.float32)
    values[:, SCORE] = scores or [0.5] * len(truth)
    arrays = {"values": values, "truth": object_rows(truth), "predicted": object_rows(predicted)}
    return count(build_evaluator("span"), arrays, ["What is it?"] * len(truth), window=window)


def test_questions_with_and_without_an_answer_have_numbers_of_their_own() -> None:
    truth = [("Denver Broncos", "Broncos"), ("308",), ("24",), (), ()]
    metrics = compute_metrics(counted(truth, ["The Broncos", "gave up 308", "", "", "Paris"]))
    assert metrics.pop("calibration_error") == pytest.approx(0.1)  # 0.5 of an answer, 2 of 5 are right
    assert metrics == pytest.approx(
        {
            "exact_match": 2 / 5,
            "f1": (1 + 0.5 + 0 + 1 + 0) / 5,
            "has_answer_exact_match": 1 / 3,
            "has_answer_f1": 1.5 / 3,
            "no_answer_accuracy": 1 / 2,
        }
    )


def test_where_every_question_has_an_answer_there_is_one_kind_of_number() -> None:
    assert list(compute_metrics(counted([("a cat",), ("b",)], ["cat", "c"]))) == [
        "exact_match",
        "f1",
        "calibration_error",
    ]


def test_without_any_answer_what_speaks_of_answers_is_not_defined() -> None:
    metrics = compute_metrics(counted([(), ()], ["", "x"]))
    assert (metrics["f1"], metrics["no_answer_accuracy"]) == (0.5, 0.5)
    assert np.isnan([metrics["has_answer_f1"], metrics["has_answer_exact_match"]]).all()


def made_up(rows: int) -> tuple[list, list[str], list[float]]:
    random = np.random.default_rng(0)
    words = ["red", "green", "blue", "cat"]
    truth = [tuple(" ".join(random.choice(words, 2)) for _ in range(random.integers(0, 3))) for _ in range(rows)]
    predicted = [" ".join(random.choice(words, random.integers(0, 3))) for _ in range(rows)]
    return truth, predicted, random.random(rows).tolist()


def test_the_same_rows_give_the_same_evaluation_to_the_last_bit_whatever_windows_they_come_in() -> None:
    rows = made_up(BLOCK + 5)
    whole = pickle.dumps(counted(*rows))
    for window in (1000, BLOCK, BLOCK + 1):
        assert pickle.dumps(counted(*rows, window=window)) == whole


def test_numbers_are_means_over_the_rows_and_resamples_vary_around_them() -> None:
    truth, predicted, scores = made_up(600)
    evaluation = counted(truth, predicted, scores)
    single = np.array([match_answer(*row) for row in zip(predicted, truth, strict=True)])
    metrics = compute_metrics(evaluation)
    assert (metrics["exact_match"], metrics["f1"]) == pytest.approx(tuple(single.mean(axis=0)))
    sums = resample(evaluation.weights, evaluation.answers.groups)
    for name, formula in SUMMED.items():
        draws = formula(sums)
        assert draws.shape == (len(sums),)
        assert draws.mean() == pytest.approx(metrics[name], abs=0.2 * draws.std())
    assert SUMMED["f1"](sums).std() == pytest.approx(single[:, 1].std() / np.sqrt(600), rel=0.15)


@pytest.mark.filterwarnings("error")
def test_every_number_lies_in_its_interval_which_is_that_of_a_plain_bootstrap() -> None:
    truth, predicted, scores = made_up(600)
    results = compute_results(counted(truth, predicted, scores))
    for name, measure in results.metrics.items():
        assert measure.low < measure.value < measure.high, name
    single = np.array([match_answer(*row)[1] for row in zip(predicted, truth, strict=True)])
    draws = single[np.random.default_rng(1).integers(600, size=(1000, 600))].mean(axis=1)
    expected = np.quantile(draws, [0.025, 0.975])
    measure = results.metrics["f1"]
    np.testing.assert_allclose([measure.low, measure.high], expected, atol=0.12 * np.ptp(expected))
    for rows in (1, 2):
        compute_results(counted(truth[:rows], predicted[:rows]))


def test_slices_have_the_f1_of_their_rows() -> None:
    truth, predicted, scores = made_up(300)
    results = compute_results(counted(truth, predicted, scores))
    assert results.slice_metric == "f1"
    (everything,) = results.slices["characters"]
    assert (everything.rows, everything.measure.value) == (300, pytest.approx(results.metrics["f1"].value))
    written = results.to_json()
    assert written["slices"]["characters"]["1 to 16"]["f1"] == pytest.approx(written["f1"])
    assert written["labels"] == {}


def test_rows_without_a_truth_are_left_out() -> None:
    evaluation = counted([None, ("c b",)], ["x", "b"])
    assert (evaluation.rows, evaluation.unknown, compute_metrics(evaluation)["f1"]) == (1, 1, pytest.approx(2 / 3))


def test_the_surest_of_the_worst_answers_come_first() -> None:
    truth = [("a cat",), ("red dog",), ("x",), ("y",)]
    evaluation = counted(truth, ["cat", "dog", "z", "z"], [0.9, 0.9, 0.5, 0.7])
    assert [row.number for row in evaluation.examples.mistakes] == [3, 2, 1]
    worst = evaluation.examples.mistakes[0]
    assert (worst.truth.tolist(), str(worst.predicted), worst.badness) == (["y"], "z", pytest.approx(0.7))


@pytest.mark.parametrize("score", [np.nan, -0.1, 1.5])
def test_probabilities_that_are_none_are_refused_with_their_place(score: float) -> None:
    with pytest.raises(ModelError) as error:
        counted([("a",), ("b",)], ["a", "b"], [0.5, score])
    assert str(error.value) == (
        f"expected a probability between 0 and 1, found {score:.4g} (rows.csv, line 3); "
        "check the table, or train again with --precision float32"
    )
