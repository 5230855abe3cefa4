from __future__ import annotations

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from tfbert.encoders.sources import load_encoder
from tfbert.errors import ConfigError, ModelError
from tfbert.jobs.distill_encoder import distill_encoder
from tfbert.jobs.distill_encoder_options import DistillEncoderConfig


@pytest.fixture(scope="module")
def config(small_corpus: Path, tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> DistillEncoderConfig:
    return DistillEncoderConfig(
        teacher=str(tiny_module),
        corpus=(str(small_corpus),),
        output=str(tmp_path_factory.mktemp("encoders") / "student"),
        format="float16",
        layers=1,
        width=32,
        heads=2,
        length=32,
        steps=60,
        lesson_steps=20,
        batch_tokens=512,
        learning_rate=3e-3,
    )


@pytest.fixture(scope="module")
def student(config: DistillEncoderConfig) -> Path:
    return distill_encoder(config)


def read_log(folder: Path) -> list[dict[str, float]]:
    with (folder / "log.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_the_student_comes_closer_to_the_teacher(student: Path) -> None:
    log = read_log(student)
    assert log[-1]["states_error"] < log[1]["states_error"] < log[0]["states_error"]
    assert log[-1]["mean_cosine"] > log[0]["mean_cosine"]
    assert log[0]["mlm_accuracy"] == 0, "the first lesson, of single words, has nothing to guess"


def test_the_student_has_the_teachers_vocabulary_and_its_own_size(student: Path, tiny_module: Path) -> None:
    ours, theirs = load_encoder(str(student)), load_encoder(str(tiny_module))
    assert ours.vocabulary == theirs.vocabulary
    assert (ours.config.layers, ours.config.width, ours.config.positions) == (1, 32, 32)
    assert ours.config.dropout == 0.1
    assert ours.mlm is not None


def test_a_student_that_learns_relations_comes_closer_to_the_teachers(
    config: DistillEncoderConfig, student: Path, tmp_path: Path
) -> None:
    taught = dataclasses.replace(config, output=str(tmp_path / "taught"), relation_weight=30.0, relation_heads=4)
    log = read_log(distill_encoder(taught))
    assert log[-1]["relation_loss"] < 0.8 * log[1]["relation_loss"], "the first lesson is of single words"
    assert log[-1]["states_error"] < log[0]["states_error"]
    assert "relation_loss" not in read_log(student)[0]


def test_relations_that_cannot_be_are_refused(config: DistillEncoderConfig, tmp_path: Path) -> None:
    other = dataclasses.replace(config, output=str(tmp_path / "other"), relation_weight=1.0, relation_heads=24)
    with pytest.raises(ConfigError) as caught:
        distill_encoder(other)
    assert str(caught.value) == (
        "expected relation_heads that divide the widths of student and teacher, 32 and 64, found 24; use "
        "--relation-heads 8"
    )
    assert not list(tmp_path.iterdir())


def test_a_student_that_goes_on_starts_where_it_ended(
    config: DistillEncoderConfig, student: Path, tmp_path: Path
) -> None:
    further = dataclasses.replace(config, init=str(student), output=str(tmp_path / "further"), layers=7, steps=40)
    log = read_log(distill_encoder(further))
    assert log[1]["states_error"] < read_log(student)[1]["states_error"] - 0.05
    assert load_encoder(further.output).config.layers == 1, "the architecture is the student's own"


def test_a_student_of_another_vocabulary_cannot_go_on(
    config: DistillEncoderConfig, student: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(student, other)
    pieces = (other / "vocab.txt").read_text().splitlines()
    (other / "vocab.txt").write_text("\n".join([*pieces[:-2], pieces[-1], pieces[-2]]) + "\n")
    with pytest.raises(ModelError) as caught:
        distill_encoder(dataclasses.replace(config, init=str(other), output=str(tmp_path / "further")))
    assert str(caught.value) == (
        f"expected a student with its teacher's vocabulary, found {len(pieces)} pieces, not the same as the teacher's "
        f"{len(pieces)}; choose another --init or --teacher"
    )


@pytest.mark.slow
def test_a_killed_distillation_that_is_resumed_ends_where_one_that_was_not_ends(
    config: DistillEncoderConfig, student: Path, tmp_path: Path
) -> None:
    class Killed(Exception):
        pass

    def kill(what: str, done: int, total: int | None) -> None:
        if done == 25:
            raise Killed

    other = dataclasses.replace(config, output=str(tmp_path / "killed"))
    with pytest.raises(Killed):
        distill_encoder(other, progress=kill)
    resumed = distill_encoder(dataclasses.replace(other, resume=True))
    for ours, theirs in zip(read_log(resumed), read_log(student), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
    ours, theirs = (load_encoder(str(folder)).encoder.named_weights() for folder in (resumed, student))
    for name, variable in ours.items():
        np.testing.assert_allclose(variable, theirs[name], atol=1e-3, err_msg=name)


def test_what_is_impossible_is_refused_before_anything_slow(config: DistillEncoderConfig, tmp_path: Path) -> None:
    new = dataclasses.replace(config, output=str(tmp_path / "new"))
    with pytest.raises(ConfigError, match="a width that the number of heads divides"):
        distill_encoder(dataclasses.replace(new, heads=5))
    with pytest.raises(ConfigError, match="no --corpus"):
        distill_encoder(dataclasses.replace(new, corpus=()))
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(new, mlm_share=1.5)
    assert str(caught.value) == "expected mlm_share to be a fraction from 0 to 1, found 1.5; mend mlm_share"
    with pytest.raises(ConfigError, match="length up to 128, the positions of"):
        distill_encoder(dataclasses.replace(new, length=200, batch_tokens=512, init=config.teacher))
    with pytest.raises(ModelError, match="an encoder: a folder"):
        distill_encoder(dataclasses.replace(new, teacher="no-such-encoder"))
    assert not list(tmp_path.iterdir())
