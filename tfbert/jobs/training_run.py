"""The steps of a training that need TensorFlow, in the order in which `tfbert.jobs.train` takes them."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import logging
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.data.datasets import Examples, TokenTable, tokenize_rows
from tfbert.data.parts import Parts
from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.sources import LoadedEncoder, load_encoder
from tfbert.errors import ConfigError
from tfbert.export.check import check_export
from tfbert.export.manifest import Manifest
from tfbert.export.token_classifier import CLASSIFIERS
from tfbert.export.writing import write_model
from tfbert.jobs.read_parts import ReadPart, read_part
from tfbert.jobs.teaching import Teaching
from tfbert.progress import Report
from tfbert.tasks.network import Network, build_network
from tfbert.tasks.task import Task
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer
from tfbert.training import trainer
from tfbert.training.strategy import strategy_scope

PACKAGES = ("tfbert", "tensorflow", "tensorflow-text", "keras", "numpy")
CHECKED_ROWS = 64  # training rows on which the export is compared with the Keras model

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Run:
    """What the steps hand on."""

    config: TrainConfig
    parts: Parts
    task: Task
    encoder: LoadedEncoder
    preprocessor: Preprocessor
    network: Network
    teacher: Teaching | None = None


@dataclasses.dataclass(frozen=True)
class Fitted:
    """How training went, the tokens of each part, and the true answers in it that the model cannot give, by why."""

    fit: trainer.Fit
    tokens: dict[str, TokenTable]
    unreadable: dict[str, dict[str, int]]


def prepare(config: TrainConfig, parts: Parts, task: Task, *, teacher: Teaching | None = None) -> Run:
    """Load the encoder and put tokenizer and network together.

    Raises:
        ModelError: the encoder cannot be loaded.
        ConfigError: `trainable` names more layers than it has, or rows of a wrapped encoder are to be explained.
    """
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    with strategy_scope(config.strategy):
        encoder = load_encoder(
            config.encoder,
            dtype=config.precision,
            gradient_checkpointing=config.gradient_checkpointing,
            seed=config.seed,
        )
        network = build_network(encoder.encoder, outputs=task.outputs, config=config, reads=task.reads)
    if encoder.wrapped_because and config.explain:
        raise ConfigError(
            "a native encoder for explain, which varies its word embeddings",
            found=f"a wrapped one, {config.encoder}",
            fix="leave explain out",
        )
    if encoder.wrapped_because:
        log.warning(
            "wrapped encoder, so precision and gradient_checkpointing do not apply: %s", encoder.wrapped_because
        )
    log.info("encoder: %s, %d layers, width %d", encoder.source, encoder.config.layers, encoder.config.width)
    tokenizer = WordPieceTokenizer(encoder.vocabulary, lower_case=encoder.lower_case, normalization=config.tokenizer)
    preprocessor = Preprocessor(tokenizer, max_length=config.max_length, cleaning=config.clean, long=config.long)
    return Run(config, parts, task, encoder, preprocessor, network, teacher)


def fit(run: Run, *, backup: Path, progress: Report) -> Fitted:
    """Tokenise every part once and fit the network."""
    parts = {name: getattr(run.parts, name) for name in ("train", "valid", "test")}
    read = {
        name: read_part(rows, task=run.task, preprocessor=run.preprocessor) for name, rows in parts.items() if len(rows)
    }
    for name, part in read.items():
        part.log(name)
    train = _examples(run, read["train"], name="train", class_weights=run.config.class_weights, backup=backup)
    # Validation counts every row once, as Keras does: weights are there to shape learning.
    valid = _examples(run, read["valid"], name="valid", class_weights="none", backup=backup)
    if run.teacher:
        more = tokenize_rows(run.teacher.unlabelled, ids=run.preprocessor.ids)
        train = run.teacher.add_unlabelled(train, more, kept=backup / "answers-unlabelled.npy")
    fitted = trainer.fit(
        run.network,
        task=run.teacher.task if run.teacher else run.task,
        train=train.by_window() if run.task.windows_apart else train,
        valid=valid.by_window() if run.task.windows_apart else valid,
        config=run.config,
        folder=backup,
        progress=progress,
    )
    if isinstance(run.encoder.encoder, BertEncoder):
        run.encoder.encoder.compute_in("float32")  # as the export does: what is now chosen and checked is what it gives
    tokens = {name: part.tokens for name, part in read.items()}
    return Fitted(fitted, tokens, {name: part.unreadable for name, part in read.items()})


def _examples(run: Run, part: ReadPart, *, name: str, class_weights: str, backup: Path) -> Examples:
    rows = getattr(run.parts, name)
    own = rows.weights if name == "train" else None
    examples = part.examples(loss_weights(part.targets, task=run.task, class_weights=class_weights, own=own))
    return run.teacher.teach(examples, rows.texts, kept=backup / f"answers-{name}.npy") if run.teacher else examples


def loss_weights(targets: np.ndarray, *, task: Task, class_weights: str, own: Sequence[float] | None) -> np.ndarray:
    """How much each row counts, float32 [rows]: what its class does, times what its own weight says."""
    weights = task.row_weights(targets, class_weights=class_weights)
    if own is not None:
        # A mean of 1 keeps the loss and its clipping in their range; a sum of numbers up to 1 cannot overflow.
        shares = np.array(own) / np.max(own)
        weights = weights * (shares / shares.mean()).astype(np.float32)
    return weights


def build_manifest(run: Run, fitted: Fitted, *, name: str) -> Manifest:
    """What the model is and how it was made; its metrics are still to come."""
    encoder = {
        "source": run.encoder.source,
        "digest": run.encoder.digest,
        "lower_case": run.encoder.lower_case,
        **dataclasses.asdict(run.encoder.config),
    }
    return Manifest(
        model=name,
        task=run.task.name,
        labels=run.task.label_names,
        text_columns=run.config.text_columns,
        label_column=run.config.label,
        max_length=run.config.max_length,
        encoder=encoder,
        options=dataclasses.asdict(run.config),
        rows=run.parts.facts(),
        metrics={},
        baselines={},
        evaluated_on="test" if len(run.parts.test) else "valid",
        history=fitted.fit.history,
        best_epoch=fitted.fit.best_epoch + 1,
        packages={package: importlib.metadata.version(package) for package in PACKAGES},
        decoding=dict(run.task.decoding),
        thresholds=dict(run.task.thresholds),
        precision="float32",
        compared={},
    )


def export(run: Run, fitted: Fitted, folder: Path, *, manifest: Manifest) -> None:
    """Write SavedModel and manifest, and check the export against the Keras model on rows from training.

    Raises:
        ModelError: the export gives other numbers.
    """
    texts = run.parts.train.columns
    classifier = CLASSIFIERS[run.task.reads](
        run.network, run.encoder.encoder, preprocessor=run.preprocessor, task=run.task, texts=tuple(texts)
    )
    write_model(classifier, folder, manifest=manifest, vocabulary=run.encoder.vocabulary, texts=texts)
    checked = {column: values[:CHECKED_ROWS] for column, values in texts.items()}
    tokens = fitted.tokens["train"].head(len(checked["text"]))
    difference = check_export(folder, model=run.network.model, task=run.task, texts=checked, tokens=tokens)
    values = "probabilities" if run.task.label_names else "values"
    log.info("the export gives the trained model's %s within %.1g", values, difference)
