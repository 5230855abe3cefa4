"""The tables that `tfbert train` shows of several trainings: the trials of --search, the seeds of --seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from tfbert.progress import stderr

if TYPE_CHECKING:
    from tfbert.jobs.search import Search
    from tfbert.jobs.seeds import Repeated


def print_search(found: Search) -> None:
    """Every trial, the best score first, and the options of that one."""
    names = list(found.trials[0].options)
    table = _table(*names, f"valid {found.metric}", "valid loss", "best epoch", "seconds")
    for trial in sorted(found.trials, key=lambda trial: (trial.score != trial.score, -trial.score)):  # NaN last
        facts = (f"{trial.score:.4f}", f"{trial.valid_loss:.4f}", str(trial.best_epoch), f"{trial.seconds:.0f}")
        table.add_row(*(trial.options[name] for name in names), *facts)
    stderr.print(table)
    chosen = ", ".join(f"{name} {getattr(found.best, name)}" for name in names)
    stderr.print(f"best of {len(found.trials)} trials: {chosen}; to be trained:", soft_wrap=True)


def print_seeds(repeated: Repeated) -> None:
    """Every metric of every seed, their mean and standard deviation."""
    mean, deviation = repeated.mean, repeated.deviation
    table = _table("metric", *(f"seed {run.seed}" for run in repeated.runs), "mean", "deviation")
    for name in mean:
        values = [*(run.metrics[name] for run in repeated.runs), mean[name], deviation[name]]
        table.add_row(name, *("" if value is None else f"{value:.4f}" for value in values))
    stderr.print(table)


def _table(first: str, *others: str) -> Table:
    """Without lines, as wide as it must be: a log has no width."""
    table = Table(first, box=None, pad_edge=False)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
