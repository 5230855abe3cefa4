"""Regression: each row has a number."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tfbert.data.label_cells import label_name
from tfbert.data.writers import Column
from tfbert.errors import DataError, ModelError
from tfbert.tasks.task import Reads
from tfbert.tasks.window_means import WindowMeans

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

NEAR = 0.05  # of the deviation of the training values: values within it count as the same
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_LARGEST = float(np.finfo(np.float32).max)


@dataclasses.dataclass(frozen=True)
class Regression(WindowMeans):
    """The mean squared error of standardised values, so that any unit trains as well as any other.

    Attributes:
        mean: of the training values.
        scale: their standard deviation.
    """

    name: ClassVar[str] = "regression"
    evaluated_as: ClassVar[str] = "regression"
    kept_together: ClassVar[str] = ""
    reads: ClassVar[Reads] = "rows"
    answer_name: ClassVar[str] = "value"
    mean: float
    scale: float

    @property
    def label_names(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def classes(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def value_shape(self) -> tuple[int | None, ...]:
        """All outputs."""
        return (self.outputs,)

    @property
    def outputs(self) -> int:
        """One value."""
        return 1

    @property
    def decoding(self) -> Mapping[str, float]:
        """`mean` and `scale`."""
        return {"mean": self.mean, "scale": self.scale}

    @property
    def thresholds(self) -> Mapping[str, float]:
        """None."""
        return {}

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A cell is a finite number in plain digits, such as 3, -0.5 or 1e-3, that float32 can hold."""
        name = "" if isinstance(value, dict | list | bytes | bool) else label_name(value)
        if value is None or (isinstance(value, str | float) and not name):
            return f"empty label in column '{column}'"
        if _NUMBER.fullmatch(name) and abs(float(name)) <= _LARGEST:
            return None
        return f"expected a finite number in column '{column}', found {reprlib.repr(value)}"

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """None."""
        return []

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """Nothing: values have no shares."""
        return [""] * len(labels)

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task with mean and deviation of the values.

        Raises:
            DataError: they are all the same as float32 holds them, where what is too small for 24 bits is 0.
        """
        values = np.array([float(label) for label in labels], np.float64)
        if len(np.unique(values.astype(np.float32))) < 2 or values.std() < np.finfo(np.float32).tiny:
            found = f"only {labels[0]}" if labels else "no labelled row"
            if len(np.unique(values)) > 1:
                found = f"{values.min()!s} to {values.max()!s}, which are the same in float32"
            raise DataError(
                "at least two different numbers to train on", found=found, fix="check --label and the table"
            )
        return cls(float(values.mean()), float(values.std()))

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task of an exported model.

        Raises:
            ModelError: labels or thresholds, or no mean and scale above 0.
        """
        mean, scale = decoding.get("mean", math.nan), decoding.get("scale", math.nan)
        if labels or thresholds or not (math.isfinite(mean) and 0 < scale < math.inf):
            raise ModelError(
                f"mean and scale, and no labels, for the task {cls.name}",
                found=f"decoding {dict(decoding)}, labels {', '.join(labels) or 'none'}",
                fix="export the model again",
            )
        return cls(mean, scale)

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """The numbers in the user's unit, float32 [rows]; the loss standardises them."""
        return np.array([float(label) for label in labels], np.float32)

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """1 for every row, float32 [rows]: there are no classes."""
        return np.ones(len(targets), np.float32)

    def loss(self) -> keras.losses.Loss:
        """The squared difference of standardised numbers."""
        import keras
        from keras import ops

        mean, scale = self.mean, self.scale

        class StandardisedError(keras.losses.Loss):
            def call(self, targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
                return ops.square((targets - mean) / scale - logits[:, 0])

        return StandardisedError(name="mse")

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """The mean absolute error in the user's unit."""
        import keras
        from keras import ops

        mean, scale = self.mean, self.scale

        def absolute_error(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
            return ops.abs(targets - (logits[:, 0] * scale + mean))

        return [keras.metrics.MeanMetricWrapper(absolute_error, name="mae")]

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """The numbers in the user's unit, float32 [batch, 1]."""
        import tensorflow as tf

        return tf.cast(logits, tf.float32) * self.scale + self.mean

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`value` float32 [batch]."""
        return {"value": values[:, 0]}

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> None:
        """Nothing: the value is the prediction."""

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Where values are within 5 % of the deviation that the training values had."""
        return np.abs(values - others)[:, 0] <= NEAR * self.scale

    def prediction_columns(self, *, prefix: str = "") -> list[Column]:
        """`predicted_value`."""
        return [Column(f"{prefix}predicted_value", "float")]

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """The value of each row, from float32 [rows, 1]."""
        return [(row[0],) for row in values]
