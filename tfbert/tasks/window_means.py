"""Rows that may be read in windows, each of which is answered like a row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tfbert.data.label_cells import label_name
from tfbert.text.pooling import mean_over_windows

if TYPE_CHECKING:
    import tensorflow as tf

    from tfbert.tasks.task import RowTask


class WindowMeans:
    """What a `RowTask` says of token rows that are windows: a row's values are the mean of those of its windows."""

    windows_apart: ClassVar[bool] = True

    @staticmethod
    def label_text(value: object, *, texts: Sequence[str]) -> str:
        """The label's name."""
        return label_name(value)

    @property
    def rows_name(self: RowTask) -> str:
        """As of a token row."""
        return self.answer_name

    def join(self, values: np.ndarray, row_windows: np.ndarray | None) -> np.ndarray:
        """The mean over each row's windows, float [rows, outputs]."""
        return mean_over_windows(values, row_windows)

    def join_tensors(self, values: tf.Tensor, ids: tf.RaggedTensor) -> tf.Tensor:
        """The same in the graph."""
        from tfbert.text import long_texts

        return long_texts.mean_over_windows(values, ids)

    def answer_rows(self: RowTask, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """As of a token row."""
        return self.answer(values)
