from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tfbert.jobs.train import TrainedModel

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# A first call of TensorFlow, and a machine that does other things too, take longer than hypothesis' 200 ms.
settings.register_profile("tfbert", deadline=None)
settings.load_profile("tfbert")

# Real tables, corpora and modules lie beside the checkout; nothing of them is committed.
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED}: the real tables and modules are not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def tiny_module() -> Path:
    """A genuine TF Hub BERT module: 2 layers, width 64, random weights, 128 positions, uncased."""
    return Path(__file__).parent / "fixtures" / "bert_tiny_random" / "encoder"


@pytest.fixture(scope="session")
def messages() -> Path:
    """The sample table that ships with the repository: columns text, label."""
    return Path(__file__).parents[1] / "pipelines" / "sample" / "messages.csv"


@pytest.fixture(scope="session")
def inbox() -> Path:
    """The sample table to score: columns id, received, channel, message, priority, with rows that must be rejected."""
    return Path(__file__).parents[1] / "pipelines" / "sample" / "inbox.csv"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_module: Path, messages: Path) -> TrainedModel:
    """A model trained for three epochs on the sample messages: five labels, lower-cased by a cleaning step."""
    from tfbert.config import TrainConfig
    from tfbert.jobs.train import train

    output = tmp_path_factory.mktemp("models") / "messages"
    return train(
        TrainConfig(
            train=(str(messages),),
            encoder=str(tiny_module),
            output=str(output),
            epochs=3,
            learning_rate=1e-3,
            max_length=48,
            clean=("strip_html", "squeeze_spaces"),
            class_weights="balanced",
            baseline=True,
        )
    )


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory, tiny_module: Path) -> Callable[..., Path]:
    """Makes a model with random weights, of any task, published as version 1: quicker than training one.

    Its texts are English, its labels x, y and z. The same arguments give the same folder: do not change what is in it.
    """

    @functools.cache
    def make(task: str = "single-label", **options: object) -> Path:
        import numpy as np

        from tfbert.config import TrainConfig
        from tfbert.encoders.architecture import BertConfig
        from tfbert.encoders.bert import BertEncoder
        from tfbert.export.classifier import write_saved_model
        from tfbert.export.manifest import Manifest, write_manifest
        from tfbert.export.token_classifier import CLASSIFIERS
        from tfbert.tasks.network import build_network
        from tfbert.tasks.registry import load_task
        from tfbert.text.preprocessor import Preprocessor
        from tfbert.text.vocabulary import read_vocabulary
        from tfbert.text.wordpiece import WordPieceTokenizer

        config = TrainConfig(task=task, **{"max_length": 24, **options})
        vocabulary = read_vocabulary(next((tiny_module / "assets").iterdir()))
        architecture = BertConfig(len(vocabulary), width=32, layers=2, heads=2, intermediate_width=64, positions=24)
        encoder = BertEncoder(architecture, seed=1)
        encoder.build()
        labels = () if task in ("regression", "span") else ("x", "y", "z")
        decoding = {"regression": {"mean": 3.0, "scale": 2.0}}.get(task, {})
        answers = load_task(task, labels=labels, decoding=decoding)
        network = build_network(encoder, outputs=answers.outputs, config=config, reads=answers.reads)
        random = np.random.default_rng(0)
        for variable in network.model.trainable_variables:
            if variable.path.endswith(("kernel", "embeddings")):
                variable.assign(random.normal(0, 0.2, variable.shape))
        tokenizer = WordPieceTokenizer(vocabulary, lower_case=True, normalization=config.tokenizer)
        preprocessor = Preprocessor(tokenizer, max_length=config.max_length, cleaning=config.clean, long=config.long)
        texts = tuple(config.text_columns)
        make_classifier = CLASSIFIERS[answers.reads]
        classifier = make_classifier(network, encoder, preprocessor=preprocessor, task=answers, texts=texts)
        folder = tmp_path_factory.mktemp("random") / f"{task}-model" / "1"
        folder.parent.mkdir()
        write_saved_model(classifier, folder, vocabulary=vocabulary, labels=labels)
        manifest = Manifest(
            model=f"{task}-model/1", task=task, labels=labels, text_columns=config.text_columns,
            label_column=config.label, max_length=config.max_length,
            encoder={"source": "random", "digest": "", "lower_case": True, **dataclasses.asdict(architecture)},
            options=dataclasses.asdict(config), rows={}, metrics={}, baselines={}, evaluated_on="test", history=[],
            best_epoch=1, packages={}, decoding=dict(answers.decoding), thresholds=dict(answers.thresholds),
            precision="float32", compared={},
        )  # fmt: skip
        write_manifest(manifest, folder)
        return folder

    return make
