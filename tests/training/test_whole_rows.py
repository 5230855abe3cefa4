"""Fitting texts that have several rows of tokens together."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from tfbert.config import TrainConfig
from tfbert.data.datasets import BatchOrder, Examples, TokenTable, build_dataset
from tfbert.data.labels import Labels
from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.bert import BertEncoder
from tfbert.tasks.choice import Choice
from tfbert.tasks.network import Network, build_network
from tfbert.training.trainer import Fit, fit, predict_values

ENDINGS = 3
TASK = Choice(Labels(("0", "1", "2")))
ARCHITECTURE = BertConfig(
    vocabulary_size=30, width=16, layers=1, heads=2, intermediate_width=32, positions=16, dropout=0, attention_dropout=0
)
OPTIONS = {"task": "choice", "endings": ("a", "b", "c"), "epochs": 2, "batch_size": 16}


def examples(rows: int = 48, seed: int = 0) -> Examples:
    """Texts of three rows of 3 to 12 random ids; the right one has id 20."""
    random = np.random.default_rng(seed)
    lengths = random.integers(3, 13, rows * ENDINGS)
    splits = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids, targets = random.integers(1, 12, splits[-1]).astype(np.int32), random.integers(0, ENDINGS, rows)
    ids[splits[np.arange(rows) * ENDINGS + targets] + 1] = 20
    table = TokenTable(ids, np.zeros_like(ids), splits, np.full(rows, ENDINGS))
    return Examples(table, targets.astype(np.int32), np.ones(rows, np.float32))


def network(config: TrainConfig) -> Network:
    encoder = BertEncoder(ARCHITECTURE, seed=2)
    encoder.build()
    return build_network(encoder, outputs=TASK.outputs, config=config)


def run(made: Network, config: TrainConfig, folder: Path) -> Fit:
    given = {"task": TASK, "train": examples(), "valid": examples(seed=1), "config": config, "folder": folder}
    return fit(made, **given, progress=lambda what, done, total: None)


def test_a_batch_has_all_rows_of_its_texts() -> None:
    given = examples()
    order = BatchOrder(given.tokens.longest, batch_size=16, seed=0)
    seen = 0
    for numbers, (tokens, targets, _) in zip(order(), build_dataset(given, order=order), strict=True):
        assert tokens["input_word_ids"].shape[:2] == (len(numbers), ENDINGS)
        assert tokens["input_word_ids"].shape[2] == given.tokens.longest[numbers].max()
        for text, target, rows, mask in zip(
            numbers, targets.numpy(), tokens["input_word_ids"].numpy(), tokens["input_mask"].numpy(), strict=True
        ):
            assert target == given.targets[text]
            assert rows[target, 1] == 20
            assert mask.sum(axis=1).tolist() == given.tokens.lengths[text * ENDINGS : (text + 1) * ENDINGS].tolist()
            seen += 1
    assert seen == len(given)


def test_the_kept_loss_is_that_of_the_values(tmp_path: Path) -> None:
    config = TrainConfig(**OPTIONS, learning_rate=1e-2)
    made = network(config)
    fitted = run(made, config, tmp_path)
    valid = examples(seed=1)
    values = predict_values(made.model, valid.tokens, task=TASK)
    assert values.shape == (len(valid), ENDINGS)
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)
    loss = float(keras.losses.SparseCategoricalCrossentropy()(valid.targets, values))
    best = fitted.history[fitted.best_epoch]
    assert loss == pytest.approx(best["val_loss"], abs=1e-5)
    assert np.mean(values.argmax(axis=1) == valid.targets) == pytest.approx(best["val_accuracy"])


def test_cached_features_give_the_head_that_running_the_encoder_each_step_gives(tmp_path: Path) -> None:
    config = TrainConfig(**OPTIONS, trainable="none", head="mlp", hidden_width=8)
    cached, stepped = network(config), dataclasses.replace(network(config), frozen=False)
    run(cached, config, tmp_path / "a")
    run(stepped, dataclasses.replace(config, learning_rate=1e-3), tmp_path / "b")  # what a frozen encoder's 0 means
    for one, other in zip(cached.head.get_weights(), stepped.head.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
