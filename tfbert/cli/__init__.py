"""The command line: each command parses, calls the plain function of its job, and prints what it returned.

stdout is for data, stderr for progress and messages. Nothing heavy is imported before a command runs, so that `--help`
answers at once.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import signal
import sys
from typing import Annotated

import typer

from tfbert.cli import compare, distill, encoder, evaluate, explain, export, pretrain, score, serve, train
from tfbert.errors import UserError
from tfbert.native_log import divert_native_log
from tfbert.native_settings import choose_kernels
from tfbert.progress import stderr

INTERRUPTED = 130
TERMINATED = 143  # 128 + SIGTERM, as a shell says it

app = typer.Typer(
    name="tfbert",
    help="From a table of labelled texts to a BERT classifier you can trust with a nightly batch job.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("score")(score.score)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("explain")(explain.explain)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.add_typer(encoder.app, name="encoder")
app.command("pretrain")(pretrain.pretrain)
app.add_typer(distill.app, name="distill")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(importlib.metadata.version("tfbert"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


class _Messages(logging.Handler):
    """Prints log records above a running progress bar, one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        stderr.print(self.format(record), soft_wrap=True)


def main() -> None:
    """Run the command line; a user's error is one line on stderr and its exit code."""
    choose_kernels()
    divert_native_log()
    signal.signal(signal.SIGTERM, _terminate)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=[_Messages()])
    logging.getLogger("tfbert").setLevel(logging.INFO)
    try:
        app()
    except UserError as error:
        stderr.print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
    except SystemExit as leaving:  # Typer turns Ctrl-C into this
        if leaving.code == INTERRUPTED:
            stderr.print("interrupted")
        raise
    finally:
        _settle_stdout()


def _settle_stdout() -> None:
    """Let go of what standard output did not take: Python would try once more, and end with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(*_: object) -> None:
    """End on SIGTERM as on an error, so that partial files are removed."""
    sys.exit(TERMINATED)
