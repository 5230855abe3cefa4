"""SavedModels that `tfbert train` did not write: any whose signature takes one tensor of strings."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from tfbert.data.labels import Labels
from tfbert.errors import ConfigError, ModelError
from tfbert.scoring.calling import Calling
from tfbert.scoring.given_texts import check_texts
from tfbert.scoring.string_signature import StringSignature
from tfbert.tasks.single_label import SingleLabel

BATCH_ROWS = 64
TOLERANCE = 1e-3  # how far probabilities may be from a sum of 1, and outside of 0 and 1


@dataclasses.dataclass(frozen=True)
class ForeignFacts:
    """What we know of such a model: see `ModelFacts`."""

    model: str
    labels: tuple[str, ...]
    text_columns: Mapping[str, str] = dataclasses.field(default_factory=lambda: {"text": "text"})


class ForeignScorer:
    """Probabilities for texts, from a SavedModel with raw strings as input, with the interface of `Scorer`.

    The signature takes one string tensor, [batch] or [batch, 1]. The output is probabilities (or logits)
    [batch, labels]; or [batch] or [batch, 1], the probability of the second of two labels.

    Args:
        folder: with a `saved_model.pb`.
        calling: how to call it. Without labels the model is loaded at once, to say which it wants.

    Raises:
        ConfigError: no labels, or fewer than two. From `load` and `score`: no such signature or output, or another
            number of labels.
        ModelError: there is no SavedModel. From `load` and `score`: it does not load, or answers something else than
            probabilities.
    """

    def __init__(self, folder: Path | str, *, calling: Calling) -> None:
        self.folder, self._calling = Path(folder), calling
        self.digest = _digest_folder(self.folder)
        self.tokens_scored = self.texts_repeated = 0  # tokens are the model's own affair; each text is computed
        if len(calling.labels) < 2:
            raise self._wrong_labels()
        if len(set(calling.labels)) < len(calling.labels):
            raise ConfigError("each label once", found=", ".join(calling.labels), fix="rename one with --labels")
        self.manifest = ForeignFacts("/".join(self.folder.absolute().parts[-2:]), calling.labels)
        self.task = SingleLabel(Labels(calling.labels))

    @cached_property
    def _signature(self) -> StringSignature:
        return StringSignature(self.folder, name=self._calling.signature, output=self._calling.output_name)

    def load(self) -> None:
        """Load the model now, and not when the first text is scored."""
        _ = self._signature

    def score(self, *texts: Sequence[str]) -> np.ndarray:
        """Probabilities, float32 [rows, labels], in the order of the texts; batches hold texts of like length.

        Raises:
            ConfigError: further texts, which such a model does not take.
        """
        check_texts(self.manifest, given=len(texts))
        (column,) = texts
        probabilities = np.empty((len(column), len(self._calling.labels)), np.float32)
        order = np.argsort([-len(text) for text in column], kind="stable")
        for start in range(0, len(order), BATCH_ROWS):
            rows = order[start : start + BATCH_ROWS]
            probabilities[rows] = self._as_probabilities(self._signature.call([column[row] for row in rows]))
        return probabilities

    def _as_probabilities(self, answer: np.ndarray) -> np.ndarray:
        """What the model answered, float64 [batch, columns], as probabilities [batch, labels]."""
        labels, columns = len(self._calling.labels), answer.shape[1]
        if columns != labels and (columns, labels) != (1, 2):
            raise self._wrong_labels(columns)
        probabilities = answer
        if self._calling.logits:
            logits = np.concatenate([np.zeros_like(answer), answer], axis=1) if columns == 1 else answer
            exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities = exponents / exponents.sum(axis=1, keepdims=True)
        elif columns == 1:
            probabilities = np.concatenate([1 - answer, answer], axis=1)
        outside = np.abs(probabilities - 0.5) > 0.5 + TOLERANCE
        wrong = outside.any(axis=1) | (np.abs(probabilities.sum(axis=1) - 1) > TOLERANCE) | np.isnan(answer).any(axis=1)
        if wrong.any():
            row = ", ".join(f"{value:.4g}" for value in answer[wrong][0, :5])
            raise ModelError(
                f"probabilities with a sum of 1 from {self._signature.described_output()}",
                found=row,
                fix="add --logits to apply softmax (sigmoid to a single column), or choose another with --output-name",
            )
        return probabilities

    def _wrong_labels(self, columns: int | None = None) -> ConfigError:
        named = self._calling.labels
        return ConfigError(
            f"a name for each column of {self._signature.described_output()}{f', {columns}' if columns else ''}",
            found=f"{len(named)}: {', '.join(named)}" if named else "none",
            fix="name them in their order, or both labels of a single column, with --labels A,B,...",
        )


def _digest_folder(folder: Path) -> str:
    """SHA-256 over all files of a SavedModel, hex.

    Raises:
        ModelError: there is none.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
