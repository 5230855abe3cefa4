"""From rows to `tf.data`: tokens cached once, then batches of rows of similar length in an order fixed by the seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

TOKENIZE_ROWS = 4096  # tokenised at a time
# Rows are sorted by length inside a window of this many batches: enough to save nearly all padding, few enough that a
# batch still mixes rows from all over the table.
WINDOW_BATCHES = 50
UNCOUNTED = -1  # the target of a token that the loss leaves out


@dataclasses.dataclass(frozen=True)
class TokenTable:
    """Token ids of many rows without padding.

    `ids` and `type_ids` are int32 [tokens]; row r is `[splits[r]:splits[r + 1]]`, with `splits` int64 [rows + 1]. Of
    texts that are read in windows a row here is a window, and `row_windows` int64 [texts] is how many each text has;
    None where a text is a row.
    """

    ids: np.ndarray
    type_ids: np.ndarray
    splits: np.ndarray
    row_windows: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 [rows]."""
        return np.diff(self.splits)

    @property
    def longest(self) -> np.ndarray:
        """Tokens of the longest row of each text, int64 [texts]."""
        if self.row_windows is None or not len(self.row_windows):
            return self.lengths
        return np.maximum.reduceat(self.lengths, np.cumsum(self.row_windows) - self.row_windows)

    def apart(self) -> TokenTable:
        """The same rows, each as a text of its own."""
        return dataclasses.replace(self, row_windows=None)

    def head(self, rows: int) -> TokenTable:
        """Those of the first texts."""
        row_windows = None if self.row_windows is None else self.row_windows[:rows]
        rows = rows if row_windows is None else int(row_windows.sum())
        end = self.splits[rows]
        return TokenTable(self.ids[:end], self.type_ids[:end], self.splits[: rows + 1], row_windows)

    def join(self, other: TokenTable) -> TokenTable:
        """These rows and, after them, the other's."""
        return TokenTable(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.type_ids, other.type_ids]),
            np.concatenate([self.splits, self.splits[-1] + other.splits[1:]]),
            None if self.row_windows is None else np.concatenate([self.row_windows, other.row_windows]),
        )


@dataclasses.dataclass(frozen=True)
class Examples:
    """Everything `fit` needs of one part of the data: tokens, targets [rows] or [rows, ...], weights float32 [rows].

    A row is a text of `tokens`; where texts have several rows of tokens, as many each, a batch has all of them.
    Targets of single tokens are ragged int32 [rows, (length)], as long as the rows; a batch has `UNCOUNTED` for its
    padding.
    """

    tokens: TokenTable
    targets: np.ndarray | tf.RaggedTensor
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def by_window(self) -> Examples:
        """Of texts that are read in windows, each window as an example with its text's target; others as they are.

        A window weighs what `window_weights` says.
        """
        row_windows = self.tokens.row_windows
        if row_windows is None:
            return self
        return Examples(
            self.tokens.apart(),
            np.repeat(self.targets, row_windows, axis=0),
            window_weights(self.weights, row_windows=row_windows),
        )


def window_weights(weights: np.ndarray, *, row_windows: np.ndarray) -> np.ndarray:
    """The weight of each window, float32 [windows].

    It is its text's weight divided by the number of the text's windows, times the mean of those numbers: every text
    counts the same, and a loss is still a mean over texts.

    Args:
        weights: of the texts, float32 [texts].
        row_windows: how many windows each has, int [texts].
    """
    return np.repeat((weights / row_windows * row_windows.mean()).astype(np.float32), row_windows)


def tokenize_rows(
    *texts: Sequence[str],
    ids: Callable[..., tuple[tf.RaggedTensor, tf.RaggedTensor]],
) -> TokenTable:
    """Tokenise every row once.

    Args:
        texts: the rows' texts, a column or more of them.
        ids: a `Preprocessor.ids`, from a string [batch] for each column to ragged token and segment ids, maybe in
            windows.
    """
    # Called directly: `Dataset.map` would trace the tokenizer anew, which takes longer than all of a table's rows.
    return token_table([ids(*columns) for columns in string_batches(texts)])


def token_table(batches: Sequence[tuple[tf.RaggedTensor, tf.RaggedTensor]]) -> TokenTable:
    """The rows of batches of token and segment ids, each ragged [batch, (length)] or [batch, (windows), (length)]."""
    in_windows = batches[0][0].ragged_rank == 2
    rows = [batch.values if in_windows else batch for batch, _ in batches]
    lengths = np.concatenate([batch.row_lengths().numpy() for batch in rows])
    return TokenTable(
        ids=np.concatenate([batch.flat_values.numpy() for batch, _ in batches]),
        type_ids=np.concatenate([batch.flat_values.numpy() for _, batch in batches]),
        splits=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        row_windows=np.concatenate([batch.row_lengths().numpy() for batch, _ in batches]) if in_windows else None,
    )


def string_batches(columns: Sequence[Sequence[str]]) -> Iterator[list[tf.Tensor]]:
    """A string [batch] of each column at a time.

    In a single tensor all texts would be in memory twice.
    """
    for start in range(0, len(columns[0]), TOKENIZE_ROWS):
        stop = start + TOKENIZE_ROWS
        yield [tf.constant(column[start:stop]) for column in columns]


