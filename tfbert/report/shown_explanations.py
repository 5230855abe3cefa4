"""How a page shows an explanation: coloured words, the strongest of them as a plot, the probabilities as bars."""

from __future__ import annotations

import dataclasses

from tfbert.report.explanations import ExplainedText, Explanation, Segment, segments
from tfbert.report.figures import ACCENT, INK, SERIES, Figure, open_canvas, short
from tfbert.report.plots import plot_probabilities

STRONGEST = 12  # words in the plot
AGAINST = SERIES[1]  # orange, as the words have it


@dataclasses.dataclass(frozen=True)
class ShownText:
    """A text in coloured parts."""

    parts: list[Segment]
    cleaned: bool


@dataclasses.dataclass(frozen=True)
class ShownExplanation:
    """An explanation as a page shows it.

    Attributes:
        explanation: what is shown.
        texts: its texts in parts.
        sum: a sentence on what the attributions add up to.
        figures: its plots.
        truth: the true label or value of a labelled row.
        origin: "test.csv, line 7", of a row of a table.
    """

    explanation: Explanation
    texts: list[ShownText]
    sum: str
    figures: list[Figure]
    truth: str
    origin: str


def show(explanation: Explanation, *, truth: str = "", origin: str = "") -> ShownExplanation:
    """An explanation as a page shows it.

    Args:
        explanation: what is shown.
        truth: the true label or value of a labelled row.
        origin: where the row stands.
    """
    figures = [plot_attributions(explanation)]
    if explanation.labels:
        figures.append(plot_probabilities(explanation.labels, explanation.values))
    return ShownExplanation(
        explanation=explanation,
        texts=[_show_text(text, largest=explanation.largest) for text in explanation.texts],
        sum=describe_sum(explanation),
        figures=figures,
        truth=truth,
        origin=origin,
    )


def _show_text(text: ExplainedText, *, largest: float) -> ShownText:
    return ShownText(list(segments(text, largest=largest)), text.cleaned)


def describe_sum(explanation: Explanation) -> str:
    """What the attributions add up to, and how nearly."""
    what = f"the log-odds of {explanation.target} are" if explanation.target else "the value is"
    return (
        f"{what} {explanation.output:.4g}, without words {explanation.baseline:.4g}; the words add up to the "
        f"difference within {100 * explanation.error:.2g} % ({explanation.steps} steps)"
    )


def plot_attributions(explanation: Explanation) -> Figure:
    """The words that add or take most, as bars."""
    strongest = explanation.strongest(STRONGEST)
    title = "Strongest words"
    if not strongest:
        return Figure("attributions", title, "The model reads no word of this text.", None)
    with open_canvas(height=0.7 + 0.24 * len(strongest)) as canvas:
        axes = canvas.axes
        sizes = [attribution for _, attribution in strongest]
        places = range(len(strongest))
        axes.barh(places, sizes, color=[ACCENT if size >= 0 else AGAINST for size in sizes], height=0.7)
        axes.set_yticks(places, [short(word) for word, _ in strongest])
        axes.invert_yaxis()
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.locator_params(axis="x", nbins=5)  # small numbers are long ones
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    target = f"the log-odds of {short(explanation.target)}" if explanation.target else "the value"
    return Figure("attributions", title, f"What each word adds to {target}, largest first.", canvas.svg)
