"""The training job: tables in, a published model out."""

from __future__ import annotations

import dataclasses
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tfbert.config import TrainConfig
from tfbert.data.labelled import column_index
from tfbert.data.parts import read_parts, table_format_of
from tfbert.data.tables import open_table
from tfbert.encoders.architecture import BertConfig
from tfbert.encoders.sources import check_encoder
from tfbert.errors import ConfigError
from tfbert.export.manifest import Manifest
from tfbert.export.versions import check_output, open_version
from tfbert.jobs.backup_folder import open_backup_folder
from tfbert.jobs.decisions import check_threshold, decide
from tfbert.jobs.distill_classifier_options import TeachingConfig
from tfbert.jobs.identity import identify
from tfbert.progress import Report
from tfbert.row_texts import text_flag
from tfbert.tasks.registry import label_column

if TYPE_CHECKING:
    from tfbert.jobs.training_run import Run

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """What a training left behind: the published version folder, its manifest, and how long it took."""

    folder: Path
    manifest: Manifest
    seconds: float


def train(
    config: TrainConfig,
    *,
    teaching: TeachingConfig | None = None,
    progress: Report = lambda what, done, total: None,
) -> TrainedModel:
    """Train a classifier and publish it as the next version under `config.output`.

    Reads the tables, splits them, loads the encoder, fits, exports, reads the export back and compares it with what
    was trained, scores the held-out rows with the export, and writes report and model card. The version folder
    appears when all of it is done. Killed and started again with the same options and tables, it continues after the
    last finished epoch.

    Args:
        config: every option.
        teaching: a trained model to learn from beside the labels (`tfbert distill classifier`); the comparison of the
            two then stands in report and distillation.json.
        progress: told of (what, steps done, steps in all) while training.

    Raises:
        ConfigError, DataError, ModelError: output, columns and encoder are checked before the rows are read, rows and
            labels before anything is computed; nothing is published.
    """
    started = time.perf_counter()
    check_options(config)
    output = Path(config.output)
    labels = label_column(config)
    parts = read_parts(config, task=labels)
    task = labels.learn(parts.train.labels)
    check_threshold(config, task)
    for rows in (parts.valid, parts.test):
        task.targets(rows.labels)  # refuses labels that training does not have
    log.info("rows: %s", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in parts.facts().items()))

    # Imports TensorFlow, which takes seconds: what can be checked without it must not wait for it.
    from tfbert.jobs import training_report, training_run
    from tfbert.jobs.teaching import open_teaching

    teacher = open_teaching(teaching, config, parts=parts, task=task) if teaching else None
    run = training_run.prepare(config, parts, task, teacher=teacher)
    with open_backup_folder(output, identity=_identity(run)) as backup:
        fitted = training_run.fit(run, backup=backup, progress=progress)
        run = decide(run, fitted)
        with open_version(output, partial=backup / "model") as (folder, version):
            manifest = training_run.build_manifest(run, fitted, name=f"{output.resolve().name}/{version}")
            training_run.export(run, fitted, folder, manifest=manifest)
            manifest = training_report.evaluate(run, fitted, folder, manifest=manifest)
    return TrainedModel(output / str(version), manifest, time.perf_counter() - started)


def check_options(config: TrainConfig) -> None:
    """See what can be seen before the rows are read: output, columns, encoder.

    Raises:
        ConfigError, DataError, ModelError: one of them will not do.
    """
    check_output(Path(config.output))
    _check_columns(config)
    _check_encoder(config)


def _check_columns(config: TrainConfig) -> None:
    """See that every table can be opened and has its columns; what comes through a pipe can be opened only once."""
    if not config.train:
        raise ConfigError("a table to train on", found="none", fix="give --train FILE")
    for path in (*config.train, *config.valid, *config.test):
        if path != "-" and not Path(path).is_fifo():
            with open_table(path, text_columns=(config.text,), table_format=table_format_of(config)) as table:
                flags = {column: text_flag(name) for name, column in config.text_columns.items()}
                flags |= {config.label: "--label", config.answer_start: "--answer-start"}
                if path in config.train:
                    flags[config.sample_weight] = "--sample-weight"
                for column, flag in flags.items():
                    if column:
                        column_index(table.columns, column, path=path, flag=flag)


def _check_encoder(config: TrainConfig) -> None:
    """See that there is an encoder, downloaded if need be, with positions and segments enough."""
    encoder = check_encoder(config.encoder)
    if config.max_length > encoder.positions:
        raise ConfigError(
            f"max_length up to {encoder.positions}, the positions of {config.encoder}",
            found=str(config.max_length),
            fix=f"use --max-length {encoder.positions}",
        )
    *_, last = config.text_columns
    if last != "text" and isinstance(encoder, BertConfig) and encoder.segments < 2:
        raise ConfigError(
            f"an encoder that tells a second text from the first, for {text_flag(last)}",
            found=f"{config.encoder} with {encoder.segments} segment",
            fix="use an encoder with 2 segments, as BERT's have"
            + (", or join the two columns into one text" if config.text_pair else ""),
        )


def _identity(run: Run) -> str:
    """Changes with any option, any row, the encoder and our version: only the same training continues a killed one."""
    facts = [run.encoder.digest, *([run.teacher.facts()] if run.teacher else [])]
    return identify(run.config, run.parts, facts=facts)
