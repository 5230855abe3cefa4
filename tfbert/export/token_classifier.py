"""A trained model of a task that reads tokens, as a SavedModel that takes raw text and answers with parts of it."""

from __future__ import annotations

from typing import cast

import tensorflow as tf

from tfbert.export.classifier import Classifier
from tfbert.tasks.task import Reads, Task, TokenTask
from tfbert.text.long_texts import merge_windows
from tfbert.text.packing import to_tokens


class TokenClassifier(Classifier):
    """What is exported of a `TokenTask`.

    Signatures:
        serving_default: `text` string [batch] (and `text_pair`) -> what `TokenTask.answer_texts` gives; what is decided
            is decided here and nowhere else.
        tokens: `input_word_ids`, `input_mask`, `input_type_ids`, int32 [batch, length] -> the numbers of each token
            (`Task.answer`).
        tokenize: as of `Classifier`.
    """

    @staticmethod
    def method_of(task: Task) -> str | None:
        """None: Classify and Regress give numbers of whole rows."""
        return None

    @tf.function
    def from_text(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw strings to the answer."""
        placed = self.preprocessor.place(*texts)
        values = self.values(to_tokens(merge_windows(placed.ids), merge_windows(placed.type_ids)))
        return cast(TokenTask, self.task).answer_texts(values, placed=placed, texts=texts[-1])


CLASSIFIERS: dict[Reads, type[Classifier]] = {"rows": Classifier, "tokens": TokenClassifier}
"""By what a task reads."""
