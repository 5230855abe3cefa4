"""While the model computes a window, the next one is read and the last one written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Window = TypeVar("Window")
Computed = TypeVar("Computed")


def overlap(
    windows: Iterator[Window],
    *,
    compute: Callable[[Window], Computed],
    write: Callable[[Computed], None],
    written: Callable[[], None],
    read_ahead: bool,
) -> None:
    """Compute every window and write it, in order.

    One thread beside the caller's reads and writes, one thing at a time. What it has begun when an error or a signal
    comes is brought to its end, so that no file is closed under it.

    Args:
        windows: what is computed; read in that thread.
        compute: called in the caller's thread.
        write: called in the other one, with what `compute` gave, in the order of the windows.
        written: called in the caller's thread after each window that was written, at the latest when the next one is
            computed.
        read_ahead: whether the next window may be read before this one is computed. A stream is read in the caller's
            thread: it may never go on, and then only that thread hears of Ctrl-C.
    """
    read = functools.partial(next, windows, None)
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="tables") as beside:
        coming = beside.submit(read) if read_ahead else None
        while (window := coming.result() if coming else read()) is not None:
            coming = beside.submit(read) if read_ahead else None
            computed = compute(window)
            if writing:
                writing.result()
                written()
            writing = beside.submit(write, computed)
        if writing:
            writing.result()
            written()
