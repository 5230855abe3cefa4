"""Fitting a network: fine-tuning, or training the head alone on features computed once."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.data.datasets import (
    BatchOrder,
    Examples,
    TokenTable,
    build_dataset,
    build_feature_dataset,
    build_token_dataset,
    sorted_batches,
)
from tfbert.errors import ConfigError
from tfbert.progress import Report
from tfbert.tasks.losses import build_loss
from tfbert.tasks.network import Network
from tfbert.tasks.task import RowTask, Task
from tfbert.training import backup
from tfbert.training.callbacks import Backup, EpochSeeds, ReportProgress
from tfbert.training.optimizer import build_optimizer, peak_rate
from tfbert.training.whole_rows import WholeRows


class LossNotFinite(ConfigError):
    """Training came to numbers that are none in its first epoch."""


@dataclasses.dataclass(frozen=True)
class Fit:
    """How training went: each epoch's losses and metrics, the epoch (from 0) whose weights were kept, the peak rate."""

    history: list[dict[str, float]]
    best_epoch: int
    learning_rate: float


def fit(
    network: Network,
    *,
    task: Task,
    train: Examples,
    valid: Examples,
    config: TrainConfig,
    folder: Path,
    progress: Report,
) -> Fit:
    """Train a network in place; it ends with the weights of the epoch of lowest validation loss.

    A frozen encoder computes each row's features once and only the head is fitted on them: the same batches, dropout
    and result as running the encoder in every step, in a fraction of the time. Where every token is read it runs in
    every step.

    Args:
        network: from `build_network`.
        task: gives the loss and the training metrics.
        train: the rows to learn from.
        valid: the rows that choose the best epoch.
        config: the training options.
        folder: holds the backup of a running training; a killed run started again with the same folder continues.
        progress: told of every batch.

    Raises:
        LossNotFinite: in the first epoch. In a later one, training ends with the epochs before it.
    """
    replicas = network.model.distribute_strategy.num_replicas_in_sync
    order = BatchOrder(train.tokens.longest, batch_size=config.batch_size, seed=config.seed, multiple=replicas)
    valid_order = BatchOrder(valid.tokens.longest, batch_size=config.batch_size, seed=config.seed)
    if network.cached:
        model = network.head
        train_set = build_feature_dataset(predict(network.features, train.tokens), train, order=order)
        valid_set = build_feature_dataset(predict(network.features, valid.tokens), valid, order=valid_order)
    else:
        model = network.model
        length = config.max_length if config.xla else None  # XLA compiles anew for every shape
        train_set = build_dataset(train, order=order, length=length)
        valid_set = build_dataset(valid, order=valid_order, length=length)
    folder.mkdir(parents=True, exist_ok=True)
    kept = Backup(folder / backup.NAME, epochs=config.epochs, patience=config.patience)
    steps = len(order) * config.epochs
    peak = peak_rate(config, frozen=network.frozen, width=network.features.output_shape[-1])
    with model.distribute_strategy.scope():
        if train.tokens.row_windows is not None:
            model = WholeRows(model, count=int(train.tokens.row_windows[0]))
        model.compile(
            optimizer=build_optimizer(config, steps=steps, peak=peak),
            loss=build_loss(task, config),
            weighted_metrics=task.training_metrics(),
            auto_scale_loss=False,  # the optimizer is already wrapped when the precision asks for it
            jit_compile=config.xla,
        )
        kept.resume(model)
    if not kept.finished:
        model.fit(
            train_set,
            validation_data=valid_set,
            initial_epoch=len(kept.history),
            epochs=config.epochs,
            shuffle=False,  # the datasets come shuffled
            verbose=0,
            callbacks=[
                EpochSeeds(order, seed=config.seed),
                ReportProgress(progress, steps=len(order), epochs=config.epochs),
                keras.callbacks.CSVLogger(str(folder / "log.csv"), append=True),
                *_tensorboard(folder),
                kept,
            ],
        )
    if not kept.history:
        raise LossNotFinite(
            "a loss that stays finite",
            found=f"one that did not in the first epoch, with a learning rate of {peak:g}",
            fix="lower --learning-rate",
        )
    kept.restore_best(model)
    return Fit(kept.history, kept.best, peak)


def predict(model: keras.Model, tokens: TokenTable, *, batch_size: int = 64) -> np.ndarray:
    """A model's output for every row, in the rows' order, computed in batches of rows of similar length.

    Args:
        model: from `tokens`, int32 [batch, length], to [batch, width].
        tokens: the rows.
        batch_size: rows in a batch.
    """
    batches = sorted_batches(tokens.lengths, batch_size=batch_size)
    # Not a lambda: TensorFlow counts the traces of one over all its models, and warns of too many.
    step = tf.function(functools.partial(model, training=False), reduce_retracing=True)
    output = np.zeros((len(tokens.lengths), model.output_shape[-1]), np.float32)
    for rows, batch in build_token_dataset(tokens.apart(), batches=lambda: batches):
        output[rows.numpy()] = step(batch).numpy()
    return output


def predict_values(model: keras.Model, tokens: TokenTable, *, task: RowTask) -> np.ndarray:
    """The task's values of every row, [rows, outputs], as the exported model gives them.

    Args:
        model: from `tokens`, int32 [batch, length], to logits.
        tokens: the rows.
        task: turns logits into values.
    """
    return task.join(task.activate(tf.constant(predict(model, tokens))).numpy(), tokens.row_windows)


def predict_tokens(model: keras.Model, tokens: TokenTable, *, batch_size: int = 64) -> np.ndarray:
    """A model's output for every token, float32 [tokens, outputs], in the order of `tokens.ids`.

    Args:
        model: from `tokens`, int32 [batch, length], to [batch, length, outputs].
        tokens: the rows.
        batch_size: rows in a batch.
    """
    batches = sorted_batches(tokens.lengths, batch_size=batch_size)
    step = tf.function(functools.partial(model, training=False), reduce_retracing=True)
    output = np.zeros((len(tokens.ids), model.output_shape[-1]), np.float32)
    for rows, batch in build_token_dataset(tokens.apart(), batches=lambda: batches):
        answers = step(batch).numpy()
        for row, answer in zip(rows.numpy(), answers, strict=True):
            start, end = tokens.splits[row : row + 2]
            output[start:end] = answer[: end - start]
    return output


def _tensorboard(folder: Path) -> list[keras.callbacks.Callback]:
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        return []
    return [keras.callbacks.TensorBoard(str(folder / "tensorboard"))]
