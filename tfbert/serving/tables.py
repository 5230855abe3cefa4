"""Tables that the page has sent: one is scored at a time, and the last few results are kept for a while."""

from __future__ import annotations

import asyncio
import logging
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tfbert.serving.failure import Failure, invalid
from tfbert.serving.table_process import TableJob, run_job
from tfbert.serving.version import ServedVersion

log = logging.getLogger(__name__)
KEPT_RESULTS = 4
KEPT_SECONDS = 900.0
FORMATS = ("csv", "tsv", "jsonl")
RESULTS = ("predictions.csv", "rejects.csv")
RETRY_SECONDS = 5


class Tables:
    """The page's jobs.

    Args:
        most_rows: a longer table is refused.
        seconds: a job that takes longer is ended.
    """

    def __init__(self, *, most_rows: int, seconds: float) -> None:
        self._most_rows, self._seconds = most_rows, seconds
        self._jobs: dict[str, TableJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = False

    async def begin(
        self, body: AsyncIterator[bytes], *, version: ServedVersion, table_format: str, columns: Mapping[str, str]
    ) -> str:
        """Take in a table and begin to score it.

        Args:
            body: the table.
            version: scores it, and is held until it has.
            table_format: one of `FORMATS`.
            columns: what makes a row, `LoadedModel.text_names`, by column.

        Returns:
            The job's key, which cannot be guessed.

        Raises:
            Failure: another table is being scored, or the format is unknown.
        """
        if table_format not in FORMATS:
            raise invalid(f"A table is one of {', '.join(FORMATS)}.")
        if self._busy:
            raise Failure("UNAVAILABLE", "Another table is being scored.", retry_after=RETRY_SECONDS)
        self._busy = True
        job = TableJob(tempfile.TemporaryDirectory(prefix="tfbert-table-"))
        try:
            table = f"table.{FORMATS[FORMATS.index(table_format)]}"
            with (Path(job.folder.name) / table).open("wb") as file:
                async for chunk in body:
                    file.write(chunk)
            key = secrets.token_urlsafe(16)
            self._keep(key, job)
        except BaseException:
            self._busy = False
            job.folder.cleanup()
            raise
        task = asyncio.create_task(self._score(job, table, version=version, columns=columns))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return key

    def _keep(self, key: str, job: TableJob) -> None:
        now = time.monotonic()
        for old, other in list(self._jobs.items()):
            if len(self._jobs) >= KEPT_RESULTS or now - other.begun > KEPT_SECONDS:
                self._jobs.pop(old).folder.cleanup()
        self._jobs[key] = job

    async def _score(self, job: TableJob, table: str, *, version: ServedVersion, columns: Mapping[str, str]) -> None:
        try:
            with version.held():
                async with asyncio.timeout(self._seconds):
                    await run_job(job, table, model=version.model.folder, columns=columns, most_rows=self._most_rows)
        except TimeoutError:
            job.error = f"The table was not scored within {self._seconds:g} seconds."
        except OSError as error:
            log.error("a table could not be scored: %s", error)
        finally:
            self._busy = False
            if job.state == "running":
                job.state, job.error = (
                    "failed",
                    job.error or "The table could not be scored; the server's log says why.",
                )

    def find(self, key: str) -> TableJob:
        """A job by its key.

        Raises:
            Failure: there is none, or no longer.
        """
        if key not in self._jobs:
            raise Failure("NOT_FOUND", "There is no such table, or no longer.")
        return self._jobs[key]

    def result(self, key: str, name: str) -> Path:
        """A file that a finished job has written.

        Raises:
            Failure: there is none.
        """
        job = self.find(key)
        if job.state != "done" or name not in RESULTS:
            raise Failure("NOT_FOUND", "There is no such result.")
        return Path(job.folder.name) / RESULTS[RESULTS.index(name)]

    async def close(self) -> None:
        """End what runs and remove all files."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._jobs.values():
            job.folder.cleanup()
