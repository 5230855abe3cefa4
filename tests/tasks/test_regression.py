from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error
from sklearn.preprocessing import StandardScaler

from tfbert.errors import DataError
from tfbert.tasks.regression import Regression

CELLS = ["1", "2.5", "-3e1", "4", ".5"]
NUMBERS = np.array([1, 2.5, -30, 4, 0.5])
TASK = Regression.learn(CELLS)
TINY = np.finfo(np.float32).tiny
LOGITS = np.array([[0.5], [-1], [2], [0], [0.25]], np.float32)


def standardised(values: np.ndarray) -> np.ndarray:
    return StandardScaler().fit(NUMBERS[:, None]).transform(values[:, None])[:, 0]


def test_mean_and_scale_are_those_of_scikit_learns_scaler() -> None:
    scaler = StandardScaler().fit(NUMBERS[:, None])
    assert TASK.decoding == pytest.approx({"mean": scaler.mean_[0], "scale": scaler.scale_[0]})
    assert (TASK.label_names, TASK.thresholds, TASK.outputs) == ((), {}, 1)


def test_targets_are_the_numbers() -> None:
    targets = TASK.targets(CELLS)
    assert targets.dtype == np.float32
    assert targets.tolist() == NUMBERS.tolist()


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["0.1"] * 3, "only 0.1"),
        ([], "no labelled row"),
        (["1e-200", "3e-200"], "1e-200 to 3e-200, which are the same in float32"),
        (["0", "1e-45"], "0.0 to 1e-45, which are the same in float32"),
    ],
)
def test_one_number_is_nothing_to_learn(cells: list[str], found: str) -> None:
    with pytest.raises(DataError) as error:
        Regression.learn(cells)
    assert str(error.value) == (
        f"expected at least two different numbers to train on, found {found}; check --label and the table"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("3", None),
        (" -0.5\n", None),
        ("+1e-3", None),
        ("5.", None),
        (7, None),
        (2.5, None),
        ("", "empty label in column 'stars'"),
        (None, "empty label in column 'stars'"),
        (math.nan, "empty label in column 'stars'"),
        ("good", "expected a finite number in column 'stars', found 'good'"),
        ("3,5", "expected a finite number in column 'stars', found '3,5'"),
        ("1_000", "expected a finite number in column 'stars', found '1_000'"),
        ("٣", "expected a finite number in column 'stars', found '٣'"),
        ("nan", "expected a finite number in column 'stars', found 'nan'"),
        ("inf", "expected a finite number in column 'stars', found 'inf'"),
        (math.inf, "expected a finite number in column 'stars', found inf"),
        ("1e39", "expected a finite number in column 'stars', found '1e39'"),
        ("1e999999999", "expected a finite number in column 'stars', found '1e999999999'"),
        (True, "expected a finite number in column 'stars', found True"),
        ([1], "expected a finite number in column 'stars', found [1]"),
    ],
)
def test_a_cell_is_a_finite_number_in_plain_digits(value: object, reason: str | None) -> None:
    assert Regression.label_fault(value, column="stars") == reason


def test_the_loss_is_the_mean_squared_error_of_standardised_numbers() -> None:
    expected = mean_squared_error(standardised(NUMBERS), LOGITS[:, 0])
    assert float(TASK.loss()(TASK.targets(CELLS), LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_weights_weigh_rows_of_the_loss() -> None:
    weights = np.array([0, 3, 0, 0, 1], np.float32)
    expected = (weights * (standardised(NUMBERS) - LOGITS[:, 0]) ** 2).sum() / 5
    loss = TASK.loss()(TASK.targets(CELLS), LOGITS, sample_weight=weights)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert TASK.row_weights(TASK.targets(CELLS), class_weights="none").tolist() == [1] * 5


def test_the_metric_is_the_mean_absolute_error_in_the_users_unit() -> None:
    (metric,) = TASK.training_metrics()
    metric.update_state(TASK.targets(CELLS), LOGITS, sample_weight=np.ones(5, np.float32))
    values = LOGITS[:, 0] * NUMBERS.std() + NUMBERS.mean()
    assert float(metric.result()) == pytest.approx(mean_absolute_error(NUMBERS, values), rel=1e-5)


@example([0.0, 1e-37])
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=20).filter(lambda all_: np.std(all_) > TINY))
def test_what_learned_its_targets_by_heart_answers_them_in_their_unit(numbers: list[float]) -> None:
    cells = [repr(number) for number in numbers]
    assert all(Regression.label_fault(cell, column="c") is None for cell in cells)
    task = Regression.learn(cells)
    logits = (task.targets(cells) - task.mean) / task.scale
    values = task.activate(tf.constant(logits[:, None], tf.float32))
    lost = 4 * TINY  # TensorFlow holds what is smaller than that for 0
    largest = max(map(abs, numbers))
    np.testing.assert_allclose(task.answer(values)["value"], numbers, rtol=1e-5, atol=1e-5 * largest + lost)


def test_prediction_rows_fit_the_prediction_columns() -> None:
    assert [(column.name, column.kind) for column in TASK.prediction_columns(prefix="x_")] == [
        ("x_predicted_value", "float")
    ]
    assert TASK.prediction_rows(np.array([[1.5], [-2]], np.float32)) == [(1.5,), (-2.0,)]
    assert TASK.decide(np.array([[1.5]])) is None


def test_two_answers_agree_within_five_hundredths_of_the_deviation() -> None:
    task = Regression(mean=0.0, scale=10.0)
    assert task.agree(np.array([[1.0], [1.0]]), np.array([[1.49], [1.51]])).tolist() == [True, False]


def test_values_have_no_strata() -> None:
    assert Regression.strata(["1", "2"]) == ["", ""]


@pytest.mark.parametrize("unit", [1e-4, 1e5])
def test_a_network_learns_in_any_unit(unit: float) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 2)).astype(np.float32)
    numbers = (features @ [3, -1] + 7) * unit
    cells = [repr(float(number)) for number in numbers]
    task = Regression.learn(cells)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), loss=task.loss(), weighted_metrics=task.training_metrics())
    weights = np.ones(200, np.float32)
    log = model.fit(features, task.targets(cells), sample_weight=weights, epochs=30, batch_size=32, verbose=0)
    assert log.history["mae"][-1] < 0.1 * unit
    np.testing.assert_allclose(task.activate(model(features))[:, 0], numbers, atol=0.3 * unit)
