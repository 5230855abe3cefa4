"""From raw text to tokens: cleaning, WordPiece, [CLS] and [SEP], truncation, in one object.

The same object runs in training, in the exported graph and, through the export, in scoring, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tfbert.data.cleaning import check_steps, clean_texts
from tfbert.text.long_texts import CUTS, merge_windows
from tfbert.text.packing import SPECIAL_TOKENS, pack, to_tokens
from tfbert.text.wordpiece import WordPieceTokenizer


class Preprocessor(tf.Module):
    """Turns texts into the encoder's input.

    Args:
        tokenizer: splits text into WordPieces.
        max_length: longest row in tokens, [CLS] and [SEP] included.
        cleaning: names of the cleaning steps, applied in order before tokenising.
        long: what is read of a longer text: `head`, or a key of `tfbert.text.long_texts.CUTS`. Pairs have their head.
    """

    def __init__(
        self, tokenizer: WordPieceTokenizer, *, max_length: int, cleaning: Sequence[str] = (), long: str = "head"
    ) -> None:
        super().__init__(name="preprocessor")
        check_steps(cleaning)
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.cleaning = tuple(cleaning)
        self.long = long

    def ids(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Token ids and segment ids, both ragged int32 [batch, (length)], not padded.

        Where long texts are read in windows, both are ragged int32 [batch, (windows), (length)].

        Args:
            text: string [batch].
            text_pair: string [batch], the second text of each row, or None.
        """
        pieces = self.tokenizer.tokenize(clean_texts(text, steps=self.cleaning))
        pair = None if text_pair is None else self.tokenizer.tokenize(clean_texts(text_pair, steps=self.cleaning))
        return self.pack(pieces, pair)

    def pack(
        self, pieces: tf.RaggedTensor, pair_pieces: tf.RaggedTensor | None = None
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """What `ids` gives for texts in pieces, ragged int32 [batch, (pieces)]."""
        options = {
            "max_length": self.max_length, "cls_id": self.tokenizer.cls_id, "sep_id": self.tokenizer.sep_id
        }  # fmt: skip
        if pair_pieces is not None or self.long == "head":
            return pack(pieces, pair_pieces, **options)
        read = CUTS[self.long](pieces, room=self.max_length - SPECIAL_TOKENS[False])
        if read.ragged_rank == 1:
            return pack(read, **options)
        ids, type_ids = pack(read.values, **options)
        return read.with_values(ids), read.with_values(type_ids)

    def tokens(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """`tokens`, int32 [batch, length], padded to the longest row of the batch; of windows [windows, length]."""
        return to_tokens(*map(merge_windows, self.ids(text, text_pair)))

    def lengths(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> tf.Tensor:
        """Tokens of each row before anything is cut, [CLS] and [SEP] included, int64 [batch].

        Args:
            text: string [batch].
            text_pair: string [batch], the second text of each row, or None.
        """
        texts = [text] if text_pair is None else [text, text_pair]
        pieces = [self.tokenizer.tokenize(clean_texts(each, steps=self.cleaning)) for each in texts]
        return tf.add_n([each.row_lengths() for each in pieces]) + SPECIAL_TOKENS[text_pair is not None]
