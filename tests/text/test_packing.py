from __future__ import annotations

import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.text.packing import pack, pack_endings, to_tokens

CLS, SEP = 101, 102
ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=12)


def ragged(rows: list[list[int]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, dtype=tf.int32, ragged_rank=1, row_splits_dtype=tf.int64)


def truncate_pair(first: list[int], second: list[int], *, room: int) -> None:
    """Google's published loop, a piece at a time."""
    while len(first) + len(second) > room:
        (first if len(first) > len(second) else second).pop()


@settings(max_examples=200)
@given(lengths=ROWS, max_length=st.integers(3, 24))
def test_pairs_are_truncated_and_packed_as_google_does(lengths: list[tuple[int, int]], max_length: int) -> None:
    firsts = [list(range(1000, 1000 + first)) for first, _ in lengths]
    seconds = [list(range(2000, 2000 + second)) for _, second in lengths]
    ids, type_ids = pack(ragged(firsts), ragged(seconds), max_length=max_length, cls_id=CLS, sep_id=SEP)
    for first, second in zip(firsts, seconds, strict=True):
        truncate_pair(first, second, room=max_length - 3)
    pairs = list(zip(firsts, seconds, strict=True))
    assert ids.to_list() == [[CLS, *first, SEP, *second, SEP] for first, second in pairs]
    assert type_ids.to_list() == [[0] * (len(first) + 2) + [1] * (len(second) + 1) for first, second in pairs]


@settings(max_examples=50)
@given(
    lengths=st.lists(st.tuples(*[st.integers(0, 8)] * 4), max_size=5),
    endings=st.integers(2, 3),
    max_length=st.integers(5, 24),
)
def test_each_ending_is_packed_with_its_text_as_a_pair(lengths: list[tuple], endings: int, max_length: int) -> None:
    options = {"max_length": max_length, "cls_id": CLS, "sep_id": SEP}
    texts, *others = (
        ragged([list(range(1000 * at, 1000 * at + row[at])) for row in lengths]) for at in range(endings + 1)
    )
    together = pack_endings(texts, others, **options)
    pairs = [pack(texts, other, **options) for other in others]
    for number, found in enumerate(together):  # ids, segment ids
        assert found.shape.rank == 3
        apart = [pair[number].to_list() for pair in pairs]
        assert found.to_list() == [list(row) for row in zip(*apart, strict=True)]


def test_single_texts_are_cut_at_their_end() -> None:
    ids, type_ids = pack(ragged([[5, 6, 7, 8], [], [5]]), max_length=5, cls_id=CLS, sep_id=SEP)
    assert ids.to_list() == [[CLS, 5, 6, 7, SEP], [CLS, SEP], [CLS, 5, SEP]]
    assert type_ids.to_list() == [[0] * 5, [0] * 2, [0] * 3]
    assert ids.dtype == type_ids.dtype == tf.int32


def test_tokens_are_padded_to_the_longest_row() -> None:
    tokens = to_tokens(ragged([[CLS, SEP], [CLS, 7, SEP]]), ragged([[0, 0], [0, 0, 1]]))
    assert {name: values.numpy().tolist() for name, values in tokens.items()} == {
        "input_word_ids": [[CLS, SEP, 0], [CLS, 7, SEP]],
        "input_mask": [[1, 1, 0], [1, 1, 1]],
        "input_type_ids": [[0, 0, 0], [0, 0, 1]],
    }
    assert {values.dtype for values in tokens.values()} == {tf.int32}


def test_tokens_are_padded_to_a_length_that_the_graph_knows() -> None:
    tokens = to_tokens(ragged([[CLS, 7, SEP]]), ragged([[0, 0, 0]]), length=5)
    assert {tuple(values.shape) for values in tokens.values()} == {(1, 5)}
    assert tokens["input_mask"].numpy().tolist() == [[1, 1, 1, 0, 0]]
