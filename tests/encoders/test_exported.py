from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tfbert.config_reading import build_config
from tfbert.encoders.sources import check_encoder, load_encoder
from tfbert.errors import ModelError
from tfbert.jobs.train import TrainedModel, train


@pytest.fixture(scope="module")
def original(trained: TrainedModel):
    return load_encoder(trained.manifest.options["encoder"])


def test_a_fine_tuned_encoder_reads_back_with_moved_weights(trained: TrainedModel, original) -> None:
    loaded = load_encoder(str(trained.folder))
    assert loaded.config == original.config == check_encoder(str(trained.folder))
    assert loaded.vocabulary == original.vocabulary
    assert loaded.lower_case == original.lower_case
    assert loaded.digest != original.digest
    for name, before in original.encoder.named_weights().items():
        after = loaded.encoder.named_weights()[name]
        moved = float(np.abs(np.asarray(before) - np.asarray(after)).max())
        assert (moved == 0) == name.startswith("pooler"), name  # mean pooling leaves the pooler alone


@pytest.mark.slow
def test_training_goes_on_from_an_exported_classifier(trained: TrainedModel, tmp_path: Path) -> None:
    changes = {"encoder": str(trained.folder), "output": str(tmp_path / "again"), "epochs": 2}
    again = train(build_config({**trained.manifest.options, **changes}))
    first = [run.manifest.history[0]["val_loss"] for run in (trained, again)]
    assert first[1] < first[0]  # it starts from an encoder that knows the task
    assert again.manifest.encoder["digest"] == load_encoder(str(trained.folder)).digest


def test_a_damaged_export_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(trained.folder, folder)
    (folder / "variables" / "variables.index").write_bytes(b"")
    with pytest.raises(ModelError, match=r"^expected a classifier exported by tfbert train, found .*; copy the whole"):
        load_encoder(str(folder))
    (folder / "tfbert.json").write_text("{}")
    with pytest.raises(ModelError, match=r"^expected a manifest that names the encoder, found no object 'encoder' \("):
        load_encoder(str(folder))
    (folder / "tfbert.json").write_text("[" * 100_000)
    with pytest.raises(
        ModelError, match=r"^expected a manifest that names the encoder, found brackets nested too deep"
    ):
        load_encoder(str(folder))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": "64"}, "expected a manifest that names the encoder, found width '64', not int ({path})"),
        ({"lower_case": None}, "expected a manifest that names the encoder, found lower_case None, not bool ({path})"),
        ({"heads": 3}, "expected a width that the number of heads divides, found width 64 and 3 heads ({path})"),
        (
            {"segments": 3},
            "expected embeddings/segment/embeddings of shape (3, 64), as tfbert.json has it, "
            "found (2, 64) ({folder}/variables)",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_the_weights_is_refused(
    trained: TrainedModel, tmp_path: Path, changes: dict, message: str
) -> None:
    folder = tmp_path / "1"
    shutil.copytree(trained.folder, folder)
    manifest = json.loads((folder / "tfbert.json").read_text())
    manifest["encoder"].update(changes)
    (folder / "tfbert.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError) as error:
        load_encoder(str(folder))
    expected = message.format(path=folder / "tfbert.json", folder=folder)
    assert str(error.value) == f"{expected}; copy the whole version folder again"


def test_a_classifier_on_a_wrapped_encoder_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(trained.folder, folder)
    manifest = json.loads((folder / "tfbert.json").read_text())
    manifest["encoder"] = {"source": "some-module", "vocabulary_size": 3}
    (folder / "tfbert.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError) as error:
        load_encoder(str(folder))
    assert str(error.value) == (
        f"expected a classifier on a native BERT encoder, found one on a wrapped module, some-module "
        f"({folder / 'tfbert.json'}); use the module itself as the encoder"
    )
