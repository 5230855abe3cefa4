"""BERT's forward pass for an exported model: the numbers of `BertEncoder`, in the operations that run fastest.

Hidden states are [tokens, width], so that every dense layer is one matrix product with the bias behind it: TensorFlow
then fuses product, bias, gelu or residual into one oneDNN call, which it does not on [batch, length, width].
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.block import MASKED_SCORE

ACTIVATIONS = {
    "gelu": tf.nn.gelu,
    "gelu_tanh": lambda x: tf.nn.gelu(x, approximate=True),
    "relu": tf.nn.relu,
}


@dataclasses.dataclass(frozen=True)
class InferenceGraph:
    """A BERT encoder without dropout.

    Args:
        config: the architecture.
        weights: variables by the names of `BertEncoder.named_weights`, in float32 or in `dtype`; those of LayerNorm in
            float32.
        dtype: of the dense layers, `float32`, `bfloat16` or `float16`; all else is float32.
    """

    config: BertConfig
    weights: Mapping[str, Any]
    dtype: str = "float32"

    def encode(self, tokens: Mapping[str, tf.Tensor], *, cls_only: bool = False) -> dict[str, tf.Tensor]:
        """`pooled_output` and `sequence_output` as `BertEncoder` has them.

        Args:
            tokens: int32 [batch, length].
            cls_only: compute position 0 only in the last block: `sequence_output` is [batch, 1, width].
        """
        shape = tf.shape(tokens["input_word_ids"])  # [batch, length]
        padding = (1 - tf.cast(tokens["input_mask"][:, None, None, :], tf.float32)) * MASKED_SCORE
        x = self._embed(tokens, shape)  # [b * l, w]
        for layer in range(self.config.layers):
            last = cls_only and layer == self.config.layers - 1
            x = self._block(f"layer_{layer}", x, padding=padding, shape=shape, first_only=last)
        sequence = tf.reshape(x, [shape[0], -1, self.config.width])
        return {
            "pooled_output": tf.tanh(self._dense("pooler", sequence[:, 0], out="float32")),
            "sequence_output": sequence,
        }

    def _embed(self, tokens: Mapping[str, tf.Tensor], shape: tf.Tensor) -> tf.Tensor:
        word, position, segment = (
            self.weights[f"embeddings/{name}/embeddings"] for name in ("word", "position", "segment")
        )
        x = _float32(tf.gather(word, tokens["input_word_ids"])) + _float32(tf.convert_to_tensor(position)[: shape[1]])
        x += _float32(tf.gather(segment, tokens["input_type_ids"]))
        return self._norm("embeddings/norm", tf.reshape(x, [-1, self.config.width]))

    def _block(self, name: str, x: tf.Tensor, *, padding: tf.Tensor, shape: tf.Tensor, first_only: bool) -> tf.Tensor:
        context = self._attend(f"{name}/attention", x, padding=padding, shape=shape, first_only=first_only)
        if first_only:
            x = tf.reshape(x, [shape[0], shape[1], self.config.width])[:, 0]
        x = self._norm(f"{name}/attention_norm", self._dense(f"{name}/attention/output", context, out="float32") + x)
        hidden = ACTIVATIONS[self.config.activation](self._dense(f"{name}/intermediate", x, out=self.dtype))
        return self._norm(f"{name}/output_norm", self._dense(f"{name}/output", hidden, out="float32") + x)

    def _attend(self, name: str, x: tf.Tensor, *, padding: tf.Tensor, shape: tf.Tensor, first_only: bool) -> tf.Tensor:
        """x [b * l, w] -> the heads' outputs side by side, [b * l, w], or [b, w] of the first positions."""
        heads, width = self.config.heads, self.config.width
        kernel, bias = (tf.convert_to_tensor(self.weights[f"{name}/qkv/{part}"]) for part in ("kernel", "bias"))
        split = [shape[0], -1, heads, width // heads]
        if first_only:
            first = tf.reshape(x, [shape[0], shape[1], width])[:, 0]
            q = tf.reshape(self._affine(first, kernel[:, :width], bias[:width]), split)
            kv = tf.reshape(self._affine(x, kernel[:, width:], bias[width:]), [shape[0], -1, 2, heads, width // heads])
            k, v = tf.unstack(tf.transpose(kv, [2, 0, 3, 1, 4]))  # [b, h, l, d]
            q = tf.transpose(q, [0, 2, 1, 3])
        else:
            qkv = tf.reshape(self._affine(x, kernel, bias), [shape[0], -1, 3, heads, width // heads])
            q, k, v = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))  # [b, h, l, d]
        scores = tf.matmul(q * (1 / math.sqrt(width // heads)), k, transpose_b=True) + padding  # [b, h, q, l]
        context = tf.matmul(tf.nn.softmax(scores), v)  # [b, h, q, d]
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, width])

    def _dense(self, name: str, x: tf.Tensor, *, out: str) -> tf.Tensor:
        return self._affine(x, self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"], out=out)

    def _affine(self, x: tf.Tensor, kernel: Any, bias: Any, *, out: str = "float32") -> tf.Tensor:
        x, kernel, bias = (tf.cast(part, self.dtype) for part in (x, kernel, bias))
        return tf.cast(tf.nn.bias_add(tf.matmul(x, kernel), bias), out)

    def _norm(self, name: str, x: tf.Tensor) -> tf.Tensor:
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axis=-1, keepdims=True)
        scaled = (x - mean) * tf.math.rsqrt(variance + self.config.layer_norm_epsilon)
        return scaled * self.weights[f"{name}/gamma"] + self.weights[f"{name}/beta"]


def _float32(x: tf.Tensor) -> tf.Tensor:
    return tf.cast(x, tf.float32)
