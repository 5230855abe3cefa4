"""The number format of an export: that of its dense layers, and of the weights on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from tfbert.errors import ConfigError

if TYPE_CHECKING:
    import tensorflow as tf

Reduced = Literal["bfloat16", "float16"]


def reduce_weights(weights: Mapping[str, tf.Variable], *, precision: Reduced) -> dict[str, tf.Variable]:
    """An encoder's weights in a format of 16 bits; those of LayerNorm, which are few, stay as they are.

    Args:
        weights: float32, by the names of `BertEncoder.named_weights`.
        precision: bfloat16 has float32's range and 8 bits of precision, float16 numbers up to 65,504 and 11 bits.

    Raises:
        ConfigError: a weight is larger than the format's numbers.
    """
    import numpy as np
    import tensorflow as tf

    largest = float(tf.as_dtype(precision).max)
    reduced = {}
    for name, weight in weights.items():
        if name.endswith(("/gamma", "/beta")):
            reduced[name] = weight
            continue
        if (found := float(np.abs(weight.numpy()).max())) > largest:
            raise ConfigError(
                f"weights up to {largest:,.0f}, the largest number of {precision}",
                found=f"{found:,.0f} in {name}",
                fix="use --precision bfloat16",
            )
        reduced[name] = tf.Variable(tf.cast(weight, precision), name=name)
    return reduced
