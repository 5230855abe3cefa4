"""Span answers: the part of a context that answers a question, or that the context does not answer it.

Devlin et al. 2019, sections 4.2 and 4.3. The text is the question, the second text the context. An answer begins and
ends where words do, as the tokenizer splits them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tfbert.data.answers import Answer, answers_cell, parse_answers
from tfbert.data.cells import shortest_float
from tfbert.data.json_values import parse_json
from tfbert.data.object_rows import object_rows
from tfbert.data.writers import Column
from tfbert.errors import DataError, ModelError
from tfbert.tasks.task import Reads

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tfbert.data.datasets import TokenTable
    from tfbert.data.token_places import TokenPlaces
    from tfbert.text.located import PlacedTokens

BEST = 5  # answers that a prediction lists
SCORE, START, END, NO_ANSWER = range(4)  # columns of a row's values; behind them score, start and end of the best
BEHIND = NO_ANSWER + 1
MARGIN = "no_answer_margin"
MOST_MARGIN = 50.0  # e to this power is more than any two probabilities of float32 differ by in practice


@dataclasses.dataclass(frozen=True)
class Span:
    """Start and end logits of every token, the mean of two cross-entropies, and of all spans the most probable.

    The values of a row are float32 [4 + 3 * BEST]: the probability of the predicted answer (or of no answer, where that
    is predicted), its first character and the one behind its last (both -1 for no answer), the probability of no
    answer; then probability, first character and the one behind the last of each of the best answers, 0, -1 and -1
    where there are fewer.

    Attributes:
        margin: no answer is predicted where its log probability exceeds that of the best answer by more. None for a
            model whose training rows all had an answer: it always gives one.
    """

    name: ClassVar[str] = "span"
    evaluated_as: ClassVar[str] = "span"
    kept_together: ClassVar[str] = "text_pair"
    reads: ClassVar[Reads] = "tokens"
    windows_apart: ClassVar[bool] = True
    answer_name: ClassVar[str] = "span_logits"
    answer_outputs: ClassVar[tuple[str, ...]] = (
        "score", "start", "end", "no_answer_score", "scores", "starts", "ends"
    )  # fmt: skip
    label_names: ClassVar[tuple[str, ...]] = ()
    classes: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[int] = 2
    value_shape: ClassVar[tuple[int | None, ...]] = (BEHIND + 3 * BEST,)
    thresholds: ClassVar[Mapping[str, float]] = {}
    margin: float | None

    @property
    def decoding(self) -> Mapping[str, float]:
        """`no_answer_margin`, of a model that can say that there is no answer."""
        return {} if self.margin is None else {MARGIN: self.margin}

    @staticmethod
    def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
        """A cell is as `tfbert.data.answers` has it; its answers stand in the last of the texts."""
        return parse_answers(value, context=texts[-1], column=column)[1]

    @staticmethod
    def label_text(value: object, *, texts: Sequence[str]) -> str:
        """The answers as JSON with their places."""
        return answers_cell(parse_answers(value, context=texts[-1], column="")[0])

    @staticmethod
    def labels_of(cell: str) -> list[str]:
        """Whether there is an answer."""
        return ["answer" if _answers(cell) else "no answer"]

    @staticmethod
    def strata(labels: Sequence[str]) -> list[str]:
        """Whether there is an answer."""
        return [name for label in labels for name in Span.labels_of(label)]

    @classmethod
    def learn(cls, labels: Sequence[str]) -> Self:
        """The task; with a margin of 0 when there are questions without an answer.

        Raises:
            DataError: no question has an answer.
        """
        answered = [bool(_answers(label)) for label in labels]
        if not any(answered):
            found = f"none in {len(labels)} rows"
            raise DataError("at least one answer to train on", found=found, fix="check --label and the table")
        return cls(None if all(answered) else 0.0)

    @classmethod
    def load(cls, labels: tuple[str, ...], *, decoding: Mapping[str, float], thresholds: Mapping[str, float]) -> Self:
        """The task of an exported model.

        Raises:
            ModelError: labels, thresholds, or a margin that is none.
        """
        margin = decoding.get(MARGIN)
        if labels or thresholds or decoding.keys() - {MARGIN} or not -MOST_MARGIN <= (margin or 0.0) <= MOST_MARGIN:
            raise ModelError(
                f"no labels, and at most a {MARGIN}, for the task {cls.name}",
                found=f"decoding {dict(decoding)}, labels {', '.join(labels) or 'none'}",
                fix="export the model again",
            )
        return cls(margin)

    def targets(self, labels: Sequence[str]) -> np.ndarray:
        """The first right answer of each row, an `Answer` or None, object [rows]."""
        return object_rows((_answers(label) or (None,))[0] for label in labels)

    def row_weights(self, targets: np.ndarray, *, class_weights: str) -> np.ndarray:
        """1 for every row, float32 [rows]."""
        return np.ones(len(targets), np.float32)

    def token_targets(self, targets: np.ndarray, *, tokens: TokenTable, places: TokenPlaces) -> tf.RaggedTensor:
        """Where the answer starts and ends in each window, see `span_targets`, ragged int32 [rows, (length)]."""
        import tensorflow as tf

        from tfbert.tasks.span_targets import target_tokens

        by_token = target_tokens(_words_of(targets, places), tokens=tokens, places=places)
        return tf.RaggedTensor.from_row_splits(by_token, tokens.splits, validate=False)

    def unreadable(self, targets: np.ndarray, *, places: TokenPlaces) -> dict[str, int]:
        """Answers that the context's cut takes away or cuts, and such whose edges are not those of words."""
        read = places.is_read()
        cut = uneven = 0
        for answer, words in zip(targets, _words_of(targets, places), strict=True):
            if words is not None:
                edges = places.starts[words][0], places.ends[words][-1]
                cut += not read[words].all()
                uneven += edges != (answer.start, answer.start + len(answer.text))
        return {"answers that are cut off": cut, "answers whose edges are not those of words": uneven}

    def loss(self) -> keras.losses.Loss:
        """The mean of the cross-entropies of start and end, among the tokens of the context and [CLS]."""
        from tfbert.tasks.span_losses import span_loss

        return span_loss()

    def training_metrics(self) -> list[keras.metrics.Metric]:
        """The share of windows of which start and end are the likeliest ones."""
        from tfbert.tasks.span_losses import span_accuracy

        return [span_accuracy()]

    def activate(self, logits: tf.Tensor) -> tf.Tensor:
        """The logits of start and end themselves, float32 [rows, length, 2]: what they compete with is not in a row."""
        import tensorflow as tf

        return tf.cast(logits, tf.float32)

    def answer(self, values: tf.Tensor) -> dict[str, tf.Tensor]:
        """`span_logits` float32 [batch, length, 2], of start and end."""
        return {"span_logits": values}

    def answer_texts(self, values: tf.Tensor, *, placed: PlacedTokens, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The answer to each question, and the best ones.

        `answer` string [batch], `start` and `end` int32 (the answer is `context[start:end]` in characters; '', -1 and
        -1 for no answer), `score` float32, its probability; `no_answer_score`, that of no answer. The best answers,
        most probable first: `answers` string [batch, BEST], `starts` and `ends` int32, `scores` float32.
        """
        from tfbert.tasks.span_answers import answer_questions

        return answer_questions(values, placed=placed, texts=texts, best=BEST, margin=self.margin)

    def read_answer(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The values, float32 [batch, 4 + 3 * BEST]."""
        chosen = np.stack([outputs[name] for name in self.answer_outputs[:BEHIND]], axis=1)
        best = np.stack([outputs[name] for name in self.answer_outputs[BEHIND:]], axis=2)
        return np.concatenate([chosen, best.reshape(len(best), -1)], axis=1).astype(np.float32)

    def decide(self, values: np.ndarray, *, texts: Sequence[str] = ()) -> np.ndarray:
        """The answers, '' for none, object [rows] of str, cut out of the contexts."""
        spans = values[:, [START, END]].astype(int).tolist()
        return object_rows(
            text[start:end] if start >= 0 else "" for text, (start, end) in zip(texts, spans, strict=True)
        )

    def agree(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Where the answers are the same."""
        return (values[:, [START, END]] == others[:, [START, END]]).all(axis=1)

    def prediction_columns(self, *, prefix: str = "") -> list[Column]:
        """`predicted_answer`, `predicted_start`, `predicted_score`, `predicted_answers` (JSON, the best ones).

        Of a model that can say that there is no answer also `predicted_no_answer`, the probability of that.
        """
        no_answer = [] if self.margin is None else [Column(f"{prefix}predicted_no_answer", "float")]
        return [
            Column(f"{prefix}predicted_answer"),
            Column(f"{prefix}predicted_start", "int"),
            Column(f"{prefix}predicted_score", "float"),
            *no_answer,
            Column(f"{prefix}predicted_answers", "any"),
        ]

    def prediction_rows(self, values: np.ndarray, *, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """The cells; an answer and its start are empty where there is none."""
        answers = self.decide(values, texts=texts)
        return [
            (
                answer or None,
                int(row[START]) if row[START] >= 0 else None,
                row[SCORE],
                *([] if self.margin is None else [row[NO_ANSWER]]),
                best_items(row, text=text),
            )
            for answer, row, text in zip(answers, values, texts, strict=True)
        ]


def best_items(row: np.ndarray, *, text: str) -> list[dict[str, Any]]:
    """The best answers of a row of values as `predicted_answers` has them."""
    return [
        {"start": int(start), "end": int(end), "text": text[int(start) : int(end)], "score": shortest_float(score)}
        for score, start, end in row[BEHIND:].reshape(BEST, 3)
        if start >= 0
    ]


def _answers(label: str) -> tuple[Answer, ...]:
    """The answers of a label as `label_text` writes it."""
    cell = parse_json(label)[0]
    return tuple(map(Answer, cell["text"], cell["answer_start"]))


def _words_of(targets: np.ndarray, places: TokenPlaces) -> list[slice | None]:
    """The words that each answer has characters of, by their numbers among all; None for no answer."""
    found: list[slice | None] = []
    for text, answer in enumerate(targets):
        words = slice(0, 0)
        if answer is not None:
            words = places.words_between(text, start=answer.start, end=answer.start + len(answer.text))
        found.append(words if words.start < words.stop else None)
    return found
