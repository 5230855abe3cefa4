from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfbert.errors import ModelError
from tfbert.export.reading import load_network
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["Where is my parcel?", "refund <br> pls", "", "café 😡", "word " * 300]


def test_a_network_that_is_read_back_gives_the_scorers_probabilities(trained: TrainedModel) -> None:
    read = load_network(trained.folder)
    logits = read.network.model(read.preprocessor.tokens(tf.constant(TEXTS)), training=False)
    expected = Scorer(trained.folder).score(TEXTS)
    np.testing.assert_allclose(read.task.activate(logits), expected, atol=1e-5)
    assert read.task.label_names == trained.manifest.labels


def test_a_classifier_on_a_wrapped_module_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(trained.folder, folder)
    manifest = json.loads((folder / "tfbert.json").read_text())
    manifest["encoder"] = {"source": "some-module", "vocabulary_size": 3}
    (folder / "tfbert.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError) as error:
        load_network(folder)
    assert str(error.value) == (
        "expected a classifier on a native BERT encoder, which can be taken apart, found one on a wrapped module, "
        f"some-module ({folder / 'tfbert.json'}); train on an encoder of which `tfbert encoder show` says that it is "
        "native"
    )


def test_a_head_that_does_not_fit_the_manifest_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(trained.folder, folder)
    manifest = json.loads((folder / "tfbert.json").read_text())
    manifest["options"].update({"head": "mlp", "hidden_width": 8})
    (folder / "tfbert.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError) as error:
        load_network(folder)
    assert str(error.value).startswith("expected variable ")
    assert str(error.value).endswith(f" ({folder / 'variables'}); copy the whole version folder again")
