"""Differences between two models with their intervals, as a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tfbert.evaluation.comparison_bootstrap import Difference
from tfbert.report.figures import ACCENT, INK, SERIES, Figure, open_canvas, short

MOST_LINES = 20
UNSURE = SERIES[-1]  # grey


def plot_differences(differences: Mapping[str, Difference], *, name: str, title: str, better: str) -> Figure:
    """A dot and a bar for each difference and its interval; blue where the interval leaves out 0.

    Args:
        differences: what is measured, by its title; larger is better. Of more than `MOST_LINES` those that differ most.
        name: of the figure.
        title: of the figure.
        better: who is better on the right of 0.
    """
    known = {what: difference for what, difference in differences.items() if not math.isnan(difference.low)}
    shown = sorted(known, key=lambda what: -abs(known[what].value))[:MOST_LINES]
    shown = [what for what in known if what in shown]
    if not shown:
        return Figure(name, title, "No difference has an interval on these rows.", None)
    with open_canvas(height=0.9 + 0.24 * len(shown)) as canvas:
        axes = canvas.axes
        for place, what in enumerate(shown):
            difference = known[what]
            colour = ACCENT if difference.sure else UNSURE
            axes.plot([difference.low, difference.high], [place, place], color=colour)
            axes.scatter([difference.value], [place], s=22, color=colour, zorder=3)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(shown)), [short(what, limit=24) for what in shown])
        axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel="second minus first")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    caption = (
        f"On the right of 0 {short(better, limit=40)} is better. Bars are 95 % intervals; "
        "the blue ones leave out 0, the grey ones may be chance."
    )
    if len(shown) < len(known):
        caption += f" Shown are the {len(shown)} of {len(known)} that differ most."
    return Figure(name, title, caption, canvas.svg)
