"""BERT in Keras 3: the same layers under TensorFlow, JAX and PyTorch."""

from __future__ import annotations

import random
from typing import Any

import keras
from keras import ops

from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.block import SEEDS_PER_BLOCK, TransformerBlock, build_dense, build_initializer, build_norm, dropout

__all__ = ["BertConfig", "BertEncoder"]


class Embeddings(keras.layers.Layer):
    """The sum of a word's, a position's and a segment's row, after LayerNorm; all in float32."""

    def __init__(self, config: BertConfig, *, draw: random.Random | None, name: str) -> None:
        super().__init__(dtype="float32", name=name)
        self.config = config
        self.word = self._build_table(config.vocabulary_size, draw=draw, name="word")
        self.position = self._build_table(config.positions, draw=draw, name="position")
        self.segment = self._build_table(config.segments, draw=draw, name="segment")
        self.norm = build_norm(config, name="norm")

    def build(self, shape: Any = None) -> None:
        """Make the weights; they do not depend on the input's shape."""
        for table in (self.word, self.position, self.segment):
            table.build((None, None))
        self.norm.build((None, None, self.config.width))

    def call(self, ids: Any, segments: Any, *, seed: Any | None = None) -> Any:
        """Token and segment ids int32 [b, l] -> float32 [b, l, w]; `seed` when training, for dropout."""
        positions = self.position(ops.arange(ops.shape(ids)[1]))  # [l, w]
        x = self.word(ids) + positions + self.segment(segments)
        return dropout(self.norm(x), rate=self.config.dropout, seed=seed)

    def _build_table(self, rows: int, *, draw: random.Random | None, name: str) -> keras.layers.Embedding:
        initializer = build_initializer(self.config, draw=draw)
        return keras.layers.Embedding(
            rows, self.config.width, embeddings_initializer=initializer, dtype="float32", name=name
        )


class BertEncoder(keras.layers.Layer):
    """The BERT encoder of Devlin et al. 2018 (arXiv 1810.04805), with new weights.

    Call it on `tokens`, a dict of int32 [batch, length]: `input_word_ids`, `input_mask` (1 for a token, 0 for
    padding), `input_type_ids` (the segment); length up to `config.positions`, which callers have to see to: the
    position table has no row beyond it. You get `encoded`, a dict of float32 tensors:

    - `pooled_output`, and the same again as `default`: [batch, width], a tanh layer on the first position;
    - `sequence_output`: [batch, length, width], the last block's output;
    - `encoder_outputs`: a list, every block's output [batch, length, width].

    Padding changes no output of a real token. Dropout is active only with `training=True`.

    With `cls_only=True` the last block computes position 0 only: `sequence_output` is [batch, 1, width], and its
    numbers and those of `pooled_output` are the ones that the full computation gives.

    Args:
        config: the architecture.
        dtype: a Keras dtype policy or its name. Under `mixed_float16` and `mixed_bfloat16` every matmul runs in the low
            precision; weights, embeddings, softmax, LayerNorm and all outputs are float32. None: the global policy.
        seed: of the new weights and of dropout; None draws one.
        new_weights: draw weights as BERT does; False leaves them zero, for weights that are read from a file at once.
        gradient_checkpointing: in training, keep each block's input only and compute the block again for its gradient
            (Chen et al. 2016, arXiv 1604.06174): the same numbers in less memory, for about a third more time.
        name: the first part of the weights' paths.
    """

    def __init__(
        self,
        config: BertConfig,
        *,
        dtype: Any = None,
        seed: int | None = None,
        new_weights: bool = True,
        gradient_checkpointing: bool = False,
        name: str = "bert_encoder",
    ) -> None:
        super().__init__(dtype=dtype, autocast=False, name=name)
        self.config, self.gradient_checkpointing = config, gradient_checkpointing
        draw = random.Random(seed) if new_weights else None
        self.embeddings = Embeddings(config, draw=draw, name="embeddings")
        self.blocks = [
            TransformerBlock(config, dtype=self.dtype_policy, draw=draw, name=f"layer_{i}")
            for i in range(config.layers)
        ]
        self.pooler = build_dense(config.width, config=config, dtype=self.dtype_policy, draw=draw, name="pooler")
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, shape: Any = None) -> None:
        """Make the weights; they do not depend on the input's shape."""
        self.embeddings.build()
        for block in self.blocks:
            block.build((None, None, self.config.width))
        self.pooler.build((None, self.config.width))
        self.built = True

    def call(self, tokens: dict[str, Any], training: bool = False, cls_only: bool = False) -> dict[str, Any]:
        """`tokens` -> `encoded`; see the class."""
        mask = tokens["input_mask"]
        seed = self.seed_generator.next() if training else None
        x = self.embeddings(tokens["input_word_ids"], tokens["input_type_ids"], seed=seed)  # [b, l, w]
        outputs = []
        for block in self.blocks:
            x = self._run(block, x, mask=mask, training=training, cls_only=cls_only and block is self.blocks[-1])
            outputs.append(x)
        pooled = ops.tanh(ops.cast(self.pooler(x[:, 0]), "float32"))  # [b, w]
        return {"pooled_output": pooled, "default": pooled, "sequence_output": x, "encoder_outputs": outputs}

    def _run(self, block: TransformerBlock, x: Any, *, mask: Any, training: bool, cls_only: bool) -> Any:
        def run(*inputs: Any) -> Any:
            return block(*inputs, cls_only=cls_only)

        if not training:
            return run(x, mask)
        seeds = [self.seed_generator.next() for _ in range(SEEDS_PER_BLOCK)]
        return (keras.remat(run) if self.gradient_checkpointing else run)(x, mask, *seeds)

    def compute_in(self, dtype: str) -> None:
        """Compute from now on under another Keras dtype policy; the weights are float32 under all that we have."""
        for layer in self._flatten_layers():
            layer.dtype_policy = dtype

    def named_weights(self) -> dict[str, keras.Variable]:
        """All weights by their path inside the encoder, such as `layer_0/attention/qkv/kernel`, in order of use."""
        return {variable.path.removeprefix(f"{self.path}/"): variable for variable in self.weights}
