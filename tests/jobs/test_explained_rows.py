from __future__ import annotations

import numpy as np

from tfbert.jobs.explained_rows import order_rows, without_repeats
from tfbert.tasks.answers import Answers
from tfbert.tasks.registry import load_task


def test_sure_mistakes_come_first_and_then_sure_right_answers() -> None:
    task = load_task("single-label", labels=("a", "b"))
    values = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.95, 0.05]], np.float32)
    assert order_rows(Answers(values, task.decide(values)), targets=np.array([0, 1, 0, 1, 0])).tolist() == [
        2,
        1,
        4,
        0,
        3,
    ]


def test_of_several_labels_the_one_that_is_furthest_off_counts() -> None:
    task = load_task("multi-label", labels=("a", "b"))
    values = np.array([[0.9, 0.1], [0.6, 0.4], [0.9, 0.4], [0.9, 0.8]], np.float32)
    targets = np.array([[1, 0], [0, 0], [1, 1], [0, 1]], np.float32)
    assert order_rows(Answers(values, task.decide(values)), targets=targets).tolist() == [
        3,
        1,
        2,
        0,
    ]  # off by 0.9, 0.6 (twice)


def test_values_that_are_furthest_off_come_first() -> None:
    task = load_task("regression", decoding={"mean": 0.0, "scale": 1.0})
    values = np.array([[1.0], [5.0], [2.0]], np.float32)
    assert order_rows(Answers(values, task.decide(values)), targets=np.array([1.5, 2.0, 2.1])).tolist() == [1, 0, 2]


def test_a_text_that_repeats_is_explained_once() -> None:
    texts = [("a",), ("b",), ("a",), ("c",)]
    assert without_repeats([2, 1, 0, 3], texts=texts) == [2, 1, 3]
