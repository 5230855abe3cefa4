"""Learning a teacher's representation from raw text: a small encoder is fitted to what a large one computes.

The method is TinyBERT's "general distillation" (Jiao et al. 2020, arXiv 1909.10351, equation 8) reduced to what the
student is used for afterwards: its last hidden states, through a learned projection, approach the teacher's at every
token, and their means over each text approach the teacher's in direction. Inner layers are not matched. The last
layer's attention relations can be (`tfbert.training.relations`). Masked-LM is added on a share of the texts, as in
DistilBERT (Sanh et al. 2019, arXiv 1910.01108): there the student sees masked pieces and the teacher does not.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfbert.data.batches import token_batches
from tfbert.data.datasets import TokenTable, build_token_dataset
from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.mlm import MlmHead
from tfbert.training.masked_lm import masked_lm_logits, masked_lm_loss
from tfbert.training.relations import project_last, relation_loss

TEACHER_TOKENS = 2048  # in a batch of the teacher's


class Distillation(keras.Model):
    """A student, its projection to the teacher's width and its masked-LM head, with the loss to fit them by.

    Its input is one dict: `tokens`; `positions` and `labels` of the masked pieces (see `masked_lm_logits`); and
    `states` [batch, length, teacher's width], the teacher's last hidden states; behind them, where relations are
    learned, the queries, keys and values of its last layer, three times its width more.

    Args:
        student: the encoder that learns.
        mlm: its masked-LM head.
        teacher_width: of the teacher's hidden states.
        mean_weight: of the means' loss in the sum.
        mlm_weight: of the masked-LM loss in the sum.
        relation_weight: of the relations' loss in the sum; 0 leaves them out.
        relation_heads: see `relation_loss`.
        seed: of the projection.
    """

    def __init__(
        self,
        student: BertEncoder,
        mlm: MlmHead,
        *,
        teacher_width: int,
        mean_weight: float,
        mlm_weight: float,
        relation_weight: float,
        relation_heads: int,
        seed: int,
    ) -> None:
        super().__init__(name="distillation")
        self.student, self.mlm = student, mlm
        self.mean_weight, self.mlm_weight = mean_weight, mlm_weight
        self.relation_weight, self.relation_heads = relation_weight, relation_heads
        student.pooler.trainable = False  # it has no part in the loss
        self.projection = keras.layers.Dense(
            teacher_width, kernel_initializer=keras.initializers.GlorotUniform(seed), name="projection"
        )
        self.states_error = keras.metrics.Mean(name="states_error")
        self.mean_cosine = keras.metrics.Mean(name="mean_cosine")
        self.mlm_loss = keras.metrics.Mean(name="mlm_loss")
        self.mlm_accuracy = keras.metrics.Mean(name="mlm_accuracy")
        if relation_weight:
            self.relation_loss = keras.metrics.Mean(name="relation_loss")

    def build(self, shape: Any = None) -> None:
        """Make the weights; they do not depend on the input's shape."""
        self.student.build()
        self.mlm.build()
        self.projection.build((None, None, self.student.config.width))
        self.built = True

    def call(self, batch: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """`states` float32 [batch, length, teacher's width] and `logits` float32 [predictions, vocabulary].

        Where relations are learned, `projections` too, see `project_last`.
        """
        encoded = self.student(batch, training=training)
        sequence = encoded["sequence_output"]
        logits = masked_lm_logits(self.mlm, sequence, positions=batch["positions"], encoder=self.student)
        projections = {"projections": project_last(self.student, batch, encoded)} if self.relation_weight else {}
        return {"states": self.projection(sequence), "logits": logits, **projections}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The sum of the losses; each is also reported on its own."""
        mask = ops.cast(x["input_mask"], "float32")[:, :, None]
        width = self.projection.units
        states = ops.cast(x["states"][..., :width], "float32")
        tokens = ops.sum(mask)
        error = ops.sum(ops.square(y_pred["states"] - states) * mask) / ops.sum(ops.square(states) * mask)
        cosine = _mean_cosine(y_pred["states"], states, mask)
        mlm, accuracy, predictions = masked_lm_loss(y_pred["logits"], x["labels"])
        self.states_error.update_state(error, sample_weight=tokens)
        self.mean_cosine.update_state(cosine)
        self.mlm_loss.update_state(mlm, sample_weight=predictions)
        self.mlm_accuracy.update_state(accuracy, sample_weight=predictions)
        loss = error + self.mean_weight * (1 - cosine) + self.mlm_weight * mlm
        if not self.relation_weight:
            return loss
        theirs = ops.cast(x["states"][..., width:], "float32")
        relations = relation_loss(y_pred["projections"], theirs, mask[:, :, 0], heads=self.relation_heads)
        self.relation_loss.update_state(relations, sample_weight=tokens)
        return loss + self.relation_weight * relations


def _mean_cosine(ours: Any, theirs: Any, mask: Any) -> Any:
    """The cosine between the two means over real tokens, averaged over the texts."""
    means = [ops.normalize(ops.sum(states * mask, axis=1), axis=-1) for states in (ours, theirs)]
    return ops.mean(ops.sum(means[0] * means[1], axis=-1))


def fit_projection(model: Distillation, teacher: Teacher, rows: TokenTable) -> None:
    """Set the projection to the least-squares one, for a student that has learned from this teacher before.

    A random projection would pull the student's states away from where they are before it has adapted itself.
    """
    ours = Teacher(model.student).states(rows).astype(np.float32)
    ours = np.concatenate([ours, np.ones((len(ours), 1), np.float32)], axis=1)
    theirs = teacher.states(rows)[:, : model.projection.units].astype(np.float32)
    best = np.linalg.lstsq(ours, theirs)[0]
    model.projection.kernel.assign(best[:-1])
    model.projection.bias.assign(best[-1])


class Teacher:
    """Gives its last hidden states of rows of tokens.

    Args:
        encoder: native, or wrapped where no relations are asked for.
        relations: give the queries, keys and values of its last layer too, behind the states.
    """

    def __init__(self, encoder: Any, *, relations: bool = False) -> None:
        def compute(tokens: dict[str, tf.Tensor]) -> tf.Tensor:
            encoded = encoder(tokens, training=False)
            states = encoded["sequence_output"]
            return ops.concatenate([states, project_last(encoder, tokens, encoded)], -1) if relations else states

        self._step = tf.function(compute, reduce_retracing=True)

    def states(self, rows: TokenTable) -> np.ndarray:
        """The states of every token of every row, float16 [tokens, width or 4 * width], in the rows' order."""
        batches = token_batches(rows.lengths, tokens=TEACHER_TOKENS, random=np.random.default_rng(0))
        parts = {}
        for numbers, tokens in build_token_dataset(rows, batches=lambda: batches):
            output = self._step(tokens).numpy().astype(np.float16)
            for row, number in zip(output, numbers.numpy(), strict=True):
                parts[int(number)] = row[: rows.splits[number + 1] - rows.splits[number]]
        return np.concatenate([parts[number] for number in range(len(rows.lengths))])
