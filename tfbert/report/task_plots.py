"""Which figures on predictions each task's report has, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tfbert.evaluation.evaluation import AnyEvaluation, Evaluation
from tfbert.report import curves, multi_label_plots, plots, regression_plots, tagging_plots
from tfbert.report.figures import Figure

Plot = Callable[[Any], Figure]
_NOTHING: Mapping[str, float] = MappingProxyType({})

PLOTS: dict[str, tuple[Plot, ...]] = {
    "single-label": (
        plots.plot_confusion,
        plots.plot_confidence,
        plots.plot_calibration,
        curves.plot_roc,
        curves.plot_precision_recall,
    ),
    "multi-label": (
        multi_label_plots.plot_label_f1,
        multi_label_plots.plot_co_confusion,
        plots.plot_calibration,
        curves.plot_precision_recall,
        curves.plot_roc,
    ),
    "regression": (
        regression_plots.plot_values,
        regression_plots.plot_residuals,
        regression_plots.plot_errors,
    ),
    "tagging": (
        multi_label_plots.plot_label_f1,
        tagging_plots.plot_entity_confusion,
        plots.plot_calibration,
    ),
    "span": (plots.plot_calibration,),
}


def draw_predictions(evaluation: AnyEvaluation, *, thresholds: Mapping[str, float] = _NOTHING) -> list[Figure]:
    """The figures on predictions; a binary task has one on the threshold too.

    Args:
        evaluation: the counts.
        thresholds: label to the probability from which the model predicts it, where it has thresholds.
    """
    figures = [plot(evaluation) for plot in PLOTS[evaluation.task]]
    if isinstance(evaluation, Evaluation) and evaluation.binary:
        own = thresholds.get(evaluation.labels[evaluation.positive_id])
        figures.append(curves.plot_thresholds(evaluation, own=own))
    return figures
