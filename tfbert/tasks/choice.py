"""Multiple choice: which of a row's endings goes on from its text."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.temperature import cooled

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Choice(SingleLabel):
    """`SingleLabel` whose labels are the endings of the row, in their order; `EndingLabels.learn` makes one.

    The encoder reads the text with one ending at a time, as a pair, and the head gives each such token row one score. A
    softmax over the scores of a row's endings makes its probabilities (Devlin et al. 2018, arXiv 1810.04805, section
    4.4). Every ending is scored alike, so that their order says nothing.
    """

    name: ClassVar[str] = "choice"
    answer_name: ClassVar[str] = "scores"
    windows_apart: ClassVar[bool] = False

    @property
    def rows_name(self) -> str:
        """The probabilities of the endings."""
        return "probabilities"

    @property
    def outputs(self) -> int:
        """One score."""
        return 1

    @property
    def value_shape(self) -> tuple[int | None, ...]:
        """A probability for each ending."""
        return (len(self.label_names),)

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Scores float32 [token rows, 1]; only the differences within a row mean something."""
        return cooled(logits, self.decoding)

    def join(self, values: np.ndarray, row_windows: np.ndarray | None) -> np.ndarray:
        """Softmax over the scores of each row, float [rows, endings]."""
        from scipy.special import softmax

        return np.asarray(softmax(values.reshape(-1, len(self.label_names)), axis=-1))

    def join_tensors(self, values: tf.Tensor, ids: tf.RaggedTensor) -> tf.Tensor:
        """The same in the graph."""
        import tensorflow as tf

        return tf.nn.softmax(tf.reshape(values, [-1, len(self.label_names)]), axis=-1)

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`scores` float32 [token rows]."""
        return {self.answer_name: values[:, 0]}

    def answer_rows(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `SingleLabel.answer` gives for each row."""
        return super().answer(values)
