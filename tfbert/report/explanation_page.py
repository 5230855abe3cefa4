"""Explanations as a page of their own."""

from __future__ import annotations

from collections.abc import Sequence

from tfbert.report import figures
from tfbert.report.explanations import Explanation
from tfbert.report.html import template_environment
from tfbert.report.shown_explanations import show


def build_explanation_page(explanations: Sequence[Explanation], *, title: str) -> str:
    """A page that holds all it shows.

    Args:
        explanations: in the order of the page.
        title: the page's title.
    """
    template = template_environment().get_template("explanation_page.html.jinja")
    return template.render(title=title, explanations=[show(one) for one in explanations], colours=figures)
