"""Tweets on the first GOP debate, published with a frozen BERT-base: `python -m pipelines.gop_debate --data DIR`.

Three classes. The published split (90/10, stratified, seed 2018) puts retweets of one tweet on both sides: a model can
learn by heart what it is tested on. So everything is done twice, also with the same tweet on one side only, and the
difference is what the leak flatters. DIR holds Sentiment.csv or Sentiment.csv.gz, of CrowdFlower.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import pandas as pd

from pipelines.comparison import System, against
from pipelines.recipe import open_recipe, recipe_parser, start
from pipelines.tables import hold_out, read_rows
from tfbert.data.cleaning import clean_text
from tfbert.data.splits import split_rows

METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1", "matthews_correlation": "Matthews"}
PUBLISHED = System("published: BERT-base, frozen", {"accuracy": 0.59, "macro_f1": 0.50})
COLUMNS = {"text": "text", "label": "sentiment", "confidence": "sentiment_confidence"}
VALID_SHARE = 0.05
CLEAN = ("strip_links", "strip_mentions", "lowercase", "squeeze_spaces")
AS_PUBLISHED = {
    "clean": CLEAN,
    "trainable": "none",
    "pooling": "pooled",
    "head": "mlp",
    "hidden_width": 512,
    "class_weights": "balanced",
    "max_length": 25,
    "epochs": 10,
    "patience": 10,
}
OURS = {
    "clean": ("strip_links",),
    "sample_weight": "confidence",  # of the annotators in the label: that much a tweet counts, in learning alone
    "label_smoothing": 0.1,  # annotators differ
    "epochs": 2,
    "learning_rate": 5e-5,
    "max_length": 64,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Split in both ways, train the published settings and ours, compare."""
    recipe = open_recipe(recipe_parser("gop_debate", __doc__), arguments)
    tweets, _ = read_rows(recipe.find("Sentiment.csv"), columns=COLUMNS)
    splits = {"published": split_as_published(tweets), "apart": split_apart(tweets)}
    systems: dict[str, list[System]] = {}
    for split, parts in splits.items():
        tables = {name: recipe.write_table(rows, name=f"{split}/{name}") for name, rows in parts.items()}
        frozen = recipe.options(f"frozen-{split}", **tables, **AS_PUBLISHED)
        ours = recipe.options(f"ours-{split}", **tables, **OURS)
        systems[split] = [
            *recipe.reproduce(f"the same with our encoder, {split} split", frozen),
            dataclasses.replace(recipe.baseline(ours), name=f"TF-IDF + LinearSVC, {split} split"),
            recipe.train(f"ours: fine-tuned, {split} split", ours),
        ]
    notes = [f"{len(tweets)} tweets, {tweets['text'].nunique()} different ones. Split apart, none is on both sides."]
    notes += [recipe.compare(fine_tuned, linear, metrics=METRICS) for *_, linear, fine_tuned in systems.values()]
    notes += [against(leaky, clean, metrics=METRICS) for leaky, clean in zip(*systems.values(), strict=True)]
    recipe.show([PUBLISHED, *itertools.chain(*systems.values())], metrics=METRICS, notes=notes)


def split_as_published(tweets: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A tenth of the tweets for the test, whatever they say, and in the same way some that choose the epoch."""
    rest, test = hold_out(tweets, share=0.1, seed=2018)
    train, valid = hold_out(rest, share=VALID_SHARE, seed=2018)
    return {"train": train, "valid": valid, "test": test}


def split_apart(tweets: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The same shares of the different tweets; without links, names and RT, retweets are one with their tweet."""
    said = [clean_text(text, steps=CLEAN).removeprefix("rt").lstrip(" :") for text in tweets["text"]]
    labels = list(tweets["label"])
    split = split_rows(said, labels, valid_fraction=0.9 * VALID_SHARE, test_fraction=0.1, seed=2018)
    return {name: tweets.iloc[getattr(split, name)] for name in ("train", "valid", "test")}


if __name__ == "__main__":
    start(main)
