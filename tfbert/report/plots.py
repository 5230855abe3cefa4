"""The figures of a report on labels: confusion, confidence, calibration, and the probabilities of a single text.

Each function but the last takes an evaluation and returns a `Figure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfbert.evaluation.evaluation import Evaluation, OutcomeCommon, SpanEvaluation
from tfbert.evaluation.examples import frequent_pairs
from tfbert.evaluation.tallies import CONFIDENCE_BINS
from tfbert.report.curves import capped, frequent_labels
from tfbert.report.figures import ACCENT, FAINT, INK, ON_COLOUR, WRONG, Figure, open_canvas, short
from tfbert.report.rows import SHOWN_PAIRS, pair_anchor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 20  # labels in a confusion matrix
# What a reliability diagram counts, by what probability, and which share of it.
_CALIBRATED = {
    "single-label": ("rows", "probability of the predicted label", "share right"),
    "multi-label": ("rows and labels", "probability of the label", "share that has the label"),
    "tagging": ("predicted entities", "score", "share right"),
    "span": ("rows", "probability of the answer", "share that is exactly right"),
}
MOST_BARS = 20  # labels in a bar chart


def plot_confusion(evaluation: Evaluation) -> Figure:
    """Counts and row percentages, a row for each true label."""
    chosen = frequent_labels(evaluation, MOST_CELLS)
    matrix = evaluation.confusion
    row_totals = evaluation.truth_counts  # over all labels: percentages stay true when some are not shown
    size = len(chosen)
    roomy = size <= 8
    linked = set(frequent_pairs(matrix, SHOWN_PAIRS))
    with open_canvas(width=max(4.6, 1.6 + 0.42 * size), height=max(3.1, 1.3 + 0.36 * size)) as canvas:
        axes = canvas.axes
        for row, truth in enumerate(chosen):
            for column, predicted in enumerate(chosen):
                if count := matrix[truth, predicted]:
                    share = count / row_totals[truth]
                    colour = ACCENT if truth == predicted else WRONG
                    url = f"#{pair_anchor(truth, predicted)}" if (truth, predicted) in linked else None
                    _draw_cell(axes, (column, row), count=count, share=share, colour=colour, roomy=roomy, url=url)
        names = [short(evaluation.labels[label], limit=16) for label in chosen]
        axes.set_xticks(np.arange(size) + 0.5, names, rotation=0 if size <= 5 else 90)
        axes.set_yticks(np.arange(size) + 0.5, names)
        axes.set(xlim=(0, size), ylim=(size, 0), xlabel="predicted", ylabel="truth")
        axes.grid(visible=False)
        axes.hlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.vlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    percent = ", with their share of the true label's rows" if roomy else ""
    caption = f"Rows{percent}; the deeper the colour, the larger the share. Blue is right, red is wrong. "
    caption += "A red cell leads to some of its rows."
    caption += capped(size, evaluation)
    return Figure("confusion_matrix", "Truth against prediction", caption, canvas.svg, wide=not roomy)


def _draw_cell(
    axes: Axes,
    corner: tuple[int, int],
    *,
    count: int,
    share: float,
    colour: str,
    roomy: bool,
    url: str | None,
) -> None:
    from matplotlib.patches import Rectangle

    # The power keeps small shares visible.
    axes.add_patch(Rectangle(corner, 1, 1, color=colour, alpha=share**0.7, linewidth=0, url=url))
    middle = (corner[0] + 0.5, corner[1] + 0.5)
    ink = ON_COLOUR if share > 0.45 else INK
    centred: dict[str, Any] = {"ha": "center", "va": "center", "textcoords": "offset points", "color": ink, "url": url}
    if roomy:
        axes.annotate(f"{count:,}", middle, xytext=(0, 4), size=11, **centred)
        axes.annotate(f"{share:.0%}", middle, xytext=(0, -8), size=7.5, **centred)
    else:
        axes.annotate(f"{count:,}", middle, xytext=(0, 0), size=7.5, **centred)


def plot_confidence(evaluation: Evaluation) -> Figure:
    """Rows by the probability of the predicted label, right and wrong apart."""
    tally = evaluation.confidence
    middles = (np.arange(CONFIDENCE_BINS) + 0.5) / CONFIDENCE_BINS
    with open_canvas() as canvas:
        axes = canvas.axes
        width = 0.92 / CONFIDENCE_BINS
        axes.bar(middles, tally.right, width, color=ACCENT, label="right")
        axes.bar(middles, tally.wrong, width, bottom=tally.right, color=WRONG, label="wrong")
        axes.legend(loc="upper left")
        axes.set(xlabel="probability of the predicted label", ylabel="rows", xlim=(0, 1))
        axes.locator_params(axis="y", integer=True)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(visible=False, axis="x")
    caption = "Rows by the probability of the predicted label. Mistakes at the right end are confident ones."
    return Figure("confidence", "Confidence", caption, canvas.svg)


def plot_calibration(evaluation: OutcomeCommon | SpanEvaluation) -> Figure:
    """Reliability diagram: the share right over the mean probability of the predicted label.

    In a multi-label task it is the share of rows that have a label over the label's probability, all labels together.
    In tagging it is the share right of the entities over their score, of spans the share of exact matches.
    """
    what, whose, share = _CALIBRATED[evaluation.task]
    tally = evaluation.confidence
    rows = tally.right + tally.wrong
    used = rows > 0
    if not used.any():
        return Figure("calibration", "Calibration", f"There are no {what}.", None)
    mean, right = tally.total[used] / rows[used], tally.right[used] / rows[used]
    with open_canvas() as canvas:
        axes = canvas.axes
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        axes.plot(mean, right, color=ACCENT, linewidth=1)
        axes.scatter(mean, right, s=12 + 110 * rows[used] / rows.max(), color=ACCENT)
        axes.set(xlabel=whose, ylabel=share, xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
    caption = (
        f"The {what} in {CONFIDENCE_BINS} bins of the {whose}; the larger the dot, the more of them. Below the dotted "
        f"line the model is too sure. Mean distance {tally.calibration_error:.3f}."
    )
    return Figure("calibration", "Calibration", caption, canvas.svg)


def plot_probabilities(labels: Sequence[str], probabilities: Sequence[float] | np.ndarray) -> Figure:
    """A bar for each label's probability of one text, likeliest first.

    Args:
        labels: the label names.
        probabilities: of the text, [labels].
    """
    values = np.asarray(probabilities, np.float64)
    ranked = np.argsort(-values, kind="stable")[:MOST_BARS]
    with open_canvas(height=max(1.3, 0.6 + 0.26 * len(ranked))) as canvas:
        axes = canvas.axes
        bars = axes.barh(range(len(ranked)), values[ranked], 0.7, color=ACCENT)
        axes.bar_label(bars, [f"{value:.3f}" for value in values[ranked]], padding=3, size=8)
        axes.set_yticks(range(len(ranked)), [short(labels[label]) for label in ranked])
        axes.set(xlim=(0, 1.12), ylim=(len(ranked) - 0.4, -0.6), xticks=(0, 0.25, 0.5, 0.75, 1), xlabel="probability")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    caption = "The probability of each label."
    if len(ranked) < len(labels):
        caption = f"The probabilities of the {len(ranked)} likeliest of {len(labels)} labels."
    return Figure("probabilities", "Probabilities", caption, canvas.svg)
