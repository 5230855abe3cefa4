from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.bert import BertEncoder
from tfbert.tasks import attributions
from tfbert.tasks.attributions import Attribution, Attributor
from tfbert.tasks.network import Network, build_network

ARCHITECTURE = BertConfig(vocabulary_size=50, width=16, layers=3, heads=2, intermediate_width=32, positions=20)
PAD, CLS, SEP = 0, 2, 3


def build(*, activation: str = "gelu", **options: object) -> tuple[Network, BertEncoder]:
    encoder = BertEncoder(dataclasses.replace(ARCHITECTURE, activation=activation), seed=1)
    encoder.build()
    network = build_network(encoder, outputs=3, config=TrainConfig(**options))
    random = np.random.default_rng(0)
    for variable in network.model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.assign(random.normal(0, 0.25, variable.shape))  # far from linear
    encoder.embeddings.word.embeddings.assign(random.normal(0, 1, (50, 16)))
    return network, encoder


def attributor(network: Network, encoder: BertEncoder) -> Attributor:
    return Attributor(network, encoder, pad_id=PAD, outputs=lambda logits: logits)


def row(*, padding: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """[CLS] five pieces [SEP] two pieces [SEP], and which of them are varied."""
    ids = np.array([CLS, 10, 11, 12, 13, 14, SEP, 20, 21, SEP] + [PAD] * padding, np.int32)
    types = np.array([0] * 7 + [1] * 3 + [0] * padding, np.int32)
    tokens = {"input_word_ids": ids, "input_mask": (ids != PAD).astype(np.int32), "input_type_ids": types}
    return tokens, (ids != CLS) & (ids != SEP) & (ids != PAD)


def logits(network: Network, tokens: dict[str, np.ndarray]) -> np.ndarray:
    return network.model({name: array[None] for name, array in tokens.items()}, training=False).numpy()[0]


@pytest.mark.parametrize("pooling", ["cls", "pooled", "mean"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_attributions_sum_to_the_difference_between_the_outputs_of_text_and_baseline(pooling, activation) -> None:
    network, encoder = build(pooling=pooling, activation=activation, head="mlp")
    tokens, varied = row()
    empty = {**tokens, "input_word_ids": np.where(varied, PAD, tokens["input_word_ids"])}
    for output in range(3):
        found = attributor(network, encoder).attribute(tokens, varied=varied, output=output)
        with_words, without = (logits(network, one)[output] for one in (tokens, empty))
        assert (found.output, found.baseline) == pytest.approx((with_words, without), abs=1e-5)
        assert found.pieces.sum() == pytest.approx(with_words - without, rel=0.02)
        assert found.error < 0.02
        assert not found.pieces[~varied].any()
        assert found.pieces[varied].all()


def test_attributions_are_the_integral_that_the_paper_defines() -> None:
    """Against the plain mean of 1,000 gradients through the Keras layers."""
    network, encoder = build()
    tokens, varied = row()
    ids, mask, types = (tokens[name][None] for name in ("input_word_ids", "input_mask", "input_type_ids"))
    start = encoder.embeddings.word(np.where(varied, PAD, ids))
    way = encoder.embeddings.word(ids) - start
    words = start + ((np.arange(1000, dtype=np.float32) + 0.5) / 1000)[:, None, None] * way
    with tf.GradientTape() as tape:
        tape.watch(words)
        x = words + encoder.embeddings.position(np.arange(10)) + encoder.embeddings.segment(types)
        x = encoder.embeddings.norm(x)
        for block in encoder.blocks:
            x = block(x, np.repeat(mask, 1000, axis=0))
        output = network.head(tf.reduce_mean(x, axis=1))[:, 1]
    expected = tf.reduce_sum(tf.reduce_mean(tape.gradient(output, words), axis=0) * way[0], axis=-1).numpy()
    found = attributor(network, encoder).attribute(tokens, varied=varied, output=1)
    np.testing.assert_allclose(found.pieces, expected, atol=0.01 * np.abs(expected).max())


def test_padding_does_not_change_attributions() -> None:
    computing = attributor(*build())
    short, long = (computing.attribute(row(padding=n)[0], varied=row(padding=n)[1], output=0) for n in (0, 7))
    np.testing.assert_allclose(long.pieces, [*short.pieces, *[0] * 7], atol=1e-5)
    assert long.output == pytest.approx(short.output, abs=1e-5)


def test_batches_do_not_change_attributions(monkeypatch: pytest.MonkeyPatch) -> None:
    computing = attributor(*build())
    tokens, varied = row()
    whole = computing.attribute(tokens, varied=varied, output=0)
    monkeypatch.setattr(attributions, "BATCH_TOKENS", 30)  # three places at a time
    np.testing.assert_allclose(computing.attribute(tokens, varied=varied, output=0).pieces, whole.pieces, atol=1e-6)


def test_a_row_without_pieces_has_no_attributions() -> None:
    tokens, varied = row()
    found = attributor(*build()).attribute(tokens, varied=np.zeros_like(varied), output=0)
    assert not found.pieces.any()
    assert found.output == pytest.approx(found.baseline, abs=1e-6)
    assert (found.error, found.steps) == (0, 16)


def test_the_error_is_a_share_of_the_difference() -> None:
    assert Attribution(np.array([0.5, 0.4]), output=3, baseline=2, steps=16).error == pytest.approx(0.1)
    assert Attribution(np.array([0.5]), output=2, baseline=2, steps=16).error == np.inf
