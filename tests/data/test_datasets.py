from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfbert.data.datasets import (
    BatchOrder,
    Examples,
    TokenTable,
    build_dataset,
    build_feature_dataset,
    count_tokens,
    sorted_batches,
    tokenize_rows,
)
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer

LENGTHS = np.random.default_rng(5).integers(1, 40, 333)


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Row r holds the id r + 1 in each of its LENGTHS[r] tokens."""
    ids = np.repeat(np.arange(1, len(LENGTHS) + 1, dtype=np.int32), LENGTHS)
    tokens = TokenTable(ids, np.zeros_like(ids), np.concatenate([[0], np.cumsum(LENGTHS)]).astype(np.int64))
    return Examples(tokens, np.arange(len(LENGTHS), dtype=np.int32), np.linspace(0, 1, len(LENGTHS), dtype=np.float32))


def order(epoch: int = 0, seed: int = 3) -> BatchOrder:
    made = BatchOrder(LENGTHS, batch_size=16, seed=seed)
    made.epoch = epoch
    return made


def test_an_epoch_has_every_row_once() -> None:
    batches = order()()
    assert len(batches) == len(order())
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(LENGTHS)))


def test_an_order_is_a_function_of_seed_and_epoch() -> None:
    first, again, later, other = order(), order(), order(epoch=1), order(seed=4)
    flat = [np.concatenate(made()).tolist() for made in (first, again, later, other)]
    assert flat[0] == flat[1]
    assert flat[0] != flat[2]
    assert flat[0] != flat[3]


def test_batches_hold_rows_of_like_length() -> None:
    spread = np.mean([np.ptp(LENGTHS[batch]) for batch in order()()])
    shuffled = np.random.default_rng(0).permutation(len(LENGTHS))
    unsorted = np.mean([np.ptp(LENGTHS[shuffled[start : start + 16]]) for start in range(0, len(LENGTHS), 16)])
    assert spread < unsorted / 5


def test_a_dataset_pads_each_batch_to_its_longest_row_and_keeps_rows_together(examples: Examples) -> None:
    seen = 0
    for tokens, targets, weights in build_dataset(examples, order=order()):
        ids, mask = tokens["input_word_ids"].numpy(), tokens["input_mask"].numpy()
        assert ids.shape[1] == LENGTHS[targets.numpy()].max()
        assert mask.sum(axis=1).tolist() == LENGTHS[targets.numpy()].tolist()
        assert (ids == mask * (targets.numpy()[:, None] + 1)).all()
        np.testing.assert_array_equal(weights.numpy(), examples.weights[targets.numpy()])
        seen += len(targets)
    assert seen == len(LENGTHS)


def test_features_come_in_the_same_batches_as_tokens(examples: Examples) -> None:
    features = np.arange(len(LENGTHS), dtype=np.float32)[:, None]
    by_token = [targets.numpy().tolist() for _, targets, _ in build_dataset(examples, order=order())]
    by_feature = [x.numpy()[:, 0].tolist() for x, _, _ in build_feature_dataset(features, examples, order=order())]
    assert by_feature == by_token


def test_sorted_batches_begin_with_the_longest_and_hold_every_row_once() -> None:
    batches = sorted_batches(LENGTHS, batch_size=50)
    assert LENGTHS[batches[0]].min() >= LENGTHS[batches[1]].max()
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(LENGTHS)))


def test_tokenizing_many_batches_keeps_the_order_of_rows() -> None:
    def lengths(texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        ids = tf.strings.unicode_decode(texts, "UTF-8")
        return ids, tf.zeros_like(ids)

    texts = [str(number) for number in range(2500)]
    table = tokenize_rows(texts, ids=lengths)
    for row in (0, 999, 1024, 2499):
        assert "".join(map(chr, table.ids[table.splits[row] : table.splits[row + 1]])) == texts[row]


def test_pairs_are_tokenised_with_their_segments_in_any_number_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfbert.data.datasets.TOKENIZE_ROWS", 7)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    preprocessor = Preprocessor(WordPieceTokenizer(vocabulary, lower_case=True), max_length=9)
    random = np.random.default_rng(0)
    words = [[list(random.choice(list("abcdefghij"), size)) for size in random.integers(1, 6, 20)] for _ in range(2)]
    columns = [[" ".join(row) for row in column] for column in words]
    whole = [len(first) + len(second) + 3 for first, second in zip(*words, strict=True)]
    assert count_tokens(*columns, lengths=preprocessor.lengths).tolist() == whole
    table = tokenize_rows(*columns, ids=preprocessor.ids)
    for row, (first, second) in enumerate(zip(*words, strict=True)):
        while len(first) + len(second) > 6:  # _truncate_seq_pair of google-research/bert
            (first if len(first) > len(second) else second).pop()
        expected = ["[CLS]", *first, "[SEP]", *second, "[SEP]"]
        tokens = slice(table.splits[row], table.splits[row + 1])
        assert [vocabulary[id_] for id_ in table.ids[tokens]] == expected
        assert table.type_ids[tokens].tolist() == [0] * (len(first) + 2) + [1] * (len(second) + 1)


@pytest.fixture(scope="module")
def in_windows() -> tuple[list[list[str]], TokenTable]:
    """Rows of letters, and their windows of four letters; tokenised 7 rows at a time."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    preprocessor = Preprocessor(WordPieceTokenizer(vocabulary, lower_case=True), max_length=6, long="windows")
    random = np.random.default_rng(0)
    rows = [list(random.choice(list("abcdefghij"), size)) for size in random.integers(0, 15, 20)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfbert.data.datasets.TOKENIZE_ROWS", 7)
        return rows, tokenize_rows([" ".join(row) for row in rows], ids=preprocessor.ids)


@pytest.mark.parametrize("long", ["head", "tail", "head+tail", "windows"])
def test_tokens_are_counted_before_anything_is_cut(long: str) -> None:
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True)
    preprocessor = Preprocessor(tokenizer, max_length=6, long=long, cleaning=("strip_html",))
    texts = ["", "a", "a b c d", "a b c d e", "a <br /> b", "a b c d e f g h i j"]
    assert count_tokens(texts, lengths=preprocessor.lengths).tolist() == [2, 3, 6, 7, 4, 12]


