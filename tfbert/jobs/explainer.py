"""From a text to what each of its words adds to a model's answer: words to pieces, pieces to tokens, and back."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfbert.data.cleaning import clean_text
from tfbert.export.reading import ReadNetwork
from tfbert.jobs.explained_output import explained_output
from tfbert.report.explanations import ExplainedText, ExplainedWord, Explanation
from tfbert.tasks.attributions import Attribution, Attributor
from tfbert.text.long_texts import merge_windows
from tfbert.text.words import Word, locate_words

SPECIAL = -1  # the piece of a token that is none: [CLS], [SEP], padding


@dataclasses.dataclass(frozen=True)
class LocatedText:
    """A text as the model reads it, and its words.

    Attributes:
        text: after cleaning.
        cleaned: whether cleaning has changed it.
        words: in order.
        pieces: of all words together.
    """

    text: str
    cleaned: bool
    words: list[Word]
    pieces: int


class Explainer:
    """Explains rows with a network that was loaded once.

    Args:
        read: the network.
    """

    def __init__(self, read: ReadNetwork) -> None:
        self._read = read
        pad_id, outputs = read.preprocessor.tokenizer.pad_id, explained_output(read.task)
        self._attributor = Attributor(read.network, read.encoder, pad_id=pad_id, outputs=outputs)

    def explain(self, texts: Sequence[str], *, target: str | None = None) -> list[Explanation]:
        """The explanations of one row, one for each output that is explained.

        Args:
            texts: the text, and the second one of a pair.
            target: as `tfbert.jobs.explain.explain` has it.
        """
        preprocessor = self._read.preprocessor
        tokens = {
            name: array.numpy() for name, array in preprocessor.tokens(*(tf.constant([t]) for t in texts)).items()
        }
        values = self._read.task.activate(self._read.network.model(tokens, training=False)).numpy().mean(axis=0)
        located = [self._locate(text) for text in texts]
        pieces = self._number_pieces(located)
        return [
            self._explain(located, tokens=tokens, pieces=pieces, values=values, output=output)
            for output in self._outputs(values, target=target)
        ]

    def _locate(self, text: str) -> LocatedText:
        preprocessor = self._read.preprocessor
        cleaned = clean_text(text, steps=preprocessor.cleaning)
        words = locate_words(cleaned, tokenizer=preprocessor.tokenizer)
        return LocatedText(cleaned, cleaned != text, words, sum(word.pieces for word in words))

    def _number_pieces(self, texts: Sequence[LocatedText]) -> np.ndarray:
        """Which piece each token of the row is, counted over all its texts; int64 [rows, length]."""
        # The numbers are packed as ids are, from behind the last id on.
        first = start = self._read.preprocessor.tokenizer.vocabulary_size
        numbered = []
        for text in texts:
            numbers = tf.range(start, start + text.pieces)
            numbered.append(tf.RaggedTensor.from_row_lengths(numbers, [text.pieces]))
            start += text.pieces
        ids, _ = self._read.preprocessor.pack(*numbered)
        return np.maximum(merge_windows(ids).to_tensor().numpy().astype(np.int64) - first, SPECIAL)

    def _outputs(self, values: np.ndarray, *, target: str | None) -> list[int]:
        """The outputs to explain."""
        task = self._read.task
        if target is not None:
            return [task.label_names.index(target)]
        decided = task.decide(values[None])
        if decided is None:
            return [0]
        if decided.ndim == 1:
            return decided.tolist()
        return np.flatnonzero(decided[0]).tolist() or [int(values.argmax())]

    def _explain(
        self,
        texts: Sequence[LocatedText],
        *,
        tokens: Mapping[str, np.ndarray],
        pieces: np.ndarray,
        values: np.ndarray,
        output: int,
    ) -> Explanation:
        added: defaultdict[int, float] = defaultdict(float)
        found = []
        for number, row in enumerate(pieces):
            one = {name: array[number] for name, array in tokens.items()}
            found.append(self._attributor.attribute(one, varied=row != SPECIAL, output=output))
            for piece, attribution in zip(row.tolist(), found[-1].pieces.tolist(), strict=True):
                added[piece] += attribution / len(pieces)
        labels = self._read.task.label_names
        whole = _mean(found)
        return Explanation(
            texts=tuple(_explain_texts(texts, added)),
            labels=labels,
            values=tuple(values.tolist()),
            target=labels[output] if labels else "",
            output=whole.output,
            baseline=whole.baseline,
            error=whole.error,
            steps=whole.steps,
        )


def _mean(rows: Sequence[Attribution]) -> Attribution:
    """The attribution of the mean of some rows' outputs."""
    return Attribution(
        pieces=np.concatenate([row.pieces for row in rows]) / len(rows),
        output=float(np.mean([row.output for row in rows])),
        baseline=float(np.mean([row.baseline for row in rows])),
        steps=max(row.steps for row in rows),
    )


def _explain_texts(texts: Sequence[LocatedText], added: Mapping[int, float]) -> list[ExplainedText]:
    """The texts with what each of their words adds: the sum over those of its pieces that were read."""
    explained, piece = [], 0
    for text in texts:
        words = []
        for word in text.words:
            read = [added[number] for number in range(piece, piece + word.pieces) if number in added]
            words.append(ExplainedWord(word.start, word.end, sum(read) if read else None))
            piece += word.pieces
        explained.append(ExplainedText(text.text, text.cleaned, tuple(words)))
    return explained
