"""The temperature of a decoding, by which logits are divided; `tfbert.training.calibration` chooses it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tfbert.errors import ModelError

if TYPE_CHECKING:
    import tensorflow as tf


def check_temperature(decoding: Mapping[str, float]) -> None:
    """Raises a ModelError when the decoding's temperature, where it has one, is no finite number above 0."""
    if not 0 < decoding.get("temperature", 1.0) < math.inf:
        raise ModelError(
            "a temperature above 0", found=f"{decoding['temperature']} in decoding", fix="export the model again"
        )


def cooled(logits: tf.Tensor, decoding: Mapping[str, float]) -> tf.Tensor:
    """Logits, float32, divided by the temperature of the decoding, where it has one."""
    import tensorflow as tf

    logits = tf.cast(logits, tf.float32)
    return logits / decoding["temperature"] if "temperature" in decoding else logits
