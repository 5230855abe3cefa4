"""The job `tfbert distill encoder`: a large encoder and raw text in, a small encoder out."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING

from tfbert.encoders.sources import check_encoder
from tfbert.errors import ConfigError, ModelError
from tfbert.jobs.distill_encoder_options import DistillEncoderConfig
from tfbert.jobs.encoder_output import build_architecture, trained, write_encoder
from tfbert.jobs.encoder_start import Start, read_start
from tfbert.jobs.run_folder import open_run_folder, prepare_corpus
from tfbert.progress import Report

if TYPE_CHECKING:
    from tfbert.encoders.architecture import BertConfig
    from tfbert.encoders.sources import LoadedEncoder
    from tfbert.encoders.wrapped import WrappedConfig
    from tfbert.training.distillation import Distillation
    from tfbert.training.lessons import Lessons


def distill_encoder(config: DistillEncoderConfig, *, progress: Report = lambda what, done, total: None) -> Path:
    """Train a student on what a teacher computes of raw text, and write it to `config.output`.

    See `tfbert.training.distillation` for the method. Checkpoints, the tokenised corpus and log.csv, with the losses of
    each lesson, lie beside the output until it is written; the log and a model card then lie in it.

    Args:
        config: every option.
        progress: told of (what, steps done, steps in all).

    Raises:
        ConfigError: an option is impossible, the output exists, or there is no run to resume or one not to be resumed;
            relations of a teacher that is wrapped, or in heads that do not divide the widths.
        DataError: the corpus cannot be read.
        ModelError: the teacher cannot be loaded.
    """
    teacher_config = check_encoder(config.teacher)
    start = read_start(config.init, length=config.length) if config.init else None
    architecture = start.config if start else _new_architecture(config, teacher_config.vocabulary_size)
    if config.relation_weight:
        _check_relations(config.relation_heads, student=architecture, teacher=teacher_config)
    folder = open_run_folder(config)

    from tfbert.encoders.sources import load_encoder
    from tfbert.training.lessons import STATES
    from tfbert.training.sections import build_sections_optimizer, fit_sections

    teacher = load_encoder(config.teacher, dtype=config.precision)
    if config.relation_weight and teacher.wrapped_because:
        raise ConfigError(
            "a native teacher for relation_weight, whose last layer can be read",
            found=f"a wrapped one, {config.teacher} ({teacher.wrapped_because})",
            fix="leave --relation-weight out, or choose another --teacher",
        )
    model = _build_model(config, architecture, teacher=teacher)
    lessons = _build_lessons(config, teacher, folder=folder)
    if start:
        _continue(model, start, teacher=teacher, lessons=lessons)
    count = -(-config.steps // config.lesson_steps)
    fit_sections(
        model,
        lessons,
        config=architecture,
        extra=STATES,
        optimizer=build_sections_optimizer(config, steps=count * config.lesson_steps),
        count=count,
        folder=folder,
        precision=config.precision,
        progress=progress,
    )
    write_encoder(
        trained(model.student, model.mlm, vocabulary=teacher.vocabulary, lower_case=teacher.lower_case),
        Path(config.output),
        format=config.format,
        run=folder,
        held_out=config.held_out,
        title=f"distilled from {config.teacher}",
        corpus=lessons.corpus,
    )
    return Path(config.output)


def _check_relations(heads: int, *, student: BertConfig, teacher: BertConfig | WrappedConfig) -> None:
    """See that relations can be cut into so many heads."""
    if student.width % heads or teacher.width % heads:
        raise ConfigError(
            f"relation_heads that divide the widths of student and teacher, {student.width} and {teacher.width}",
            found=str(heads),
            fix=f"use --relation-heads {math.gcd(student.width, teacher.width, heads)}",
        )


def _new_architecture(config: DistillEncoderConfig, vocabulary_size: int) -> BertConfig:
    return build_architecture(
        vocabulary_size=vocabulary_size,
        width=config.width,
        layers=config.layers,
        heads=config.heads,
        positions=config.length,
    )


def _build_model(config: DistillEncoderConfig, architecture: BertConfig, *, teacher: LoadedEncoder) -> Distillation:
    from tfbert.encoders.bert import BertEncoder
    from tfbert.encoders.mlm import MlmHead
    from tfbert.training.distillation import Distillation

    # A student that imitates what it sees once or thrice has nothing to gain from dropout.
    dropless = dataclasses.replace(architecture, dropout=0.0, attention_dropout=0.0)
    model = Distillation(
        BertEncoder(dropless, dtype=config.precision, seed=config.seed),
        MlmHead(dropless, dtype=config.precision, seed=config.seed),
        teacher_width=teacher.config.width,
        mean_weight=config.mean_weight,
        mlm_weight=config.mlm_weight,
        relation_weight=config.relation_weight,
        relation_heads=config.relation_heads,
        seed=config.seed,
    )
    model.build()
    return model


def _continue(model: Distillation, start: Start, *, teacher: LoadedEncoder, lessons: Lessons) -> None:
    """Give the model the weights of the student to continue with, and a projection that fits them."""
    from tfbert.encoders.weights import assign_weights
    from tfbert.training.distillation import fit_projection

    if start.vocabulary != teacher.vocabulary:
        raise ModelError(
            "a student with its teacher's vocabulary",
            found=f"{len(start.vocabulary)} pieces, not the same as the teacher's {len(teacher.vocabulary)}",
            fix="choose another --init or --teacher",
        )
    for layer, weights in ((model.student, start.weights), (model.mlm, start.mlm_weights)):
        if weights is not None:
            assign_weights(layer, weights)
    fit_projection(model, lessons.teacher, lessons.sample())


def _build_lessons(config: DistillEncoderConfig, teacher: LoadedEncoder, *, folder: Path) -> Lessons:
    from tfbert.data.masking import Masking, special_pieces
    from tfbert.text.wordpiece import WordPieceTokenizer
    from tfbert.training.distillation import Teacher
    from tfbert.training.lessons import Lessons

    tokenizer = WordPieceTokenizer(teacher.vocabulary, lower_case=teacher.lower_case)
    return Lessons(
        corpus=prepare_corpus(config.corpus, tokenizer=tokenizer, folder=folder),
        teacher=Teacher(teacher.encoder, relations=bool(config.relation_weight)),
        masking=Masking(mask_id=tokenizer.mask_id, special=special_pieces(teacher.vocabulary)),
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
        length=config.length,
        batch_tokens=config.batch_tokens,
        steps=config.lesson_steps,
        passes=config.passes,
        word_share=config.word_share,
        mlm_share=config.mlm_share,
        seed=config.seed,
    )
