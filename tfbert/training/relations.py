"""How a student learns which tokens a teacher holds for related: the self-attention relations of MiniLMv2.

Wang et al. 2021, "MiniLMv2: Multi-Head Self-Attention Relation Distillation for Compressing Pretrained Transformers"
(arXiv 2012.15828): queries, keys and values of a layer are each cut into relation heads; the scaled products of a
head's vectors at all pairs of tokens, after softmax, are a relation; the student's approach the teacher's in
Kullback-Leibler divergence. A relation is tokens by tokens, whatever the widths: nothing has to be projected, and the
student's attention heads may be others than the teacher's. Of both the last layer is taken, as the paper does for
teachers of its base size.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.block import MASKED_SCORE

RELATIONS = 3  # of queries, of keys, of values


def project_last(encoder: BertEncoder, tokens: dict[str, Any], encoded: dict[str, Any]) -> Any:
    """Queries, keys and values of the last layer, float32 [batch, length, 3 * width].

    Args:
        encoder: without dropout, or not training.
        tokens: what it was called on.
        encoded: what it gave.
    """
    outputs = encoded["encoder_outputs"]
    before = outputs[-2] if outputs[1:] else encoder.embeddings(tokens["input_word_ids"], tokens["input_type_ids"])
    return ops.cast(encoder.blocks[-1].attention.qkv(before), "float32")


def relation_loss(ours: Any, theirs: Any, mask: Any, *, heads: int) -> Any:
    """The divergence of the teacher's relations from the student's: mean over tokens and heads, sum over the three.

    Args:
        ours: the student's queries, keys and values, float32 [batch, length, 3 * width].
        theirs: the teacher's, float32 [batch, length, 3 * its width].
        mask: 1 for a token and 0 for padding, float32 [batch, length].
        heads: relation heads; they divide both widths.
    """
    teacher, student = (_log_relations(projections, mask, heads=heads) for projections in (theirs, ours))
    divergence = ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)  # [batch, 3, heads, length]
    real = mask[:, None, None, :]
    return ops.sum(divergence * real) / (heads * ops.sum(mask))


def _log_relations(projections: Any, mask: Any, *, heads: int) -> Any:
    """The logarithm of each token's relation to all, float32 [batch, 3, heads, length, length]."""
    batch, length = ops.shape(projections)[:2]
    vectors = ops.transpose(ops.reshape(projections, (batch, length, RELATIONS, heads, -1)), (0, 2, 3, 1, 4))
    width = ops.cast(ops.shape(vectors)[-1], "float32")
    scores = ops.matmul(vectors, ops.transpose(vectors, (0, 1, 2, 4, 3))) / ops.sqrt(width)
    return ops.log_softmax(scores + (1 - mask[:, None, None, None, :]) * MASKED_SCORE, axis=-1)
