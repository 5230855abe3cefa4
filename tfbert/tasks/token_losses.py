"""Loss and accuracy of single tokens, where only some of a row's tokens count."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfbert.data.datasets import UNCOUNTED

LEAST = 1e-6  # a mean count in the place of none, so that nothing is divided by 0


class TokenLoss(keras.losses.Loss):
    """Cross-entropy between class ids, int [batch, length], and logits [batch, length, classes].

    A row's loss is the sum over its counted tokens, divided by the mean number of such tokens in a row of the batch.
    So the mean over the rows, which Keras takes and weights, is the mean over the batch's counted tokens.
    """

    def call(self, targets: Any, logits: Any) -> Any:
        """The loss of each row, [batch]."""
        log_p = ops.log_softmax(logits, axis=-1)
        wanted = ops.one_hot(ops.cast(targets, "int32"), logits.shape[-1], dtype=logits.dtype)  # zeros where UNCOUNTED
        return _mean_of_counted(-ops.sum(wanted * log_p, axis=-1), targets)


def token_loss() -> keras.losses.Loss:
    """What `TokenLoss` says."""
    return TokenLoss(name="token_loss")


def token_accuracy(name: str) -> keras.metrics.Metric:
    """The share of counted tokens whose likeliest class is right."""

    def right(targets: Any, logits: Any) -> Any:
        hits = ops.equal(ops.argmax(logits, axis=-1), ops.cast(targets, "int64"))
        return _mean_of_counted(ops.cast(hits, "float32"), targets)

    return keras.metrics.MeanMetricWrapper(right, name=name)


def _mean_of_counted(by_token: Any, targets: Any) -> Any:
    """[batch], of which the mean is that of the counted tokens; `by_token` [batch, length] is 0 at the others."""
    counted = ops.cast(ops.not_equal(targets, UNCOUNTED), by_token.dtype)
    mean_count = ops.mean(ops.sum(counted, axis=-1))
    return ops.sum(by_token * counted, axis=-1) / ops.maximum(mean_count, LEAST)
