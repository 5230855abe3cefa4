"""Figures as SVG: matplotlib set up so that the same numbers give the same bytes and text stays text.

Colours are few and fixed, so that the page can restyle them for a dark background with CSS alone (`report.css.jinja`
names these constants); in a file of its own a figure has a white background.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#24292f"  # text and axes
FAINT = "#d8dee4"  # grid lines
PAPER = "#ffffff"  # background
ON_COLOUR = "#fdfdfd"  # text on a strongly coloured cell
ACCENT = "#3277bd"
WRONG = "#d4574e"
# Clear on white and on black.
SERIES = (ACCENT, "#e0812f", "#3a9b6f", "#c2519c", "#8468d0", "#1f9fb0", "#b8921c", "#85898f")

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be selected and searched
    "svg.hashsalt": "tfbert",  # element ids come from the content, not from chance
    "text.parse_math": False,  # a label may hold $
    "figure.constrained_layout.use": True,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "font.size": 9,
    "legend.fontsize": 8.5,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """One figure: its file's stem, a title, a caption in whole sentences, and the SVG, None when it cannot be drawn.

    `wide` figures need a page's whole width; a phone scrolls them sideways.
    """

    name: str
    title: str
    caption: str
    svg: str | None
    wide: bool = False


@dataclasses.dataclass
class Canvas:
    """A matplotlib figure while it is drawn; `svg` holds the result afterwards."""

    axes: Axes
    svg: str = ""


@contextlib.contextmanager
def open_canvas(*, width: float = 4.6, height: float = 3.1) -> Iterator[Canvas]:
    """Axes to draw on, width and height in inches; when the block ends, the canvas holds the SVG."""
    import matplotlib
    from matplotlib.figure import Figure as MatplotlibFigure

    # Without pyplot there is no global state and no display, and figures are freed as anything else is.
    with matplotlib.rc_context(cast(Any, STYLE)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the browser has other fonts
        figure = MatplotlibFigure(figsize=(width, height))
        canvas = Canvas(figure.subplots())
        yield canvas
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    canvas.svg = buffer.getvalue()


def inline_svg(svg: str, *, title: str) -> str:
    """A figure's `<svg>` element for an HTML page: no prologue, no fixed size, no ids that figures share."""
    body = svg[svg.index("<svg") :]
    head, rest = body.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    quoted = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    rest = re.sub(r'<g id="[^"]*"', "<g", rest).replace(' target="_blank"', "")  # links lead to other parts of the page
    return f'{head} role="img" aria-label="{quoted}">{rest}'


def printable(text: str) -> str:
    """The text with every character that XML and HTML do not allow replaced by U+FFFD."""
    return re.sub(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def short(text: str, *, limit: int = 20) -> str:
    """A label on one line that fits beside an axis."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
