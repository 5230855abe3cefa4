"""What a scoring job is to do, checked before anything is opened; and whether it begins or goes on."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

from tfbert.data.formats import TableFormat
from tfbert.errors import ConfigError
from tfbert.scoring.identity import check_same_job, describe_job
from tfbert.scoring.inputs import count_all
from tfbert.scoring.journal import Journal
from tfbert.scoring.paths import OutputPaths, check_new_summary, check_paths, read_only_once
from tfbert.scoring.shard import Shard
from tfbert.scoring.text_scorer import TextScorer

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """A job's options; those of `score_tables`, with the inputs as files and the outputs as paths.

    Raises:
        ConfigError: options that exclude each other, a path with two purposes, or one that cannot be read twice.
    """

    files: list[str]
    paths: OutputPaths
    texts: Mapping[str, str]
    prefix: str
    table_format: TableFormat
    shard: Shard | None
    spreadsheet_safe: bool
    resume: bool
    force: bool
    options: Mapping[str, Any]
    window_rows: int

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        check_paths(self.files, self.paths, read_twice=len(self.files) > 1 or self.shard is not None)
        if self.resume and self.force:
            raise ConfigError("--resume or --force", found="both", fix="leave one out")
        if self.resume and (stream := self._stream()):
            raise ConfigError("files in and out with --resume", found=stream, fix="leave --resume out")

    def _stream(self) -> str | None:
        """An input or output that is no file on a disk, and so ends with the process."""
        if "-" in (self.paths.output, self.paths.rejects):
            return "standard output"
        stream = next((path for path in self.files if read_only_once(path)), None)
        return "standard input" if stream == "-" else stream

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that the model reads of a row."""
        return tuple(self.texts.values())

    @property
    def can_resume(self) -> bool:
        """Whether a later run could go on with the job."""
        return self._stream() is None

    def settings(self) -> dict[str, Any]:
        """The options that decide what is written, by their flags' names with `_`."""
        return {
            **self.texts,
            "prefix": self.prefix,
            "rejects": self.paths.rejects,
            "shard": str(self.shard or ""),
            "spreadsheet_safe": self.spreadsheet_safe,
            **dataclasses.asdict(self.table_format),
            **self.options,
        }


def begin(plan: Plan, journal: Journal, *, scorer: TextScorer) -> None:
    """Begin a job, or go on with the one of the journal: `journal.last` is then where.

    Raises:
        ConfigError: an output exists, or the journal's job is another or was not asked for.
    """
    facts = {"model": scorer.manifest.model, "digest": scorer.digest, "window_rows": plan.window_rows}
    job = describe_job(plan.files if plan.can_resume else [], facts=facts, options=plan.settings())
    if journal.job and journal.last and not plan.force:
        if not plan.resume:
            raise ConfigError(
                "no interrupted run of the same output",
                found=f"one with {journal.last.rows_read} rows done ({plan.paths.output})",
                fix="add --resume to go on after them, or --force to start anew",
            )
        check_same_job(journal.job, job)
        log.info("going on after %d rows", journal.last.rows_read)
        journal.resume()
        return
    if plan.resume:
        log.info("nothing to resume: starting anew")
    check_new_summary(plan.paths, force=plan.force)
    rows = None
    if plan.shard:
        total = count_all(plan.files, table_format=plan.table_format)
        part = plan.shard.rows(total, window_rows=plan.window_rows)
        rows = [part.start, part.stop]
    journal.begin({**job, "force": plan.force, "rows": rows})
