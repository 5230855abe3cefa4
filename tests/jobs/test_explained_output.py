from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfbert.jobs.explained_output import explained_output
from tfbert.tasks.registry import load_task

LOGITS = np.random.default_rng(0).normal(0, 4, (50, 3)).astype(np.float32)


@pytest.mark.parametrize("decoding", [{}, {"temperature": 2.5}], ids=["plain", "calibrated"])
@pytest.mark.parametrize(("name", "labels"), [("single-label", 2), ("single-label", 3), ("multi-label", 3)])
def test_of_labels_the_log_odds_of_the_probabilities_are_explained(name: str, labels: int, decoding: dict) -> None:
    task = load_task(name, labels=tuple("xyz"[:labels]), decoding=decoding)
    logits = tf.constant(LOGITS[:, :labels])
    probabilities = task.activate(logits).numpy().astype(np.float64)
    found = explained_output(task)(logits).numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-found.astype(np.float64))), probabilities, atol=1e-6)


def test_what_moves_all_logits_of_a_softmax_alike_adds_nothing() -> None:
    task = load_task("single-label", labels=("x", "y", "z"))
    outputs = explained_output(task)
    np.testing.assert_allclose(outputs(tf.constant(LOGITS + 3)), outputs(tf.constant(LOGITS)), atol=1e-4)


def test_the_slope_does_not_vanish_where_the_model_is_sure() -> None:
    outputs = explained_output(load_task("single-label", labels=("x", "y", "z")))
    sure = tf.constant([[90.0, -30.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(sure)
        output = outputs(sure)[:, 0]
    assert output.numpy().tolist() == [90.0]
    np.testing.assert_allclose(tape.gradient(output, sure), [[1, 0, -1]], atol=1e-6)


def test_of_a_regression_the_value_is_explained() -> None:
    task = load_task("regression", labels=(), decoding={"mean": 3.0, "scale": 2.0})
    assert explained_output(task)(tf.constant([[0.5]])).numpy().tolist() == [[4.0]]
