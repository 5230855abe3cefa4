"""The report's one page: values in, escaped HTML out. The page asks for nothing from outside and runs no script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfbert.evaluation.evaluation import AnyEvaluation, Evaluation, LabelCommon, RegressionEvaluation
from tfbert.evaluation.groups import RESAMPLES
from tfbert.evaluation.metric import ranking_error
from tfbert.evaluation.metrics import metrics_of
from tfbert.evaluation.results import Results
from tfbert.report import figures, rows, summary
from tfbert.report.figures import Figure
from tfbert.report.surroundings import Surroundings

# The numbers that stand at the top.
TILES = {
    "single-label": (
        "accuracy",
        "macro_f1",
        "positive_f1",
        "matthews_correlation",
        "roc_auc",
        "log_loss",
        "calibration_error",
    ),
    "multi-label": (
        "macro_f1",
        "micro_f1",
        "subset_accuracy",
        "hamming_loss",
        "macro_average_precision",
        "calibration_error",
    ),
    "regression": ("spearman", "pearson", "rmse", "mae", "r2"),
    "tagging": ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "exact_rows", "calibration_error"),
    "span": ("f1", "exact_match", "has_answer_f1", "no_answer_accuracy", "calibration_error"),
}
HEADINGS = {
    "single-label": "Most confident mistakes",
    "multi-label": "Most wrong rows",
    "regression": "Largest errors",
    "tagging": "Most wrong rows",
    "span": "Most confident mistakes",
}
ORDERS = {"single-label": "surest", "multi-label": "worst", "tagging": "worst", "span": "surest and furthest off"}
# The shares of rows among its metrics, and what a row has to have for it, as the page names them.
OF_LABELS = "precision, recall and F1 of a label"
SHARES = {
    "single-label": f"accuracy, {OF_LABELS}",
    "multi-label": f"subset accuracy, {OF_LABELS}",
    "tagging": f"exact rows, {OF_LABELS}",
    "span": "exact match and no-answer accuracy",
}
ANSWERS = {
    "single-label": "label",
    "multi-label": "labels",
    "tagging": "entities",
    "span": "answer",
    "regression": "value",
}
NOTHING = "\u2013"


def build_html(
    results: Results,
    *,
    title: str,
    sections: Mapping[str, Sequence[Figure]],
    surroundings: Surroundings,
    predictions: str,
    files: Sequence[str],
) -> str:
    """The page.

    Args:
        results: every number.
        title: the page's title.
        sections: "predictions", "training" and "data", each with its figures.
        surroundings: what else to say.
        predictions: the table that has all rows, as the reader finds it from the page.
        files: names of the files beside the page.
    """
    evaluation, facts, baselines = results.evaluation, surroundings.facts, surroundings.baselines
    applying = metrics_of(evaluation)
    template = template_environment().get_template("report.html.jinja")
    return template.render(
        title=title,
        results=results,
        evaluation=evaluation,
        sentences=summary.summarise(results),
        verdict=summary.compare_with_baselines(results.values, baselines, task=evaluation.task) if baselines else None,
        metrics=[(name, metric, results.metrics[name]) for name, metric in applying.items()],
        tiles=[(applying[name], results.metrics[name]) for name in TILES[evaluation.task] if name in applying],
        resamples=RESAMPLES,
        slice_title=applying[results.slice_metric].title,
        headings=HEADINGS,
        orders=ORDERS,
        shares=SHARES,
        answers=ANSWERS,
        sections=sections,
        mistakes=rows.shown_rows(evaluation, evaluation.examples.mistakes),
        mistaken=evaluation.examples.mistaken,
        sample=rows.shown_rows(evaluation, evaluation.examples.sample),
        **_of_task(evaluation),
        splits=surroundings.splits,
        drift=surroundings.drift,
        explained=surroundings.explained,
        facts={name: value for name, value in facts.items() if not isinstance(value, Mapping)},
        fact_groups={name: value for name, value in facts.items() if isinstance(value, Mapping)},
        baselines=baselines,
        predictions=predictions,
        files=files,
        colours=figures,
    )


def _of_task(evaluation: AnyEvaluation) -> dict[str, Any]:
    """What only some tasks have."""
    shown: dict[str, Any] = {"pairs": [], "label_errors": [], "label_error_count": 0}
    shown |= {"ranking_error": 0.0, "sampled": 0}
    if isinstance(evaluation, RegressionEvaluation):
        kept = len(evaluation.sample.values)
        return shown | {"sampled": kept if kept < evaluation.rows else 0}
    if isinstance(evaluation, LabelCommon):
        shown["ranking_error"] = ranking_error(evaluation)
    if not isinstance(evaluation, Evaluation):
        return shown
    return shown | {
        "pairs": rows.frequent_mistakes(evaluation),
        "label_errors": rows.shown_rows(evaluation, evaluation.label_errors.examples),
        "label_error_count": evaluation.label_errors.count,
    }


def template_environment() -> Any:
    """The pages' templates, with the filters they share."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["metric"] = lambda value: "not defined" if math.isnan(value) else format_number(value)
    environment.filters["score"] = lambda value: NOTHING if value is None or math.isnan(value) else format_number(value)
    environment.filters["probability"] = lambda value: f"{value:.3f}"
    environment.filters["signed"] = lambda value: f"{value:+.3g}"
    environment.filters["count"] = lambda value: f"{value:,}"
    environment.filters["at_most"] = _at_most
    environment.filters["fact"] = format_fact
    environment.filters["printable"] = figures.printable
    # The one place where markup is let through: matplotlib has escaped every text in it.
    environment.filters["svg"] = lambda figure: Markup(figures.inline_svg(figure.svg, title=figure.title))
    return environment


def format_number(value: float) -> str:
    """Three decimals; of a number that is too large for them four digits, of one that is too small three."""
    if abs(value) >= 100:
        return f"{value:.4g}"
    return f"{value:.3g}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def _at_most(value: float) -> str:
    """A bound in one digit, rounded up: 4e-05 for 3.2e-5."""
    unit = 10.0 ** math.floor(math.log10(value))
    return f"{math.ceil(value / unit) * unit:.0e}"


def format_fact(value: Any) -> str:
    """A fact as a person writes it: 1,234, yes, a list with commas, a dash for nothing."""
    if value is None or value in ("", (), [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {format_fact(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(format_fact(item) for item in value)
    return figures.printable(str(value))
