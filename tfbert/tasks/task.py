"""What every task must say about itself.

A task owns its label column, its targets, its loss and training metrics, what the exported graph answers, and the
columns of its predictions. Reading its manifest and writing its predictions needs no TensorFlow: those imports stand
inside the methods that train and export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from tfbert.data.writers import Column

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Task(Protocol):
    """The contract between a task and the rest of the package.

    What a model says of a row before anything is decided are its `values`, float32 [rows, outputs]: probabilities, or
    a number in the user's unit.

    Attributes:
        name: as the option `task` has it.
        answer_name: the output of the exported signatures that holds `values`.
    """

    name: ClassVar[str]
    answer_name: ClassVar[str]

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by id; empty for a task without."""

    @property
    def outputs(self) -> int:
        """Width of the logits and of the values."""

    @property
    def decoding(self) -> Mapping[str, float]:
        """The numbers by which logits become values; the manifest keeps them."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Label to the probability from which it is predicted; the manifest keeps them."""

    @staticmethod
    def label_fault(value: object, *, column: str) -> str | None:
        """Why a cell of the label column cannot be a label of this task, or None; the row is a reject then."""

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """What a split holds in the same shares in every part, one a row; '' everywhere for nothing."""

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task, from the label cells of the training rows as `label_name` has them.

        Raises:
            DataError: there is nothing to learn.
        """

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task, from a manifest.

        Raises:
            ModelError: it is not one of this task.
        """

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """What the loss compares with, one a row, from label cells.

        Raises:
            DataError: a label that training did not have.
        """

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """Weight of each row in the loss, float32 [rows]."""

    def loss(self) -> keras.losses.Loss:
        """The loss, on targets and logits."""

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """What the progress bar and the training log show beside the loss."""

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Logits [batch, outputs] to values."""

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """The outputs of the exported signatures; that named `answer_name` holds the values."""

    def decide(self, values: np.ndarray) -> np.ndarray | None:
        """What is predicted: label ids int [rows], or bool [rows, labels]; None where the value is the prediction."""

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """In which rows two models, or two precisions, give the same answer, bool [rows]."""

    def prediction_columns(self, *, prefix: str) -> list[Column]:
        """The columns that scoring adds to a table."""

    def prediction_rows(self, values: np.ndarray) -> list[tuple[Any, ...]]:
        """The cells of those columns, one tuple a row; they say what `answer` says."""
