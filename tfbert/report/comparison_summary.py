"""A comparison in a few plain sentences: which model is better, and whether that could be chance."""

from __future__ import annotations

import dataclasses
import math
from pathlib import PurePath

from tfbert.evaluation.comparison import FIRST_CLOSER, NEITHER_CLOSER, SECOND_CLOSER, Comparison
from tfbert.evaluation.comparison_bootstrap import Difference
from tfbert.evaluation.mcnemar import McNemar
from tfbert.evaluation.metrics import task_metrics

LOWER_IS_BETTER = frozenset(("log_loss", "brier_score", "calibration_error", "hamming_loss", "rmse", "mae", "mse"))
SURE = 0.05  # a p below it counts as more than chance
# The metrics that are put into words.
WORDED = {
    "single-label": ("macro_f1",),
    "multi-label": ("macro_f1", "subset_accuracy"),
    "regression": ("rmse", "spearman"),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """A sentence, and whether it speaks of more than chance."""

    sentence: str
    sure: bool


def model_names(comparison: Comparison) -> tuple[str, str]:
    """What the two are called: the files' names, or their paths when the names are the same."""
    paths = comparison.first, comparison.second
    names = PurePath(paths[0]).name, PurePath(paths[1]).name
    if names[0] != names[1]:
        return names
    return paths if paths[0] != paths[1] else (f"{paths[0]} (first)", f"{paths[1]} (second)")


def count_rows(comparison: Comparison) -> str:
    """How many rows there are, and on how many the two disagree."""
    first, second = model_names(comparison)
    counts, rows = comparison.disagreements, f"{comparison.rows:,} row{'' if comparison.rows == 1 else 's'}"
    differ = sum(counts.values())
    if not differ:
        return f"Both answer all {rows} alike."
    closer = "right" if comparison.task == "single-label" else "closer to the truth"
    return (
        f"Of {rows} {differ:,} ({differ / comparison.rows:.1%}) get different answers: {first} is {closer} on "
        f"{counts[FIRST_CLOSER]:,} of them, {second} on {counts[SECOND_CLOSER]:,}, neither on "
        f"{counts[NEITHER_CLOSER]:,}."
    )


def find(comparison: Comparison) -> list[Finding]:
    """What the comparison shows, the most important first."""
    names, titles = model_names(comparison), task_metrics(comparison.task, positive="")
    worded = [
        _find_difference(comparison.metrics[name], names, name=name, title=titles[name].title)
        for name in WORDED[comparison.task]
    ]
    return [_find_right(comparison.mcnemar, names), *worded] if comparison.mcnemar else worded


def _find_right(test: McNemar, names: tuple[str, str]) -> Finding:
    """McNemar's test."""
    if not test.first_only + test.second_only:
        return Finding("Both are right on the same rows.", False)
    better, worse = names if test.first_only > test.second_only else names[::-1]
    more, fewer = sorted((test.first_only, test.second_only), reverse=True)
    chance = (
        f"Were they equally good, {more:,} to {fewer:,} or something more uneven would come up in "
        f"{chance_of(test.p)} (McNemar's exact test, {p_text(test.p)})."
    )
    if test.p < SURE:
        return Finding(f"{better} is right more often than {worse}, and chance hardly explains it. {chance}", True)
    return Finding(f"These rows do not show which of the two is right more often. {chance}", False)


def _find_difference(difference: Difference, names: tuple[str, str], *, name: str, title: str) -> Finding:
    first, second = names
    if math.isnan(difference.value):
        return Finding(f"{title} is not defined on these rows.", False)
    values = f"{title} is {difference.first:.3f} for {first} and {difference.second:.3f} for {second}"
    if math.isnan(difference.low):
        return Finding(f"{values}; rows so few, or so much alike, do not tell whether by chance.", False)
    interval = f"95 % interval of the difference {difference.low:+.3f} to {difference.high:+.3f}"
    if not difference.sure:
        return Finding(f"{values}; that may be chance ({interval}).", False)
    better = second if (difference.value > 0) != (name in LOWER_IS_BETTER) else first
    return Finding(f"{values}: {better} is better, and chance hardly explains it ({interval}).", True)


def chance_of(p: float) -> str:
    """A p as a count: "21 of 100 such comparisons"."""
    if p < 0.001:
        return "fewer than 1 of 1,000 such comparisons"
    of = 100 if p >= 0.095 else 1000
    return f"{round(p * of):,} of {of:,} such comparisons"


def p_text(p: float) -> str:
    """A p as papers have it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
