"""Emerging entities in tweets, of the WNUT 2017 shared task: `python -m pipelines.wnut_entities --data DIR`.

Six types of names, most of which in the test rows are nowhere in the training rows; train, dev and test as given. The
winner of the shared task found them with an entity F1 of 0.4186 (Derczynski et al. 2017, table 4). The baseline is a
list: whatever was an entity in the training rows is one, wherever these words stand. DIR holds wnut17train.conll,
emerging.dev.conll and emerging.test.annotated.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import tfbert
from pipelines.comparison import System, against
from pipelines.recipe import Recipe, open_recipe, recipe_parser, start
from tfbert.data.tables import Row

METRICS = {"micro_f1": "entity F1", "micro_precision": "precision", "micro_recall": "recall", "macro_f1": "macro F1"}
PUBLISHED = System("published: winner of the shared task", {"micro_f1": 0.4186})
FILES = {"train": "wnut17train.conll", "valid": "emerging.dev.conll", "test": "emerging.test.annotated"}
OURS = {"epochs": 6, "patience": 3, "learning_rate": 1e-4, "batch_size": 16, "max_length": 128}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and set the result beside the published one and that of a list of names."""
    recipe = open_recipe(recipe_parser("wnut_entities", __doc__), arguments)
    tables = {part: (str(recipe.find(name)),) for part, name in FILES.items()}
    ours = recipe.options("ours", task="tagging", label="entities", format="conll", **tables, **OURS)
    names = list_names(recipe, train=tables["train"][0], test=tables["test"][0])
    trained = recipe.train("ours: fine-tuned", ours)
    recipe.show([PUBLISHED, names, trained], metrics=METRICS, notes=[against(trained, names, metrics=METRICS)])


def list_names(recipe: Recipe, *, train: str, test: str) -> System:
    """What a list of the training rows' entities, each with its commonest type, finds in the test rows."""
    types: dict[str, Counter[str]] = {}
    for _, entities in read_conll(train):
        for entity in entities:
            types.setdefault(entity["text"].lower(), Counter())[entity["type"]] += 1
    longest_first = sorted(types, key=lambda name: (-len(name), name))
    listed = re.compile(rf"(?<!\S)({'|'.join(map(re.escape, longest_first))})(?!\S)")
    rows = []
    for text, entities in read_conll(test):
        found = [
            {"start": start, "end": end, "type": types[name].most_common(1)[0][0], "score": 1.0}
            for name, (start, end) in ((match[0], match.span()) for match in listed.finditer(text.lower()))
            if len(text.lower()) == len(text)  # or places would not be those of the text
        ]
        rows.append((text, json.dumps(entities), json.dumps(found)))
    (table,) = recipe.write_table(pd.DataFrame(rows, columns=["text", "entities", "predicted_entities"]), name="names")
    measured = tfbert.evaluate(table, label="entities", output=recipe.asked.output / "names", force=True)
    metrics = {name: measure.value for name, measure in measured.items()}
    return System("a list of the training rows' names", metrics, predictions=Path(table))


def read_conll(path: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The text and the entities of each sentence."""
    with tfbert.open_table(path, table_format=tfbert.TableFormat(format="conll")) as table:
        return [row.values for row in table if isinstance(row, Row)]


if __name__ == "__main__":
    start(main)
