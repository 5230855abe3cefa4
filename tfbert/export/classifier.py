"""A trained classifier as a SavedModel that takes raw text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import tensorflow as tf
from tensorflow.python.saved_model.fingerprinting_utils import write_fingerprint

from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.inference import InferenceGraph
from tfbert.encoders.wrapped_encoder import WrappedEncoder
from tfbert.export.precision import Reduced, reduce_weights
from tfbert.tasks.network import Network, pool, reads_cls_only
from tfbert.tasks.task import RowTask, Task
from tfbert.text.long_texts import merge_windows
from tfbert.text.packing import to_tokens
from tfbert.text.preprocessor import Preprocessor

EXAMPLES = tf.TensorSpec([None], tf.string, name="inputs")
TOKENS = {
    name: tf.TensorSpec([None, None], tf.int32, name=name)
    for name in ("input_word_ids", "input_mask", "input_type_ids")
}


class Classifier(tf.Module):
    """What is exported: preprocessor, weights, and one function a signature.

    All but `tokens_bfloat16` compute a native encoder in float32, whatever precision it was trained in: its weights are
    float32, and so its answers are those of every machine, and not of the places where one of them rounds. With
    `reduced` its weights are stored, and its dense layers computed, in that precision instead; LayerNorm, softmax, the
    hidden states between the layers, pooling and the head stay float32, and so do the answers.

    Args:
        network: head and pooling.
        encoder: its encoder.
        preprocessor: texts to tokens.
        task: what is answered.
        texts: what signatures call the texts of a row: `text`, and of pairs `text_pair`, of endings `ending_0`, ...
        reduced: number format of the weights, see above.

    Signatures (each takes and gives a dict of tensors; those that take `text` take all `texts`, string [batch]):
        serving_default: `text` string [batch] -> the task's answer (`RowTask.answer_rows`).
        tokens: `input_word_ids`, `input_mask`, `input_type_ids`, int32 [batch, length] -> the same answer; of a choice
            the score of each text with one of its endings (`Task.answer`).
        tokens_bfloat16: the same as tokens, its dense layers in bfloat16; of native encoders, unless `reduced`.
        tokenize: `text` string [batch] -> `input_word_ids` and `input_type_ids`, int32 [tokens], all rows one after
            another without padding, and `row_lengths` int32 [batch]; a scorer batches rows of like length with it. Of
            texts that are read in windows a row is a window, and `row_windows` int32 [batch] is how many each text has;
            of a choice a row is the text with one of its endings.
        classify: `inputs` string [batch], serialised `tf.train.Example`s with the texts as features ->
            `classes` string and `scores` float32 [batch, labels], for TensorFlow Serving's Classify interface (its
            signature_defs.md).
        regress: of a task without labels in its place, for the Regress interface: `inputs` -> `outputs` float32
            [batch].
    """

    def __init__(
        self,
        network: Network,
        encoder: BertEncoder | WrappedEncoder,
        *,
        preprocessor: Preprocessor,
        task: Task,
        texts: Sequence[str] = ("text",),
        reduced: Reduced | None = None,
    ) -> None:
        super().__init__(name="classifier")
        self.task = task
        self.method = self.method_of(task)
        self.preprocessor = preprocessor
        self.texts = [tf.TensorSpec([None], tf.string, name=name) for name in texts]
        # Named, so that a fine-tuned encoder can be read back from the export.
        weights = {name: variable.value for name, variable in encoder.named_weights().items()}
        self.encoder = reduce_weights(weights, precision=reduced) if reduced else weights
        self.head = [variable.value for variable in network.head.variables]
        if isinstance(encoder, WrappedEncoder):
            self.wrapped = encoder.module  # its graph has variables and tables that are no weights
        # Functions and not the Keras model, whose hundreds of objects TensorFlow would store and nobody would read.
        if isinstance(encoder, WrappedEncoder):
            self.values = lambda tokens: task.activate(network.model(tokens, training=False))
            return
        graph = InferenceGraph(encoder.config, self.encoder, reduced or "float32")
        self.values = lambda tokens: task.activate(_logits(tokens, network=network, graph=graph))
        if not reduced and task.reads == "rows":
            faster = InferenceGraph(encoder.config, self.encoder, "bfloat16")
            self.from_tokens_bfloat16 = tf.function(
                lambda **tokens: task.answer(task.activate(_logits(tokens, network=network, graph=faster)))
            )

    @staticmethod
    def method_of(task: Task) -> str | None:
        """The signature for TensorFlow Serving's own interfaces, `classify` or `regress`; None where none fits."""
        return "classify" if task.label_names else "regress"

    @tf.function
    def from_text(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw strings to the answer."""
        task, (ids, type_ids) = cast(RowTask, self.task), self.preprocessor.ids(*texts)
        values = self.values(to_tokens(merge_windows(ids), merge_windows(type_ids)))
        return task.answer_rows(task.join_tensors(values, ids))

    @tf.function
    def from_tokens(self, **tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Token ids to the answer."""
        return self.task.answer(self.values(tokens))

    @tf.function
    def tokenize(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw strings to unpadded token ids."""
        ids, type_ids = self.preprocessor.ids(*texts)
        return {
            "input_word_ids": ids.flat_values,
            "input_type_ids": type_ids.flat_values,
            "row_lengths": tf.cast(merge_windows(ids).row_lengths(), tf.int32),
            **({"row_windows": tf.cast(ids.row_lengths(), tf.int32)} if ids.ragged_rank == 2 else {}),
        }

    @tf.function
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Serialised examples to classes and their scores."""
        answer = self._from_examples(inputs)
        return {"classes": answer["classes"], "scores": answer["probabilities"]}

    @tf.function
    def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Serialised examples to values."""
        return {"outputs": self._from_examples(inputs)["value"]}

    def _from_examples(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        names = [text.name for text in self.texts]
        examples = tf.io.parse_example(inputs, {name: tf.io.FixedLenFeature([], tf.string) for name in names})
        return self.from_text(*(examples[name] for name in names))


def _logits(tokens: dict[str, tf.Tensor], *, network: Network, graph: InferenceGraph) -> tf.Tensor:
    """What `network.model` gives, but computed by `graph`."""
    encoded = graph.encode(tokens, cls_only=reads_cls_only(network.pooling))
    return network.head(pool(encoded, tokens["input_mask"], pooling=network.pooling), training=False)


def write_saved_model(classifier: Classifier, folder: Path, *, vocabulary: list[str], labels: tuple[str, ...]) -> None:
    """Write a SavedModel with its signatures and with `assets/vocab.txt` and, of labels, `assets/labels.txt`.

    Args:
        classifier: what to write.
        folder: must not exist yet.
        vocabulary: the WordPieces, by id.
        labels: the label names, by id; of a task without labels none.
    """
    texts, method = classifier.texts, classifier.method
    signatures = {
        "serving_default": classifier.from_text.get_concrete_function(*texts),
        "tokens": classifier.from_tokens.get_concrete_function(**TOKENS),
        "tokenize": classifier.tokenize.get_concrete_function(*texts),
    }
    if method:
        signatures[method] = getattr(classifier, method).get_concrete_function(EXAMPLES)
    if hasattr(classifier, "from_tokens_bfloat16"):
        signatures["tokens_bfloat16"] = classifier.from_tokens_bfloat16.get_concrete_function(**TOKENS)
    tf.saved_model.save(classifier, str(folder), signatures=signatures)
    if method:
        _name_method(folder, method)
    for name, lines in (("vocab.txt", vocabulary), *([("labels.txt", labels)] if labels else [])):
        (folder / "assets" / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _name_method(folder: Path, method: str) -> None:
    """Say that `classify` is for Classify: TensorFlow Serving asks, and `tf.saved_model.save` calls all predict."""
    names = {"classify": tf.saved_model.CLASSIFY_METHOD_NAME, "regress": tf.saved_model.REGRESS_METHOD_NAME}
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
    updater.replace_method_name(signature_key=method, method_name=names[method], tags="serve")
    updater.save()
    write_fingerprint(str(folder))  # anew, because the updater leaves that of the former graph