class BatchOrder:
    """Which rows stand together in a batch: a function of the lengths, the seed and the epoch alone.

    Because the order of an epoch does not depend on the epochs before it, a killed run that starts again at epoch 3
    sees the
    batches that it would have seen. Set `epoch` before iterating.

    Args:
        lengths: int [rows].
        batch_size: rows in a batch; the last batch of an epoch may have fewer.
        seed: decides the order.
        multiple: the number of rows in every batch is a multiple of it, so that devices get equal shares; up to that
            many rows, others in each epoch, sit an epoch out.
    """

    def __init__(self, lengths: np.ndarray, *, batch_size: int, seed: int, multiple: int = 1) -> None:
        self.lengths = lengths
        self.rows = len(lengths) // multiple * multiple
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return -(-self.rows // self.batch_size)

    def __call__(self) -> list[np.ndarray]:
        """Row numbers of each batch of the epoch, int64 [rows of the batch]."""
        random = np.random.default_rng((self.seed, self.epoch))
        order = random.permutation(len(self.lengths))[: self.rows]
        window = self.batch_size * WINDOW_BATCHES
        by_length = [
            part[np.argsort(self.lengths[part], kind="stable")]
            for part in (order[start : start + window] for start in range(0, len(order), window))
        ]
        batches = _cut(np.concatenate(by_length), self.batch_size)
        return [batches[number] for number in random.permutation(len(batches))]


def sorted_batches(lengths: np.ndarray, *, batch_size: int) -> list[np.ndarray]:
    """Row numbers of each batch with the longest rows first, for passes in which the order of rows does not matter."""
    return _cut(np.argsort(-lengths, kind="stable"), batch_size)


def _cut(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def build_token_dataset(
    tokens: TokenTable, *, batches: Callable[[], Sequence[np.ndarray]], length: int | None = None
) -> tf.data.Dataset:
    """A dataset of (text numbers int64 [batch], `tokens`), each batch padded to its own longest row or to `length`.

    Of texts that have several rows each, as `row_windows` says, `tokens` are [batch, rows of a text, length].
    """
    ids, type_ids = (
        tf.RaggedTensor.from_row_splits(values, tokens.splits, validate=False)
        for values in (tokens.ids, tokens.type_ids)
    )
    if tokens.row_windows is not None:
        ids, type_ids = (tf.RaggedTensor.from_row_lengths(rows, tokens.row_windows) for rows in (ids, type_ids))

    def gather(numbers: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        chosen, type_ids_of_chosen = tf.gather(ids, numbers), tf.gather(type_ids, numbers)
        shape = [None] * chosen.ragged_rank + [length]
        padded = {
            "input_word_ids": chosen.to_tensor(shape=shape),
            "input_mask": tf.ones_like(chosen).to_tensor(shape=shape),
            "input_type_ids": type_ids_of_chosen.to_tensor(shape=shape),
        }
        return numbers, padded

    numbered = _number_dataset(batches)
    return numbered.map(gather, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def _number_dataset(batches: Callable[[], Sequence[np.ndarray]]) -> tf.data.Dataset:
    """Row numbers of each batch, int64 [batch]; `batches` is asked anew at every iteration.

    Python is entered once an epoch and not once a batch, which would halve the speed of all that follows.
    """

    def epoch() -> Iterator[tuple[np.ndarray, list[int]]]:
        parts = batches()
        yield np.concatenate(parts), [len(part) for part in parts]

    numbers = tf.TensorSpec([None], tf.int64)
    whole = tf.data.Dataset.from_generator(epoch, output_signature=(numbers, numbers))
    return whole.flat_map(
        lambda rows, sizes: tf.data.Dataset.from_tensor_slices(tf.RaggedTensor.from_row_lengths(rows, sizes))
    )


def build_dataset(examples: Examples, *, order: BatchOrder, length: int | None = None) -> tf.data.Dataset:
    """A dataset of (`tokens`, targets, weights) for `fit`, in the order's current epoch each time it is iterated.

    Args:
        examples: the rows.
        order: which rows stand together, and when.
        length: pad every batch to this length, for compilers that want one shape; None pads to a batch's longest row.
    """
    ragged = isinstance(examples.targets, tf.RaggedTensor)
    targets = examples.targets if ragged else tf.constant(examples.targets)
    weights = tf.constant(examples.weights)

    def batch(rows: tf.Tensor, tokens: dict[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        chosen = tf.gather(targets, rows)
        return tokens, chosen.to_tensor(UNCOUNTED, shape=[None, length]) if ragged else chosen, tf.gather(weights, rows)

    dataset = build_token_dataset(examples.tokens, batches=order, length=length).map(batch)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(order)))


def build_feature_dataset(features: np.ndarray, examples: Examples, *, order: BatchOrder) -> tf.data.Dataset:
    """The same batches as `build_dataset`, with features float32 [batch, width] in the place of tokens.

    Of texts that have several rows of tokens the features of a batch are [batch, rows of a text, width].

    Args:
        features: of all rows of tokens, float32 [rows, width].
        examples: the rows.
        order: which rows stand together, and when.
    """
    if examples.tokens.row_windows is not None:
        features = features.reshape(len(examples), -1, features.shape[-1])
    columns = tf.constant(features), tf.constant(examples.targets), tf.constant(examples.weights)
    dataset = _number_dataset(order).map(lambda rows: tuple(tf.gather(column, rows) for column in columns))
    return dataset.prefetch(tf.data.AUTOTUNE).apply(tf.data.experimental.assert_cardinality(len(order)))


def count_tokens(*texts: Sequence[str], lengths: Callable[..., tf.Tensor]) -> np.ndarray:
    """Tokens of each row before anything is cut, int64 [rows].

    Args:
        texts: the rows' texts, a column or more of them.
        lengths: a `Preprocessor.lengths`, from a string [batch] for each column to int64 [batch].
    """
    return np.concatenate([lengths(*columns).numpy() for columns in string_batches(texts)])
