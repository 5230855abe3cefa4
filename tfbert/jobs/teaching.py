"""What a training on a teacher's answers has beside a usual one: the teacher, more texts, and the comparison."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfbert.config import TrainConfig
from tfbert.data.cleaning import clean_text
from tfbert.data.parts import Parts, table_format_of
from tfbert.data.unlabelled import read_unlabelled
from tfbert.errors import ConfigError
from tfbert.jobs.distill_classifier_options import TeachingConfig
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.task import Task
from tfbert.tasks.taught import UNLABELLED, TaughtLabel

if TYPE_CHECKING:
    from tfbert.data.datasets import Examples, TokenTable

NAME = "distillation.json"
WINDOW = 2048  # texts that a model scores at once

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Teaching:
    """A teacher for one training.

    Attributes:
        config: the options.
        teacher: scores texts.
        task: of the student, with the teacher's answers in its loss.
        order: where the student's labels stand among the teacher's, int [labels].
        unlabelled: texts to learn from beside the labelled ones.
    """

    config: TeachingConfig
    teacher: Scorer
    task: TaughtLabel
    order: np.ndarray
    unlabelled: list[str]

    def facts(self) -> dict[str, Any]:
        """What makes this training another than one without a teacher, for its identity and its manifest."""
        texts = hashlib.sha256("\0".join(self.unlabelled).encode("utf-8", "surrogatepass")).hexdigest()
        return {
            **dataclasses.asdict(self.config),
            "teacher_model": self.teacher.manifest.model,
            "teacher_digest": self.teacher.digest,
            "unlabelled_rows": len(self.unlabelled),
            "unlabelled_digest": texts,
        }

    def answers(self, texts: Sequence[str], *, kept: Path) -> np.ndarray:
        """The teacher's probabilities, float32 [rows, labels], in the order of the student's labels.

        They are kept in a file, for a training that goes on after a kill.
        """
        if not kept.exists():
            log.info("asking the teacher about %d texts", len(texts))
            parts = [self.teacher.score(texts[at : at + WINDOW]) for at in range(0, len(texts), WINDOW)]
            partial = kept.with_name(f"partial-{kept.name}")
            np.save(partial, np.concatenate(parts)[:, self.order])
            os.replace(partial, kept)
        return np.load(kept)

    def teach(self, examples: Examples, texts: Sequence[str], *, kept: Path) -> Examples:
        """The same rows with the teacher's answers beside their label ids."""
        targets = self.task.taught_targets(self.answers(texts, kept=kept), label_ids=examples.targets)
        return dataclasses.replace(examples, targets=targets)

    def add_unlabelled(self, examples: Examples, tokens: TokenTable, *, kept: Path) -> Examples:
        """Rows that were taught, and after them the unlabelled ones, of which `tokens` are the tokens."""
        unknown = np.full(len(self.unlabelled), UNLABELLED)
        targets = self.task.taught_targets(self.answers(self.unlabelled, kept=kept), label_ids=unknown)
        return dataclasses.replace(
            examples,
            tokens=examples.tokens.join(tokens),
            targets=np.concatenate([examples.targets, targets]),
            weights=np.concatenate([examples.weights, np.ones(len(targets), np.float32)]),
        )

    def compare(self, student: Scorer, texts: Sequence[str], *, truth: np.ndarray) -> dict[str, Any]:
        """Both models on the same rows: accuracy, agreement and rows per second.

        They take turns, window by window, so that both see the machine as busy as the other does.
        """
        ours = np.argsort(self.order)  # the student's id of each of the teacher's labels
        right, seconds, agreed = np.zeros(2), np.zeros(2), 0
        for model in (self.teacher, student):
            model.score(texts[:WINDOW])  # the first call loads the model and prepares its kernels
        for start in range(0, len(texts), WINDOW):
            window, chosen = texts[start : start + WINDOW], []
            for number, model in enumerate((self.teacher, student)):
                started = time.perf_counter()
                probabilities = model.score(window)
                seconds[number] += time.perf_counter() - started
                decided = model.task.decide(probabilities)
                assert decided is not None  # both have labels
                chosen.append(ours[decided] if number == 0 else decided)
                right[number] += np.count_nonzero(chosen[-1] == truth[start : start + WINDOW])
            agreed += int(np.count_nonzero(chosen[0] == chosen[1]))
        rows = len(texts)
        return {
            "teacher": self.teacher.manifest.model,
            "teacher accuracy": round(float(right[0]) / rows, 4),
            "student accuracy": round(float(right[1]) / rows, 4),
            "agreement": round(agreed / rows, 4),
            "teacher rows per second": round(rows / float(seconds[0]), 1),
            "student rows per second": round(rows / float(seconds[1]), 1),
            "times as fast": round(float(seconds[0] / seconds[1]), 2),
        }

    def write(self, folder: Path, *, comparison: dict[str, Any]) -> None:
        """Write distillation.json: how the student was taught, and the comparison."""
        text = json.dumps({"teaching": self.facts(), "comparison": comparison}, indent=2, ensure_ascii=False)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def open_teaching(config: TeachingConfig, training: TrainConfig, *, parts: Parts, task: Task) -> Teaching:
    """The teacher and the unlabelled texts of one training.

    Args:
        config: the options.
        training: the options of the student's training.
        parts: its rows; unlabelled texts that are among them are left out.
        task: of the student.

    Raises:
        ConfigError: the teacher predicts other labels.
        DataError: the unlabelled tables cannot be read.
        ModelError: the teacher cannot be read.
    """
    if task.name != SingleLabel.name or training.text_pair:
        raise ConfigError(
            "the task single-label, of single texts, for a student",
            found=f"{task.name} {'of pairs' if training.text_pair else 'of single texts'}",
            fix="train the student without a teacher: tfbert train",
        )
    if training.label_smoothing or training.focal_gamma:
        raise ConfigError(
            "no label_smoothing or focal_gamma with a teacher, whose answers are softer than its labels already",
            found=f"label_smoothing {training.label_smoothing:g}, focal_gamma {training.focal_gamma:g}",
            fix="leave them out",
        )
    teacher = Scorer(config.teacher)
    theirs = list(teacher.manifest.labels)
    paired = len(teacher.manifest.text_columns) > 1
    if teacher.manifest.task != task.name or sorted(theirs) != sorted(task.label_names) or paired:
        raise ConfigError(
            f"a teacher that predicts {', '.join(task.label_names)}, as the labelled rows have them",
            found=f"{teacher.manifest.task} with {', '.join(theirs)}{' of pairs' if paired else ''} ({config.teacher})",
            fix="choose the model that was trained on these labels",
        )
    known = {
        clean_text(text, steps=training.clean) for rows in (parts.train, parts.valid, parts.test) for text in rows.texts
    }
    return Teaching(
        config=config,
        teacher=teacher,
        task=TaughtLabel(
            labels=task.labels,  # type: ignore[attr-defined]  # TaughtLabel is SingleLabel's child
            temperature=config.temperature,
            weight=config.teacher_weight,
        ),
        order=np.array([theirs.index(name) for name in task.label_names]),
        unlabelled=read_unlabelled(
            config.unlabelled,
            text=training.text,
            clean=training.clean,
            table_format=table_format_of(training),
            leave_out=known,
        ),
    )
