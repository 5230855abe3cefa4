"""How much each piece of a text adds to an output: integrated gradients on the word embeddings.

Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv 1703.01365). The attribution of a
piece is the integral of the output's gradient along the straight way from a baseline to the text, times the way. Its
sum over the pieces is the difference between the two outputs (the paper's completeness), which tells how well the
integral was computed.

The baseline is the same row with every piece [PAD]: [CLS], [SEP], positions and segments stay. [PAD] stands for no
word, is a row of every BERT's word table, and of the size of the others; a zero vector, the other usual choice, is
one that the encoder has never met.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.inference import InferenceGraph
from tfbert.tasks.network import Network, pool, reads_cls_only

WORD_TABLE = "embeddings/word/embeddings"
TOLERANCE = 0.02  # of the difference, between it and the sum of the attributions
ROUNDING = 1e-6  # of an output: float32 knows no better
FIRST_STEPS, MOST_STEPS = 16, 512
BATCH_TOKENS = 1024  # computed at once


@dataclasses.dataclass(frozen=True)
class Attribution:
    """What the pieces of one row add to one output.

    Attributes:
        pieces: float64 [length]; 0 where nothing was varied.
        output: of the row.
        baseline: the output of the row without words.
        steps: points at which the gradient was taken.
    """

    pieces: np.ndarray
    output: float
    baseline: float
    steps: int

    @property
    def error(self) -> float:
        """How far the sum of the attributions is from `output - baseline`, as a share of it."""
        difference = self.output - self.baseline
        off = abs(self.pieces.sum() - difference)
        if off <= ROUNDING * max(1.0, abs(self.output)):
            return 0.0
        return float(off / abs(difference)) if difference else math.inf


class Attributor:
    """Computes attributions for a classifier on a native encoder, in float32.

    Args:
        network: head and pooling.
        encoder: its encoder.
        pad_id: id of [PAD].
        outputs: turns logits float32 [batch, outputs] into what is explained, of the same shape.
    """

    def __init__(
        self, network: Network, encoder: BertEncoder, *, pad_id: int, outputs: Callable[[tf.Tensor], tf.Tensor]
    ) -> None:
        self._network, self._config, self._outputs, self._pad_id = network, encoder.config, outputs, pad_id
        self._weights = {name: variable.value for name, variable in encoder.named_weights().items()}
        ids = tf.TensorSpec([None], tf.int32)
        signature = (tf.TensorSpec([None], tf.float32), ids, ids, ids, ids, tf.TensorSpec([], tf.int32))
        self._along = tf.function(self._outputs_and_slopes, input_signature=signature, autograph=False)

    def attribute(self, tokens: Mapping[str, np.ndarray], *, varied: np.ndarray, output: int) -> Attribution:
        """The attributions of one row.

        Gauss-Legendre points along the way, from 16, are doubled until the error is below 2 % or they are 512.

        Args:
            tokens: of the row, each int32 [length].
            varied: bool [length], the pieces: all but [CLS], [SEP] and padding.
            output: which one is explained.
        """
        (end, start), _ = self._run(np.array([1.0, 0.0]), tokens, varied=varied, output=output)
        steps = FIRST_STEPS
        while True:
            places, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1]
            _, slopes = self._run((places + 1) / 2, tokens, varied=varied, output=output)
            found = Attribution(weights / 2 @ slopes, float(end), float(start), steps)
            if found.error < TOLERANCE or steps == MOST_STEPS:
                return found
            steps *= 2

    def _run(
        self, places: np.ndarray, tokens: Mapping[str, np.ndarray], *, varied: np.ndarray, output: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Outputs [places] and slopes [places, length], in float64, at places between baseline (0) and row (1)."""
        ids = tokens["input_word_ids"]
        row = (ids, np.where(varied, self._pad_id, ids), tokens["input_mask"], tokens["input_type_ids"])
        at_once = max(1, BATCH_TOKENS // len(ids))
        parts = [
            self._along(part.astype(np.float32), *(array.astype(np.int32) for array in row), np.int32(output))
            for part in np.split(places, range(at_once, len(places), at_once))
        ]
        outputs, slopes = (np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True))
        return outputs, slopes

    def _outputs_and_slopes(
        self,
        places: tf.Tensor,
        ids: tf.Tensor,
        baseline_ids: tf.Tensor,
        mask: tf.Tensor,
        types: tf.Tensor,
        at: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        steps, length = tf.size(places), tf.size(ids)
        start = tf.gather(self._weights[WORD_TABLE], baseline_ids)  # [l, w]
        way = tf.gather(self._weights[WORD_TABLE], ids) - start
        # A word table of its own for every place: row p * l + i is the i-th vector of the p-th place.
        table = tf.reshape(start + places[:, None, None] * way, [steps * length, -1])
        tokens = {
            "input_word_ids": tf.reshape(tf.range(steps * length), [steps, length]),
            "input_mask": tf.tile(mask[None], [steps, 1]),
            "input_type_ids": tf.tile(types[None], [steps, 1]),
        }
        with tf.GradientTape() as tape:
            tape.watch(table)
            graph = InferenceGraph(self._config, {**self._weights, WORD_TABLE: table})
            pooling = self._network.pooling
            encoded = graph.encode(tokens, cls_only=reads_cls_only(pooling))
            features = pool(encoded, tokens["input_mask"], pooling=pooling)
            outputs = self._outputs(self._network.head(features, training=False))[:, at]
        gradient = tf.reshape(tf.convert_to_tensor(tape.gradient(outputs, table)), [steps, length, -1])
        return outputs, tf.reduce_sum(gradient * way, axis=-1)
