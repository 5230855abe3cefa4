"""What an explanation adds up to: a label's log-odds, or a value."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.task import Task
from tfbert.tasks.temperature import cooled


def explained_output(task: Task) -> Callable[[tf.Tensor], tf.Tensor]:
    """From logits float32 [batch, outputs] to what is explained of each output, of the same shape.

    Of a label these are the log-odds of the probability that the model shows, ln(p / (1 - p)). The slope of a
    probability vanishes where the model is sure. And a softmax's single logit says nothing: a word that lowers all
    logits alike changes no probability, and one that lowers another label's more than this one's speaks for this one.
    A value of a regression is in the user's own unit.
    """
    if not task.label_names:
        return task.activate
    if task.name != SingleLabel.name:
        return lambda logits: cooled(logits, task.decoding)

    def log_odds(logits: tf.Tensor) -> tf.Tensor:
        scaled = cooled(logits, task.decoding)
        own = tf.eye(task.outputs, dtype=tf.bool)
        others = tf.where(own, -float("inf"), scaled[:, None, :])  # [batch, labels, the other labels]
        return scaled - tf.reduce_logsumexp(others, axis=-1)

    return log_odds
