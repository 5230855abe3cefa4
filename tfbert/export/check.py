"""An export is believed when it has been read back and gives the numbers of the model it was made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from tfbert.data.datasets import TokenTable
from tfbert.errors import ModelError
from tfbert.tasks.task import RowTask, Task
from tfbert.text.packing import to_tokens
from tfbert.training.trainer import predict_tokens, predict_values

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
    signatures = tf.saved_model.load(str(folder)).signatures
    if task.reads == "rows":
        difference = _between_rows(signatures, inputs, model=model, task=cast(RowTask, task), tokens=tokens)
    else:
        difference = _between_tokens(signatures, inputs, model=model, task=task, tokens=tokens)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"an export within {TOLERANCE:g} of the trained model",
            found=f"a difference of {difference:.2g} between two {'probabilities' if task.label_names else 'values'}",
            fix="report this as a bug of tfbert; nothing was published",
        )
    return difference


def _between_rows(
    signatures: Mapping[str, Any],
    inputs: dict[str, tf.Tensor],
    *,
    model: keras.Model,
    task: RowTask,
    tokens: TokenTable,
) -> float:
    """The largest difference between two values of rows."""
    served = signatures["serving_default"](**inputs)[task.rows_name].numpy()
    values = predict_values(model, tokens, task=task)
    expected = task.answer_rows(tf.constant(values))[task.rows_name].numpy()
    return float(np.abs(served - expected).max()) / task.decoding.get("scale", 1.0)


def _between_tokens(
    signatures: Mapping[str, Any], inputs: dict[str, tf.Tensor], *, model: keras.Model, task: Task, tokens: TokenTable
) -> float:
    """The largest difference between two numbers of tokens; infinity where the tokens are not the same.

    What is decided from these numbers is decided in the graph alone, so there is nothing to compare it with.
    """
    found = signatures["tokenize"](**inputs)
    pairs = ((found["input_word_ids"], tokens.ids), (found["input_type_ids"], tokens.type_ids))
    if not all(np.array_equal(ours, theirs) for ours, theirs in pairs):
        return math.inf
    ids, type_ids, logits = (
        tf.RaggedTensor.from_row_splits(flat, tokens.splits)
        for flat in (tokens.ids, tokens.type_ids, predict_tokens(model, tokens))
    )
    served = signatures["tokens"](**to_tokens(ids, type_ids))[task.answer_name]
    expected = task.answer(task.activate(logits.to_tensor()))[task.answer_name]
    real = tf.sequence_mask(ids.row_lengths())
    return float(tf.reduce_max(tf.abs(served - expected)[real]))
