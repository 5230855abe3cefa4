from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfbert.training.no_answer import choose_margin

SCORES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


def reached(margin: float, odds: np.ndarray, f1: np.ndarray, f1_of_none: np.ndarray) -> float:
    return float(np.where(odds > margin, f1_of_none, f1).mean())


@given(st.lists(st.tuples(st.integers(-5, 5), SCORES, st.sampled_from([0.0, 1.0])), min_size=1, max_size=9))
def test_no_other_margin_has_a_higher_f1(rows: list[tuple[int, float, float]]) -> None:
    odds, f1, f1_of_none = np.array(rows, float).T
    margin = choose_margin(odds, f1=f1, f1_of_none=f1_of_none, most=50)
    others = [reached(other, odds, f1, f1_of_none) for other in np.arange(-7, 8, 0.5)]
    assert reached(margin, odds, f1, f1_of_none) == pytest.approx(max(others))


def test_the_margin_stands_half_way_between_rows() -> None:
    odds, f1 = np.array([3.0, 1.0, -2.0]), np.array([0.0, 0.5, 1.0])
    assert choose_margin(odds, f1=f1, f1_of_none=np.array([1.0, 1.0, 0.0]), most=50) == -0.5
    assert choose_margin(odds, f1=f1, f1_of_none=np.zeros(3), most=50) == 4
    assert choose_margin(odds, f1=np.zeros(3), f1_of_none=np.ones(3), most=50) == -3
    assert choose_margin(100 * odds, f1=f1, f1_of_none=np.zeros(3), most=50) == 50


def test_no_margin_parts_rows_of_the_same_odds() -> None:
    odds = np.array([1.0, 1.0, 0.0])
    margin = choose_margin(odds, f1=np.array([0.0, 1.0, 1.0]), f1_of_none=np.array([1.0, 0.0, 0.0]), most=50)
    assert margin == 2  # rather an answer to all than none to both
