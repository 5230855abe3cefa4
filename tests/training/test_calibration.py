from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import log_loss

from tfbert.training.calibration import BOUNDS, Activation, ValidationRows, fit_temperature

ROWS = 4000


def drawn(activation: Activation, *, temperature: float, labels: int = 3, seed: int = 0) -> ValidationRows:
    """Rows whose truth is drawn from the probabilities of their logits divided by a temperature."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (ROWS, labels))
    if activation == "softmax":
        ids = (softmax(logits / temperature, axis=1).cumsum(axis=1) > random.random((ROWS, 1))).argmax(axis=1)
        truth = ids[:, None] == np.arange(labels)
    else:
        truth = random.random((ROWS, labels)) < expit(logits / temperature)
    return ValidationRows(logits.astype(np.float32), truth, activation)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("temperature", [0.5, 1, 2.5])
def test_the_temperature_of_the_rows_is_found(activation: Activation, temperature: float) -> None:
    assert fit_temperature(drawn(activation, temperature=temperature)) == pytest.approx(temperature, rel=0.08)


def test_the_log_loss_is_at_its_least() -> None:
    rows = drawn("softmax", temperature=2.5)
    found = fit_temperature(rows)
    losses = [
        log_loss(rows.truth, softmax(rows.logits.astype(float) / temperature, axis=1))
        for temperature in (found * 0.98, found, found * 1.02)
    ]
    assert losses[1] == min(losses)
    # At the least log loss the logit of the truth is, on the mean, what the probabilities expect (Guo et al., claim 2).
    expected = (softmax(rows.logits / found, axis=1) * rows.logits).sum(axis=1).mean()
    assert rows.logits[rows.truth].mean() == pytest.approx(expected, abs=1e-3)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000), rows=st.integers(1, 12), labels=st.integers(2, 4), scale=st.sampled_from([0, 1, 30])
)
def test_no_temperature_raises_the_log_loss_or_leaves_its_bounds(seed: int, rows: int, labels: int, scale: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (rows, labels)) * scale
    ids = random.integers(0, labels, rows)
    found = fit_temperature(ValidationRows(logits, ids[:, None] == np.arange(labels), "softmax"))
    assert BOUNDS[0] <= found <= BOUNDS[1]

    def loss(temperature: float) -> float:
        return -log_softmax(logits / temperature, axis=1)[np.arange(rows), ids].mean()

    assert loss(found) <= loss(1.0) + 1e-9


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_rows_that_are_all_right_do_not_make_the_model_surer(activation: Activation) -> None:
    logits = np.array([[2.0, -1.0], [-0.5, 0.5]])
    assert fit_temperature(ValidationRows(logits, logits > 0, activation)) == 1


def test_a_model_that_is_always_wrong_is_bounded() -> None:
    logits = np.array([[2.0, -1.0], [-0.5, 0.5]])
    found = fit_temperature(ValidationRows(logits, logits < 0, "softmax"))
    assert found == pytest.approx(BOUNDS[1], rel=1e-3)


def test_of_texts_in_windows_the_mean_of_the_windows_is_calibrated() -> None:
    rows = drawn("softmax", temperature=2.5)
    row_windows = np.random.default_rng(2).integers(1, 4, ROWS)
    same = dataclasses.replace(rows, logits=np.repeat(rows.logits, row_windows, axis=0), row_windows=row_windows)
    assert fit_temperature(same) == pytest.approx(fit_temperature(rows), rel=1e-3)


def test_what_comes_true_is_counted_for_the_likeliest_label_or_for_each() -> None:
    truth = np.array([[True, False], [True, False]])
    rows = ValidationRows(np.log([[0.8, 0.2], [0.4, 0.6]]), truth, "softmax")
    values, right = rows.scored(1.0)
    np.testing.assert_allclose(values, [0.8, 0.6])
    assert right.tolist() == [True, False]
    values, right = dataclasses.replace(rows, logits=np.zeros((2, 2)), activation="sigmoid").scored(1.0)
    assert (values.tolist(), right.tolist()) == ([0.5] * 4, [True, False, True, False])
