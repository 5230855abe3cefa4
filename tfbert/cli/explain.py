"""`tfbert explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tfbert.progress import stderr

if TYPE_CHECKING:
    from rich.text import Text

    from tfbert.report.explanations import Explanation

# From weak to strong, in colours that every terminal has and that can be read on a dark one and on a light one.
STRENGTHS = (0.1, 0.35, 0.7)
FOR = ("cyan", "bold cyan", "black on cyan")
AGAINST = ("magenta", "bold magenta", "black on magenta")


def explain(
    model: Annotated[str, typer.Argument(help="A version folder, such as saved_models/sms/1.")],
    text: Annotated[list[str], typer.Option(metavar="TEXT", help="Text to explain; may be given several times.")],
    text_pair: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Second text of each, for a model of pairs.", show_default=False),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="Label to explain; default: the predicted one.", show_default=False),
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="HTML page to write.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing page.")] = False,
) -> None:
    """What each word adds to a model's answer: a line for each word, with its number after a tab.

    The number is an integrated gradient: the words together make up the difference between the label's log-odds (or the
    value, in regression) for this text and for the same text without words.
    """
    from tfbert.jobs.explain import explain as run

    explanations = run(model, text, text_pairs=text_pair, target=target, output=output, force=force)
    for number, explanation in enumerate(explanations):
        if number:
            typer.echo()
        _print(explanation)
    if output:
        stderr.print(f"page: {output}", soft_wrap=True)


def _print(explanation: Explanation) -> None:
    """The coloured text on standard error, the numbers on standard output."""
    from tfbert.report.shown_explanations import describe_sum

    stderr.print(f"{explanation.target or 'value'} {explanation.value:.4g}", style="bold", soft_wrap=True)
    for text in _coloured(explanation):
        stderr.print(text, soft_wrap=True)
    stderr.print(describe_sum(explanation), soft_wrap=True)
    for explained in explanation.texts:
        if explained.cleaned:
            stderr.print("this is the text as the model's cleaning steps leave it", soft_wrap=True)
        for word in explained.words:
            added = "" if word.attribution is None else f"{word.attribution:.6g}"
            typer.echo(f"{_printable(explained.text[word.start : word.end])}\t{added}")


def _coloured(explanation: Explanation) -> list[Text]:
    from rich.text import Text

    from tfbert.report.explanations import segments

    texts = []
    for explained in explanation.texts:
        coloured = Text()
        for part in segments(explained, largest=explanation.largest):
            level = sum(part.strength >= strength for strength in STRENGTHS)
            style = "" if part.read else "dim"
            if level:
                style = (AGAINST if (part.attribution or 0) < 0 else FOR)[level - 1]
            coloured.append(_printable(part.text), style=style)
        texts.append(coloured)
    return texts


def _printable(text: str) -> str:
    """The text with what would steer a terminal as escapes; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
