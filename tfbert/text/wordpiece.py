"""WordPiece in the TensorFlow graph: one object for training, export and scoring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import tensorflow as tf
import tensorflow_text as tf_text

from tfbert.errors import ConfigError, ModelError
from tfbert.text.normalization import split_words
from tfbert.text.vocabulary import SPECIAL_PIECES

Normalization = Literal["google", "hub"]

MAX_WORD = 200  # characters; a longer word is unknown
MAX_WORD_BYTES = 4 * MAX_WORD
HUB_MAX_WORD_BYTES = 100
# Text on which TF Text's own word splitting is Google's: printable ASCII and the white space that Google keeps.
PLAIN = r"[ -~\t\n\r]*"


class WordPieceTokenizer(tf.Module):
    """Splits texts into the ids of WordPieces, without special tokens.

    Exported inside a SavedModel it takes its vocabulary along, and uses ops only that a stock TensorFlow Serving links.

    Args:
        vocabulary: the pieces, by id.
        lower_case: lower-case texts and strip accents, for uncased vocabularies.
        normalization: "google": the ids of the published `tokenization.py` on every text, on the Unicode version of the
            Python that builds the object. "hub": those of TF Hub's preprocessing modules, which fold compatibility
            characters (NFKC, so that an ellipsis becomes three full stops), put a space for a control character and
            hold words of more than 100 bytes for unknown. Only punctuation that is newer than RE2's Unicode data is set
            apart here and not in the modules.

    Attributes:
        vocabulary_size: number of pieces.
        pad_id, unknown_id, cls_id, sep_id, mask_id: ids of [PAD], [UNK], [CLS], [SEP] and [MASK].
        lower_case: as given.

    Raises:
        ModelError: the vocabulary repeats a piece, lacks a special token or has no words.
        ConfigError: an unknown normalization.
    """

    def __init__(self, vocabulary: Sequence[str], *, lower_case: bool, normalization: Normalization = "google") -> None:
        super().__init__(name="wordpiece_tokenizer")
        ids = _piece_ids(vocabulary)
        self.vocabulary_size = len(ids)
        self.pad_id, self.unknown_id, self.cls_id, self.sep_id, self.mask_id = _special_ids(ids)
        self.lower_case = lower_case
        if normalization not in get_args(Normalization):
            known = " or ".join(get_args(Normalization))
            raise ConfigError(f"normalization {known}", found=repr(normalization), fix="choose one of these")
        if normalization == "google":
            self._split_plain = _build_wordpiece(vocabulary, max_bytes=MAX_WORD, split=True)
            self._split_word = _build_wordpiece(vocabulary, max_bytes=MAX_WORD_BYTES, split=False)
            pieces = self._google_pieces
        else:
            self._normalizer = tf_text.FastBertNormalizer(lower_case_nfd_strip_accents=lower_case)
            self._split_text = _build_wordpiece(vocabulary, max_bytes=HUB_MAX_WORD_BYTES, split=True)
            pieces = self._hub_pieces
        self.tokenize = tf.function(pieces, input_signature=[tf.TensorSpec([None], tf.string, name="texts")])

    def _google_pieces(self, texts: tf.Tensor) -> tf.RaggedTensor:
        plain = tf.strings.regex_full_match(texts, PLAIN)
        plain_rows, other_rows = tf.where(plain)[:, 0], tf.where(~plain)[:, 0]
        plain_texts = tf.gather(texts, plain_rows)
        if self.lower_case:
            plain_texts = tf.strings.lower(plain_texts)
        words = split_words(tf.gather(texts, other_rows), lower_case=self.lower_case)
        pieces = tf.concat(
            [self._split_plain.tokenize(plain_texts), self.tokenize_words(words).merge_dims(1, 2)], axis=0
        )
        return tf.gather(pieces, tf.math.invert_permutation(tf.concat([plain_rows, other_rows], axis=0)))

    def tokenize_words(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """The pieces of each word, ragged int32 [batch, (words), (pieces)]; those of a text in order are `tokenize`'s.

        Args:
            words: from `split_words`, ragged string [batch, (words)]; of a tokenizer with Google's normalization.
        """
        too_long = tf.strings.length(words.flat_values, unit="UTF8_CHAR") > MAX_WORD
        return self._split_word.tokenize(words.with_flat_values(tf.where(too_long, "[UNK]", words.flat_values)))

    def _hub_pieces(self, texts: tf.Tensor) -> tf.RaggedTensor:
        return self._split_text.tokenize(self._normalizer.normalize(texts))


def _build_wordpiece(vocabulary: Sequence[str], *, max_bytes: int, split: bool) -> tf_text.FastWordpieceTokenizer:
    """TF Text's WordPiece, on texts that it splits into words itself or on words."""
    try:
        return tf_text.FastWordpieceTokenizer(
            list(vocabulary), max_bytes_per_word=max_bytes, token_out_type=tf.int32, no_pretokenization=not split
        )
    except RuntimeError as error:
        raise ModelError(
            "a WordPiece vocabulary",
            found=f"{len(vocabulary)} entries that TF Text refuses ({error})",
            fix="use the vocab.txt that came with the encoder",
        ) from error


def _piece_ids(vocabulary: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for number, piece in enumerate(vocabulary):
        if piece in ids:
            raise ModelError(
                "a vocabulary of distinct pieces",
                found=f"{piece!r} twice (ids {ids[piece]} and {number})",
                fix="use the vocab.txt that came with the encoder",
            )
        ids[piece] = number
    return ids


def _special_ids(ids: dict[str, int]) -> list[int]:
    missing = [piece for piece in SPECIAL_PIECES if piece not in ids]
    if missing:
        raise ModelError(
            f"a vocabulary with {' '.join(SPECIAL_PIECES)}",
            found=f"{len(ids)} pieces without {' '.join(missing)}",
            fix="use the vocab.txt that came with the encoder",
        )
    return [ids[piece] for piece in SPECIAL_PIECES]
