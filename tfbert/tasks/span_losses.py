"""Loss and accuracy of spans: where an answer starts and where it ends, among the tokens that it can have."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfbert.data.datasets import UNCOUNTED

NEITHER, STARTS, ENDS, BOTH = range(4)  # what the target of a token says
IMPOSSIBLE = -1e9  # the logit of a token that no answer can have


class SpanLoss(keras.losses.Loss):
    """The mean of two cross-entropies, that of the start and that of the end, each over the counted tokens of a row.

    Devlin et al. 2019, section 4.2. Targets are int [batch, length], `UNCOUNTED` or one of the above, logits [batch,
    length, 2].
    """

    def call(self, targets: Any, logits: Any) -> Any:
        """The loss of each row, [batch]."""
        log_p = ops.log_softmax(_possible(targets, logits), axis=1)
        return -ops.sum(ops.cast(_wanted(targets), log_p.dtype) * log_p, axis=(1, 2)) / 2


def span_loss() -> keras.losses.Loss:
    """What `SpanLoss` says."""
    return SpanLoss(name="span_loss")


def span_accuracy() -> keras.metrics.Metric:
    """The share of rows whose start and end are the likeliest ones."""

    def right(targets: Any, logits: Any) -> Any:
        hits = ops.equal(ops.argmax(_possible(targets, logits), axis=1), ops.argmax(_wanted(targets), axis=1))
        return ops.cast(ops.all(hits, axis=-1), "float32")

    return keras.metrics.MeanMetricWrapper(right, name="span_accuracy")


def _possible(targets: Any, logits: Any) -> Any:
    return ops.where(ops.expand_dims(ops.not_equal(targets, UNCOUNTED), -1), logits, IMPOSSIBLE)


def _wanted(targets: Any) -> Any:
    """Which token is the start and which the end, int32 [batch, length, 2]."""
    both = ops.equal(targets, BOTH)
    sides = [ops.logical_or(ops.equal(targets, side), both) for side in (STARTS, ENDS)]
    return ops.cast(ops.stack(sides, axis=-1), "int32")
