from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.jobs.distill_classifier_options import TeachingConfig
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer


@pytest.fixture(scope="module")
def unlabelled(messages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 new texts made of halves of the sample's, and one of the sample's own."""
    with messages.open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    path = tmp_path_factory.mktemp("unlabelled") / "more.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerow([texts[0]])
        for first, second in zip(texts[:200], texts[200:400], strict=True):
            writer.writerow([f"{first[: len(first) // 2]} {second[len(second) // 2 :]}"])
    return path


@pytest.fixture(scope="module")
def teaching(trained: TrainedModel, unlabelled: Path) -> TeachingConfig:
    return TeachingConfig(teacher=str(trained.folder), unlabelled=(str(unlabelled),))


@pytest.fixture(scope="module")
def config(messages: Path, tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    return TrainConfig(
        train=(str(messages),),
        encoder=str(tiny_module),
        output=str(tmp_path_factory.mktemp("students") / "student"),
        epochs=2,
        learning_rate=1e-3,
        max_length=32,
    )


@pytest.fixture(scope="module")
def student(config: TrainConfig, teaching: TeachingConfig) -> TrainedModel:
    return train(config, teaching=teaching)


def test_the_comparison_is_that_of_two_scorers(student: TrainedModel, trained: TrainedModel) -> None:
    with (student.folder / "report" / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    ours, theirs = (
        [model.manifest.labels[best] for best in Scorer(model.folder).score(texts).argmax(axis=1)]
        for model in (student, trained)
    )
    found = json.loads((student.folder / "distillation.json").read_text())["comparison"]
    assert found["teacher"] == trained.manifest.model
    assert found["teacher accuracy"] == round(np.mean([a == b for a, b in zip(theirs, labels, strict=True)]), 4)
    assert found["student accuracy"] == round(np.mean([a == b for a, b in zip(ours, labels, strict=True)]), 4)
    assert found["student accuracy"] == pytest.approx(student.manifest.metrics["accuracy"], abs=1e-4)
    assert found["agreement"] == round(np.mean([a == b for a, b in zip(ours, theirs, strict=True)]), 4)
    assert found["times as fast"] == pytest.approx(
        found["student rows per second"] / found["teacher rows per second"], rel=0.02
    )


def test_the_report_shows_both_models(student: TrainedModel) -> None:
    page = (student.folder / "report" / "report.html").read_text()
    for name in ("teacher accuracy", "student accuracy", "agreement", "teacher rows per second", "times as fast"):
        assert name in page


def test_texts_that_are_labelled_are_not_learned_from_again(student: TrainedModel) -> None:
    teaching = json.loads((student.folder / "distillation.json").read_text())["teaching"]
    assert teaching["unlabelled_rows"] == 200
    assert teaching["temperature"] == 2.0


def test_the_student_comes_to_agree_with_its_teacher(student: TrainedModel) -> None:
    history = student.manifest.history
    assert history[-1]["agreement"] > history[0]["agreement"] > 0.2


def test_a_teacher_of_other_labels_is_refused(
    teaching: TeachingConfig, config: TrainConfig, messages: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text(messages.read_text().replace(",billing\n", ",money\n"))
    with pytest.raises(ConfigError, match="choose the model that was trained on these labels"):
        train(dataclasses.replace(config, train=(str(other),), output=str(tmp_path / "student")), teaching=teaching)
    assert not (tmp_path / "student").exists()


def test_a_loss_that_the_teachers_answers_replace_is_refused(
    teaching: TeachingConfig, config: TrainConfig, tmp_path: Path
) -> None:
    options = dataclasses.replace(config, output=str(tmp_path / "student"), label_smoothing=0.1)
    with pytest.raises(ConfigError) as caught:
        train(options, teaching=teaching)
    assert str(caught.value) == (
        "expected no label_smoothing or focal_gamma with a teacher, whose answers are softer than its labels already, "
        "found label_smoothing 0.1, focal_gamma 0; leave them out"
    )


def test_impossible_options_are_refused(teaching: TeachingConfig) -> None:
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(teaching, temperature=0.0)
    assert str(caught.value) == "expected temperature to be a finite number above 0, found 0.0; mend temperature"
