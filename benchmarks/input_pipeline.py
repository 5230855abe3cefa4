"""The input pipeline alone: tweets tokenised, put into an order, batched and padded, in rows per second.

    python -m benchmarks.input_pipeline ../shared/data/twitter/dev.tsv.gz ../shared/data/bert_uncased_vocab.txt

`tfbert train` tokenises each row once and cuts every epoch's batches from the cached tokens; measured are the first,
the second, and both together, which is a training of one epoch. Texts are in memory; nothing consumes the batches. One
tokenising before the clock starts takes what happens once in a process: libraries loaded, the tokenizer's graph made.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from tfbert.data.datasets import BatchOrder, Examples, TokenTable, build_dataset, tokenize_rows
from tfbert.data.labelled import read_labelled
from tfbert.data.tables import TableFormat
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.vocabulary import read_vocabulary
from tfbert.text.wordpiece import WordPieceTokenizer

COLUMNS = ("id", "label", "a", "text")
GOAL = 50_000  # rows/s of tokenising, shuffling and batching together


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="TSV without header: id, label, a, text")
    parser.add_argument("vocabulary")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=32)
    asked = parser.parse_args()

    table_format = TableFormat(header=False, columns=COLUMNS)
    texts = read_labelled([asked.table], texts={"text": "text"}, label="label", table_format=table_format).texts
    preprocessor = Preprocessor(WordPieceTokenizer(read_vocabulary(asked.vocabulary), lower_case=True), max_length=128)

    def tokenize() -> TokenTable:
        return tokenize_rows(texts, ids=preprocessor.ids)

    def run_epoch(tokens: TokenTable) -> None:
        examples = Examples(tokens, np.zeros(len(texts), np.int32), np.ones(len(texts), np.float32))
        order = BatchOrder(tokens.lengths, batch_size=asked.batch_size, seed=42)
        # Taken by TensorFlow and not by a Python loop, which would cost as much again: `fit` does not have one either.
        build_dataset(examples, order=order).reduce(np.int64(0), lambda batches, *_: batches + 1)

    cached = tokenize()
    stages: dict[str, Callable[[], object]] = {
        "tokenise once": tokenize,
        "one epoch of batches from cached tokens": lambda: run_epoch(cached),
        "both: tokenised, shuffled, batched": lambda: run_epoch(tokenize()),
    }
    rates: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(asked.rounds):
        for name, stage in stages.items():
            started = time.perf_counter()
            stage()
            rates[name].append(len(texts) / (time.perf_counter() - started))
    print(f"{len(texts):,} rows, {len(cached.ids):,} tokens, batches of {asked.batch_size}; the goal: {GOAL:,} rows/s")
    print("| stage | rows/s: min | median | max |\n|---|---|---|---|")
    for name, found in rates.items():
        print(f"| {name} | {' | '.join(f'{round(of(found)):,}' for of in (min, statistics.median, max))} |")


if __name__ == "__main__":
    main()
