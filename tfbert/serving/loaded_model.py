"""What is read from a version's folder before it can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tfbert.scoring.batches import BATCH_TOKENS
from tfbert.scoring.scorer import Scorer
from tfbert.serving.documents import read_documents
from tfbert.serving.failure import invalid
from tfbert.serving.signature_defs import parse_signature, read_signature_defs

WARM_UP = ["a few words", "rather more words than a few, as they come in " + "sentences " * 100]


class LoadedModel:
    """A model in memory, called once already; making one takes seconds.

    Attributes:
        folder: the version's.
        scorer: scores rows.
        text_names: what a row is made of, by the names that signatures have.
        shown_signatures: the signatures as metadata shows them.
        signatures: what they take and give, by name.
        documents: the model card and the report.

    Raises:
        ModelError: the folder holds no readable model.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scorer = Scorer(folder)
        self.scorer.load()
        self.text_names = tuple(self.scorer.manifest.text_columns)
        self.score([(text,) * len(self.text_names) for text in WARM_UP])
        self.shown_signatures = read_signature_defs(folder)
        self.signatures = {
            name: parse_signature(shown) for name, shown in self.shown_signatures.items() if shown["method_name"]
        }
        self.documents = read_documents(folder)

    def score(self, rows: Sequence[tuple[str, ...]]) -> np.ndarray:
        """The values of rows, each as `text_names` has it; float32 [rows, outputs]."""
        return self.scorer.score(*([row[at] for row in rows] for at in range(len(self.text_names))))

    def call(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Call a signature of the graph, a few rows at a time so that memory has a bound.

        Args:
            signature: its name.
            arrays: all its inputs, [rows, ...].

        Returns:
            Its outputs by name, those of all rows one after another.

        Raises:
            Failure: inputs of different numbers of rows, or rows longer than the model's.
            RuntimeError: TensorFlow cannot compute it.
        """
        names = list(self.signatures[signature].outputs)
        rows = len(next(iter(arrays.values())))
        length = max(array.shape[1] if array.ndim > 1 else 1 for array in arrays.values())
        if any(len(array) != rows for array in arrays.values()):
            raise invalid("The inputs have different numbers of rows.")
        if length > self.scorer.manifest.max_length:
            raise invalid(f"A row has {length} tokens; at most {self.scorer.manifest.max_length} are allowed.")
        step = max(1, BATCH_TOKENS // max(1, length))
        parts = []
        for start in range(0, max(1, rows), step):
            part = {name: array[start : start + step] for name, array in arrays.items()}
            inputs = {name: list(array) if array.dtype == object else array for name, array in part.items()}
            parts.append(self.scorer.model.run(signature, inputs, outputs=names))
        return {name: np.concatenate([part[at] for part in parts]) for at, name in enumerate(names)}
