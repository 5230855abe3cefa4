"""Answers to questions on Wikipedia's articles, as in SQuAD: `python -m pipelines.squad_answers --data DIR`.

An answer is a part of a context. Without files named, DIR holds the English part of XQuAD, 1,190 questions of SQuAD's
dev set on 48 articles: a third of the articles is the test, so that no context is on both sides. That is little to
learn from; for the full set, put SQuAD's files into DIR and add `--train-file train-v1.1.json --test-file
dev-v1.1.json`, or those of version 2.0, whose questions may have no answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipelines.comparison import System, against
from pipelines.recipe import Recipe, open_recipe, recipe_parser, start
from pipelines.tables import read_rows
from tfbert.data.cells import cell
from tfbert.evaluation.answer_match import match_answer, normalize_answer

XQUAD = "xquad.en.json"
COLUMNS = {name: name for name in ("title", "question", "context", "answers")}
METRICS = {"exact_match": "exact match", "f1": "F1"}
WITH_NO_ANSWER = {"has_answer_f1": "F1 with answer", "no_answer_accuracy": "no-answer accuracy"}
TEST_SHARE, VALID_SHARE, SEED = 1 / 3, 0.1, 42  # shares of the articles, the second of those that are left
OURS = {
    "task": "span",
    "text": "question",
    "text_pair": "context",
    "label": "answers",
    "long": "windows",
    "max_length": 384,
    "batch_size": 16,
    "learning_rate": 5e-5,
    "epochs": 4,
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def main(arguments: Sequence[str] | None = None) -> None:
    """Split by article, train, and set the model beside what needs no model."""
    parser = recipe_parser("squad_answers", __doc__)
    parser.add_argument("--train-file", metavar="NAME", help="a SQuAD file in DIR to learn from")
    parser.add_argument("--test-file", metavar="NAME", help="a SQuAD file in DIR to test on")
    recipe = open_recipe(parser, arguments)
    parts, rejected = read_parts(recipe)
    tables = {name: recipe.write_table(_written(rows), name=name) for name, rows in parts.items()}
    baselines = [
        _measured("a random span of words", parts["test"], random_spans(parts)),
        _measured("the sentence most like the question", parts["test"], likeliest_sentences(parts["test"])),
    ]
    ours = recipe.train("ours", recipe.options("ours", **tables, **OURS))
    unanswerable = any(not answers["text"] for rows in parts.values() for answers in rows["answers"])
    sizes = ", ".join(f"{len(rows)} {name}" for name, rows in parts.items())
    articles = sum(rows["title"].nunique() for rows in parts.values())
    notes = [f"Questions: {sizes}, {rejected} that could not be read; {articles} articles, each in one part alone."]
    notes += [against(ours, other, metrics=METRICS) for other in baselines]
    recipe.show([*baselines, ours], metrics=METRICS | (WITH_NO_ANSWER if unanswerable else {}), notes=notes)


def read_parts(recipe: Recipe) -> tuple[dict[str, pd.DataFrame], int]:
    """The questions of train, valid and test, no article in two of them, and how many could not be read."""
    asked = recipe.asked
    learned, rejects = read_rows(recipe.find(asked.train_file or XQUAD), columns=COLUMNS)
    if asked.test_file:
        test, more = read_rows(recipe.find(asked.test_file), columns=COLUMNS)
        rejects += more
    else:
        learned, test = split_articles(learned, share=TEST_SHARE)
    train, valid = split_articles(learned, share=VALID_SHARE)
    return {"train": train, "valid": valid, "test": test}, len(rejects)


def split_articles(rows: pd.DataFrame, *, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The questions on a share of the articles, drawn at random, behind those on the others."""
    titles = sorted(rows["title"].unique())
    held_out = random.Random(SEED).sample(titles, max(1, round(share * len(titles))))
    chosen = rows["title"].isin(held_out)
    return rows[~chosen], rows[chosen]


def random_spans(parts: dict[str, pd.DataFrame]) -> list[str]:
    """Words of each context, from a random one on, as many as a random answer of the training rows has."""
    draw = random.Random(SEED)
    lengths = [len(answers["text"][0].split()) for answers in parts["train"]["answers"] if answers["text"]]
    found = []
    for context in parts["test"]["context"]:
        words = context.split()
        first = draw.randrange(len(words))
        found.append(" ".join(words[first : first + draw.choice(lengths)]))
    return found


def likeliest_sentences(rows: pd.DataFrame) -> list[str]:
    """The sentence of each context that shares the most words with the question, the first of several."""
    found = []
    for question, context in zip(rows["question"], rows["context"], strict=True):
        asked = set(normalize_answer(question).split())
        sentences = _SENTENCE.split(context)
        found.append(max(sentences, key=lambda said: len(asked & set(normalize_answer(said).split()))))
    return found


def _measured(name: str, rows: pd.DataFrame, predicted: list[str]) -> System:
    """The official numbers of answers."""
    scores = pd.DataFrame(
        [match_answer(answer, right["text"]) for answer, right in zip(predicted, rows["answers"], strict=True)],
        columns=list(METRICS),
        dtype=float,
    )
    answerable = scores[[bool(right["text"]) for right in rows["answers"]]]
    metrics: dict[str, Any] = {**scores.mean(), "has_answer_f1": answerable["f1"].mean(), "no_answer_accuracy": 0.0}
    return System(name, metrics)


def _written(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as a CSV holds them, answers as JSON."""
    return rows.assign(answers=rows["answers"].map(cell))


if __name__ == "__main__":
    start(main)
