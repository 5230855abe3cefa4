"""What a scoring job did."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from tfbert.data.disk import replace, writing
from tfbert.scoring.journal import Commit
from tfbert.scoring.plan import Plan
from tfbert.scoring.text_scorer import TextScorer


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a scoring job did; written as JSON beside the output. `rows_read` is `rows_scored + rows_rejected`.

    Attributes:
        model: name and version.
        model_digest: SHA-256 of what decides its predictions.
        inputs: the files, in the order in which they were read.
        output: the predictions.
        rejects: the rejected rows.
        shard: which part of the inputs, `2/8`; empty for all.
        rows_read: rows of the inputs, or of the shard.
        rows_scored: rows in the predictions.
        rows_rejected: rows in the rejects.
        texts_repeated: scored rows whose text (or pair of texts) another row of the same window had, so that it was
            computed once; 0 for a model of another make, which computes each.
        tokens: tokens of the scored rows, padding not counted; 0 for a model that does not tell.
        seconds: of work, those of interrupted runs up to their last commit included.
        seconds_loading: those of `seconds` that went into loading the model.
        rows_per_second: scored rows in the other seconds.
        drift: how far text lengths, words and predictions are from the training data's: each with its population
            stability index, and the limit from which the rows count as unlike; empty for a model without a profile.
        options: the options that decide what is written.
    """

    model: str
    model_digest: str
    inputs: list[str]
    output: str
    rejects: str
    shard: str
    rows_read: int
    rows_scored: int
    rows_rejected: int
    texts_repeated: int
    tokens: int
    seconds: float
    seconds_loading: float
    rows_per_second: float
    drift: dict[str, dict[str, float]]
    options: dict[str, Any]


def summarise(plan: Plan, done: Commit, *, scorer: TextScorer, drift: dict[str, dict[str, float]]) -> Summary:
    """The summary of a job with all its rows done."""
    working = done.seconds - done.seconds_loading
    return Summary(
        model=scorer.manifest.model,
        model_digest=scorer.digest,
        inputs=plan.files,
        output=plan.paths.output,
        rejects=plan.paths.rejects,
        shard=str(plan.shard or ""),
        rows_read=done.rows_read,
        rows_scored=done.rows_scored,
        rows_rejected=done.rows_rejected,
        texts_repeated=done.texts_repeated,
        tokens=done.tokens,
        seconds=round(done.seconds, 3),
        seconds_loading=round(done.seconds_loading, 3),
        rows_per_second=round(done.rows_scored / working, 1),
        drift=drift,
        options=plan.settings(),
    )


def write_summary(summary: Summary, path: str) -> None:
    """Write the JSON, whole or not at all.

    Raises:
        ConfigError: the system refuses.
    """
    partial = Path(path).with_name(f".{Path(path).name}.partial")
    text = json.dumps(dataclasses.asdict(summary), indent=2, ensure_ascii=False) + "\n"
    with writing(path, flag="--output"):
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
        replace(partial, Path(path))
