"""A model of single rows of tokens, fitted on texts that have several of them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class WholeRows(keras.Model):
    """Gives all rows of tokens of a text, such as those with one of its endings each, one logit each.

    Args:
        each: from a row of tokens, or its features, to one logit; its weights are the only ones.
        count: how many rows of tokens a text has.
    """

    def __init__(self, each: keras.Model, *, count: int) -> None:
        super().__init__()
        self.each, self._count = each, count

    def call(self, texts: Any, training: bool = False) -> Any:
        """Tensors [batch, count, ...] to logits [batch, count]."""
        apart = keras.tree.map_structure(lambda rows: ops.reshape(rows, (-1, *ops.shape(rows)[2:])), texts)
        return ops.reshape(self.each(apart, training=training), (-1, self._count))
