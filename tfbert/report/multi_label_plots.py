"""The figures of a multi-label report: F1 of each label, and which label is predicted where another is missed."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.evaluation import MultiLabelEvaluation, OutcomeCommon, TaggingEvaluation
from tfbert.evaluation.intervals import label_intervals
from tfbert.report.figures import ACCENT, FAINT, INK, ON_COLOUR, WRONG, Figure, open_canvas, short

MOST_BARS = 30  # labels in the chart
MOST_CELLS = 12  # labels in the matrix


def plot_label_f1(evaluation: OutcomeCommon) -> Figure:
    """F1 of each label, or each type of entities, with its interval; that with most rows first."""
    true, predicted, hits = evaluation.truth_counts, evaluation.predicted_counts, evaluation.hits
    ranked = np.argsort(-true, kind="stable")
    ranked = ranked[(true + predicted)[ranked] > 0][:MOST_BARS]
    if not len(ranked):
        return Figure("label_f1", "F1 by label", "No label stands in the truth or the predictions.", None)
    values = (2 * hits / np.maximum(true + predicted, 1))[ranked]
    low, high = label_intervals(evaluation)["f1"][ranked].T
    with open_canvas(height=0.8 + 0.21 * len(ranked)) as canvas:
        axes, places = canvas.axes, range(len(ranked))
        # Rounding may leave a bound a hair on the wrong side.
        errors = np.maximum([values - low, high - values], 0)
        axes.barh(places, values, 0.7, color=ACCENT, alpha=0.75)
        axes.errorbar(values, places, xerr=errors, fmt="none", ecolor=INK, elinewidth=0.9)
        axes.set_yticks(places, [f"{short(evaluation.labels[label])} ({true[label]:,})" for label in ranked])
        axes.set(xlim=(0, 1.02), ylim=(len(ranked) - 0.4, -0.6), xlabel="F1")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    counted = "a type counts its entities" if isinstance(evaluation, TaggingEvaluation) else "a label counts its rows"
    caption = f"With 95\u00a0% intervals; the number behind {counted} in the truth."
    if len(ranked) < len(evaluation.labels):
        caption += f" Shown are the {len(ranked)} most frequent of {len(evaluation.labels)} labels."
    return Figure("label_f1", "F1 by label", caption, canvas.svg)


def plot_co_confusion(evaluation: MultiLabelEvaluation) -> Figure:
    """How often a label is missed in a row for which another is wrongly predicted."""
    matrix = evaluation.missed_for
    weight = matrix.sum(axis=0) + matrix.sum(axis=1)
    chosen = np.sort(np.argsort(-weight, kind="stable")[:MOST_CELLS])
    chosen = chosen[weight[chosen] > 0]
    title = "Missed, and predicted instead"
    if not len(chosen):
        return Figure("co_confusion", title, "No row misses one label and has another that is wrong.", None)
    from matplotlib.patches import Rectangle

    size, largest = len(chosen), matrix[np.ix_(chosen, chosen)].max()
    with open_canvas(width=max(4.6, 1.7 + 0.34 * size), height=max(2.6, 1.5 + 0.3 * size)) as canvas:
        axes = canvas.axes
        for row, missed in enumerate(chosen):
            for column, invented in enumerate(chosen):
                if count := int(matrix[missed, invented]):
                    share = count / largest
                    axes.add_patch(Rectangle((column, row), 1, 1, color=WRONG, alpha=share**0.7, linewidth=0))
                    ink = ON_COLOUR if share > 0.6 else INK
                    axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", size=7.5, color=ink)
        names = [short(evaluation.labels[label], limit=16) for label in chosen]
        axes.set_xticks(np.arange(size) + 0.5, names, rotation=90)
        axes.set_yticks(np.arange(size) + 0.5, names)
        axes.set(xlim=(0, size), ylim=(size, 0), xlabel="wrongly predicted", ylabel="missed")
        axes.grid(visible=False)
        axes.hlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.vlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    caption = "Rows that have a label which is not predicted, while another is that they do not have."
    if size < np.count_nonzero(weight):
        caption += f" Shown are the {size} labels with most such rows."
    return Figure("co_confusion", title, caption, canvas.svg)
