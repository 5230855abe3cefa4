"""Temperature scaling: probabilities that mean what they say, by one number fitted on the validation rows.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599, section 4.2): the logits are divided by a
temperature that makes the log loss least. The order of a row's labels stays, only how sure the model is changes.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from tfbert.text.pooling import mean_over_windows

Activation = Literal["softmax", "sigmoid"]

BOUNDS = (0.01, 100.0)  # of the temperature
TINY = 1e-300  # keeps the logarithm of a float64 probability finite


@dataclasses.dataclass(frozen=True)
class ValidationRows:
    """What a trained network says of rows, and what is true.

    Attributes:
        logits: float [rows, labels]; of texts in windows [windows, labels].
        truth: whether a row has a label, bool [rows, labels].
        activation: softmax: one label a row; sigmoid: any number of them.
        row_windows: as in `mean_over_windows`.
    """

    logits: np.ndarray
    truth: np.ndarray
    activation: Activation
    row_windows: np.ndarray | None = None

    def values(self, temperature: float) -> np.ndarray:
        """Probabilities at a temperature, float64 [rows, labels]."""
        from scipy.special import expit, softmax

        scaled = np.asarray(self.logits, np.float64) / temperature
        values = softmax(scaled, axis=-1) if self.activation == "softmax" else expit(scaled)
        return mean_over_windows(values, self.row_windows)

    def log_loss(self, temperature: float) -> float:
        """The mean over rows of -log of what is true; of several labels a row the mean over them too."""
        values = self.values(temperature)
        if self.activation == "softmax":
            return float(-np.log(np.maximum(values[self.truth], TINY)).mean())
        return float(-np.log(np.maximum(np.where(self.truth, values, 1 - values), TINY)).mean())

    def scored(self, temperature: float) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, and whether each came true, both [answers], for a calibration error.

        They are those of each row's likeliest label; of several labels a row those of all.
        """
        values = self.values(temperature)
        if self.activation == "sigmoid":
            return values.ravel(), self.truth.ravel()
        best = values.argmax(axis=1)
        return values.max(axis=1), self.truth[np.arange(len(best)), best]


def fit_temperature(rows: ValidationRows) -> float:
    """The temperature of the least log loss, between 0.01 and 100.

    It is 1 where none lowers the log loss. It is also 1 where every answer is right: the loss then falls for ever
    towards a temperature of 0, and nothing says how often the model will err on other rows.
    """
    from scipy.optimize import minimize_scalar

    if _all_right(rows):
        return 1.0
    found = minimize_scalar(
        lambda logarithm: rows.log_loss(float(np.exp(logarithm))),
        bounds=tuple(np.log(BOUNDS)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(found.x)) if found.fun < rows.log_loss(1.0) else 1.0


def _all_right(rows: ValidationRows) -> bool:
    values = rows.values(1.0)
    if rows.activation == "softmax":
        return bool((values.argmax(axis=1) == rows.truth.argmax(axis=1)).all())
    return bool(((values >= 0.5) == rows.truth).all())
