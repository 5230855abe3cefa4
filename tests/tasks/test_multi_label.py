from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import MultiLabelBinarizer

from tfbert.errors import DataError
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.registry import load_task

CELLS = ["joy|ünïcode", "", "anger", "anger | joy", "joy|joy"]
TASK = MultiLabel.learn(CELLS)
NAMES = ("anger", "joy", "ünïcode")
LOGITS = np.array([[-2, 1, 3], [-1, -1, -1], [0, 0.5, -3], [4, 5, 6], [-4, 0.1, -0.1]], np.float32)


def test_the_labels_are_those_that_occur_in_the_cells() -> None:
    assert TASK.label_names == NAMES
    assert TASK.thresholds == dict.fromkeys(NAMES, 0.5)


def test_targets_are_those_of_scikit_learns_binarizer() -> None:
    rows = [{part.strip() for part in cell.split("|")} - {""} for cell in CELLS]
    expected = MultiLabelBinarizer(classes=NAMES).fit_transform(rows)
    targets = TASK.targets(CELLS)
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, expected)


def test_rows_without_any_label_are_nothing_to_learn() -> None:
    with pytest.raises(DataError) as error:
        MultiLabel.learn(["", ""])
    assert str(error.value) == "expected at least one label to train on, found none; check --label and the table"


def test_an_unseen_label_is_named() -> None:
    with pytest.raises(DataError) as error:
        TASK.targets(["joy", "joy|eggs", "eggs|ham"])
    assert str(error.value) == (
        "expected labels seen in training (anger, joy, ünïcode), found 'eggs' and 2 such row(s); "
        "mend the label, drop the rows, or add rows with it to --train"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("joy | anger", None),
        ("", None),
        (None, None),
        (" ", None),
        (3.0, None),
        ("joy||anger", "empty label in column 'mood'"),
        ("|", "empty label in column 'mood'"),
        ("joy|a\x1bb", "a line break or control character in the label, column 'mood'"),
        (["joy"], "expected a label in column 'mood', found an array"),
    ],
)
def test_a_cell_is_empty_or_labels_joined_by_bars(value: object, reason: str | None) -> None:
    assert MultiLabel.label_fault(value, column="mood") == reason


def test_the_loss_is_the_mean_over_labels_of_scikit_learns_log_loss() -> None:
    targets = TASK.targets(CELLS)
    expected = np.mean([log_loss(targets[:, at], expit(LOGITS[:, at]), labels=[0, 1]) for at in range(3)])
    assert float(TASK.loss()(targets, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_weights_weigh_rows_of_the_loss() -> None:
    targets, weights = TASK.targets(CELLS), np.array([1, 0, 0, 0, 0], np.float32)
    first = log_loss(targets[0], expit(LOGITS[0]), labels=[0, 1])
    assert float(TASK.loss()(targets, LOGITS, sample_weight=weights)) == pytest.approx(first / 5, rel=1e-5)
    assert TASK.row_weights(targets, class_weights="none").tolist() == [1] * 5


def test_the_metric_is_scikit_learns_subset_accuracy() -> None:
    targets = TASK.targets(CELLS)
    (metric,) = TASK.training_metrics()
    metric.update_state(targets, LOGITS, sample_weight=np.ones(5, np.float32))
    assert float(metric.result()) == pytest.approx(accuracy_score(targets, LOGITS > 0))


def test_answer_is_sigmoid_with_the_labels_that_reach_their_threshold() -> None:
    task = load_task("multi-label", labels=NAMES, thresholds={"anger": 0.25, "joy": 0.9})
    answer = task.answer(task.activate(tf.constant(LOGITS)))
    np.testing.assert_allclose(answer["probabilities"], expit(LOGITS), rtol=1e-6)
    assert [labels.decode() for labels in answer["labels"].numpy()] == [
        "ünïcode", "anger", "anger", "anger|joy|ünïcode", ""
    ]  # fmt: skip
    assert answer["classes"].numpy()[4].tolist() == [name.encode() for name in NAMES]


def test_no_rows_have_no_answers() -> None:
    answer = TASK.answer(tf.zeros([0, 3]))
    assert [answer[name].shape for name in ("labels", "probabilities", "classes")] == [(0,), (0, 3), (0, 3)]


def test_a_temperature_divides_the_logits() -> None:
    warm = load_task("multi-label", labels=NAMES, decoding={"temperature": 2.0})
    np.testing.assert_allclose(warm.activate(tf.constant(LOGITS)), expit(LOGITS / 2), rtol=1e-6)


VALUES = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.49, 0.5, 0.9, 1.0]), min_size=3, max_size=3), min_size=1)


@given(VALUES, st.dictionaries(st.sampled_from(NAMES), st.sampled_from([0.1, 0.25, 0.3, 0.9])))
def test_tables_and_the_graph_decide_alike_and_targets_read_it_back(values: list, thresholds: dict) -> None:
    task, array = load_task("multi-label", labels=NAMES, thresholds=thresholds), np.array(values, np.float32)
    served = [labels.decode() for labels in task.answer(tf.constant(array))["labels"].numpy()]
    written = [row[0] for row in task.prediction_rows(array)]
    assert written == served
    np.testing.assert_array_equal(task.targets(written), task.decide(array))


def test_prediction_rows_fit_the_prediction_columns() -> None:
    assert [column.name for column in TASK.prediction_columns(prefix="x_")] == [
        "x_predicted_labels", "x_probability_anger", "x_probability_joy", "x_probability_ünïcode"
    ]  # fmt: skip
    rows = TASK.prediction_rows(np.array([[0.5, 0.75, 0.25], [0.25, 0, 0]], np.float32))
    assert rows == [("anger|joy", 0.5, 0.75, 0.25), ("", 0.25, 0, 0)]


def test_two_answers_agree_when_all_labels_do() -> None:
    one, other = np.array([[0.6, 0.4, 0], [0.6, 0.4, 0]]), np.array([[0.9, 0.1, 0], [0.6, 0.5, 0]])
    assert TASK.agree(one, other).tolist() == [True, False]


def test_rare_labels_make_strata_and_very_rare_ones_do_not() -> None:
    cells = ["common"] * 40 + ["common|rare"] * 10 + ["common|single"] + [""] * 2
    assert MultiLabel.strata(cells) == ["common"] * 40 + ["rare"] * 10 + ["common"] * 3
    assert MultiLabel.strata([]) == []
    assert MultiLabel.strata(["", ""]) == ["", ""]


def test_a_network_learns_labels_that_come_together() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 3)).astype(np.float32)
    cells = ["|".join(np.array(NAMES)[row > 0]) for row in features]
    task = MultiLabel.learn(cells)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.1), loss=task.loss(), weighted_metrics=task.training_metrics())
    weights = np.ones(200, np.float32)
    log = model.fit(features, task.targets(cells), sample_weight=weights, epochs=15, batch_size=32, verbose=0)
    assert log.history["subset_accuracy"][-1] > 0.8
