"""Losses for labels that are rare or unsure: focal loss and label smoothing, on logits.

Keras' own CategoricalFocalCrossentropy and BinaryFocalCrossentropy compute from probabilities clipped at 1e-7, so that
a row that is wrong beyond that has no gradient; these compute from logits throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfbert.config import TrainConfig
from tfbert.tasks.choice import Choice
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.task import Task

LEAST = 1e-7  # of 1 - p, whose power has no gradient at 0


class LabelLoss(keras.losses.Loss):
    """Cross-entropy between label ids, int [batch], and logits [batch, labels], smoothed and focal.

    The sum over labels of -q (1 - p)^gamma log p. q is 1 for the label and 0 for the others, less `label_smoothing` of
    it, which all labels share alike (Szegedy et al. 2016, arXiv 1512.00567, section 7). (1 - p)^gamma takes weight from
    the rows that the model has right already (Lin et al. 2017, arXiv 1708.02002, equation 4).

    Args:
        label_smoothing: from 0 up to, not including, 1.
        focal_gamma: at least 0; 0 is plain cross-entropy, 2 what Lin et al. found best.
    """

    def __init__(self, *, label_smoothing: float, focal_gamma: float) -> None:
        super().__init__()
        self.label_smoothing, self.focal_gamma = label_smoothing, focal_gamma

    def call(self, targets: Any, logits: Any) -> Any:
        """The loss of each row, [batch]."""
        labels = logits.shape[-1]
        wanted = ops.one_hot(ops.reshape(ops.cast(targets, "int32"), [-1]), labels, dtype=logits.dtype)
        wanted = wanted * (1 - self.label_smoothing) + self.label_smoothing / labels
        log_p = ops.log_softmax(logits, axis=-1)
        return ops.sum(-wanted * _focus(log_p, self.focal_gamma) * log_p, axis=-1)


class LabelsLoss(keras.losses.Loss):
    """Binary cross-entropy between 0 or 1 for each label, [batch, labels], and logits, focal; the mean of the labels.

    -(1 - p)^gamma log p with p the probability of what is true of the label (Lin et al. 2017, equation 4).

    Args:
        focal_gamma: as in `LabelLoss`.
    """

    def __init__(self, *, focal_gamma: float) -> None:
        super().__init__()
        self.focal_gamma = focal_gamma

    def call(self, targets: Any, logits: Any) -> Any:
        """The loss of each row, [batch]."""
        log_p = ops.log_sigmoid(logits * (2 * ops.cast(targets, logits.dtype) - 1))
        return ops.mean(-_focus(log_p, self.focal_gamma) * log_p, axis=-1)


# Of the tasks that have one; `TrainConfig` refuses the options for others.
_SHAPED: dict[str, Callable[[TrainConfig], keras.losses.Loss]] = {
    **dict.fromkeys(
        (SingleLabel.name, Choice.name),
        lambda config: LabelLoss(label_smoothing=config.label_smoothing, focal_gamma=config.focal_gamma),
    ),
    MultiLabel.name: lambda config: LabelsLoss(focal_gamma=config.focal_gamma),
}


def build_loss(task: Task, config: TrainConfig) -> keras.losses.Loss:
    """The task's own loss, or the one that `label_smoothing` and `focal_gamma` make of it."""
    return _SHAPED[task.name](config) if config.label_smoothing or config.focal_gamma else task.loss()


def _focus(log_p: Any, gamma: float) -> Any:
    """(1 - p)^gamma."""
    return ops.power(ops.maximum(1 - ops.exp(log_p), LEAST), gamma)
