from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_expit, log_softmax

from tfbert.tasks.losses import LabelLoss, LabelsLoss

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 4, (16, 3)).astype(np.float32)
IDS = RANDOM.integers(0, 3, 16).astype(np.int32)
ONE_HOT = np.eye(3, dtype=np.float32)[IDS]
SEVERAL = RANDOM.integers(0, 2, (16, 3)).astype(np.float32)
WEIGHTS = RANDOM.uniform(0.1, 3, 16).astype(np.float32)


def loss_and_gradient(loss: keras.losses.Loss, targets: np.ndarray, logits: np.ndarray = LOGITS) -> list[np.ndarray]:
    """The weighted loss and its gradient with respect to the logits."""
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = loss(targets, given, sample_weight=WEIGHTS[: len(logits)])
    return [value.numpy(), tape.gradient(value, given).numpy()]


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray], *, rtol: float = 1e-5) -> None:
    np.testing.assert_allclose(ours[0], theirs[0], rtol=rtol)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_smoothing_is_that_of_keras_with_its_gradients_and_row_weights(smoothing: float) -> None:
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    ours = LabelLoss(label_smoothing=smoothing, focal_gamma=0)
    assert_same(loss_and_gradient(ours, IDS), loss_and_gradient(theirs, ONE_HOT))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_focal_loss_is_the_published_formula(gamma: float, smoothing: float) -> None:
    log_p = log_softmax(LOGITS.astype(np.float64), axis=1)
    wanted = ONE_HOT * (1 - smoothing) + smoothing / 3
    rows = -(wanted * (1 - np.exp(log_p)) ** gamma * log_p).sum(axis=1)
    ours = LabelLoss(label_smoothing=smoothing, focal_gamma=gamma)(IDS, LOGITS, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours, (rows * WEIGHTS).mean(), rtol=1e-5)


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_the_focal_losses_are_those_of_keras_with_their_gradients(gamma: float) -> None:
    theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, from_logits=True, label_smoothing=0.1)
    ours = LabelLoss(label_smoothing=0.1, focal_gamma=gamma)
    assert_same(loss_and_gradient(ours, IDS), loss_and_gradient(theirs, ONE_HOT), rtol=1e-4)
    several = keras.losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True)
    assert_same(
        loss_and_gradient(LabelsLoss(focal_gamma=gamma), SEVERAL), loss_and_gradient(several, SEVERAL), rtol=1e-4
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_the_loss_of_several_labels_is_the_published_formula(gamma: float) -> None:
    signs = 2 * SEVERAL.astype(np.float64) - 1
    wrong = 1 - expit(signs * LOGITS)
    rows = (-(wrong**gamma) * log_expit(signs * LOGITS)).mean(axis=1)
    ours = LabelsLoss(focal_gamma=gamma)(SEVERAL, LOGITS, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours, (rows * WEIGHTS).mean(), rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.3, 2.0])
@pytest.mark.parametrize("size", [0.0, 1.0, 90.0, 1e4])
def test_gradients_are_finite_and_a_row_that_is_quite_wrong_still_learns(gamma: float, size: float) -> None:
    right, wrong = np.array([[size, 0.0]], np.float32), np.array([[0.0, size]], np.float32)
    for loss, targets in (
        (LabelLoss(label_smoothing=0.0, focal_gamma=gamma), np.array([0])),
        (LabelsLoss(focal_gamma=gamma), np.array([[1.0, 0.0]], np.float32)),
    ):
        assert np.isfinite(loss_and_gradient(loss, targets, right)[1]).all()
        assert loss_and_gradient(loss, targets, wrong)[1][0, 1] > 0.01