def test_windows_are_rows_that_know_their_text(in_windows: tuple[list[list[str]], TokenTable]) -> None:
    rows, tokens = in_windows
    assert tokens.row_windows is not None
    assert tokens.row_windows.tolist() == [1 + max(0, -(-(len(row) - 4) // 2)) for row in rows]
    assert len(tokens.lengths) == tokens.row_windows.sum()
    ends = np.cumsum(tokens.row_windows)
    for row, start, end in zip(rows, ends - tokens.row_windows, ends, strict=True):
        assert tokens.lengths[start:end].tolist() == [min(len(row), 4) + 2] * (end - start)


def test_windows_stay_with_their_text_when_tables_are_cut_and_joined(
    in_windows: tuple[list[list[str]], TokenTable],
) -> None:
    rows, tokens = in_windows
    first = tokens.head(5)
    assert first.row_windows is not None
    assert tokens.row_windows is not None
    assert first.row_windows.tolist() == tokens.row_windows[:5].tolist()
    assert len(first.lengths) == first.row_windows.sum()
    np.testing.assert_array_equal(first.ids, tokens.ids[: len(first.ids)])
    joined = first.join(tokens)
    assert joined.row_windows is not None
    assert len(joined.row_windows) == 5 + len(rows)
    assert len(joined.lengths) == joined.row_windows.sum()


def test_every_text_counts_the_same_however_many_windows_it_has(
    in_windows: tuple[list[list[str]], TokenTable],
) -> None:
    rows, tokens = in_windows
    weights = np.linspace(0.5, 1.5, len(rows), dtype=np.float32)
    examples = Examples(tokens, np.arange(len(rows)), weights).by_window()
    assert len(examples) == len(examples.tokens.lengths)
    totals = np.bincount(examples.targets, weights=examples.weights)
    np.testing.assert_allclose(totals / totals.sum(), weights / weights.sum(), rtol=1e-5)
    # Whatever a text's windows lose, the mean over windows is the mean over texts.
    losses = np.random.default_rng(1).random(len(rows))
    np.testing.assert_allclose(
        (losses[examples.targets] * examples.weights).mean(), (losses * weights).mean(), rtol=1e-5
    )


def test_without_windows_examples_stay_as_they_are(examples: Examples) -> None:
    assert examples.by_window() is examples
