from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.scoring.batches import BATCH_TOKENS, SHAPES, TokenRows, cut_batches, fill_batch, padded_length, token_budget

LENGTHS = st.lists(st.integers(1, 50), max_size=60)


@settings(max_examples=200)
@given(LENGTHS, st.integers(1, 200))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    array = np.array(lengths, np.int64)
    batches = cut_batches(array, batch_tokens=budget)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * array[batch].max() <= budget for batch in batches)


@settings(max_examples=200)
@given(LENGTHS, st.integers(1, 200))
def test_there_are_no_more_shapes_than_lengths_and_one(lengths: list[int], budget: int) -> None:
    array = np.array(lengths, np.int64)
    shapes = {(len(batch), array[batch].max()) for batch in cut_batches(array, batch_tokens=budget)}
    assert len(shapes) <= len(set(lengths)) + 1


@given(LENGTHS.filter(bool), st.randoms(use_true_random=False))
def test_padded_rows_hold_each_rows_tokens_and_zeros(lengths: list[int], chance) -> None:
    array = np.array(lengths, np.int32)
    ids = np.arange(1, array.sum() + 1, dtype=np.int32)
    rows = np.array(chance.sample(range(len(lengths)), chance.randint(1, len(lengths))))
    length = int(array[rows].max()) + chance.randint(0, 3)
    padded = TokenRows(ids, -ids, array).pad(rows, length=length)
    assert {values.dtype for values in padded.values()} == {np.dtype(np.int32)}
    split = np.split(ids, np.cumsum(array)[:-1])
    for at, row in enumerate(rows):
        zeros = [0] * (length - array[row])
        assert padded["input_word_ids"][at].tolist() == [*split[row], *zeros]
        assert padded["input_type_ids"][at].tolist() == [*-split[row], *zeros]
        assert padded["input_mask"][at].tolist() == [1] * array[row] + zeros


def test_a_row_above_the_budget_gets_a_batch_of_its_own() -> None:
    assert [batch.tolist() for batch in cut_batches(np.array([3, 9, 2]), batch_tokens=5)] == [[1], [0], [2]]


def test_rows_of_equal_length_keep_their_order() -> None:
    (batch,) = cut_batches(np.full(5, 4), batch_tokens=20)
    assert batch.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_give_hardly_any_batches(rows: int) -> None:
    assert len(cut_batches(np.full(rows, 7, np.int32), batch_tokens=100)) == rows


@settings(max_examples=300)
@given(st.integers(1, 60), st.integers(1, 500), st.data())
def test_a_last_batch_is_filled_with_its_last_row_to_one_of_few_sizes(longest: int, budget: int, data) -> None:
    most = max(1, budget // longest)
    rows = np.arange(data.draw(st.integers(1, most)))
    filled = fill_batch(rows, longest=longest, batch_tokens=budget)
    assert filled[: len(rows)].tolist() == rows.tolist()
    assert set(filled[len(rows) :].tolist()) <= {rows[-1]}
    assert len(rows) <= len(filled) <= most
    assert len(filled) - len(rows) < max(1, most // SHAPES)


def test_all_last_batches_together_have_few_sizes() -> None:
    sizes = {len(fill_batch(np.arange(rows), longest=4, batch_tokens=1024)) for rows in range(33, 257)}
    assert len(sizes) <= SHAPES


def test_few_rows_are_cut_into_batches_for_several_cores_with_little_padding() -> None:
    lengths = np.array([120, 31, 30, 12, 11, 10, 9, 8])
    batches = cut_batches(lengths, batch_tokens=token_budget(lengths))
    assert [batch.tolist() for batch in batches] == [[0], [1, 2], [3, 4, 5, 6, 7]]


def test_two_rows_are_two_batches() -> None:
    lengths = np.array([20, 20])
    assert len(cut_batches(lengths, batch_tokens=token_budget(lengths))) == 2


@pytest.mark.parametrize(("tokens", "budget"), [(1, 1), (60, 16), (200, 64), (1000, 64), (8191, 512)])
def test_a_batch_of_few_tokens_may_have_an_eighth_of_them(tokens: int, budget: int) -> None:
    assert token_budget(np.ones(tokens, np.int32)) == budget


def test_a_batch_of_many_rows_has_as_many_tokens_as_stay_in_a_cores_cache() -> None:
    assert token_budget(np.full(1000, 20)) == BATCH_TOKENS


@pytest.mark.parametrize(("longest", "length"), [(1, 4), (4, 4), (5, 8), (29, 30), (30, 30)])
def test_a_call_of_few_rows_has_few_lengths_and_none_beyond_what_the_model_reads(longest: int, length: int) -> None:
    assert padded_length(longest, batch_tokens=64, max_length=30) == length
    assert padded_length(longest, batch_tokens=BATCH_TOKENS, max_length=30) == longest
