"""Tweets, a fine-tuned BERT-base against a support vector machine: `python -m pipelines.tweets_vs_svc --data DIR`.

The publication tested the two on different rows. Here all learn from dev.tsv and are tested on the same rows of
test.tsv; rows with a tab too many are rejected, in both. DIR holds dev.tsv.gz and test.tsv.gz, a sample of Sentiment140
with the labels 0 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.svm import SVC

import tfbert
from pipelines.comparison import System
from pipelines.recipe import open_recipe, recipe_parser, start
from pipelines.tables import read_rows

METRICS = {"accuracy": "accuracy", "matthews_correlation": "Matthews", "macro_f1": "macro F1"}
PUBLISHED = [
    System("published: BERT-base, 4 epochs", {"accuracy": 0.830, "matthews_correlation": 0.661}),
    System("published: SVC, on other rows", {"accuracy": 0.734, "matthews_correlation": 0.467}),
]
HEADERLESS = tfbert.TableFormat(header=False, columns=("id", "label", "alpha", "tweet"))
AS_PUBLISHED = {"epochs": 4, "learning_rate": 2e-5, "batch_size": 32, "pooling": "pooled", "max_length": 64}
OURS = {
    "epochs": 3,
    "learning_rate": 5e-5,
    "batch_size": 32,
    "max_length": 64,
    "valid_fraction": 0.05,
    "label_smoothing": 0.1,  # the labels are the tweets' own smileys, which their writers did not mean as labels
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the tables as they are, train and compare."""
    recipe = open_recipe(recipe_parser("tweets_vs_svc", __doc__, seeds=1), arguments)
    tables, notes = {}, []
    for part, file, table_format in (("train", "dev.tsv", HEADERLESS), ("test", "test.tsv", tfbert.TableFormat())):
        rows, rejects = read_rows(
            recipe.find(file), columns={"text": "tweet", "label": "label"}, table_format=table_format
        )
        tables[part] = recipe.write_table(rows, name=part)
        reasons = "; ".join(sorted({reject.reason for reject in rejects}))
        notes.append(f"{file}: {len(rows)} rows, and {len(rejects)} rejected ({reasons}).")

    config = recipe.options("ours", **tables, **OURS)
    linear, svc = recipe.baseline(config), recipe.baseline(config, estimator=SVC())
    again = recipe.reproduce("the same with our encoder", recipe.options("published", **tables, **AS_PUBLISHED))
    ours = recipe.train("ours: fine-tuned", config)
    notes += [recipe.compare(ours, other, metrics=METRICS) for other in (linear, svc)]
    recipe.show([*PUBLISHED, *again, linear, svc, ours], metrics=METRICS, notes=notes)


if __name__ == "__main__":
    start(main)
