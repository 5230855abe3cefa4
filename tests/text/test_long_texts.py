from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.text.long_texts import cut_windows, keep_ends, keep_tail
from tfbert.text.pooling import mean_over_windows

ROOMS = st.integers(1, 12)
LENGTHS = st.lists(st.integers(0, 60), max_size=8)


def ragged(rows: list[list[int]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, dtype=tf.int32, ragged_rank=1, row_splits_dtype=tf.int64)


def numbered(lengths: list[int]) -> list[list[int]]:
    return [list(range(1000 * row, 1000 * row + length)) for row, length in enumerate(lengths, 1)]


@settings(max_examples=100)
@given(lengths=LENGTHS, room=ROOMS)
def test_the_tail_is_a_slice(lengths: list[int], room: int) -> None:
    rows = numbered(lengths)
    assert keep_tail(ragged(rows), room=room).to_list() == [row[-room:] for row in rows]


@settings(max_examples=100)
@given(lengths=LENGTHS, room=ROOMS)
def test_both_ends_of_a_long_text_are_kept_and_all_of_a_short_one(lengths: list[int], room: int) -> None:
    rows = numbered(lengths)
    for row, kept in zip(rows, keep_ends(ragged(rows), room=room).to_list(), strict=True):
        head = -(-room // 4)
        assert kept == (row if len(row) <= room else row[:head] + row[len(row) - (room - head) :])


def test_of_510_pieces_128_are_of_the_head_and_382_of_the_tail_as_published() -> None:
    kept = keep_ends(ragged([list(range(1000))]), room=510)[0].numpy().tolist()
    assert kept == [*range(128), *range(1000 - 382, 1000)]


@settings(max_examples=200)
@given(lengths=LENGTHS, room=ROOMS)
def test_windows_are_full_and_together_the_text(lengths: list[int], room: int) -> None:
    rows = numbered(lengths)
    found = cut_windows(ragged(rows), room=room).to_list()
    assert len(found) == len(rows)
    for row, windows in zip(rows, found, strict=True):
        if len(row) <= room:
            assert windows == [row]
            continue
        assert all(len(window) == room for window in windows)
        starts = [row.index(window[0]) for window in windows]
        assert all(window == row[start : start + room] for start, window in zip(starts, windows, strict=True))
        stride = (room + 1) // 2
        assert starts == [*range(0, len(row) - room, stride), len(row) - room]


def test_a_piece_in_the_middle_of_a_text_has_context_on_both_sides_in_one_window() -> None:
    room = 8
    windows = cut_windows(ragged([list(range(41))]), room=room)[0].numpy()
    for piece in range(room // 4, 41 - room // 4):
        places = np.argwhere(windows == piece)[:, 1]
        assert min(abs(places - (room - 1) / 2)) <= room / 4


@settings(max_examples=100)
@given(row_windows=st.lists(st.integers(1, 5), max_size=10), seed=st.integers(0, 100))
def test_the_mean_over_windows_is_that_of_each_rows_slice(row_windows: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).random((sum(row_windows), 3), np.float32)
    expected = [part.mean(axis=0) for part in np.split(values, np.cumsum(row_windows))[:-1]]
    found = mean_over_windows(values, np.array(row_windows, np.int32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.reshape(expected, (-1, 3)), rtol=1e-6)


def test_a_row_that_is_one_window_keeps_its_bits() -> None:
    values = np.random.default_rng(0).random((5, 3), np.float32)
    np.testing.assert_array_equal(mean_over_windows(values, np.ones(5, np.int32)), values)
    np.testing.assert_array_equal(mean_over_windows(values, None), values)
