from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfbert.scoring.overlap import overlap

PATIENCE = 20  # seconds


@given(st.lists(st.integers(), max_size=6), st.booleans())
def test_every_window_is_computed_and_written_once_and_in_order(windows: list[int], read_ahead: bool) -> None:
    computed, written, told = [], [], []

    def compute(window: int) -> int:
        computed.append(window)
        return -window

    overlap(
        iter(windows),
        compute=compute,
        write=written.append,
        written=lambda: told.append(len(written)),
        read_ahead=read_ahead,
    )
    assert computed == windows
    assert written == [-window for window in windows]
    assert told == sorted(told)
    assert len(told) == len(windows)


def test_the_next_window_is_read_and_the_last_one_written_while_one_is_computed() -> None:
    third_read, first_written = threading.Event(), threading.Event()

    def read() -> Iterator[int]:
        yield 1
        yield 2
        third_read.set()
        yield 3

    def compute(window: int) -> int:
        if window == 2:
            assert third_read.wait(PATIENCE)
            assert first_written.wait(PATIENCE)
        return window

    overlap(read(), compute=compute, write=lambda _: first_written.set(), written=lambda: None, read_ahead=True)


def test_a_stream_is_read_in_the_callers_thread_and_not_ahead() -> None:
    readers, computed = [], []

    def read() -> Iterator[int]:
        for window in range(3):
            assert len(computed) == window
            readers.append(threading.current_thread())
            yield window

    overlap(read(), compute=computed.append, write=lambda _: None, written=lambda: None, read_ahead=False)
    assert readers == [threading.current_thread()] * 3


@pytest.mark.parametrize("where", ["read", "compute", "write", "written"])
def test_an_error_anywhere_ends_it_when_what_was_computed_before_is_written(where: str) -> None:
    written: list[int] = []

    def fail(step: str, window: int) -> None:
        if step == where and window == 2:
            raise OSError(step)

    def read() -> Iterator[int]:
        for window in range(5):
            fail("read", window)
            yield window

    def compute(window: int) -> int:
        fail("compute", window)
        return window

    def write(window: int) -> None:
        fail("write", window)
        written.append(window)

    def tell() -> None:
        fail("written", len(written) - 1)

    with pytest.raises(OSError, match=f"^{where}$"):
        overlap(read(), compute=compute, write=write, written=tell, read_ahead=True)
    assert written[:2] == [0, 1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tables")]
