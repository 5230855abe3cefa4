"""The figures of a report that speak of data and training: labels, text lengths, learning curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfbert.evaluation.tallies import LengthTally
from tfbert.report.figures import ACCENT, INK, SERIES, Figure, open_canvas, short

MOST_BARS = 20  # labels in a bar chart
QUANTITIES = {"mae": "Mean absolute error"}  # of a history, whose Keras names are no words


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextLengths:
    """How long the texts of each split are.

    Args:
        splits: split name to its texts by length.
        unit: what is counted, "tokens" or "characters".
        limit: the model's longest input, in the same unit; None when nothing is cut.
        in_windows: whether longer texts are read in windows rather than cut.
    """

    splits: Mapping[str, LengthTally]
    unit: str
    limit: int | None = None
    in_windows: bool = False


def plot_labels(counts: Mapping[str, Mapping[str, int]], *, name: str, title: str) -> Figure:
    """Share of each label within each split, most frequent label first; the numbers at the bars are rows.

    Args:
        counts: split name to label to rows.
        name: the figure's file stem.
        title: the figure's title.
    """
    total: dict[str, int] = {}
    for split_counts in counts.values():
        for label, number in split_counts.items():
            total[label] = total.get(label, 0) + number
    ranked = sorted(total, key=lambda label: (-total[label], label))
    shown = ranked[:MOST_BARS]
    thickness = 0.8 / len(counts)
    with open_canvas(height=max(2.2, 0.7 + len(shown) * (0.13 + 0.15 * len(counts)))) as canvas:
        axes = canvas.axes
        largest = 0.0
        for place, (split, by_label) in enumerate(counts.items()):
            sizes = [by_label.get(label, 0) for label in shown]
            rows = sum(by_label.values())
            shares = [size / max(1, rows) for size in sizes]
            at = np.arange(len(shown)) + (place - (len(counts) - 1) / 2) * thickness
            colour = SERIES[place % len(SERIES)]
            bars = axes.barh(at, shares, thickness * 0.88, color=colour, label=f"{split} ({rows:,})")
            axes.bar_label(bars, [f"{size:,}" for size in sizes], padding=3, size=7)
            largest = max(largest, *shares)
        axes.set_yticks(range(len(shown)), [short(label) for label in shown])
        axes.set(xlim=(0, largest * 1.15 or 1), ylim=(len(shown) - 0.5, -0.5))
        axes.xaxis.set_major_formatter("{x:.0%}")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        if len(counts) > 1:
            axes.figure.legend(loc="outside upper center", ncols=4)
    caption = "Share of the rows; the numbers at the bars count them."
    if len(shown) < len(ranked):
        rest = sum(total[label] for label in ranked[MOST_BARS:])
        caption += f" Shown are the {len(shown)} most frequent of {len(ranked)} labels; the others have {rest:,} rows."
    return Figure(name, title, caption, canvas.svg)


def plot_lengths(lengths: TextLengths) -> Figure:
    """Histogram of text lengths, one outline a split, and what the length limit cuts."""
    splits = {name: tally for name, tally in lengths.splits.items() if tally.rows}
    every = LengthTally(
        counts=np.sum([tally.counts for tally in splits.values()], axis=0),
        longest=max(tally.longest for tally in splits.values()),
    )
    # The longest text of many is often a hundred times the usual one: the last bar holds the longest half per cent.
    top = max(every.quantile(0.995), lengths.limit or 1, 1)
    bins = np.linspace(0, top, min(top, 40) + 1).tolist()
    with open_canvas() as canvas:
        axes = canvas.axes
        for colour, (name, tally) in zip(SERIES, splits.items(), strict=False):
            present = np.flatnonzero(tally.counts)
            weights = tally.counts[present] / tally.rows
            outline: dict[str, Any] = {"histtype": "stepfilled" if len(splits) == 1 else "step", "linewidth": 1.5}
            axes.hist(np.minimum(present, top), bins=bins, weights=weights, color=colour, label=name, **outline)
        if lengths.limit is not None:
            axes.axvline(lengths.limit, color=INK, linewidth=1, linestyle=":")
        axes.set(xlabel=lengths.unit, ylabel="share of texts", xlim=(0, top * 1.02))
        axes.locator_params(axis="x", integer=True)
        axes.yaxis.set_major_formatter("{x:.0%}")
        if len(splits) > 1:
            axes.legend()
    caption = f"Median {every.median:,.0f} {lengths.unit}, longest {every.longest:,}."
    if every.longest > top:
        caption += f" The last bar holds all of {top:,} and more."
    if lengths.limit is not None:
        cut = every.share_above(lengths.limit)
        fate = "read in windows" if lengths.in_windows else "cut to it"
        caption += f" {cut:.1%} of the texts are longer than {lengths.limit:,} (dotted line) and are {fate}."
    return Figure("text_lengths", "Text length", caption, canvas.svg)


def plot_history(history: Mapping[str, Sequence[float]]) -> list[Figure]:
    """A figure for each quantity that Keras logged, over epochs, training and validation together.

    Args:
        history: Keras' names to one value an epoch: loss, val_loss, accuracy, val_accuracy, learning_rate, ...
    """
    best = _best_epoch(history)
    quantities = dict.fromkeys(name.removeprefix("val_") for name, values in history.items() if len(values))
    return [_plot_quantity(name, history, best) for name in quantities]


def _best_epoch(history: Mapping[str, Sequence[float]]) -> int | None:
    losses = np.asarray(history.get("val_loss", ()), np.float64)
    return int(np.nanargmin(losses)) + 1 if np.isfinite(losses).any() else None


def _plot_quantity(name: str, history: Mapping[str, Sequence[float]], best: int | None) -> Figure:
    title = QUANTITIES.get(name) or name.replace("_", " ").capitalize()
    curves = [(name, "training", ACCENT), (f"val_{name}", "validation", SERIES[1])]
    drawn = [(history[key], label, colour) for key, label, colour in curves if key in history]
    epochs = len(drawn[0][0])
    with open_canvas(width=3.6, height=2.6) as canvas:
        axes = canvas.axes
        for values, label, colour in drawn:
            axes.plot(range(1, len(values) + 1), values, marker="o", markersize=3.5, color=colour, label=label)
        if best is not None:
            axes.axvline(best, color=INK, linewidth=1, linestyle=":")
        axes.set(xlabel="epoch", ylabel=title.lower(), xlim=(0.8, epochs + 0.2))
        axes.locator_params(axis="x", integer=True, min_n_ticks=1)
        if len(drawn) > 1:
            axes.legend()
    caption = f"After each of {epochs} epochs." if epochs > 1 else "After one epoch."
    if best is not None:
        caption += f" The validation loss was lowest after epoch {best} (dotted line)."
    return Figure(f"history_{name}", title, caption, canvas.svg)
