"""A comparison's page and files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfbert.evaluation.comparison import KINDS, Comparison
from tfbert.evaluation.comparison_bootstrap import CONFIDENCE, RESAMPLES, SEED, Difference
from tfbert.evaluation.metrics import task_metrics
from tfbert.report import figures
from tfbert.report.comparison_plots import plot_differences
from tfbert.report.comparison_summary import LOWER_IS_BETTER, count_rows, find, model_names
from tfbert.report.figures import Figure
from tfbert.report.folder import write_texts
from tfbert.report.html import NOTHING, template_environment
from tfbert.report.writing import to_json

DISAGREEMENTS = "disagreements.csv"
UNORIENTED = ("bias",)  # nearer to 0 is better


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write report.html, metrics.json and the figures.

    Args:
        folder: is there already, with the disagreements in it.
        comparison: what was found.
    """
    drawn = _figures(comparison)
    contents = {"metrics.json": to_json(comparison_numbers(comparison))}
    contents |= {f"{figure.name}.svg": figure.svg for figure in drawn if figure.svg is not None}
    contents["report.html"] = build_comparison_page(comparison, drawn=drawn, files=[*contents, DISAGREEMENTS])
    write_texts(folder, contents)


def comparison_numbers(comparison: Comparison) -> dict[str, Any]:
    """What metrics.json holds."""
    return {
        "first": comparison.first,
        "second": comparison.second,
        "task": comparison.task,
        "rows": comparison.rows,
        "left_out": dict(comparison.left_out),
        "metrics": _differences(comparison.metrics),
        "label_f1": _differences(comparison.label_f1),
        "mcnemar": dataclasses.asdict(comparison.mcnemar) if comparison.mcnemar else None,
        "disagreements": {"rows": sum(comparison.disagreements.values()), "closer": dict(comparison.disagreements)},
        "intervals": {"method": "paired bootstrap", "confidence": CONFIDENCE, "resamples": RESAMPLES, "seed": SEED},
    }


def _differences(found: Mapping[str, Difference]) -> dict[str, dict[str, float | None]]:
    return {
        name: {
            part: None if math.isnan(value) else value
            for part, value in {
                "first": it.first, "second": it.second, "difference": it.value, "low": it.low, "high": it.high
            }.items()
        }
        for name, it in found.items()
    }  # fmt: skip


def build_comparison_page(comparison: Comparison, *, drawn: list[Figure], files: list[str]) -> str:
    """The page: it asks for nothing from outside and runs no script.

    Args:
        comparison: what was found.
        drawn: its figures.
        files: names of the files beside the page.
    """
    names, known = model_names(comparison), task_metrics(comparison.task, positive=_positive(comparison))
    closer = "right" if comparison.task == "single-label" else "closer to the truth"
    headings = (f"{names[0]} is {closer}", f"{names[1]} is {closer}", f"Neither is {closer}")
    environment = template_environment()
    environment.filters["change"] = lambda value: f"{value:+.3f}".replace("-", "\u2212")
    return environment.get_template("comparison.html.jinja").render(
        title=f"{names[0]} and {names[1]}",
        names=names,
        comparison=comparison,
        rows_sentence=count_rows(comparison),
        findings=find(comparison),
        metrics=[(metric, comparison.metrics[name]) for name, metric in known.items() if name in comparison.metrics],
        labels=comparison.label_f1,
        figures=drawn,
        chosen=_chosen(comparison),
        disagreements=[
            (heading, comparison.disagreements[kind], comparison.examples[kind])
            for kind, heading in zip(KINDS, headings, strict=True)
            if comparison.disagreements[kind]
        ],
        resamples=RESAMPLES,
        seed=SEED,
        files=files,
        nothing=NOTHING,
        colours=figures,
    )


def _figures(comparison: Comparison) -> list[Figure]:
    names, known = model_names(comparison), task_metrics(comparison.task, positive=_positive(comparison))
    scores = {
        known[name].title: difference
        for name, difference in comparison.metrics.items()
        if name not in LOWER_IS_BETTER and name not in UNORIENTED
    }
    drawn = [plot_differences(scores, name="differences", title="Differences", better=names[1])]
    if comparison.label_f1:
        labels = comparison.label_f1
        drawn.append(plot_differences(labels, name="label_differences", title="F1 by label", better=names[1]))
    return drawn


def _positive(comparison: Comparison) -> str:
    return comparison.labels[-1] if comparison.labels else ""


def _chosen(comparison: Comparison) -> str:
    if comparison.task == "regression":
        return "Shown are those on which the two are farthest apart."
    return "Where there are more than are shown, those shown were drawn at random."
