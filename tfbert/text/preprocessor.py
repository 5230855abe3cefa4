"""From raw text to tokens: cleaning, WordPiece, [CLS] and [SEP], truncation, in one object.

The same object runs in training, in the exported graph and, through the export, in scoring, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tfbert.data.cleaning import check_steps, clean_texts
from tfbert.text.located import NOWHERE, PlacedTokens, locate
from tfbert.text.long_texts import CUTS, merge_windows
from tfbert.text.packing import SPECIAL_TOKENS, pack, pack_endings, to_tokens
from tfbert.text.question_windows import pack_question_windows
from tfbert.text.wordpiece import WordPieceTokenizer


class Preprocessor(tf.Module):
    """Turns texts into the encoder's input.

    Args:
        tokenizer: splits text into WordPieces.
        max_length: longest row in tokens, [CLS] and [SEP] included.
        cleaning: names of the cleaning steps, applied in order before tokenising.
        long: what is read of a longer text: `head`, or a key of `tfbert.text.long_texts.CUTS`. Pairs have their head,
            or a question has its context in windows (`pack_question_windows`).
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

    def ids(self, *texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Token ids and segment ids, both ragged int32 [batch, (length)], not padded.

        Where long texts are read in windows, both are ragged int32 [batch, (windows), (length)]. Of three texts and
        more the first makes a pair with each of the others, its endings: [batch, (endings), (length)].

        Args:
            texts: string [batch], the texts of each row, one tensor each.
        """
        return self.pack(*map(self._pieces, texts))

    def _pieces(self, texts: tf.Tensor) -> tf.RaggedTensor:
        return self.tokenizer.tokenize(clean_texts(texts, steps=self.cleaning))

    def place(self, *texts: tf.Tensor) -> PlacedTokens:
        """What `ids` gives, and where each token stands in the last of the texts; nothing is cleaned.

        Args:
            texts: string [batch], one or two of them.
        """
        words = locate(texts[-1], lower_case=self.tokenizer.lower_case)
        by_word = self.tokenizer.tokenize_words(words.words)
        pieces = [*map(self.tokenizer.tokenize, texts[:-1]), by_word.merge_dims(1, 2)]
        ids, type_ids = self.pack(*pieces)
        numbers = [each.with_flat_values(tf.fill(tf.shape(each.flat_values), NOWHERE)) for each in pieces[:-1]]
        numbers.append(pieces[-1].with_flat_values(tf.range(tf.size(pieces[-1].flat_values))))
        numbered, _ = self.pack(*numbers, special_ids=(NOWHERE, NOWHERE))
        return PlacedTokens(ids, type_ids, numbered, words, by_word.values.value_rowids(), by_word.values.row_starts())

    def pack(
        self,
        pieces: tf.RaggedTensor,
        *others: tf.RaggedTensor,
        special_ids: tuple[int, int] | None = None,
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """What `ids` gives for texts in pieces, ragged int32 [batch, (pieces)].

        Args:
            pieces: of the texts.
            others: of the second texts, or of each ending.
            special_ids: what stands for [CLS] and [SEP]; None for their ids.
        """
        cls_id, sep_id = special_ids or (self.tokenizer.cls_id, self.tokenizer.sep_id)
        options = {"max_length": self.max_length, "cls_id": cls_id, "sep_id": sep_id}
        if len(others) > 1:
            return pack_endings(pieces, others, **options)
        if others and self.long == "windows":
            return pack_question_windows(pieces, *others, **options)
        if others or self.long == "head":
            return pack(pieces, *others, **options)
        read = CUTS[self.long](pieces, room=self.max_length - SPECIAL_TOKENS[False])
        if read.ragged_rank == 1:
            return pack(read, **options)
        ids, type_ids = pack(read.values, **options)
        return read.with_values(ids), read.with_values(type_ids)

    def tokens(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """`tokens`, int32 [batch, length], padded to the longest row of the batch; of windows [windows, length]."""
        return to_tokens(*map(merge_windows, self.ids(*texts)))

    def lengths(self, *texts: tf.Tensor) -> tf.Tensor:
        """Tokens of each row before anything is cut, [CLS] and [SEP] included, int64 [batch]; with its longest ending.

        Args:
            texts: as in `ids`.
        """
        text, *others = (self._pieces(each).row_lengths() for each in texts)
        return text + SPECIAL_TOKENS[bool(others)] + (tf.reduce_max(tf.stack(others), axis=0) if others else 0)
