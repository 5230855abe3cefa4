from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from tfbert.threshold_rule import ThresholdRule, parse_rule
from tfbert.training.thresholds import choose_thresholds

Rows = tuple[np.ndarray, np.ndarray]  # probabilities float32, truth


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Rows with the label and without it, with ties among their probabilities, some exactly 0 or 1."""
    number = draw(st.integers(2, 30))
    values = draw(st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.50001, 0.7, 1.0]), min_size=number, max_size=number))
    truth = [True, False, *draw(st.lists(st.booleans(), min_size=number - 2, max_size=number - 2))]
    return np.array(values, np.float32), np.array(truth)


def chosen(text: str, given_rows: Rows) -> float:
    probabilities, truth = given_rows
    rule = parse_rule(text)
    assert rule is not None
    thresholds = choose_thresholds(rule, labels=["spam"], probabilities=probabilities[:, None], truth=truth[:, None])
    return thresholds["spam"]


def decisions(given_rows: Rows) -> list[np.ndarray]:
    """Every way in which a threshold can part the rows, that of no row among them."""
    probabilities = given_rows[0]
    return [probabilities >= value for value in (*np.unique(probabilities), 2)]


def measure(score, decided: np.ndarray, given_rows: Rows) -> float:
    return float(score(given_rows[1], decided, zero_division=0))


@settings(max_examples=60)
@given(given_rows=rows())
def test_f1_is_the_best_that_any_threshold_has(given_rows: Rows) -> None:
    ours = measure(f1_score, given_rows[0] >= np.float32(chosen("f1", given_rows)), given_rows)
    assert ours == pytest.approx(max(measure(f1_score, decided, given_rows) for decided in decisions(given_rows)))


@settings(max_examples=60)
@given(given_rows=rows(), floor=st.sampled_from([0.3, 0.6, 0.9, 1.0]))
def test_a_recall_floor_is_reached_with_the_highest_precision(given_rows: Rows, floor: float) -> None:
    decided = given_rows[0] >= np.float32(chosen(f"recall>={floor}", given_rows))
    assert measure(recall_score, decided, given_rows) >= floor - 1e-6
    allowed = [one for one in decisions(given_rows) if measure(recall_score, one, given_rows) >= floor - 1e-6]
    best = max(measure(precision_score, one, given_rows) for one in allowed)
    assert measure(precision_score, decided, given_rows) == pytest.approx(best)


@settings(max_examples=60)
@given(given_rows=rows(), floor=st.sampled_from([0.3, 0.6, 0.9, 1.0]))
def test_a_precision_floor_is_reached_with_the_highest_recall_or_missed_by_the_least(
    given_rows: Rows, floor: float
) -> None:
    decided = given_rows[0] >= np.float32(chosen(f"precision>={floor}", given_rows))
    some = [one for one in decisions(given_rows) if one.any()]
    precision = measure(precision_score, decided, given_rows)
    allowed = [one for one in some if measure(precision_score, one, given_rows) >= floor - 1e-6]
    if allowed:
        assert precision >= floor - 1e-6
        best = max(measure(recall_score, one, given_rows) for one in allowed)
        assert measure(recall_score, decided, given_rows) == pytest.approx(best)
    else:
        assert precision == pytest.approx(max(measure(precision_score, one, given_rows) for one in some))


@settings(max_examples=60)
@given(given_rows=rows(), costs=st.sampled_from([(1, 1), (5, 1), (1, 50), (1e308, 1e308), (2e-308, 1e-307)]))
def test_the_cost_is_the_lowest_that_any_threshold_has(given_rows: Rows, costs: tuple[float, float]) -> None:
    probabilities, truth = given_rows

    def cost(decided: np.ndarray) -> float:
        return (costs[0] / costs[1]) * (decided & ~truth).sum() + (~decided & truth).sum()

    ours = cost(probabilities >= np.float32(chosen(f"cost:{costs[0]},{costs[1]}", given_rows)))
    # A probability of 1 is above every threshold.
    assert ours == pytest.approx(min(map(cost, [one | (probabilities == 1) for one in decisions(given_rows)])))


@settings(max_examples=100)
@given(given_rows=rows(), text=st.sampled_from(["f1", "precision>=0.6", "recall>=0.6", "cost:1,3"]))
def test_rounding_moves_no_row_across_a_threshold(given_rows: Rows, text: str) -> None:
    probabilities = given_rows[0]
    threshold = chosen(text, given_rows)
    inside = probabilities[(probabilities > 0) & (probabilities < 1)]
    for shifted in (inside + np.float32(1e-6), inside - np.float32(1e-6)):
        assert ((shifted >= np.float32(threshold)) == (inside >= np.float32(threshold))).all()
    assert 0 <= threshold <= 1


def test_a_threshold_stands_half_way_between_two_rows() -> None:
    given_rows = np.array([0.2, 0.4, 0.8], np.float32), np.array([False, True, True])
    assert chosen("f1", given_rows) == pytest.approx(0.3)


def test_a_number_is_every_labels_threshold() -> None:
    nothing = np.zeros((0, 2), np.float32)
    rule = ThresholdRule("fixed", (0.3,))
    thresholds = choose_thresholds(rule, labels=["a", "b"], probabilities=nothing, truth=nothing > 0)
    assert thresholds == {"a": 0.3, "b": 0.3}


def test_a_precision_that_cannot_be_reached_gives_the_nearest_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    given_rows = (
        np.array([0.9, 0.8, 0.6, 0.2], np.float32),
        np.array([False, True, True, False]),
    )
    with caplog.at_level(logging.WARNING):
        assert chosen("precision>=0.9", given_rows) == pytest.approx(0.4)
    assert caplog.messages == [
        "no threshold of 'spam' has a precision of 0.9 on the validation rows: the highest is 0.6667, and its "
        "threshold is taken"
    ]


@pytest.mark.parametrize(("truth", "which"), [(True, "with"), (False, "without")])
def test_a_label_that_all_rows_have_or_none_keeps_a_half(
    caplog: pytest.LogCaptureFixture, truth: bool, which: str
) -> None:
    given_rows = np.array([0.9, 0.8], np.float32), np.array([truth, truth])
    with caplog.at_level(logging.WARNING):
        assert chosen("f1", given_rows) == 0.5
    assert caplog.messages == [f"all validation rows are {which} 'spam': its threshold stays 0.5"]
