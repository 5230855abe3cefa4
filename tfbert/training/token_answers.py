"""What a network in training answers to raw texts, of tasks whose answers are parts of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfbert.data.object_rows import empty_rows
from tfbert.tasks.task import TokenTask
from tfbert.text.long_texts import merge_windows
from tfbert.text.packing import to_tokens
from tfbert.text.preprocessor import Preprocessor


def predict_answers(
    model: keras.Model, *columns: Sequence[str], task: TokenTask, preprocessor: Preprocessor, batch_size: int = 32
) -> np.ndarray:
    """The task's values of every row, as the exported model gives them: float32 [rows, outputs], or object [rows].

    Args:
        model: from `tokens`, int32 [batch, length], to logits [batch, length, outputs].
        columns: the rows' texts, a column for each.
        task: turns logits into answers.
        preprocessor: texts to tokens.
        batch_size: rows in a batch; rows of like length stand together.
    """
    step = tf.function(functools.partial(model, training=False), reduce_retracing=True)
    order = np.argsort([sum(map(len, row)) for row in zip(*columns, strict=True)], kind="stable").tolist()
    found = empty_rows(len(order), task.value_shape)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        texts = [tf.constant([column[row] for row in rows]) for column in columns]
        placed = preprocessor.place(*texts)
        values = task.activate(step(to_tokens(merge_windows(placed.ids), merge_windows(placed.type_ids))))
        outputs = task.answer_texts(values, placed=placed, texts=texts[-1])
        found[rows] = task.read_answer({name: outputs[name].numpy() for name in task.answer_outputs})
    return found
