"""GLUE with the recipe of the BERT paper: `python -m pipelines.glue --data DIR [--tasks cola rte] [--search]`.

Single sentences, pairs and a regression; trained on the train tables, tested on the dev tables, whose published figures
are those of BERT-base. A part of train chooses the best epoch, and with --search learning rate and epochs among the
paper's. MRPC is the original MSR split with its test table, not GLUE's. DIR holds glue_sst2, glue_cola and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipelines.comparison import System
from pipelines.recipe import Recipe, open_recipe, positive, recipe_parser, start
from pipelines.tables import at_most, read_rows


class Task(NamedTuple):
    """A task of GLUE: BERT-base's figures by metric (None: not published), and how its tables are written."""

    title: str
    figures: dict[str, float | None]
    pairs: bool = False
    score: bool = False
    test: str = "dev"


TASKS = {
    "sst2": Task("SST-2", {"accuracy": 0.927}),
    "cola": Task("CoLA", {"matthews_correlation": 0.563}),
    "mrpc": Task("MRPC", {"positive_f1": 0.886, "accuracy": None}, pairs=True, test="test"),
    "stsb": Task("STS-B", {"pearson": None, "spearman": 0.890}, pairs=True, score=True),
    "rte": Task("RTE", {"accuracy": 0.693}, pairs=True),
    "wnli": Task("WNLI", {"accuracy": None}, pairs=True),
}
HEADINGS = {"matthews_correlation": "Matthews", "positive_f1": "F1"}
PAPER = {"epochs": 3, "learning_rate": 5e-5, "batch_size": 32, "max_length": 128, "valid_fraction": 0.1}
GRID: dict[str, list[Any]] = {"learning_rate": [5e-5, 3e-5, 2e-5], "epochs": [2, 3, 4]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train each task, with its best options where they are searched, and set all side by side."""
    parser = recipe_parser("glue", __doc__, seeds=1)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--rows", type=positive, help="learn from so many rows of tables that have more")
    parser.add_argument("--search", action="store_true", help="choose learning rate and epochs among the paper's")
    recipe = open_recipe(parser, arguments)
    published, linear, ours = {}, {}, {}
    for name in recipe.asked.tasks:
        config = recipe.options(f"ours-{name}", **PAPER, **options_of(name, recipe))
        if recipe.asked.search:
            config = recipe.search(config, GRID)
        linear[name] = recipe.baseline(config)
        published[name] = System(name, TASKS[name].figures)
        ours[name] = recipe.train(TASKS[name].title, config)
    metrics = {
        f"{name} {metric}": f"{TASKS[name].title} {HEADINGS.get(metric, metric)}"
        for name in published
        for metric in TASKS[name].figures
    }
    rows = {"published: BERT-base": published, "TF-IDF, linear": linear, "ours": ours}
    recipe.show([across(name, systems) for name, systems in rows.items()], metrics=metrics)


def options_of(name: str, recipe: Recipe) -> dict[str, Any]:
    """The tables of a task, written under our column names, and the options that say what they hold."""
    task = TASKS[name]
    texts = {"text": "text_a", "text_pair": "text_b"} if task.pairs else {"text": "text"}
    columns = {**texts, "label": "score" if task.score else "label"}
    options: dict[str, Any] = {"task": "regression"} if task.score else {}
    for part, file in {"train": "train", "test": task.test}.items():
        rows, _ = read_rows(recipe.find(f"glue_{name}/{file}.csv"), columns=columns)
        chosen = at_most(rows, recipe.asked.rows if part == "train" else None)
        options[part] = recipe.write_table(chosen, name=f"{name}/{part}")
    return options | ({"text_pair": "text_pair"} if task.pairs else {})


def across(name: str, tasks: Mapping[str, System]) -> System:
    """One row of a leaderboard: what a system reaches in each task."""
    return System(
        name,
        {f"{task} {metric}": value for task, system in tasks.items() for metric, value in system.metrics.items()},
        deviation={
            f"{task} {metric}": value for task, system in tasks.items() for metric, value in system.deviation.items()
        },
        seeds=next(iter(tasks.values())).seeds,
        seconds=sum(system.seconds for system in tasks.values()),
    )


if __name__ == "__main__":
    start(main)
