"""Single-label classification: each row has exactly one of two or more labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tfbert.data.label_cells import label_fault
from tfbert.data.labels import Labels, balanced_weights, build_labels
from tfbert.data.writers import Column
from tfbert.errors import DataError, ModelError
from tfbert.tasks.task import Reads
from tfbert.tasks.temperature import check_temperature, cooled
from tfbert.tasks.window_means import WindowMeans

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class SingleLabel(WindowMeans):
    """Softmax over the labels, cross-entropy loss, the likeliest label as the prediction.

    Of two labels the last may have a threshold: it is predicted from that probability on, the other one below.

    Attributes:
        labels: the labels.
        decoding: `temperature`, by which logits are divided before the softmax; without it they are not.
        thresholds: the last label's; empty where the likeliest label wins.
    """

    name: ClassVar[str] = "single-label"
    evaluated_as: ClassVar[str] = "single-label"
    kept_together: ClassVar[str] = ""
    reads: ClassVar[Reads] = "rows"
    answer_name: ClassVar[str] = "probabilities"
    labels: Labels
    decoding: Mapping[str, float] = dataclasses.field(default_factory=dict)
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by id."""
        return self.labels.names

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels."""
        return self.labels.names

    @property
    def value_shape(self) -> tuple[int | None, ...]:
        """All outputs."""
        return (self.outputs,)

    @property
    def outputs(self) -> int:
        """Number of labels."""
        return len(self.labels.names)

    @property
    def cut(self) -> np.float32 | None:
        """The threshold of the last of two labels, in the precision of the values; None where the likeliest wins."""
        return np.float32(self.thresholds[self.labels.names[-1]]) if self.thresholds else None

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A label is one line of text."""
        return label_fault(value, column=column)

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """The one."""
        return [cell]

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """The labels themselves."""
        return list(labels)

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task with the labels that occur.

        Raises:
            DataError: fewer than two.
        """
        return cls(build_labels(labels))

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task of an exported model.

        Raises:
            ModelError: fewer than two labels, a temperature that is none, or thresholds other than that of the last of
                two labels.
        """
        if len(labels) < 2:
            found = f"the labels {', '.join(labels)}" if labels else "no labels"
            raise ModelError(f"at least two labels for the task {cls.name}", found=found, fix="export the model again")
        if thresholds and (len(labels) > 2 or thresholds.keys() != {labels[-1]}):
            raise ModelError(
                f"a threshold of the last of two labels for the task {cls.name}",
                found=f"thresholds of {', '.join(thresholds)} and the labels {', '.join(labels)}",
                fix="export the model again",
            )
        check_temperature(decoding)
        return cls(Labels(labels), decoding, thresholds)

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """Label ids, int32 [rows].

        Raises:
            DataError: a label that training did not have.
        """
        ids = self.labels.ids(labels)
        unseen = np.flatnonzero(ids < 0)
        if len(unseen):
            raise unseen_label(labels[unseen[0]], rows=len(unseen), names=self.labels.names)
        return ids

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """1 for every row, or the balanced weight of its class, float32 [rows]."""
        if class_weights == "balanced":
            return balanced_weights(targets, classes=self.outputs)[targets]
        return np.ones(len(targets), np.float32)

    def loss(self) -> keras.losses.Loss:
        """Cross-entropy between label ids and logits."""
        import keras

        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """Accuracy."""
        import keras

        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Softmax, float32 [batch, labels]."""
        import tensorflow as tf

        return tf.nn.softmax(cooled(logits, self.decoding), axis=-1)

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`label` string [batch], `score` float32 [batch], `probabilities` float32 and `classes` string [batch,
        labels].

        `classes` repeats the labels for each row, in the order of `probabilities`, as TensorFlow Serving's classify
        does.
        """
        import tensorflow as tf

        names, cut = tf.constant(self.labels.names), self.cut
        label_ids = tf.argmax(values, axis=-1) if cut is None else tf.cast(values[:, -1] >= cut, tf.int64)
        return {
            "label": tf.gather(names, label_ids),
            "score": tf.gather(values, label_ids, batch_dims=1),
            "probabilities": values,
            "classes": tf.tile(names[tf.newaxis], [tf.shape(values)[0], 1]),
        }

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> np.ndarray:
        """The likeliest label of each row, or what the threshold decides, int [rows]."""
        return values.argmax(axis=-1) if self.cut is None else (values[:, -1] >= self.cut).astype(np.int64)

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Where the same label is predicted."""
        return self.decide(values) == self.decide(others)

    def prediction_columns(self, *, prefix: str = "") -> list[Column]:
        """`predicted_label`, `predicted_score` and one `probability_<label>` a label."""
        return [
            Column(f"{prefix}predicted_label", "text"),
            Column(f"{prefix}predicted_score", "float"),
            *(Column(f"{prefix}probability_{name}", "float") for name in self.labels.names),
        ]

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """The predicted label, its probability and all probabilities of each row, from float32 [rows, labels]."""
        names = self.labels.names
        return [(names[label], row[label], *row) for label, row in zip(self.decide(values), values, strict=True)]


def unseen_label(label: str, *, rows: int, names: Sequence[str]) -> DataError:
    """The error of a label that training did not have."""
    return DataError(
        f"labels seen in training ({', '.join(names)})",
        found=f"{label!r} and {rows} such row(s)",
        fix="mend the label, drop the rows, or add rows with it to --train",
    )
