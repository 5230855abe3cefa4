"""The figure of a tagging report alone: which type is taken for which, what is missed and what is made up."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.evaluation import TaggingEvaluation
from tfbert.report.figures import ACCENT, FAINT, INK, ON_COLOUR, WRONG, Figure, open_canvas, short

MOST_CELLS = 16  # types in the matrix


def plot_entity_confusion(evaluation: TaggingEvaluation) -> Figure:
    """Entities by true type and predicted type of the same characters, those without a counterpart at the edges."""
    from matplotlib.patches import Rectangle

    matrix, none = evaluation.confusion, len(evaluation.labels)
    weight = (matrix.sum(axis=0) + matrix.sum(axis=1))[:none]
    chosen = [*np.sort(np.argsort(-weight, kind="stable")[:MOST_CELLS]).tolist(), none]
    size, totals = len(chosen), np.maximum(matrix.sum(axis=1), 1)
    with open_canvas(width=max(4.6, 1.7 + 0.42 * size), height=max(3.1, 1.5 + 0.36 * size)) as canvas:
        axes = canvas.axes
        for row, truth in enumerate(chosen):
            for column, predicted in enumerate(chosen):
                if count := int(matrix[truth, predicted]):
                    share = count / totals[truth]
                    colour = ACCENT if truth == predicted else WRONG
                    axes.add_patch(Rectangle((column, row), 1, 1, color=colour, alpha=share**0.7, linewidth=0))
                    ink = ON_COLOUR if share > 0.45 else INK
                    axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", size=7.5, color=ink)
        names = [short(evaluation.labels[label], limit=16) for label in chosen[:-1]]
        axes.set_xticks(np.arange(size) + 0.5, [*names, "missed"], rotation=0 if size <= 5 else 90)
        axes.set_yticks(np.arange(size) + 0.5, [*names, "made up"])
        axes.set(xlim=(0, size), ylim=(size, 0), xlabel="predicted", ylabel="truth")
        axes.grid(visible=False)
        axes.hlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.vlines(range(size + 1), 0, size, color=FAINT, linewidth=0.6)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    caption = (
        "Entities; the deeper the colour, the larger the share of the row. Only entities of the same characters stand "
        "against each other: one with other edges is missed and made up."
    )
    if size - 1 < none:
        caption += f" Shown are the {size - 1} most frequent of {none} types."
    return Figure("entity_confusion", "Truth against prediction", caption, canvas.svg, wide=size > 8)
