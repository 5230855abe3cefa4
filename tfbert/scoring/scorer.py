"""An exported model, loaded once, scoring many texts or pairs of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import numpy as np

from tfbert.data.object_rows import empty_rows
from tfbert.errors import ConfigError, ModelError
from tfbert.export.manifest import NAME, digest_model, read_manifest
from tfbert.scoring.batches import TokenRows, cut_batches, fill_batch, padded_length, token_budget
from tfbert.scoring.cores import count_cores
from tfbert.scoring.given_texts import check_texts
from tfbert.scoring.precision import SAMPLE_ROWS, SIGNATURES, Precision, check_precision
from tfbert.scoring.saved_model import SavedModel
from tfbert.tasks.registry import load_task
from tfbert.tasks.task import RowTask, TokenTask

TEXT_SIGNATURE = "serving_default"


class Scorer:
    """Probabilities or numbers for texts, from an exported model.

    The manifest is read at once, the model itself (and TensorFlow's library) when the first text is scored or `load` is
    called. Rows are computed by one thread a core, see `tfbert.scoring.cores`.

    Args:
        folder: a version folder, such as `saved_models/sms/1`.
        precision: `float32` computes in the precision that the model was exported in, which usually is that. Of such
            a model the dense layers may be computed in `bfloat16`, which is faster on processors with instructions for
            it; the first call checks it on a sample of its texts.

    Attributes:
        manifest: what the model says about itself.
        task: what it predicts.
        digest: SHA-256 of its graph, weights and assets.
        tokens_scored: tokens of the texts so far, padding not counted.
        texts_repeated: texts (or pairs) so far that were not computed, because another of the same call was the same.
        texts_computed: the others; it grows while a call runs.

    Raises:
        ModelError: there is no readable model in the folder, or its manifest does not fit it. Damage to the graph or
            the weights shows when the model is loaded.
        ConfigError: when loaded, it cannot compute in this precision; at the first call, the labels are not those of
            float32.
    """

    def __init__(self, folder: Path | str, *, precision: Precision = "float32") -> None:
        self.folder, self._precision, self._checked = Path(folder), precision, precision == "float32"
        self.manifest = read_manifest(self.folder)
        self.task = load_task(
            self.manifest.task,
            labels=self.manifest.labels,
            decoding=self.manifest.decoding,
            thresholds=self.manifest.thresholds,
        )
        self.digest = digest_model(self.folder)
        self.tokens_scored = self.texts_repeated = self.texts_computed = 0

    @cached_property
    def model(self) -> SavedModel:
        """The loaded model, for its other signatures."""
        try:
            model = SavedModel(self.folder)
        except (RuntimeError, ValueError, IndexError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise _damaged(f"{reason} ({self.folder})") from error
        for name in ("tokenize", "tokens"):
            if name not in model.signatures:
                raise _damaged(f"none with the signature '{name}' ({self.folder})")
        if SIGNATURES[self._precision] not in model.signatures:
            raise ConfigError(
                f"a model that can compute in {self._precision}",
                found=f"{self._why_not_reduced()} ({self.folder})",
                fix="leave --precision out",
            )
        self._check_graph(model)
        return model

    def _why_not_reduced(self) -> str:
        own = self.manifest.precision
        if self.task.reads == "tokens":
            return f"one of {self.task.name}, which answers raw texts in one precision alone"
        return "one with a graph of its own or an older export" if own == "float32" else f"one exported in {own}"

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(count_cores(), thread_name_prefix="scoring")

    def load(self) -> None:
        """Load the model now, and not when the first text is scored."""
        _ = self.model

    def score(self, *texts: Sequence[str]) -> np.ndarray:
        """The task's values in the order of the rows, float32 [rows, outputs], or what `task.value_shape` says.

        They are probabilities, in the order of `manifest.labels`, or in regression one number. The same rows in the
        same order give the same bytes, whatever the number of threads. A row that occurs more than once is computed
        once. Rows are computed in batches of like length, each padded to its own longest row; neither changes
        a value by more than float rounding. Memory grows with the number of rows: pass a window of a table, not all of
        it.

        Args:
            texts: the rows' texts, a column for each of `manifest.text_columns`.

        Raises:
            ConfigError: more or fewer columns than that.
        """
        check_texts(self.manifest, given=len(texts))
        rows = list(zip(*texts, strict=True))
        numbers: dict[tuple[str, ...], int] = {}  # of the distinct texts, by first occurrence
        places = [numbers.setdefault(row, len(numbers)) for row in rows]
        if not numbers:
            return empty_rows(0, self.task.value_shape)
        tokens = self._tokenize(numbers)
        score = self._score_tokens if self.task.reads == "rows" else partial(self._answer_texts, list(numbers))
        values = score(tokens)
        self.tokens_scored += int(tokens.text_lengths[places].sum())
        self.texts_repeated += len(rows) - len(numbers)
        return values[places]

    def _score_tokens(self, tokens: TokenRows) -> np.ndarray:
        """The values of rows that the signature `tokens` computes: of their token rows first."""
        values = np.empty((len(tokens.lengths), self.task.outputs), np.float32)
        first_rows = tokens.first_rows
        begins_text = np.isin(np.arange(len(values)), first_rows)
        for rows_of_batch, answers in self._compute(tokens, tokens.lengths, precision=self._precision):
            values[rows_of_batch] = answers
            self.texts_computed += int(begins_text[rows_of_batch].sum())
        if not self._checked:
            self._check_precision(tokens, values)
        return cast(RowTask, self.task).join(values, tokens.row_windows)

    def _answer_texts(self, rows: Sequence[tuple[str, ...]], tokens: TokenRows) -> np.ndarray:
        """The values of rows that the signature for raw texts decides; their tokens only say how long they are."""
        task, lengths = cast(TokenTask, self.task), tokens.text_lengths
        budget = token_budget(lengths)

        def answer(batch: np.ndarray) -> np.ndarray:
            filled = fill_batch(batch, longest=int(lengths[batch].max()), batch_tokens=budget)
            inputs = self._inputs([rows[row] for row in filled.tolist()])
            answers = self.model.run(TEXT_SIGNATURE, inputs, outputs=task.answer_outputs)
            return task.read_answer(dict(zip(task.answer_outputs, answers, strict=True)))[: len(batch)]

        values = empty_rows(len(rows), task.value_shape)
        batches = cut_batches(lengths, batch_tokens=budget)
        for batch, answers in zip(batches, self._threads.map(answer, batches), strict=True):
            values[batch] = answers
            self.texts_computed += len(batch)
        return values

    def _inputs(self, rows: Iterable[tuple[str, ...]]) -> dict[str, list[bytes]]:
        columns = zip(self.manifest.text_columns, zip(*rows, strict=True), strict=True)
        return {name: [text.encode() for text in texts] for name, texts in columns}

    def _tokenize(self, rows: Iterable[tuple[str, ...]]) -> TokenRows:
        outputs = ["input_word_ids", "input_type_ids", "row_lengths"]
        if "row_windows" in self.model.signatures["tokenize"].outputs:
            outputs.append("row_windows")
        return TokenRows(*self.model.run("tokenize", self._inputs(rows), outputs=outputs))

    def _compute(
        self, tokens: TokenRows, lengths: np.ndarray, *, precision: Precision
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The numbers and the values of the rows of each batch, of the first rows: as many as there are lengths."""
        signature, output, budget = SIGNATURES[precision], self.task.answer_name, token_budget(lengths)

        def compute(rows: np.ndarray) -> np.ndarray:
            longest = int(lengths[rows].max())
            filled = fill_batch(rows, longest=longest, batch_tokens=budget)
            length = padded_length(longest, batch_tokens=budget, max_length=self.manifest.max_length)
            (answer,) = self.model.run(signature, tokens.pad(filled, length=length), outputs=(output,))
            return answer.reshape(len(filled), -1)[: len(rows)]

        batches = cut_batches(lengths, batch_tokens=budget)
        return zip(batches, self._threads.map(compute, batches), strict=True)

    def _check_precision(self, tokens: TokenRows, values: np.ndarray) -> None:
        tokens, task = tokens.head(SAMPLE_ROWS), cast(RowTask, self.task)
        reduced = values[: len(tokens.lengths)]
        full = np.empty_like(reduced)
        for rows, answers in self._compute(tokens, tokens.lengths, precision="float32"):
            full[rows] = answers
        full, reduced = (task.join(each, tokens.row_windows) for each in (full, reduced))
        check_precision(full, reduced, precision=self._precision, task=task)
        self._checked = True

    def _check_graph(self, model: SavedModel) -> None:
        """See that the manifest speaks of this graph: what it takes, what it answers, and its labels."""
        inputs = tuple(model.signatures["tokenize"].inputs)
        wanted = self.manifest.text_columns
        answered = self.task.answer_name in model.signatures["tokens"].outputs
        if set(inputs) != set(wanted) or not answered:
            raise _damaged(f"another graph than {NAME} tells of: for {self.task.name} on {', '.join(wanted)}")
        names = self._graph_labels(model) if self.task.classes else ()
        if names != self.task.classes:
            raise ModelError(
                f"the labels of the model in {self.folder} in its {NAME} ({', '.join(names)})",
                found=", ".join(self.task.classes),
                fix="copy the whole version folder again",
            )

    def _graph_labels(self, model: SavedModel) -> tuple[str, ...]:
        """The labels that the graph answers for: `classes` string [batch, labels]."""
        rows: dict[str, np.ndarray | list[bytes]] = {"tokens": np.ones((1, 1), np.int32), "serving_default": [b""]}
        signature = next(name for name in rows if "classes" in model.signatures[name].outputs)
        inputs = dict.fromkeys(model.signatures[signature].inputs, rows[signature])
        (classes,) = model.run(signature, inputs, outputs=("classes",))
        return tuple(name.decode("utf-8", "backslashreplace") for name in classes[0])


def _damaged(found: str) -> ModelError:
    return ModelError("a SavedModel that loads", found=found, fix="export the model again")
