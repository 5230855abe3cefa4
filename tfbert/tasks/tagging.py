"""Tagging: the entities of a text, each with its characters and its type.

Every word has a tag: O, or B-TYPE for the first word of an entity and I-TYPE for its others. What a word is, the
tokenizer says; of its pieces the first one carries the tag, the others count neither in the loss nor in the answer
(Devlin et al. 2018, section 5.3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tfbert.data.entities import Entity, entities_fault, entity_items, parse_entities
from tfbert.data.label_cells import label_name
from tfbert.data.labels import Labels
from tfbert.data.object_rows import object_rows
from tfbert.data.writers import Column
from tfbert.errors import DataError, ModelError
from tfbert.tasks.multi_label import rarest_labels
from tfbert.tasks.single_label import unseen_label
from tfbert.tasks.task import Reads
from tfbert.tasks.temperature import check_temperature, cooled

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tfbert.data.datasets import TokenTable
    from tfbert.data.token_places import TokenPlaces
    from tfbert.text.located import PlacedTokens

SCORE = 3  # the column of a row's values that is no whole number


@dataclasses.dataclass(frozen=True)
class Tagging:
    """Softmax over each word's tags, cross-entropy loss, and of all sequences of tags the likeliest that makes sense.

    The values of a row are its entities, float32 [entities, 4]: first character, the one behind the last, type id, and
    the mean probability of its words' tags. Those of rows are object [rows].

    Attributes:
        labels: the types.
        decoding: `temperature`, by which logits are divided before the softmax; without it they are not.
    """

    name: ClassVar[str] = "tagging"
    evaluated_as: ClassVar[str] = "tagging"
    kept_together: ClassVar[str] = ""
    reads: ClassVar[Reads] = "tokens"
    windows_apart: ClassVar[bool] = True
    answer_name: ClassVar[str] = "probabilities"
    answer_outputs: ClassVar[tuple[str, ...]] = ("starts", "ends", "types", "scores", "counts")
    thresholds: ClassVar[Mapping[str, float]] = {}
    labels: Labels
    decoding: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The types, by id."""
        return self.labels.names

    @property
    def classes(self) -> tuple[str, ...]:
        """The tags, by number."""
        return ("O", *(f"{mark}-{name}" for name in self.labels.names for mark in "BI"))

    @property
    def value_shape(self) -> tuple[int | None, ...]:
        """Any number of entities."""
        return (None, 4)

    @property
    def outputs(self) -> int:
        """Number of tags."""
        return len(self.classes)

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A cell is JSON as `tfbert.data.entities` has it, and fits the row's text."""
        return entities_fault(value, column=column, text=texts[-1] if texts else None)

    @staticmethod
    def label_text(value: object, *, texts: Sequence[str]) -> str:
        """The entities as JSON."""
        return label_name(value)

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """The type of each entity."""
        return [entity.type for entity in parse_entities(cell)]

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """The rarest type of each row, as far as that can be."""
        return rarest_labels([sorted({entity.type for entity in parse_entities(cell)}) for cell in labels])

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task with the types that occur.

        Raises:
            DataError: no row has an entity.
        """
        names = tuple(sorted({entity.type for cell in labels for entity in parse_entities(cell)}))
        if not names:
            raise DataError("at least one entity to train on", found="none", fix="check --label and the table")
        return cls(Labels(names))

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task of an exported model.

        Raises:
            ModelError: no types, thresholds, or a temperature that is none.
        """
        if not labels or thresholds:
            raise ModelError(
                f"labels and no thresholds for the task {cls.name}",
                found=f"labels {', '.join(labels) or 'none'}, thresholds {dict(thresholds)}",
                fix="export the model again",
            )
        check_temperature(decoding)
        return cls(Labels(labels), decoding)

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """The entities of each row as (start, end, type id), object [rows].

        Raises:
            DataError: a type that training did not have.
        """
        number = {name: index for index, name in enumerate(self.labels.names)}
        rows = [parse_entities(cell) for cell in labels]
        unseen = [min(kinds) for row in rows if (kinds := {entity.type for entity in row} - number.keys())]
        if unseen:
            raise unseen_label(unseen[0], rows=len(unseen), names=self.labels.names)
        return object_rows(tuple((start, end, number[kind]) for start, end, kind in row) for row in rows)

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """1 for every row, float32 [rows]."""
        return np.ones(len(targets), np.float32)

    def token_targets(self, targets: np.ndarray, *, tokens: TokenTable, places: TokenPlaces) -> tf.RaggedTensor:
        """The tag of each word at its first piece, `UNCOUNTED` at all other tokens, ragged int32 [rows, (length)]."""
        import tensorflow as tf

        from tfbert.tasks.tag_targets import tag_tokens

        by_token = tag_tokens(targets, places=places)
        return tf.RaggedTensor.from_row_splits(by_token, tokens.splits, validate=False)

    def unreadable(self, targets: np.ndarray, *, places: TokenPlaces) -> dict[str, int]:
        """Entities that a text's cut takes away or cuts, and such whose edges are not those of words."""
        from tfbert.tasks.tag_targets import count_unreadable

        return count_unreadable(targets, places=places)

    def loss(self) -> keras.losses.Loss:
        """Cross-entropy between tags and logits, the mean over the counted tokens of a batch."""
        from tfbert.tasks.token_losses import token_loss

        return token_loss()

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """The share of words whose likeliest tag is right."""
        from tfbert.tasks.token_losses import token_accuracy

        return [token_accuracy("tag_accuracy")]

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """Softmax, float32 [rows, length, tags]."""
        import tensorflow as tf

        return tf.nn.softmax(cooled(logits, self.decoding), axis=-1)

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`probabilities` float32 [batch, length, tags] and `classes` string [batch, tags], the tags' names."""
        import tensorflow as tf

        return {"probabilities": values, "classes": tf.tile(tf.constant([self.classes]), [tf.shape(values)[0], 1])}

    def answer_texts(self, values: tf.Tensor, *, placed: PlacedTokens, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The entities, padded to the most that a text of the batch has.

        `counts` int32 [batch] says how many there are; `entities` string [batch, most] holds their text, `types`
        string, `scores` float32, `starts` and `ends` int32 the rest.
        """
        from tfbert.tasks.tag_decoding import answer_entities

        return answer_entities(values, placed=placed, texts=texts, types=self.labels.names)

    def read_answer(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The entities of each text, object [batch] of float32 [entities, 4]."""
        number = {name.encode(): float(index) for index, name in enumerate(self.labels.names)}
        kinds = np.vectorize(lambda name: number.get(name, 0), otypes=[np.float32])(outputs["types"])
        columns = [outputs["starts"], outputs["ends"], kinds, outputs["scores"]]
        stacked = np.stack([column.astype(np.float32) for column in columns], axis=-1)
        return object_rows(row[:count] for row, count in zip(stacked, outputs["counts"], strict=True))

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> np.ndarray:
        """The entities of each row as (start, end, type id), object [rows]."""
        return object_rows(tuple(map(tuple, row[:, :SCORE].astype(int).tolist())) for row in values)

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Where all entities are the same."""
        return self.decide(values) == self.decide(others)

    def prediction_columns(self, *, prefix: str = "") -> list[Column]:
        """`predicted_entities`, JSON."""
        return [Column(f"{prefix}predicted_entities", "any")]

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """The entities of each row with their texts and scores, `[]` for none."""
        names = self.labels.names
        return [
            (
                entity_items(
                    [Entity(start, end, names[kind]) for start, end, kind in entities], text=text, scores=row[:, SCORE]
                ),
            )
            for entities, row, text in zip(self.decide(values), values, texts, strict=True)
        ]
