"""Rows of requests that arrive together, scored in one call."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections import deque
from collections.abc import Callable

import numpy as np

from tfbert.serving.engine import Engine
from tfbert.serving.failure import Failure

Row = tuple[str, ...]
"""What a model reads at once: a text, or a pair of them."""

log = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class Waiting:
    """A request's rows, and where their values go."""

    rows: list[Row]
    answer: asyncio.Future[np.ndarray]
    arrived: float


class Batcher:
    """The queue of one version of a model.

    A batch is cut when the engine is free and `batch_wait` has passed since its first request came, or `max_batch_size`
    rows are there. After a batch of one request the next does not wait: who asks alone has nothing to wait for. A
    request is never split: one with more rows is a batch of its own.

    Args:
        score: rows to values, float32 [rows, outputs].
        engine: calls it.
    """

    def __init__(self, score: Callable[[list[Row]], np.ndarray], *, engine: Engine) -> None:
        self._score, self._engine = score, engine
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._in_company = False  # whether the last batch held several requests
        self._task = asyncio.create_task(self._run())

    async def score(self, rows: list[Row]) -> np.ndarray:
        """The values of a request's rows, float32 [rows, outputs].

        Raises:
            Failure: the queue is full, or the model cannot be computed.
        """
        self._engine.admit(len(rows))
        loop = asyncio.get_running_loop()
        waiting = Waiting(rows, loop.create_future(), loop.time())
        self._queue.append(waiting)
        self._arrived.set()
        return await waiting.answer

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            await self._gather()
            async with self._engine.turn:
                await self._answer(self._take())

    async def _answer(self, batch: list[Waiting]) -> None:
        rows = [row for waiting in batch for row in waiting.rows]
        try:
            values = await self._engine.compute(self._score, rows, texts=len(rows))
        except Exception:
            log.exception("a batch of %d requests could not be scored", len(batch))
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(Failure("INTERNAL", "The model could not be computed."))
            return
        start = 0
        for waiting in batch:
            end = start + len(waiting.rows)
            if not waiting.answer.done():
                waiting.answer.set_result(values[start:end])
            start = end

    async def _gather(self) -> None:
        """Wait for more requests while the first may wait."""
        options = self._engine.options
        loop = asyncio.get_running_loop()
        while (
            self._in_company
            and self._queue
            and sum(len(waiting.rows) for waiting in self._queue) < options.max_batch_size
        ):
            left = self._queue[0].arrived + options.batch_wait / 1000 - loop.time()
            if left <= 0:
                return
            self._arrived.clear()
            try:
                async with asyncio.timeout(left):
                    await self._arrived.wait()
            except TimeoutError:
                return

    def _take(self) -> list[Waiting]:
        """The requests of the next batch; those that were given up meanwhile are dropped."""
        batch: list[Waiting] = []
        rows = 0
        while self._queue:
            size = len(self._queue[0].rows)
            if rows and rows + size > self._engine.options.max_batch_size:
                break
            waiting = self._queue.popleft()
            self._engine.release(size)
            if not waiting.answer.done():
                batch.append(waiting)
                rows += size
        self._in_company = len(batch) > 1
        if self._queue:
            self._arrived.set()
        else:
            self._arrived.clear()
        return batch

    def close(self) -> None:
        """End; nothing may be waiting any more."""
        self._task.cancel()
