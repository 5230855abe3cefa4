"""What every task must say about itself.

A task owns its label column, its targets, its loss and training metrics, what the exported graph answers, and the
columns of its predictions. Reading its manifest and writing its predictions needs no TensorFlow: those imports stand
inside the methods that train and export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

import numpy as np

from tfbert.data.parts import LabelColumn
from tfbert.data.writers import Column

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tfbert.data.datasets import TokenTable
    from tfbert.data.token_places import TokenPlaces
    from tfbert.text.located import PlacedTokens

Reads = Literal["rows", "tokens"]


class Task(Protocol):
    """The contract between a task and the rest of the package.

    What a model says of a row before anything is decided are its `values`, float32 [rows, outputs]: probabilities, or
    a number in the user's unit. A task that reads tokens is a `TokenTask`, and says itself what its values are.

    Attributes:
        name: as the option `task` has it.
        kept_together: the one of a row's texts that may not stand on two sides of a split; '' for all of them together.
        evaluated_as: the task whose metrics and reports its predictions get; its own name, as a rule.
        reads: "rows": the head sees one vector a row; "tokens": one a token.
        windows_apart: whether each of a row's token rows is an example of its own in training; else all of them
            together are one.
        answer_name: the output of `answer` that holds what `activate` gives.
    """

    name: ClassVar[str]
    evaluated_as: ClassVar[str]
    kept_together: ClassVar[str]
    reads: ClassVar[Reads]
    windows_apart: ClassVar[bool]
    answer_name: ClassVar[str]

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by id; empty for a task without."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the logits, which the graph gives as `classes`; empty for a task without labels."""

    @property
    def outputs(self) -> int:
        """Width of the logits and, in a task that reads rows, of the values."""

    @property
    def value_shape(self) -> tuple[int | None, ...]:
        """Of a row's values; where it begins with None rows differ, and the values of many are object [rows]."""

    @property
    def decoding(self) -> Mapping[str, float]:
        """The numbers by which logits become values; the manifest keeps them."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Label to the probability from which it is predicted; the manifest keeps them."""

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """Why a cell of the label column cannot be a label of this task, or None; the row is a reject then.

        Args:
            value: the cell.
            column: its column's name.
            texts: the row's texts, where the label must fit them; () where they are not known.
        """

    @staticmethod
    def label_text(value: object, *, texts: Sequence[str]) -> str:
        """What is kept of such a cell that can be a label: what `strata`, `learn` and `targets` take."""

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """The labels in a cell, as a report counts them; none in regression."""

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """What a split holds in the same shares in every part, one a row; '' everywhere for nothing."""

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task, from the label cells of the training rows as `label_text` has them.

        Raises:
            DataError: there is nothing to learn.
        """

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task, from a manifest.

        Raises:
            ModelError: it is not one of this task.
        """

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """What the loss compares with, one a row, from label cells.

        Raises:
            DataError: a label that training did not have.
        """

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """Weight of each row in the loss, float32 [rows]."""

    def loss(self) -> keras.losses.Loss:
        """The loss, on targets and logits."""

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """What the progress bar and the training log show beside the loss."""

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Logits [batch, outputs] to values."""

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """The outputs of the exported signature `tokens`, from what `activate` gives."""

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> np.ndarray | None:
        """What is predicted: label ids int [rows], or bool [rows, labels]; None where the value is the prediction.

        A task that reads tokens says itself, one item a row.
        """

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """In which rows two models, or two precisions, give the same answer, bool [rows]."""

    def prediction_columns(self, *, prefix: str) -> list[Column]:
        """The columns that scoring adds to a table."""

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """The cells of those columns, one tuple a row; they say what the exported model says.

        Args:
            values: of the rows.
            texts: the last text of each row, of which an answer may be a part.
        """


class TaskLabels(LabelColumn, Protocol):
    """The label column of a training: a class of tasks, or what stands for one."""

    def learn(self, labels: Sequence[str]) -> Task:
        """As `Task.learn`."""


class RowTask(Task, Protocol):
    """A task whose head sees one vector a row of tokens.

    A row of a table is one row of tokens or several: its windows, where long texts are read in such, or its text with
    one of its endings each. What `activate` says of the rows of tokens, `join` makes the values of the rows from.

    """

    @property
    def rows_name(self) -> str:
        """The output of `answer_rows` that holds the values."""

    def join(self, values: np.ndarray, row_windows: np.ndarray | None) -> np.ndarray:
        """The values of rows, [rows, ...].

        Args:
            values: of their token rows, one after another, float [token rows, outputs].
            row_windows: how many each row has, at least 1, int [rows]; None where each has one.
        """

    def join_tensors(self, values: tf.Tensor, ids: tf.RaggedTensor) -> tf.Tensor:
        """What `join` gives, in the graph.

        Args:
            values: of the rows of `merge_windows(ids)`.
            ids: ragged [batch, (token rows), (length)], or [batch, (length)] where each row has one.
        """

    def answer_rows(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """The answer for raw texts, each output with a row for each text, from what `join_tensors` gives."""


class TokenTask(Task, Protocol):
    """A task whose head sees each token of a row, and whose answer is a part of the row's last text.

    What the exported model answers for raw texts is decided in its graph alone, and `values` are read from that.

    Attributes:
        answer_outputs: the outputs of `answer_texts` that `read_answer` needs.
    """

    answer_outputs: ClassVar[tuple[str, ...]]

    def token_targets(
        self, targets: np.ndarray, *, tokens: TokenTable, places: TokenPlaces
    ) -> np.ndarray | tf.RaggedTensor:
        """What the loss compares with, one for each row of tokens (a window, where texts are read in windows).

        Args:
            targets: what `targets` gives, one a text.
            tokens: of the texts.
            places: where they stand in the texts.

        Returns:
            [rows, ...], or ragged int32 [rows, (length)] with `UNCOUNTED` for tokens that the loss leaves out.
        """

    def unreadable(self, targets: np.ndarray, *, places: TokenPlaces) -> dict[str, int]:
        """How many of the true answers the model cannot give, by why, such as that the text is cut before them."""

    def answer_texts(self, values: tf.Tensor, *, placed: PlacedTokens, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The answer for raw texts, each output with a row for each text.

        Args:
            values: what `activate` gives, [rows, length, outputs] for the rows of `merge_windows(placed.ids)`, padded.
            placed: the tokens.
            texts: the last text of each row, string [batch].
        """

    def read_answer(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The values of rows, [rows, ...], from `answer_outputs` as the exported model gives them."""
