"""GoEmotions, 28 feelings of which a comment has any number: `python -m pipelines.goemotions --data DIR`.

Multi-label, with a threshold for each label that is best for its F1 on the validation rows; the published figures are
those of a fine-tuned BERT-base (Demszky et al. 2020, arXiv 2005.00547). DIR holds train, dev and test.csv.gz.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.comparison import System
from pipelines.recipe import open_recipe, positive, recipe_parser, start
from pipelines.tables import at_most, read_rows

METRICS = {"macro_f1": "macro F1", "micro_f1": "micro F1", "macro_average_precision": "macro AP"}
PUBLISHED = System("published: BERT-base", {"macro_f1": 0.46})
FILES = {"train": "train", "valid": "dev", "test": "test"}
OURS = {
    "task": "multi-label",
    "threshold": "f1",
    "epochs": 4,
    "learning_rate": 1e-4,
    "batch_size": 32,
    "max_length": 64,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and compare."""
    parser = recipe_parser("goemotions", __doc__, seeds=1)
    parser.add_argument("--rows", type=positive, help="learn from so many rows only")
    recipe = open_recipe(parser, arguments)
    tables = {}
    for part, file in FILES.items():
        rows, _ = read_rows(recipe.find(f"{file}.csv"), columns={"text": "text", "label": "label"})
        tables[part] = recipe.write_table(at_most(rows, recipe.asked.rows if part == "train" else None), name=part)
    config = recipe.options("ours", **tables, **OURS)
    linear, ours = recipe.baseline(config), recipe.train("ours: a threshold for each label", config)
    recipe.show([PUBLISHED, linear, ours], metrics=METRICS, notes=[recipe.compare(ours, linear, metrics=METRICS)])


if __name__ == "__main__":
    start(main)
