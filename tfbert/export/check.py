"""An export is believed when it has been read back and gives the numbers of the model it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfbert.data.datasets import TokenTable
from tfbert.errors import ModelError
from tfbert.tasks.task import Task
from tfbert.text.pooling import mean_over_windows
from tfbert.training.trainer import predict

TOLERANCE = 1e-4


def check_export(
    folder: Path, *, model: keras.Model, task: Task, texts: Mapping[str, Sequence[str]], tokens: TokenTable
) -> float:
    """Score some rows with a freshly loaded SavedModel, from raw text, and compare with the Keras model.

    Args:
        folder: the SavedModel.
        model: the Keras model, `tokens` to logits.
        task: turns logits into values.
        texts: rows from training, by the names that signatures have for a row's texts.
        tokens: the same rows' tokens as training saw them.

    Returns:
        The largest difference between two probabilities; of a regression, between two values in units of the deviation
        of the training values.

    Raises:
        ModelError: the difference is above 1e-4.
    """
    inputs = {name: tf.constant(list(rows)) for name, rows in texts.items()}
    served = tf.saved_model.load(str(folder)).signatures["serving_default"](**inputs)[task.answer_name].numpy()
    values = mean_over_windows(task.activate(tf.constant(predict(model, tokens))).numpy(), tokens.row_windows)
    expected = task.answer(tf.constant(values))[task.answer_name].numpy()
    difference = float(np.abs(served - expected).max()) / task.decoding.get("scale", 1.0)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"an export within {TOLERANCE:g} of the trained model",
            found=f"a difference of {difference:.2g} between two {'probabilities' if task.label_names else 'values'}",
            fix="report this as a bug of tfbert; nothing was published",
        )
    return difference
