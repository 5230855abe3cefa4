"""Which figures on predictions each task's report has, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfbert.report import curves, multi_label_plots, plots, regression_plots
from tfbert.report.evaluation import AnyEvaluation, Evaluation
from tfbert.report.figures import Figure

Plot = Callable[[Any], Figure]

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
}


def draw_predictions(evaluation: AnyEvaluation) -> list[Figure]:
    """The figures on predictions; a binary task has one on the threshold too."""
    drawn = PLOTS[evaluation.task]
    if isinstance(evaluation, Evaluation) and evaluation.binary:
        drawn = (*drawn, curves.plot_thresholds)
    return [plot(evaluation) for plot in drawn]
