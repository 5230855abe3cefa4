"""Encoder, pooling and head put together as Keras models that share their layers."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
from keras import ops

from tfbert.config import TrainConfig
from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.wrapped_encoder import WrappedEncoder
from tfbert.errors import ConfigError
from tfbert.tasks.task import Reads

TOKENS = ("input_word_ids", "input_mask", "input_type_ids")
EVERY_TOKEN = "tokens"  # in the place of a pooling


@dataclasses.dataclass(frozen=True)
class Network:
    """Three views of the same layers.

    Attributes:
        features: `tokens`, int32 [batch, length], to pooled features float32 [batch, width]; where tokens are read,
            [batch, length, width].
        head: features to `logits` float32 [batch, outputs], or [batch, length, outputs].
        model: `tokens` to `logits`.
        pooling: how features are taken from what the encoder gives, an option's value or `EVERY_TOKEN`.
        frozen: whether the encoder is left as it came.
    """

    features: keras.Model
    head: keras.Model
    model: keras.Model
    pooling: str
    frozen: bool

    @property
    def cached(self) -> bool:
        """Whether features are computed once, without dropout, and only `head` is fitted.

        Those of every token would be too many to keep.
        """
        return self.frozen and self.pooling != EVERY_TOKEN


@keras.saving.register_keras_serializable(package="tfbert")
class MeanPooling(keras.layers.Layer):
    """The mean of `sequence_output` [batch, length, width] over the real tokens of a mask [batch, length]."""

    def call(self, sequence: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
        """Average where the mask is 1."""
        weights = ops.expand_dims(ops.cast(mask, sequence.dtype), -1)  # [batch, length, 1]
        # [CLS] is always real, so the sum of the mask is at least 1; the maximum serves all-padding rows of a
        # server's batch.
        return ops.sum(sequence * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)


def build_network(
    encoder: BertEncoder | WrappedEncoder, *, outputs: int, config: TrainConfig, reads: Reads = "rows"
) -> Network:
    """A new head on an encoder.

    The head's weights are drawn as BERT's own (truncated normal, 0.02). The head computes in float32 under every
    precision.

    Args:
        encoder: the pretrained body; which of its layers train is set here.
        outputs: width of the logits.
        config: pooling, head, dropout and trainable.
        reads: "tokens" for a head on every token, which nothing is pooled for.

    Raises:
        ConfigError: `last-N` asks for more layers than the encoder has.
    """
    frozen = set_trainable(encoder, trainable=config.trainable)
    pooling = config.pooling if reads == "rows" else EVERY_TOKEN
    if pooling != "pooled" and isinstance(encoder, BertEncoder):
        encoder.pooler.trainable = False  # it would have no gradient
    tokens = {name: keras.Input((None,), dtype="int32", name=name) for name in TOKENS}
    encoded = encoder(tokens, cls_only=reads_cls_only(pooling))
    pooled = pool(encoded, tokens["input_mask"], pooling=pooling)
    features = keras.Model(tokens, pooled, name="features")
    head = build_head(pooled.shape[1:], outputs=outputs, config=config)
    return Network(features, head, keras.Model(tokens, head(pooled), name="classifier"), pooling, frozen)


def reads_cls_only(pooling: str) -> bool:
    """Whether this pooling reads nothing of the last block but position 0."""
    return pooling not in ("mean", EVERY_TOKEN)


def pool(encoded: dict[str, Any], mask: Any, *, pooling: str) -> Any:
    """Features [batch, width] of what an encoder gives, with the mask [batch, length] of its tokens.

    Where every token is read they are [batch, length, width].
    """
    if pooling == EVERY_TOKEN:
        return ops.cast(encoded["sequence_output"], "float32")
    if pooling == "mean":
        return MeanPooling(name="mean_pooling", dtype="float32")(encoded["sequence_output"], mask)
    return encoded["pooled_output"] if pooling == "pooled" else encoded["sequence_output"][:, 0]


def build_head(shape: tuple[int | None, ...], *, outputs: int, config: TrainConfig) -> keras.Model:
    """Features [batch, *shape] to logits [batch, ..., outputs]; the last number of the shape is the features' width.

    dense: dropout, Dense; mlp: Dense, relu, dropout, Dense.
    """
    features = keras.Input(shape, dtype="float32", name="features")
    hidden = features
    if config.head == "mlp":
        hidden = keras.layers.Dense(
            config.hidden_width,
            activation="relu",
            kernel_initializer=_initializer(config.seed),
            dtype="float32",
            name="hidden",
        )(hidden)
    hidden = keras.layers.Dropout(config.dropout, seed=config.seed, dtype="float32", name="head_dropout")(hidden)
    logits = keras.layers.Dense(
        outputs, kernel_initializer=_initializer(config.seed + 1), dtype="float32", name="logits"
    )(hidden)
    return keras.Model(features, logits, name="head")


def _initializer(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)


def set_trainable(encoder: BertEncoder | WrappedEncoder, *, trainable: str) -> bool:
    """Freeze what `trainable` (all, none, last-N) does not name; True when nothing of the encoder trains."""
    if trainable in ("all", "none"):
        encoder.trainable = trainable == "all"
        return trainable == "none"
    last = int(trainable.removeprefix("last-"))
    if isinstance(encoder, WrappedEncoder) or last > len(encoder.blocks):
        raise ConfigError(
            "trainable to name layers that the encoder has",
            found=f"{trainable} of {len(encoder.blocks)} layers",
            fix=f"use last-{len(encoder.blocks)} or all" if encoder.blocks else "use all or none",
        )
    encoder.embeddings.trainable = False
    for block in encoder.blocks[:-last]:
        block.trainable = False
    return False
