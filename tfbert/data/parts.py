"""The train, valid and test rows of a training, from one table or from several."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol

from tfbert.config import TrainConfig
from tfbert.data.cleaning import clean_text
from tfbert.data.labelled import LabelledRows, check_any, read_labelled
from tfbert.data.splits import split_rows
from tfbert.data.tables import Reject, TableFormat
from tfbert.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Parts:
    """Rows to learn from, that choose the best epoch, and for the final report (maybe none), and what was noticed.

    `duplicates` and `conflicts` are those of `Split`; `shared` counts the valid and test rows whose text, or pair of
    texts, is also in train, which can only happen when they came as tables of their own.
    """

    train: LabelledRows
    valid: LabelledRows
    test: LabelledRows
    rejects: list[Reject]
    duplicates: int
    conflicts: int
    shared: int

    def facts(self) -> dict[str, int]:
        """Counts for the manifest and the report."""
        return {
            "train": len(self.train),
            "valid": len(self.valid),
            "test": len(self.test),
            "rejected": len(self.rejects),
            "duplicate_texts": self.duplicates,
            "texts_with_conflicting_labels": self.conflicts,
            "valid_and_test_texts_also_in_train": self.shared,
        }


def table_format_of(config: TrainConfig) -> TableFormat:
    """How the tables of a training are written."""
    return TableFormat(
        format=config.format,
        header=config.header,
        columns=config.columns,
        quoting=config.quoting,
        encoding=config.encoding,
    )


class LabelColumn(Protocol):
    """What reading asks of a label column, see `tfbert.tasks.registry.label_column`.

    Attributes:
        kept_together: the one of a row's texts that may not stand on two sides of a split, whatever the others are: the
            context of many questions; '' where all texts of a row together may not.
    """

    @property
    def kept_together(self) -> str:
        """See above."""

    def label_fault(self, value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """Why a cell cannot be a label of this task beside these texts, or None."""

    def label_text(self, value: object, *, texts: Sequence[str]) -> str:
        """What is kept of a cell that can be a label beside these texts."""

    def strata(self, labels: Sequence[str]) -> list[str]:
        """As in `split_rows`."""


def read_parts(config: TrainConfig, *, task: LabelColumn) -> Parts:
    """Read the tables; hold out what was not given, by distinct cleaned texts and stratified by the task.

    A row of whose text cleaning leaves nothing joins the rejects. Weights are read from --train alone: they shape what
    is learned, not how it is judged.

    Args:
        config: the options.
        task: says which labels are none, what a split is stratified by, and what it keeps together.

    Raises:
        ConfigError: no --train.
        DataError: what `read_labelled` and `split_rows` refuse.
    """
    if not config.train:
        raise ConfigError("a table to train on", found="none", fix="give --train FILE")
    given = {"train": config.train, "valid": config.valid, "test": config.test}
    read: dict[str, LabelledRows] = {}
    cleaned: dict[str, dict[str, list[str]]] = {}
    for name, paths in given.items():
        if paths:
            weight = config.sample_weight if name == "train" else ""
            read[name], cleaned[name] = _read_cleaned(paths, config, task=task, sample_weight=weight)
    rows, texts = read["train"], _whole(cleaned["train"])
    split = split_rows(
        texts,
        rows.labels,
        groups=cleaned["train"].get(task.kept_together),
        strata=task.strata(rows.labels),
        valid_fraction=0 if "valid" in read else config.valid_fraction,
        test_fraction=0 if "test" in read else config.test_fraction,
        seed=config.seed,
    )
    train_texts = {texts[row] for row in split.train}
    return Parts(
        train=rows.select(split.train),
        valid=read.get("valid") or rows.select(split.valid),
        test=read.get("test") or rows.select(split.test),
        rejects=[reject for part in read.values() for reject in part.rejects],
        duplicates=split.duplicates,
        conflicts=split.conflicts,
        shared=sum(text in train_texts for name in ("valid", "test") for text in _whole(cleaned.get(name, {}))),
    )


def _read_cleaned(
    paths: Sequence[str], config: TrainConfig, *, task: LabelColumn, sample_weight: str
) -> tuple[LabelledRows, dict[str, list[str]]]:
    """The rows of tables as they are, without those that cleaning empties, and the cleaned columns of their texts."""
    rows = read_labelled(
        paths,
        texts=config.text_columns,
        label=config.label,
        table_format=table_format_of(config),
        answer_start=config.answer_start,
        sample_weight=sample_weight,
        label_fault=task.label_fault,
        label_text=task.label_text,
    )
    columns = {name: [clean_text(text, steps=config.clean) for text in texts] for name, texts in rows.columns.items()}
    emptied = {
        row: f"empty text in column '{config.text_columns[name]}' after cleaning"
        for name, texts in reversed(columns.items())  # of several, the first column is named
        for row, text in enumerate(texts)
        if not text or text.isspace()
    }
    if emptied:
        rows = rows.leave_out(dict(sorted(emptied.items())))
        check_any(rows, paths=paths)
    return rows, {
        name: [text for row, text in enumerate(texts) if row not in emptied] for name, texts in columns.items()
    }


def _whole(columns: Mapping[str, Sequence[str]]) -> list[Hashable]:
    """The texts of each row."""
    return list(zip(*columns.values(), strict=True))
