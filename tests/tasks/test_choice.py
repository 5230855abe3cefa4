from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tfbert.data.labels import Labels
from tfbert.tasks.choice import Choice

NAMES = ("A", "B", "C")
TASK = Choice(Labels(NAMES), {"temperature": 2.0})
SCORES = st.lists(st.tuples(*[st.floats(-50, 50, width=32)] * 3), max_size=6)


def ragged_ids(rows: int) -> tf.RaggedTensor:
    """Ids of rows with an ending of one token for each label."""
    return tf.RaggedTensor.from_row_lengths(tf.ragged.constant([[1]] * (3 * rows), ragged_rank=1), [3] * rows)


@given(SCORES)
def test_a_rows_probabilities_are_the_softmax_of_its_scores_in_the_graph_and_in_numpy(scores: list[tuple]) -> None:
    flat = np.array(scores, np.float32).reshape(-1, 1)
    found = TASK.join(flat, np.full(len(scores), 3))
    served = TASK.join_tensors(tf.constant(flat), ragged_ids(len(scores))).numpy()
    assert found.shape == served.shape == (len(scores), 3)
    assert found.dtype == served.dtype == np.float32
    np.testing.assert_allclose(found, served, atol=1e-6)
    exponents = np.exp(np.array(scores, np.float64).reshape(-1, 3))
    np.testing.assert_allclose(found, exponents / exponents.sum(axis=1, keepdims=True), atol=1e-6)


@given(st.permutations(range(3)), st.integers(0, 100))
def test_endings_in_another_order_have_their_probabilities(order: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 3, (5, 3)).astype(np.float32)
    np.testing.assert_allclose(
        TASK.join(scores[:, order].reshape(-1, 1), None), TASK.join(scores.reshape(-1, 1), None)[:, order], atol=1e-7
    )


def test_the_graph_answers_rows_as_a_single_label_and_token_rows_with_a_score() -> None:
    logits = tf.constant([[2.0], [0.0], [4.0], [0.0], [6.0], [0.0]])
    scores = TASK.activate(logits)
    assert {name: values.numpy().tolist() for name, values in TASK.answer(scores).items()} == {
        "scores": [1, 0, 2, 0, 3, 0]
    }
    answer = TASK.answer_rows(TASK.join_tensors(scores, ragged_ids(2)))
    assert answer["label"].numpy().tolist() == [b"C", b"B"]
    assert answer["classes"].numpy().tolist() == [[b"A", b"B", b"C"]] * 2
    np.testing.assert_allclose(answer["score"].numpy(), answer["probabilities"].numpy().max(axis=1))


def test_the_columns_of_predictions_are_those_of_single_labels() -> None:
    assert [column.name for column in TASK.prediction_columns()] == [
        "predicted_label", "predicted_score", "probability_A", "probability_B", "probability_C"
    ]  # fmt: skip
    assert TASK.prediction_rows(np.float32([[0.25, 0.5, 0.25]])) == [("B", 0.5, 0.25, 0.5, 0.25)]
