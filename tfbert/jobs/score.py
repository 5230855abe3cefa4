"""The scoring job: model and tables in; predictions, rejects, summary and, when labels are known, a report out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from tfbert.data.tables import TableFormat
from tfbert.errors import ConfigError
from tfbert.evaluation.profile import PATH as PROFILE
from tfbert.evaluation.profile import read_profile
from tfbert.jobs.score_watch import ScoreWatch
from tfbert.jobs.truth import Truth, TruthColumns, check_report
from tfbert.scoring.calling import OURS, Calling
from tfbert.scoring.foreign import ForeignScorer
from tfbert.scoring.given_texts import choose_columns
from tfbert.scoring.job import score_tables
from tfbert.scoring.loading import load_scorer
from tfbert.scoring.paths import output_paths
from tfbert.scoring.precision import Precision
from tfbert.scoring.reject_limit import parse_reject_limit
from tfbert.scoring.scorer import Scorer
from tfbert.scoring.shard import parse_shard
from tfbert.scoring.summary import Summary


def score(
    model: str | Path,
    inputs: Sequence[str],
    *,
    output: str,
    text: str | None = None,
    text_pair: str | None = None,
    endings: Sequence[str] = (),
    label: str | None = None,
    slices: Sequence[str] = (),
    rejects: str | None = None,
    prefix: str = "",
    table_format: TableFormat | None = None,
    shard: str | None = None,
    max_rejects: str | None = None,
    spreadsheet_safe: bool = False,
    resume: bool = False,
    force: bool = False,
    calling: Calling = OURS,
    precision: Precision = "float32",
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Score tables with an exported model.

    Args:
        model: a version folder, such as `saved_models/sms/1`, or any SavedModel with strings as input.
        inputs: tables with the same columns: files, folders, patterns, or `-`.
        output: path of the predictions, format by suffix, or `-`.
        text: the text column; None takes the name it had in training.
        text_pair: the column of second texts, of a model of pairs; None takes the name it had in training.
        endings: the columns of the endings, of a choice; none takes the names they had in training.
        label: a column of true labels: a report on the scored rows is written beside the output, in `NAME.report/`.
        slices: columns whose values get results of their own in that report.
        rejects: path of the rejected rows; None puts `NAME.rejects.csv` beside the output.
        prefix: put before the names of the prediction columns.
        table_format: how the inputs are written.
        shard: `I/N` scores the I-th of N parts, cut between windows; the parts in order are the whole.
        max_rejects: stop when more rows are rejected: a number, or a share such as `0.5%`.
        spreadsheet_safe: put an apostrophe before cells of CSV and TSV outputs that a spreadsheet would run.
        resume: go on with an interrupted job of the same output; without one start anew.
        force: replace existing outputs, and forget an interrupted job.
        calling: how to call a SavedModel that `tfbert train` did not write.
        precision: of the model's dense layers; `bfloat16` is faster where the processor has instructions for it, and is
            accepted when it predicts the same labels on a sample of the rows.
        progress: told the number of rows done.

    Returns:
        The summary that also lies beside the output, `NAME.summary.json`.

    Raises:
        ConfigError, DataError, ModelError: see `score_tables` and `Scorer`.
    """
    scorer = load_scorer(model, calling=calling, precision=precision)
    texts = choose_columns(scorer.manifest, text=text, text_pair=text_pair, endings=endings)
    truth = None
    if label is not None:
        check_report(output, rejects=rejects, force=force or resume)  # a report that a killed run had begun
        columns = TruthColumns(label=label, texts=texts, slices=tuple(slices))
        truth = Truth(columns, task=scorer.task.evaluated_as, labels=scorer.task.label_names)
    elif slices:
        raise ConfigError("--label with --slice", found="no --label", fix="name the column of true labels")
    profile = read_profile(Path(model) / PROFILE, labels=scorer.task.label_names)
    watch = ScoreWatch(scorer.task, texts=tuple(texts.values()), truth=truth, profile=profile)

    def write_report(summary: Summary) -> None:
        if truth:
            truth.write_report(
                output_paths(output, rejects=rejects).report,
                title=f"{summary.model} on {', '.join(inputs)}",
                predictions=output,
                facts={
                    "model": summary.model,
                    "rows scored": summary.rows_scored,
                    "rows rejected": summary.rows_rejected,
                },
                drift=watch.drift,
                thresholds=scorer.task.thresholds,
            )

    return score_tables(
        scorer,
        inputs,
        output=output,
        texts=texts,
        rejects=rejects,
        prefix=prefix,
        table_format=table_format or TableFormat(),
        shard=parse_shard(shard) if shard else None,
        max_rejects=parse_reject_limit(max_rejects) if max_rejects else None,
        spreadsheet_safe=spreadsheet_safe,
        resume=resume,
        force=force,
        options={
            "label": label,
            "slices": list(slices),
            "precision": _computed_in(scorer, precision),
            **dataclasses.asdict(calling),
        },
        observe=watch if watch.needed else None,
        drift=watch.drift_facts,
        finish=write_report,
        progress=progress,
    )


def _computed_in(scorer: Scorer | ForeignScorer, precision: Precision) -> str:
    """The precision of the dense layers: unless it is asked for another, a model computes in that of its export."""
    return scorer.manifest.precision if precision == "float32" and isinstance(scorer, Scorer) else precision
