from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from served_model import open_server

from tfbert.serving.batcher import Batcher
from tfbert.serving.engine import Engine
from tfbert.serving.failure import Failure
from tfbert.serving.metrics import Metrics
from tfbert.serving.options import ServeOptions


class Recorder:
    """Answers each row with its text's length, and notes the size of every call."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.free = threading.Event()
        self.free.set()

    def score(self, rows: list[tuple[str, ...]]) -> np.ndarray:
        self.free.wait(10)
        self.calls.append(len(rows))
        if ("fail",) in rows:
            raise RuntimeError("asked to")
        return np.array([[len(text)] for (text,) in rows], np.float32).reshape(-1, 1)


def with_batcher(work: Callable[[Batcher, Recorder], Awaitable[None]], **options: object) -> Recorder:
    recorder = Recorder()

    async def run() -> None:
        engine = Engine(ServeOptions(**options), Metrics())
        batcher = Batcher(recorder.score, engine=engine)
        try:
            await work(batcher, recorder)
        finally:
            recorder.free.set()
            batcher.close()
            engine.close()

    asyncio.run(run())
    return recorder


def test_requests_that_arrive_together_are_one_call() -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        answers = await asyncio.gather(*(batcher.score([("x" * size,)]) for size in range(20)))
        assert [int(answer[0, 0]) for answer in answers] == list(range(20))

    assert with_batcher(work, batch_wait=50.0).calls == [20]


def test_who_asks_alone_does_not_wait_and_who_had_company_does() -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for _ in range(3):
            await batcher.score([("x",)])
        assert loop.time() - begun < 0.5
        await asyncio.gather(batcher.score([("x",)]), batcher.score([("x",)]))
        begun = loop.time()
        await batcher.score([("x",)])
        assert loop.time() - begun >= 0.5

    assert with_batcher(work, batch_wait=500.0).calls == [1, 1, 1, 2, 1]


def test_a_batch_has_at_most_its_size_and_a_larger_request_is_alone() -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        await asyncio.gather(*(batcher.score([("x",)] * size) for size in (3, 3, 3, 9, 1)))

    assert with_batcher(work, max_batch_size=6).calls == [6, 3, 9, 1]


def test_a_size_of_one_makes_no_batches() -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        await asyncio.gather(*(batcher.score([("x",)]) for _ in range(5)))

    assert with_batcher(work, max_batch_size=1).calls == [1] * 5


@settings(max_examples=30)
@given(st.lists(st.lists(st.tuples(st.text(max_size=9)), max_size=5), max_size=20), st.integers(1, 8))
def test_every_request_gets_the_answers_to_its_own_texts(requests, size) -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        answers = await asyncio.gather(*(batcher.score(rows) for rows in requests))
        for rows, answer in zip(requests, answers, strict=True):
            assert answer[:, 0].tolist() == [len(text) for (text,) in rows]

    with_batcher(work, max_batch_size=size, batch_wait=0.0)


def test_the_queue_has_a_bound_and_opens_again() -> None:
    async def work(batcher: Batcher, recorder: Recorder) -> None:
        recorder.free.clear()
        computing = asyncio.create_task(batcher.score([("x",)]))
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(batcher.score([("x",)] * 4))
        await asyncio.sleep(0)
        with pytest.raises(Failure, match=r"The server has too much to do\.") as caught:
            await batcher.score([("x",)])
        assert (caught.value.status, caught.value.retry_after) == (503, 1)
        recorder.free.set()
        assert len(await computing) + len(await waiting) == 5
        assert len(await batcher.score([("x",)])) == 1

    with_batcher(work, queue_size=4, max_request_texts=4)


def test_a_request_that_was_given_up_is_not_computed() -> None:
    async def work(batcher: Batcher, recorder: Recorder) -> None:
        recorder.free.clear()
        first = asyncio.create_task(batcher.score([("x",)]))
        await asyncio.sleep(0.1)
        given_up = [asyncio.create_task(batcher.score([("x",)] * 3)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in given_up:
            task.cancel()
        recorder.free.set()
        await first
        await batcher.score([("x",)] * 2)

    assert [size for size in with_batcher(work).calls if size] == [1, 2]


def test_a_model_that_fails_fails_the_batch_and_not_the_server() -> None:
    async def work(batcher: Batcher, _: Recorder) -> None:
        answers = await asyncio.gather(batcher.score([("fail",)]), batcher.score([("x",)]), return_exceptions=True)
        assert [answer.message for answer in answers] == ["The model could not be computed."] * 2
        assert len(await batcher.score([("x",)])) == 1

    with_batcher(work, batch_wait=50.0)


def test_metrics_count_requests_batches_and_what_waits(model: Path) -> None:
    with open_server(model, max_batch_size=8, batch_wait=200.0) as client:
        threads = [threading.Thread(target=client.predict, args=({"instances": ["a"] * 2},)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.predict({"instances": 1})
        assert client.metric("tfbert_requests_total") >= 21
        assert client.metric("tfbert_batch_texts_sum") == 40
        assert client.metric("tfbert_batch_texts_count") < 20
        assert client.metric("tfbert_waiting_texts") == 0
        assert client.metric("tfbert_versions") == 1
        assert client.metric("process_resident_memory_bytes") > 1e7
        page = client.get("/metrics").body.decode()
        assert 'tfbert_requests_total{asked="predict",status="200"} 20.0' in page
        assert 'tfbert_requests_total{asked="predict",status="400"} 1.0' in page
