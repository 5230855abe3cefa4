"""IMDB reviews, published with a fine-tuned BERT-base from TF Hub: `python -m pipelines.imdb_reviews --data DIR`.

5,000 reviews to learn from and 5,000 to be tested on. Reviews are longer than what is read of them: the beginning, the
end, or both, of 128 and of 256 tokens. The published AUC was computed on predicted labels, ours on probabilities. DIR
holds train_5k.csv.gz and test_5k.csv.gz, a sample of Maas et al. 2011.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipelines.comparison import System
from pipelines.recipe import open_recipe, positive, recipe_parser, start
from pipelines.tables import read_rows

METRICS = {"accuracy": "accuracy", "roc_auc": "ROC AUC", "positive_f1": "F1 of pos"}
PUBLISHED = System(
    "published: BERT-base, 128 tokens, 2 epochs", {"accuracy": 0.857, "roc_auc": 0.858, "positive_f1": 0.855}
)
COMMON = {"clean": ("strip_html",), "epochs": 2, "valid_fraction": 0.05}
AS_PUBLISHED = {"max_length": 128, "pooling": "pooled", "batch_size": 32, "learning_rate": 2e-5}
OURS = {"batch_size": 16, "learning_rate": 5e-5}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the published settings and ours at each length, compare."""
    parser = recipe_parser("imdb_reviews", __doc__, seeds=1)
    parser.add_argument("--lengths", type=positive, nargs="+", default=[128, 256], help="tokens that ours reads")
    parser.add_argument(
        "--long", nargs="+", default=["head", "tail", "head+tail"], help="of which part of a review, as in tfbert train"
    )
    recipe = open_recipe(parser, arguments)
    tables = {}
    for part in ("train", "test"):
        reviews, _ = read_rows(recipe.find(f"{part}_5k.csv"), columns={"text": "text", "label": "label"})
        tables[part] = recipe.write_table(reviews, name=part)

    published = recipe.options("published", **tables, **COMMON, **AS_PUBLISHED)
    linear, again = recipe.baseline(published), recipe.reproduce("the same with our encoder", published)
    ours = []
    for length, part in itertools.product(recipe.asked.lengths, recipe.asked.long):
        config = recipe.options(f"ours-{length}-{part}", **tables, **COMMON, **OURS, max_length=length, long=part)
        ours.append(recipe.train(f"ours: {length} tokens, {part}", config))
    notes = [recipe.compare(system, linear, metrics=METRICS) for system in ours]
    recipe.show([PUBLISHED, *again, linear, *ours], metrics=METRICS, notes=notes)


if __name__ == "__main__":
    start(main)
