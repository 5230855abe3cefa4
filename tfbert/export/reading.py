"""An exported classifier read back as Keras layers, to look into it; to score with it is `tfbert.scoring`'s."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import tensorflow as tf

from tfbert.config_reading import build_config
from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.exported import is_native, read_exported_classifier
from tfbert.encoders.sources import build_loaded
from tfbert.errors import ModelError
from tfbert.export.manifest import NAME, Manifest, read_manifest
from tfbert.tasks.network import Network, build_network
from tfbert.tasks.registry import load_task
from tfbert.tasks.task import Task
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer


@dataclasses.dataclass(frozen=True)
class ReadNetwork:
    """What an export is made of: texts to tokens, tokens to logits, logits to answers.

    Attributes:
        manifest: what the model says about itself.
        preprocessor: texts to `tokens`.
        encoder: the body of `network`.
        network: `tokens` to `logits`, in float32 whatever precision the model was trained in.
        task: what the logits mean.
    """

    manifest: Manifest
    preprocessor: Preprocessor
    encoder: BertEncoder
    network: Network
    task: Task


def load_network(folder: Path | str) -> ReadNetwork:
    """The network of a model that `tfbert train` exported, with the weights of the export.

    Args:
        folder: a version folder, such as `saved_models/sms/1`.

    Raises:
        ModelError: there is no such model, a file of it is damaged, or its encoder is a wrapped module, which has a
            graph of its own and no layers.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if not is_native(manifest.encoder):
        raise ModelError(
            "a classifier on a native BERT encoder, which can be taken apart",
            found=f"one on a wrapped module, {manifest.encoder.get('source')} ({folder / NAME})",
            fix="train on an encoder of which `tfbert encoder show` says that it is native",
        )
    config = build_config(manifest.options, source=str(folder / NAME))
    read = read_exported_classifier(folder)
    loaded = build_loaded(read, source=str(folder), dtype="float32")
    assert isinstance(loaded.encoder, BertEncoder)
    task = load_task(manifest.task, labels=manifest.labels, decoding=manifest.decoding, thresholds=manifest.thresholds)
    network = build_network(loaded.encoder, outputs=task.outputs, config=config, reads=task.reads)
    _read_head(network, folder)
    tokenizer = WordPieceTokenizer(read.vocabulary, lower_case=read.lower_case, normalization=config.tokenizer)
    preprocessor = Preprocessor(tokenizer, max_length=manifest.max_length, cleaning=config.clean, long=config.long)
    return ReadNetwork(manifest, preprocessor, loaded.encoder, network, task)


def _read_head(network: Network, folder: Path) -> None:
    """Give the head the variables that `Classifier` stored of it, in the order in which it stored them."""
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    for number, variable in enumerate(network.head.variables):
        name = f"head/{number}/.ATTRIBUTES/VARIABLE_VALUE"
        shape = reader.get_variable_to_shape_map().get(name)
        if shape != list(variable.shape):
            raise ModelError(
                f"variable {number} of the head of shape {tuple(variable.shape)}, as {NAME} has it",
                found=f"{'none' if shape is None else tuple(shape)} ({folder / 'variables'})",
                fix="copy the whole version folder again",
            )
        variable.assign(reader.get_tensor(name))
