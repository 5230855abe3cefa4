from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tfbert.errors import ModelError
from tfbert.export.manifest import Manifest, digest_model, read_manifest, write_manifest

MANIFEST = Manifest(
    model="sms/1",
    task="single-label",
    labels=("ham", "spam"),
    text_columns={"text": "text"},
    label_column="label",
    max_length=128,
    encoder={"source": "tiny", "digest": "0"},
    options={"epochs": 3, "train": ["é.csv"]},
    rows={"train": 10},
    metrics={"accuracy": 0.5, "roc_auc": None},
    baselines={},
    evaluated_on="test",
    history=[{"loss": 1.0}],
    best_epoch=1,
    packages={"keras": "3"},
    decoding={},
    thresholds={},
    precision="float32",
    compared={},
)


def test_a_manifest_reads_back_as_written(tmp_path: Path) -> None:
    write_manifest(MANIFEST, tmp_path)
    assert read_manifest(tmp_path) == MANIFEST


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == (
        f"expected a model exported by tfbert train, found no tfbert.json in {tmp_path}; "
        "give the version folder, such as saved_models/sms/1"
    )


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").touch()
    with pytest.raises(ModelError) as error:
        read_manifest(tmp_path / "model")
    assert str(error.value) == (
        f"expected a model exported by tfbert train, found the file {tmp_path / 'model'}; "
        "give the version folder, such as saved_models/sms/1"
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"labels": "spam"}, "labels 'spam', not tuple[str, ...]"),
        ({"labels": [0, 1]}, "labels [0, 1], not tuple[str, ...]"),
        ({"labels": ["ham", "ham"]}, "labels ham, ham, of which two are the same"),
        ({"task": None}, "task None, not str"),
        ({"max_length": 128.5}, "max_length 128.5, not int"),
        ({"max_length": True}, "max_length True, not int"),
        ({"options": []}, "options [], not dict[str, typing.Any]"),
        ({"metrics": {"accuracy": "high"}}, "metrics {'accuracy': 'high'}, not dict[str, float | None]"),
        ({"history": [{"loss": None}]}, "history [{'loss': None}], not list[dict[str, float]]"),
        ({"precision": 16}, "precision 16, not str"),
        ({"colour": 1}, "an unknown entry 'colour'"),
    ],
)
def test_an_entry_of_another_kind_is_refused(tmp_path: Path, changes: dict, found: str) -> None:
    path = tmp_path / "tfbert.json"
    path.write_text(json.dumps({**dataclasses.asdict(MANIFEST), **changes}))
    with pytest.raises(ModelError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == f"expected a manifest in {path}, found {found}; export the model again"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"labels": []}', "no entry 'baselines'"),
        (b"[]", "[], not an object"),
        (b"[" * 100_000, "brackets nested too deep"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "tfbert.json"
    path.write_bytes(content)
    with pytest.raises(ModelError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == f"expected a manifest in {path}, found {found}; export the model again"


def test_a_folder_in_the_place_of_the_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tfbert.json").mkdir()
    with pytest.raises(ModelError, match=r"^expected a manifest in .*, found Is a directory; export the model again$"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("missing", ["saved_model.pb", "variables", "assets"])
def test_a_model_without_one_of_its_parts_is_refused(tmp_path: Path, missing: str) -> None:
    (tmp_path / "saved_model.pb").touch()
    for name in ("variables", "assets"):
        (tmp_path / name).mkdir()
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError) as error:
        digest_model(tmp_path)
    assert str(error.value) == (
        f"expected a whole model in {tmp_path} (saved_model.pb, variables, assets), "
        f"found No such file or directory ({tmp_path / missing}); copy the whole version folder again"
    )


def test_the_digest_changes_with_any_file_of_the_model(tmp_path: Path) -> None:
    for name in ("saved_model.pb", "variables/data", "assets/labels.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a")
    seen = {digest_model(tmp_path)}
    for name in ("saved_model.pb", "variables/data", "assets/labels.txt"):
        (tmp_path / name).write_text("b")
        seen.add(digest_model(tmp_path))
    assert len(seen) == 4
