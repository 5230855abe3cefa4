"""A table's job and the process that does it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)
LOG_CHARACTERS = 2000


@dataclasses.dataclass
class TableJob:
    """A table that is scored, or was.

    Attributes:
        folder: holds the table and what comes of it; removed with the job.
        state: `running`, `done` or `failed`.
        rows: rows of the table; 0 until they are counted.
        done: rows scored so far, about.
        scored: rows in the predictions, in the end.
        rejected: rows in the rejects, in the end.
        error: what went wrong, for the user.
        begun: when it began, for its age.
    """

    folder: tempfile.TemporaryDirectory[str]
    state: str = "running"
    rows: int = 0
    done: int = 0
    scored: int = 0
    rejected: int = 0
    error: str = ""
    begun: float = dataclasses.field(default_factory=time.monotonic)

    def shown(self) -> dict[str, object]:
        """What the page is told."""
        names = ("state", "rows", "done", "scored", "rejected", "error")
        return {name: getattr(self, name) for name in names}


async def run_job(job: TableJob, table: str, *, model: Path, columns: Mapping[str, str], most_rows: int) -> None:
    """Score a job's table in a process, and note in the job what the process tells.

    The process is ended when this is cancelled.

    Args:
        job: its folder holds the table.
        table: the table's name there.
        model: the version's folder.
        columns: of a row's texts, by the names that signatures have for them.
        most_rows: a longer table is refused.
    """
    command = [sys.executable, "-P", "-m", "tfbert.serving.table_job", str(model), table]
    log_path = Path(job.folder.name) / "log"
    with log_path.open("wb") as log_file:
        process = await asyncio.create_subprocess_exec(
            *command,
            f"--texts={json.dumps(columns)}",
            f"--most-rows={most_rows}",
            cwd=job.folder.name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log_file,
        )
    assert process.stdout
    try:
        async for line in process.stdout:
            for name, value in json.loads(line).items():
                setattr(job, name, value)
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        log.error("a table could not be scored: %s", log_path.read_text(errors="replace")[-LOG_CHARACTERS:])
    elif not job.error:
        job.state = "done"
