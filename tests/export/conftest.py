from __future__ import annotations

from pathlib import Path

import pytest

from tfbert.export.manifest import Manifest
from tfbert.export.precision import Reduced


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    """Some in the vocabulary of `exported`, some not."""
    return ("a b c", "", "j i h g f e d c b a a a a a", "h e a d", "d e a f b a b e", "naïve 😡", "C A B")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, texts: tuple[str, ...]) -> Path:
    """A classifier with random weights, three labels and a vocabulary of ten letters, exported as version 1."""
    return export_letters(tmp_path_factory.mktemp("letters") / "1", texts)


@pytest.fixture(scope="session", params=["bfloat16", "float16"])
def reduced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, texts: tuple[str, ...]) -> Path:
    """The same in 16 bits."""
    return export_letters(tmp_path_factory.mktemp("reduced") / "1", texts, reduced=request.param)


def export_letters(folder: Path, texts: tuple[str, ...], *, reduced: Reduced | None = None) -> Path:
    """Write the classifier."""
    import numpy as np

    from tfbert.config import TrainConfig
    from tfbert.encoders.architecture import BertConfig
    from tfbert.encoders.bert import BertEncoder
    from tfbert.export.classifier import Classifier
    from tfbert.export.writing import write_model
    from tfbert.tasks.network import build_network
    from tfbert.tasks.registry import load_task
    from tfbert.text.preprocessor import Preprocessor
    from tfbert.text.wordpiece import WordPieceTokenizer

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    encoder = BertEncoder(
        BertConfig(vocabulary_size=15, width=16, layers=1, heads=2, intermediate_width=32, positions=12), seed=1
    )
    encoder.build()
    network = build_network(encoder, outputs=3, config=TrainConfig())
    for variable in network.model.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(0, 0.3, variable.shape))
    labels = ("x", "y", "z")
    preprocessor = Preprocessor(
        WordPieceTokenizer(vocabulary, lower_case=True), max_length=12, cleaning=("strip_html", "squeeze_spaces")
    )
    task = load_task("single-label", labels=labels)
    classifier = Classifier(network, encoder, preprocessor=preprocessor, task=task, reduced=reduced)
    manifest = Manifest(
        model="letters/1", task="single-label", labels=labels, text_columns={"text": "text"},
        label_column="label", max_length=12, encoder={}, options={}, rows={}, metrics={}, baselines={},
        evaluated_on="test", history=[], best_epoch=1, packages={}, decoding={}, thresholds={},
        compared={},
        precision=reduced or "float32",
    )  # fmt: skip
    write_model(classifier, folder, manifest=manifest, vocabulary=vocabulary, texts={"text": texts})
    return folder
