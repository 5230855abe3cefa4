"""The table in which a recipe sets systems side by side, and the page that keeps it, pipelines/RESULTS.md."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfbert.data.disk import replace, writing

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclasses.dataclass(frozen=True)
class System:
    """What was published, measured or trained: a row of the table.

    Attributes:
        name: what it is.
        metrics: metric name, as in a model's manifest, to value; of several seeds the mean.
        deviation: the sample standard deviation over the seeds, where there are several.
        seeds: what it was trained with; none for published figures and what has no chance in it.
        seconds: of one training, the mean over the seeds.
        predictions: the table of its answers for the test rows, of several seeds the first one's.
    """

    name: str
    metrics: Mapping[str, float | None]
    deviation: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    seeds: Sequence[int] = ()
    seconds: float = math.nan
    predictions: Path | None = None


def table_of(systems: Sequence[System], *, metrics: Mapping[str, str]) -> str:
    """The systems as a Markdown table that can be read as it is.

    Args:
        systems: its rows.
        metrics: metric name to the heading of its column.
    """
    rows = [["system", *metrics.values(), "seeds", "seconds a seed"]]
    for system in systems:
        cells = [_value(system.metrics.get(name), system.deviation.get(name)) for name in metrics]
        seconds = "" if math.isnan(system.seconds) else f"{system.seconds:.0f}"
        rows.append([system.name, *cells, ", ".join(map(str, system.seeds)), seconds])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows
    )


def against(ours: System, other: System, *, metrics: Mapping[str, str]) -> str:
    """A sentence that says by how much we are better or worse."""
    differences = []
    for name, heading in metrics.items():
        mine, theirs = ours.metrics.get(name), other.metrics.get(name)
        if mine is not None and theirs is not None:
            differences.append(f"{heading} {mine - theirs:+.4f}")
    return f"{ours.name} against {other.name}: {', '.join(differences)}."


def keep_section(path: Path, *, name: str, text: str) -> None:
    """Put a recipe's section into a page: in its place between the markers, or at the end when it is new."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    section = f"{begin}\n{text.strip()}\n{end}"
    before, found, rest = page.partition(begin)
    after = (rest.partition(end)[2] if end in rest else rest) if found else "\n"
    joined = before if found else f"{page.rstrip()}\n\n" if page else ""
    partial = path.with_name(f".{path.name}.partial")  # a run that is killed here leaves the page as it was
    with writing(str(path), flag="--results"):
        partial.write_text(joined + section + after, encoding="utf-8")
        replace(partial, path)


def _value(value: float | None, deviation: float | None) -> str:
    if value is None:
        return ""
    # Published figures keep the digits that they were published with.
    shown = f"{value:.4f}" if len(f"{value:g}") > 5 else f"{value:g}"
    return shown if deviation is None else f"{value:.4f} ± {deviation:.4f}"
