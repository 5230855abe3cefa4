"""Rows kept whole, so that scikit-learn can be asked about them directly, and the report's counts of the same rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from tfbert.evaluation.evaluation import Evaluation, MultiLabelEvaluation, RegressionEvaluation
from tfbert.evaluation.evaluator import Evaluator, build_evaluator
from tfbert.evaluation.results import Results, compute_results


def count(evaluator: Evaluator, arrays: dict[str, Any], texts: Sequence[str], *, window: int) -> Any:
    """What the rows add up to when they come in windows; `arrays` hold values, truth and predicted."""
    for start in range(0, len(texts), window):
        part = slice(start, start + window)
        values, truth, predicted = (None if array is None else array[part] for array in arrays.values())
        places = [("rows.csv", 2 + start + row) for row in range(len(texts[part]))]
        evaluator.add(values, truth=truth, predicted=predicted, texts=texts[part], places=places)
    return evaluator.finish()


@dataclasses.dataclass(frozen=True)
class Rows:
    labels: tuple[str, ...]
    probabilities: np.ndarray
    truth: np.ndarray
    texts: Sequence[str]
    positive: str | None = None

    @cached_property
    def evaluation(self) -> Evaluation:
        return self.counted(window=len(self.texts))

    @cached_property
    def results(self) -> Results:
        return compute_results(self.evaluation)

    def counted(self, *, window: int) -> Evaluation:
        evaluator = build_evaluator("single-label", self.labels, positive=self.positive)
        arrays = {"values": self.probabilities, "truth": self.truth, "predicted": self.predicted}
        return count(evaluator, arrays, self.texts, window=window)

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)

    @property
    def score(self) -> np.ndarray:
        return self.probabilities.max(axis=1)

    @property
    def mistakes(self) -> np.ndarray:
        """Numbers of the wrong rows, surest first."""
        wrong = np.flatnonzero(self.predicted != self.truth)
        return wrong[np.argsort(-self.score[wrong], kind="stable")]


@dataclasses.dataclass(frozen=True)
class MultiRows:
    """Rows of a multi-label task; truth and predicted are bool [rows, labels]."""

    labels: tuple[str, ...]
    probabilities: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray

    def counted(self, *, window: int) -> MultiLabelEvaluation:
        arrays = {"values": self.probabilities, "truth": self.truth.astype(np.float32), "predicted": self.predicted}
        texts = [f"message {row}" for row in range(len(self.truth))]
        return count(build_evaluator("multi-label", self.labels), arrays, texts, window=window)

    @cached_property
    def evaluation(self) -> MultiLabelEvaluation:
        return self.counted(window=len(self.truth))


@dataclasses.dataclass(frozen=True)
class Numbers:
    """Rows of a regression."""

    values: np.ndarray
    truth: np.ndarray

    def counted(self, *, window: int) -> RegressionEvaluation:
        arrays = {"values": self.values[:, np.newaxis], "truth": self.truth, "predicted": None}
        texts = [f"message {row}" for row in range(len(self.truth))]
        return count(build_evaluator("regression"), arrays, texts, window=window)

    @cached_property
    def evaluation(self) -> RegressionEvaluation:
        return self.counted(window=len(self.truth))


def rows_of(truth, probabilities, *, labels=None, texts=None, positive=None) -> Rows:
    probabilities = np.array(probabilities, np.float32)
    labels = labels or tuple("abcdef"[: probabilities.shape[1]])
    return Rows(labels, probabilities, np.array(truth), texts or ["x"] * len(truth), positive)


def made_up_rows(labels: Sequence[str], rows: int, *, seed: int = 0) -> Rows:
    """Rows with random probabilities of which the truth is the likeliest label about two times in three."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(len(labels), 0.4), rows).astype(np.float32)
    truth = np.where(random.random(rows) < 0.6, probabilities.argmax(axis=1), random.integers(0, len(labels), rows))
    texts = [f"message {row} about {labels[label]}" for row, label in enumerate(truth)]
    return Rows(tuple(labels), probabilities, truth, texts)


def made_up_multi(labels: Sequence[str], rows: int, *, seed: int = 0) -> MultiRows:
    """Rows with labels of different frequency; thresholds differ, so that what is decided is not p >= 0.5."""
    random = np.random.default_rng(seed)
    truth = random.random((rows, len(labels))) < np.linspace(0.05, 0.5, len(labels))
    logits = random.normal(np.where(truth, 1.2, -1.2), 1.5)
    probabilities = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return MultiRows(tuple(labels), probabilities, truth, probabilities >= np.linspace(0.3, 0.6, len(labels)))


def made_up_numbers(rows: int, *, seed: int = 0, unit: float = 1.0, origin: float = 0.0) -> Numbers:
    """Rows whose value is the truth with some noise, rounded so that there are ties."""
    random = np.random.default_rng(seed)
    truth = random.normal(3, 1, rows).round(1)
    values = (0.8 * truth + random.normal(0.5, 0.5, rows)).round(2)
    return Numbers((values * unit + origin).astype(np.float32), truth * unit + origin)


@pytest.fixture(scope="session")
def three() -> Rows:
    """60 rows of three labels."""
    return made_up_rows(("billing", "praise", "spam"), 60)
