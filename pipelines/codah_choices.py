"""CODAH, which of four endings goes on from a sentence: `python -m pipelines.codah_choices --data DIR`.

Five-fold cross-validation, as published (Chen et al. 2019, arXiv 1904.04365). The published folds are not in the table,
so these are our own: seed 42, stratified by the right ending's place, all questions on one sentence in the same fold.
The published figure is that of BERT-Large; the table has 2,776 of its 2,801 questions. DIR holds codah.csv or
codah.csv.gz with the columns text, ending0 to ending3 and label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import tfbert
from pipelines.comparison import System
from pipelines.recipe import Recipe, open_recipe, recipe_parser, start
from pipelines.tables import read_rows
from tfbert.data.labels import Labels
from tfbert.data.writers import Column, open_writer
from tfbert.tasks.choice import Choice

METRICS = {"accuracy": "accuracy"}
PUBLISHED = System("published: BERT-Large", {"accuracy": 0.675})
RANDOM = System("random", {"accuracy": 0.25})
ENDINGS = ("ending0", "ending1", "ending2", "ending3")
COLUMNS = {name: name for name in ("text", *ENDINGS, "label")}
FOLDS, SEED = 5, 42
OURS = {
    "task": "choice",
    "endings": ENDINGS,
    "valid_fraction": 0.1,
    "epochs": 5,
    "batch_size": 16,
    "learning_rate": 5e-5,
    "max_length": 64,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and test on every fold, put the answers together, compare."""
    recipe = open_recipe(recipe_parser("codah_choices", __doc__, seeds=1), arguments)
    questions, _ = read_rows(recipe.find("codah.csv"), columns=COLUMNS)
    systems = []
    for number, parts in enumerate(split(questions), 1):
        tables = {name: recipe.write_table(rows, name=f"fold-{number}/{name}") for name, rows in parts.items()}
        systems.append(recipe.train(f"fold {number}", recipe.options(f"ours-{number}", **tables, **OURS)))
    ours = put_together(recipe, systems)
    longest = choose_longest(recipe, ours)
    told = f"{len(questions)} questions in {FOLDS} folds, each answered by a model that learned from the other folds; "
    told += "± is the standard deviation over the folds."
    notes = [told, recipe.compare(ours, longest, metrics=METRICS)]
    recipe.show([PUBLISHED, RANDOM, longest, ours], metrics=METRICS, notes=notes)


def split(questions: pd.DataFrame) -> Iterator[dict[str, pd.DataFrame]]:
    """The folds: what is learned from, and the part that is answered.

    Raises:
        DataError: there are too few questions.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    try:
        for train, test in splitter.split(questions, questions["label"], groups=questions["text"]):
            yield {"train": questions.iloc[train], "test": questions.iloc[test]}
    except ValueError as error:
        raise tfbert.DataError(
            f"questions enough for {FOLDS} folds", found=f"{len(questions)} ({error})", fix="check --data"
        ) from error


def put_together(recipe: Recipe, folds: Sequence[System]) -> System:
    """One system out of those of the folds, with the answers to all questions."""
    answers = pd.concat([read_answers(fold.predictions) for fold in folds if fold.predictions])
    (path,) = recipe.write_table(answers, name="ours")
    accuracy = np.array([fold.metrics["accuracy"] for fold in folds], float)
    return System(
        "ours: fine-tuned",
        {"accuracy": float(accuracy.mean())},
        deviation={"accuracy": float(accuracy.std(ddof=1))},
        seeds=folds[0].seeds,
        seconds=float(np.mean([fold.seconds for fold in folds])),
        predictions=Path(path),
    )


def choose_longest(recipe: Recipe, ours: System) -> System:
    """The baseline that chooses the ending with the most characters, the first of several."""
    assert ours.predictions
    asked = read_answers(ours.predictions)[["text", *(f"ending_{number}" for number in range(4)), "label"]]
    longest = asked.iloc[:, 1:5].map(len).to_numpy().argmax(axis=1)
    task, path = Choice(Labels(tuple("0123"))), recipe.asked.output / "predictions" / "longest.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(path, [*map(Column, asked.columns), *task.prediction_columns()], force=True) as writer:
        predicted = task.prediction_rows(np.eye(4, dtype=np.float32)[longest])
        writer.write((*row, *new) for row, new in zip(asked.itertuples(index=False), predicted, strict=True))
        writer.publish()
    right = longest == asked["label"].astype(int)
    return System("the longest ending", {"accuracy": float(right.mean())}, predictions=path)


def read_answers(path: Path) -> pd.DataFrame:
    """A table of answers, all cells as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


if __name__ == "__main__":
    start(main)
