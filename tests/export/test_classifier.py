from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.bert import BertEncoder
from tfbert.export.classifier import Classifier
from tfbert.tasks.network import build_network
from tfbert.tasks.registry import load_task
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
CONFIG = BertConfig(vocabulary_size=len(VOCABULARY), width=16, layers=2, heads=2, intermediate_width=32, positions=12)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("pooling", ["cls", "pooled", "mean"])
def test_the_exported_graph_gives_the_trained_models_probabilities_in_float32(pooling: str, dtype: str) -> None:
    encoder = BertEncoder(CONFIG, seed=1, dtype=dtype)
    encoder.build()
    network = build_network(encoder, outputs=3, config=TrainConfig(pooling=pooling, head="mlp"))
    draw = np.random.default_rng(0)
    for variable in network.model.trainable_variables:
        variable.assign_add(draw.normal(0, 0.3, variable.shape))
    task = load_task("single-label", labels=("x", "y", "z"))
    preprocessor = Preprocessor(WordPieceTokenizer(VOCABULARY, lower_case=True), max_length=12)
    classifier = Classifier(network, encoder, preprocessor=preprocessor, task=task)
    text = tf.constant(["a b c", "", "j i h g f e d c b a a a a a"])
    tokens = preprocessor.tokens(text)
    trained_in = task.activate(network.model(tokens, training=False))
    encoder.compute_in("float32")
    expected = task.activate(network.model(tokens, training=False))
    assert (np.abs(trained_in - expected).max() > 0) == (dtype != "float32")
    assert float(np.ptp(expected.numpy(), axis=0).max()) > 1e-3
    np.testing.assert_allclose(classifier.from_text(text)["probabilities"], expected, atol=1e-5)
    np.testing.assert_allclose(classifier.from_tokens(**tokens)["probabilities"], expected, atol=1e-5)
