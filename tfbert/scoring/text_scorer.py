"""What a scoring job asks of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from tfbert.tasks.task import Task


class ModelFacts(Protocol):
    """What a model says about itself."""

    @property
    def model(self) -> str:
        """Its name and version."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the probabilities; none in regression."""

    @property
    def text_columns(self) -> Mapping[str, str]:
        """What it reads of a row, by the names of its signatures, to the columns where none are named."""


class TextScorer(Protocol):
    """A model that scores texts: `Scorer`, `ForeignScorer`."""

    tokens_scored: int
    texts_repeated: int

    @property
    def manifest(self) -> ModelFacts:
        """What it says about itself."""

    @property
    def task(self) -> Task:
        """What it predicts."""

    @property
    def digest(self) -> str:
        """SHA-256 of what decides its predictions, hex."""

    def load(self) -> None:
        """Load what scoring needs, once."""

    def score(self, *texts: Sequence[str]) -> np.ndarray:
        """The task's values, float32 [rows, outputs], of rows of as many texts as the model reads, in their order."""
