"""Multi-label classification: each row has any number of the labels, also none."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tfbert.data.label_cells import label_fault, label_name
from tfbert.data.labels import Labels
from tfbert.data.writers import Column
from tfbert.errors import DataError, ModelError
from tfbert.tasks.single_label import unseen_label
from tfbert.tasks.task import Reads
from tfbert.tasks.temperature import check_temperature, cooled
from tfbert.tasks.window_means import WindowMeans

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SEPARATOR = "|"
THRESHOLD = 0.5  # of a label for which none was chosen
SMALLEST_STRATUM = 10  # rows


@dataclasses.dataclass(frozen=True)
class MultiLabel(WindowMeans):
    """A sigmoid for each label, binary cross-entropy, and every label that reaches its threshold as the prediction.

    Label cells hold the labels of a row joined by `|`; an empty cell is a row with none of them.

    Attributes:
        labels: the labels.
        decoding: `temperature`, by which logits are divided before the sigmoid; without it they are not.
        thresholds: label to the probability from which it is predicted; a label without one has 0.5.
    """

    name: ClassVar[str] = "multi-label"
    evaluated_as: ClassVar[str] = "multi-label"
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
    def cuts(self) -> np.ndarray:
        """The threshold of each label, float32 [labels]."""
        return np.array([self.thresholds.get(name, THRESHOLD) for name in self.labels.names], np.float32)

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A cell is empty, or lines of text joined by `|`."""
        if isinstance(value, dict | list | bytes):
            return label_fault(value, column=column)
        faults = (label_fault(part, column=column) for part in split_labels(label_name(value)))
        return next(filter(None, faults), None)

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """Those joined by `|`."""
        return split_labels(cell)

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """The rarest label of each row, so that rare labels stand in every part as far as that can be.

        Rows whose rarest label is that of fewer than 10 rows, and such without a label if they are so few, count as
        those of the largest stratum.
        """
        return rarest_labels([split_labels(cell) for cell in labels])

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task with the labels that occur, each with the threshold 0.5.

        Raises:
            DataError: no row has a label.
        """
        names = tuple(sorted({label for cell in labels for label in split_labels(cell)}))
        if not names:
            raise DataError("at least one label to train on", found="none", fix="check --label and the table")
        return cls(Labels(names), {}, dict.fromkeys(names, THRESHOLD))

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task of an exported model.

        Raises:
            ModelError: no label, or a temperature that is none.
        """
        if not labels:
            raise ModelError(f"labels for the task {cls.name}", found="none", fix="export the model again")
        check_temperature(decoding)
        return cls(Labels(labels), decoding, thresholds)

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """1 for each label that a row has and 0 for the others, float32 [rows, labels].

        Raises:
            DataError: a label that training did not have.
        """
        number = {name: index for index, name in enumerate(self.labels.names)}
        rows = [split_labels(cell) for cell in labels]
        unseen = [next(label for label in row if label not in number) for row in rows if set(row) - number.keys()]
        if unseen:
            raise unseen_label(unseen[0], rows=len(unseen), names=self.labels.names)
        targets = np.zeros((len(rows), self.outputs), np.float32)
        for target, row in zip(targets, rows, strict=True):
            target[[number[label] for label in row]] = 1
        return targets

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """1 for every row, float32 [rows]: a row has no class of its own that could weigh it."""
        return np.ones(len(targets), np.float32)

    def loss(self) -> keras.losses.Loss:
        """Binary cross-entropy between targets and logits, the mean over the labels."""
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """The share of rows of which every label is right, at a threshold of 0.5."""
        import keras
        from keras import ops

        def all_right(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
            return ops.cast(ops.all(ops.equal(targets > 0.5, logits > 0), axis=-1), "float32")

        return [keras.metrics.MeanMetricWrapper(all_right, name="subset_accuracy")]

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Sigmoid, float32 [batch, labels]."""
        import tensorflow as tf

        return tf.sigmoid(cooled(logits, self.decoding))

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`labels` string [batch], those predicted joined by `|`; `probabilities` float32 and `classes` string [batch,
        labels].
        """
        import tensorflow as tf

        names, rows = tf.constant(self.labels.names), tf.shape(values)[0]
        places = tf.where(values >= self.cuts)  # [predicted, (row, label)], row by row
        return {
            "labels": tf.strings.unsorted_segment_join(
                tf.gather(names, places[:, 1]), places[:, 0], rows, separator=SEPARATOR
            ),
            "probabilities": values,
            "classes": tf.tile(names[tf.newaxis], [rows, 1]),
        }

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> np.ndarray:
        """Which labels reach their threshold, bool [rows, labels]."""
        return values >= self.cuts

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Where all the same labels are predicted."""
        return (self.decide(values) == self.decide(others)).all(axis=-1)

    def prediction_columns(self, *, prefix: str = "") -> list[Column]:
        """`predicted_labels`, joined by `|` and empty when there is none, and one `probability_<label>` a label."""
        probabilities = (Column(f"{prefix}probability_{name}", "float") for name in self.labels.names)
        return [Column(f"{prefix}predicted_labels", "text"), *probabilities]

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """The predicted labels and all probabilities of each row, from float32 [rows, labels]."""
        names = np.array(self.labels.names, object)
        decided = self.decide(values)
        return [(SEPARATOR.join(names[row]), *answer) for row, answer in zip(decided, values, strict=True)]


def rarest_labels(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rarest label of each row, '' of a row without; the commonest of these where one is that of too few rows."""
    counts = Counter(label for row in rows for label in row)
    rarest = [min(row, key=lambda label: (counts[label], label), default="") for row in rows]
    sizes = Counter(rarest)
    largest = max(sizes, key=lambda label: (sizes[label], label), default="")
    return [label if sizes[label] >= SMALLEST_STRATUM else largest for label in rarest]


def split_labels(cell: str) -> list[str]:
    """The labels of a row, from `a|b`; none of an empty cell."""
    return [part.strip() for part in cell.split(SEPARATOR)] if cell else []
