from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from labelled_rows import Rows, made_up_multi, made_up_numbers, made_up_rows, rows_of

from tfbert.errors import ModelError
from tfbert.evaluation.blocks import BLOCK
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.examples import MISTAKES, PAIR_EXAMPLES, PAIRS, SAMPLE

TWO = {
    "truth": np.array([0, 1]),
    "predicted": np.array([0, 1]),
    "texts": ["one", "two"],
    "places": [("in.csv", 2), ("in.csv", 3)],
}


@pytest.mark.parametrize(
    "rows",
    [
        made_up_rows(("a", "b", "c"), 3 * BLOCK + 5),
        made_up_multi(("a", "b", "c"), 2 * BLOCK + 5),
        made_up_numbers(2 * BLOCK + 5),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_the_same_rows_give_the_same_evaluation_to_the_last_bit_whatever_windows_they_come_in(rows):
    whole = pickle.dumps(rows.counted(window=len(rows.truth)))
    for window in (1, 1000, BLOCK, BLOCK + 1):
        assert pickle.dumps(rows.counted(window=window)) == whole, window


def test_rows_whose_label_is_not_known_are_counted_and_left_out():
    rows = made_up_rows(("a", "b"), 2 * BLOCK)
    known = np.arange(len(rows.texts)) % 3 > 0
    evaluator = build_evaluator("single-label", rows.labels)
    places = [("rows.csv", row) for row in range(len(rows.texts))]
    truth = np.where(known, rows.truth, -1)
    evaluator.add(rows.probabilities, truth=truth, predicted=rows.predicted, texts=rows.texts, places=places)
    evaluation = evaluator.finish()
    texts = [text for text, keep in zip(rows.texts, known, strict=True) if keep]
    alone = Rows(rows.labels, rows.probabilities[known], rows.truth[known], texts).evaluation
    assert evaluation.unknown == (~known).sum()
    assert (evaluation.confusion == alone.confusion).all()
    assert evaluation.log_loss.mean == alone.log_loss.mean
    assert [row.text for row in evaluation.examples.mistakes] == [row.text for row in alone.examples.mistakes]


def peak_memory(rows: int) -> int:
    """Bytes that counting so many rows with new probabilities takes at most."""
    window, random = 3000, np.random.default_rng(0)
    texts, places = ["a text of usual length"] * window, [("in.csv", 7)] * window
    tracemalloc.start()
    try:
        evaluator = build_evaluator("single-label", ("a", "b", "c"))
        for _ in range(rows // window):
            probabilities = random.dirichlet((0.4, 0.4, 0.4), window).astype(np.float32)
            truth = random.integers(-1, 3, window)
            predicted = probabilities.argmax(axis=1)
            evaluator.add(probabilities, truth=truth, predicted=predicted, texts=texts, places=places)
        evaluator.finish()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_does_not_grow_with_rows():
    assert peak_memory(1_200_000) < 1.05 * peak_memory(120_000)


def test_the_surest_mistakes_are_kept_surest_first():
    rows = made_up_rows(("a", "b", "c"), 3 * BLOCK)
    kept = rows.counted(window=999).examples.mistakes
    assert [row.number for row in kept] == rows.mistakes[:MISTAKES].tolist()
    for row in kept:
        assert (row.text, row.line) == (rows.texts[row.number], row.number + 2)
        assert (row.truth, row.predicted) == (rows.truth[row.number], rows.predicted[row.number])
        assert row.badness == rows.score[row.number]
        assert (row.values == rows.probabilities[row.number]).all()


def test_each_kind_of_mistake_has_its_surest_rows():
    rows = made_up_rows(("a", "b", "c"), 3 * BLOCK)
    pairs = rows.evaluation.pairs.examples
    assert len(pairs) == 6
    for (truth, predicted), kept in pairs.items():
        surest = [row for row in rows.mistakes if (rows.truth[row], rows.predicted[row]) == (truth, predicted)]
        assert [row.number for row in kept] == surest[:PAIR_EXAMPLES]


def test_of_many_kinds_of_mistakes_the_most_frequent_are_kept():
    rows = made_up_rows([f"intent {number}" for number in range(60)], 2 * BLOCK)
    pairs = rows.evaluation.pairs.examples
    mistakes = rows.evaluation.confusion - np.diag(np.diag(rows.evaluation.confusion))
    assert len(pairs) == PAIRS
    assert min(mistakes[pair] for pair in pairs) >= np.sort(mistakes, axis=None)[-PAIRS]


def test_the_sample_is_drawn_from_all_rows_and_stands_in_their_order():
    numbers = [row.number for row in made_up_rows(("a", "b"), 4 * BLOCK).evaluation.examples.sample]
    assert len(numbers) == SAMPLE
    assert numbers == sorted(numbers)
    assert numbers[0] < BLOCK
    assert numbers[-1] > 3 * BLOCK
    assert [row.number for row in made_up_rows(("a", "b"), 7).evaluation.examples.sample] == [*range(7)]


@pytest.mark.parametrize("wrong", [[np.nan, 0.5], [0.7, 0.7], [-0.2, 1.2]])
def test_probabilities_that_are_none_are_refused_with_their_place(wrong):
    with pytest.raises(ModelError) as error:
        build_evaluator("single-label", ("a", "b")).add(np.array([[0.5, 0.5], wrong], np.float32), **TWO)
    assert str(error.value) == (
        "expected probabilities between 0 and 1 with a sum of 1, "
        f"found {', '.join(f'{value:.4g}' for value in wrong)} (in.csv, line 3); "
        "check the table, or train again with --precision float32"
    )


@pytest.mark.parametrize(
    "part",
    [
        {"truth": np.array([0, 2])},
        {"truth": np.array([-2, 0])},
        {"truth": np.array([0])},
        {"predicted": np.array([0, -1])},
        {"predicted": None},
        {"places": []},
    ],
)
def test_parts_that_do_not_fit_together_are_refused(part):
    with pytest.raises(ValueError, match=r"truth|places|predicted"):
        build_evaluator("single-label", ("a", "b")).add(np.full((2, 2), 0.5, np.float32), **(TWO | part))


@pytest.mark.parametrize(
    "options", [{"labels": ("a",)}, {"labels": ("a", "a")}, {"labels": ("a", "b"), "positive": "c"}]
)
def test_labels_that_cannot_be_told_apart_are_refused(options):
    with pytest.raises(ValueError, match=r"^(labels|positive) must be"):
        build_evaluator("single-label", **options)


def test_no_row_is_no_evaluation():
    with pytest.raises(ValueError, match=r"^no row with a known truth$"):
        build_evaluator("single-label", ("a", "b")).finish()


def test_a_probability_a_little_above_one_is_certainty():
    evaluation = rows_of([0, 1], [[1.00001, 0.0], [1.0, 0.0]]).evaluation
    assert evaluation.confidence.right[-1] == evaluation.confidence.wrong[-1] == 1
    assert evaluation.scores[0].keys.size == 1
