"""The figures of a regression report: value against truth, errors over the value, and how errors are spread."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.evaluation import RegressionEvaluation
from tfbert.report.figures import ACCENT, INK, Figure, open_canvas

MOST_DOTS = 800  # in a plot; more make the page heavy and hide one another
BARS = 40


def _dots(evaluation: RegressionEvaluation) -> tuple[np.ndarray, np.ndarray, str]:
    """Values and truths to draw, and a sentence when they are not all."""
    values, truth = evaluation.sample.values.astype(np.float64), evaluation.sample.truth
    if len(values) <= MOST_DOTS:
        return values, truth, ""
    chosen = np.sort(np.random.default_rng(0).choice(len(values), MOST_DOTS, replace=False))
    return values[chosen], truth[chosen], f" {MOST_DOTS} rows drawn at random."


def plot_values(evaluation: RegressionEvaluation) -> Figure:
    """Value over truth."""
    values, truth, note = _dots(evaluation)
    ends = [min(values.min(), truth.min()), max(values.max(), truth.max())]
    with open_canvas(height=3.6) as canvas:
        axes = canvas.axes
        axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=":")
        axes.scatter(truth, values, s=9, color=ACCENT, alpha=0.45, linewidths=0)
        axes.set(xlabel="truth", ylabel="predicted")
    return Figure("predicted_values", "Prediction against truth", f"On the dotted line they agree.{note}", canvas.svg)


def plot_residuals(evaluation: RegressionEvaluation) -> Figure:
    """Error over value."""
    values, truth, note = _dots(evaluation)
    with open_canvas(height=3.6) as canvas:
        axes = canvas.axes
        axes.axhline(0, color=INK, linewidth=0.8, linestyle=":")
        axes.scatter(values, values - truth, s=9, color=ACCENT, alpha=0.45, linewidths=0)
        axes.set(xlabel="predicted", ylabel="predicted minus truth")
    caption = f"A slope or a funnel says that the errors depend on the value.{note}"
    return Figure("residuals", "Residuals", caption, canvas.svg)


def plot_errors(evaluation: RegressionEvaluation) -> Figure:
    """Histogram of the errors."""
    errors = evaluation.sample.values.astype(np.float64) - evaluation.sample.truth
    inner = np.quantile(errors, [0.005, 0.995])
    # One wild error must not squeeze all others into one bar.
    with open_canvas() as canvas:
        axes = canvas.axes
        axes.hist(np.clip(errors, *inner), bins=min(BARS, max(1, len(errors))), color=ACCENT)
        axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
        axes.set(xlabel="predicted minus truth", ylabel="rows")
        axes.locator_params(axis="y", integer=True)
        axes.grid(visible=False, axis="x")
    quarter, median, three = np.quantile(errors, [0.25, 0.5, 0.75])
    caption = f"Half of the errors lie between {quarter:.3g} and {three:.3g}, their median is {median:.3g}."
    if len(errors) > 200:
        caption += " The outermost bars hold the outermost half per cent."
    return Figure("errors", "Errors", caption, canvas.svg)
