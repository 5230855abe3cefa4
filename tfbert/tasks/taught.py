"""Single-label classification learned from another model's probabilities as well as from labels.

The method is Hinton et al. 2015, "Distilling the Knowledge in a Neural Network" (arXiv 1503.02531, section 2): both
models' logits are divided by a temperature, and the cross-entropy between the two, times the temperature's square, is
added to the usual one, which rows without a label do not have.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from tfbert.tasks.single_label import SingleLabel

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

UNLABELLED = -1
TINY = 1e-7  # below a float32 probability that says anything


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaughtLabel(SingleLabel):
    """`SingleLabel` with a teacher. Its loss and metric take what `taught_targets` gives.

    Attributes:
        temperature: divides both models' logits.
        weight: of the teacher's part of the loss; the labels' part has the rest up to 1.
    """

    temperature: float
    weight: float

    def taught_targets(self, probabilities: np.ndarray, *, label_ids: np.ndarray) -> np.ndarray:
        """The teacher's probabilities at the temperature and the label as 0 and 1, float32 [rows, 2 * labels].

        Args:
            probabilities: the teacher's, float32 [rows, labels].
            label_ids: int [rows], `UNLABELLED` where there is none: such a row has zeros in the second half.
        """
        # softmax(log p / T) is softmax(logits / T): the logits themselves are not needed.
        scaled = np.maximum(probabilities, TINY) ** (1 / self.temperature)
        soft = scaled / scaled.sum(axis=1, keepdims=True)
        hard = label_ids[:, None] == np.arange(self.outputs)
        return np.concatenate([soft, hard], axis=1).astype(np.float32)

    def loss(self) -> keras.losses.Loss:
        """The sum of both cross-entropies."""
        import keras
        from keras import ops

        temperature, weight = self.temperature, self.weight

        class TaughtLoss(keras.losses.Loss):
            def call(self, targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
                soft, hard = ops.split(targets, 2, axis=-1)
                from_teacher = -ops.sum(soft * ops.log_softmax(logits / temperature), axis=-1)
                from_labels = -ops.sum(hard * ops.log_softmax(logits), axis=-1)
                return weight * temperature**2 * from_teacher + (1 - weight) * from_labels

        return TaughtLoss()

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """How often the likeliest label is the teacher's."""
        import keras
        from keras import ops

        def agreement(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
            soft = ops.split(targets, 2, axis=-1)[0]
            return ops.cast(ops.equal(ops.argmax(soft, axis=-1), ops.argmax(logits, axis=-1)), "float32")

        return [keras.metrics.MeanMetricWrapper(agreement, name="agreement")]
