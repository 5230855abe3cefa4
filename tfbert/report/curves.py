"""Curves over all thresholds: ROC, precision-recall, and precision and recall at each threshold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tfbert.evaluation import ranking
from tfbert.evaluation.evaluation import Evaluation, LabelCommon
from tfbert.evaluation.score_tally import ScoreTally
from tfbert.report.figures import INK, SERIES, Figure, open_canvas, short

MOST_CURVES = 8  # labels in a plot of curves, one for each colour
MOST_POINTS = 400  # points in a curve; more cannot be seen


def frequent_labels(evaluation: LabelCommon, most: int) -> np.ndarray:
    """The ids of the labels with most rows in the truth, then in the predictions, at most so many, in label order."""
    ranked = np.lexsort((-evaluation.predicted_counts, -evaluation.truth_counts))
    return np.sort(ranked[:most])


def capped(shown: int, evaluation: LabelCommon) -> str:
    """A sentence when not all labels are shown."""
    total = len(evaluation.labels)
    return f" Shown are the {shown} most frequent of {total} labels." if shown < total else ""


def _curve_labels(evaluation: LabelCommon) -> tuple[list[int], str]:
    """The labels that have a curve, and a sentence on those that have none."""
    wanted = frequent_labels(evaluation, MOST_CURVES).tolist()
    if binary := isinstance(evaluation, Evaluation) and evaluation.binary:
        wanted = [evaluation.positive_id]
    drawn = [label for label in wanted if ranking.is_ranked(evaluation.scores[label])]
    if not drawn:
        return [], "Not defined: only one class in the truth."
    missing = [short(evaluation.labels[label]) for label in wanted if label not in drawn]
    note = f" No curve for {', '.join(missing)}: no row in the truth." if missing else ""
    if binary:
        return drawn, ""
    return drawn, f" Each label stands against the rest.{note}{capped(len(wanted), evaluation)}"


def plot_roc(evaluation: LabelCommon) -> Figure:
    """True positive rate over false positive rate, each label against the rest."""
    figure = Figure("roc_curves", "ROC", "The dotted line is chance.", None)
    axis_names = ("false positive rate", "true positive rate")
    return _plot_curves(
        figure, evaluation, curve=ranking.roc, axis_names=axis_names, area="area under curve", chance=True
    )


def plot_precision_recall(evaluation: LabelCommon) -> Figure:
    """Precision over recall, each label against the rest."""
    figure = Figure("precision_recall_curves", "Precision and recall", "Over all thresholds.", None)
    axis_names, curve = ("recall", "precision"), ranking.precision_recall
    return _plot_curves(figure, evaluation, curve=curve, axis_names=axis_names, area="average precision", steps=True)


def _plot_curves(
    figure: Figure,
    evaluation: LabelCommon,
    *,
    curve: Callable[[ScoreTally], ranking.Curve],
    axis_names: tuple[str, str],
    area: str,
    chance: bool = False,
    steps: bool = False,
) -> Figure:
    drawn, note = _curve_labels(evaluation)
    if not drawn:
        return dataclasses.replace(figure, caption=note)
    with open_canvas(height=3.3 + 0.08 * len(drawn)) as canvas:
        axes = canvas.axes
        if chance:
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for colour, label in zip(SERIES, drawn, strict=False):
            x, y, size = curve(evaluation.scores[label])
            seen = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
            # The number comes first: matplotlib hides the names in a legend that start with an underscore.
            name = f"{size:.3f} {short(evaluation.labels[label])}"
            axes.plot(x[seen], y[seen], color=colour, label=name, drawstyle="steps-post" if steps else "default")
        axes.set(xlabel=axis_names[0], ylabel=axis_names[1], xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.figure.legend(loc="outside lower center", ncols=2, title=area)
    return dataclasses.replace(figure, caption=figure.caption + note, svg=canvas.svg)


def plot_thresholds(evaluation: Evaluation, *, own: float | None = None) -> Figure:
    """Precision, recall and F1 of the positive label over the probability from which it is predicted.

    Args:
        evaluation: the counts.
        own: the model's own threshold; None where the likelier label wins.
    """
    label = evaluation.positive_id
    name = f"“{short(evaluation.labels[label])}”"
    figure = Figure("thresholds", "Threshold", "Not defined: only one class in the truth.", None)
    tally = evaluation.scores[label]
    if not ranking.is_ranked(tally):
        return figure
    threshold, precision, recall = ranking.precision_recall_by_threshold(tally)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(f1.argmax())
    seen = np.unique(np.linspace(0, len(threshold) - 1, MOST_POINTS).round().astype(int))
    with open_canvas(height=3.4) as canvas:
        axes = canvas.axes
        for values, colour, what in zip((precision, recall, f1), SERIES, ("precision", "recall", "F1"), strict=False):
            axes.plot(threshold[seen], values[seen], color=colour, label=what, drawstyle="steps-pre")
        axes.axvline(float(threshold[best]), color=INK, linewidth=0.8, linestyle=":")
        if own is not None:
            axes.axvline(own, color=INK, linewidth=0.8, linestyle="--")
        axes.set(xlabel=f"threshold for {name}", ylabel="on these rows", xlim=(-0.01, 1.01), ylim=(-0.01, 1.03))
        axes.figure.legend(loc="outside lower center", ncols=3)
    chosen = "" if own is None else f" The model's own threshold is {own:.3f} (dashed line)."
    caption = (
        f"A row counts as {name} from this probability on.{chosen} F1 would be highest at {threshold[best]:.3f} "
        f"(dotted line), {f1[best]:.3f}; a threshold chosen on the rows that it is measured on flatters."
    )
    return Figure("thresholds", "Threshold", caption, canvas.svg)
