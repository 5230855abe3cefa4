from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from tfbert.data.labels import Labels
from tfbert.errors import DataError, ModelError
from tfbert.tasks.single_label import SingleLabel

TASK = SingleLabel(Labels(("ham", "spam", "ünïcode")))
LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]], np.float32)


def test_targets_are_label_ids() -> None:
    assert TASK.targets(["spam", "ham"]).tolist() == [1, 0]


def test_an_unseen_label_is_named() -> None:
    with pytest.raises(DataError) as error:
        TASK.targets(["ham", "eggs", "eggs"])
    assert str(error.value) == (
        "expected labels seen in training (ham, spam, ünïcode), found 'eggs' and 2 such row(s); "
        "mend the label, drop the rows, or add rows with it to --train"
    )


def test_answer_is_softmax_with_the_likeliest_label() -> None:
    answer = TASK.answer(TASK.activate(tf.constant(LOGITS)))
    np.testing.assert_allclose(answer["probabilities"], softmax(LOGITS, axis=1), rtol=1e-6)
    assert [label.decode() for label in answer["label"].numpy()] == ["ham", "ünïcode"]
    np.testing.assert_allclose(answer["score"], softmax(LOGITS, axis=1).max(axis=1), rtol=1e-6)
    assert answer["classes"].numpy()[1].tolist() == [b"ham", b"spam", "ünïcode".encode()]


def test_prediction_rows_fit_the_prediction_columns() -> None:
    names = [column.name for column in TASK.prediction_columns(prefix="x_")]
    assert names == [
        "x_predicted_label",
        "x_predicted_score",
        "x_probability_ham",
        "x_probability_spam",
        "x_probability_ünïcode",
    ]
    rows = TASK.prediction_rows(np.array([[0.25, 0.5, 0.25]], np.float32))
    assert rows == [("spam", 0.5, 0.25, 0.5, 0.25)]


def test_a_temperature_divides_the_logits() -> None:
    warm = SingleLabel.load(("a", "b", "c"), decoding={"temperature": 2.0}, thresholds={})
    np.testing.assert_allclose(warm.activate(tf.constant(LOGITS)), softmax(LOGITS / 2, axis=1), rtol=1e-6)


def test_what_is_decided_is_what_is_written_and_served() -> None:
    values = np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]], np.float32)
    names = [TASK.label_names[label] for label in TASK.decide(values)]
    assert [row[0] for row in TASK.prediction_rows(values)] == names == ["ünïcode", "ham"]
    assert [label.decode() for label in TASK.answer(tf.constant(values))["label"].numpy()] == names
    assert TASK.agree(values, values[::-1]).tolist() == [False, False]


def test_balanced_weights_give_each_class_the_same_total() -> None:
    targets = np.array([0, 0, 0, 1, 2, 2], np.int32)
    weights = TASK.row_weights(targets, class_weights="balanced")
    assert [float(weights[targets == label].sum()) for label in range(3)] == pytest.approx([2, 2, 2])
    assert TASK.row_weights(targets, class_weights="none").tolist() == [1] * 6


SPAM = SingleLabel.load(("ham", "spam"), decoding={}, thresholds={"spam": 0.3})


@settings(max_examples=100)
@given(of_spam=st.lists(st.one_of(st.floats(0, 1, width=32), st.just(0.3)), min_size=1, max_size=20))
def test_a_threshold_decides_in_the_graph_and_in_the_table_alike(of_spam: list[float]) -> None:
    values = np.array([[1 - probability, probability] for probability in of_spam], np.float32)
    answer, rows = SPAM.answer(tf.constant(values)), SPAM.prediction_rows(values)
    expected = ["spam" if probability >= np.float32(0.3) else "ham" for probability in values[:, 1]]
    assert [label.decode() for label in answer["label"].numpy()] == [row[0] for row in rows] == expected
    scores = [float(row[SPAM.label_names.index(name)]) for row, name in zip(values, expected, strict=True)]
    assert answer["score"].numpy().tolist() == [row[1] for row in rows] == scores
    np.testing.assert_array_equal(answer["probabilities"], values)


@pytest.mark.parametrize(
    ("labels", "values", "message"),
    [
        (
            ("a", "b", "c"),
            {"thresholds": {"c": 0.3}},
            "expected a threshold of the last of two labels for the task single-label, found thresholds of c and the "
            "labels a, b, c; export the model again",
        ),
        (
            ("a", "b"),
            {"thresholds": {"a": 0.3}},
            "expected a threshold of the last of two labels for the task single-label, found thresholds of a and the "
            "labels a, b; export the model again",
        ),
        (
            ("a", "b"),
            {"decoding": {"temperature": 0.0}},
            "expected a temperature above 0, found 0.0 in decoding; export the model again",
        ),
    ],
)
def test_thresholds_and_temperatures_that_are_none_are_refused(
    labels: tuple[str, ...], values: dict, message: str
) -> None:
    with pytest.raises(ModelError) as error:
        SingleLabel.load(labels, **{"decoding": {}, "thresholds": {}, **values})
    assert str(error.value) == message
