"""How much faster a head is fitted on features computed once than behind a frozen encoder run in every step.

    python -m benchmarks.frozen_cache --encoder SPEC --table FILE [--epochs 10 --rows 1000]

Both ways see the same batches and must end with the same head (largest difference printed), in turn, three times.
The encoder runs without dropout in both: a frozen encoder has none.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from tfbert.config import TrainConfig
from tfbert.data.datasets import Examples, tokenize_rows
from tfbert.data.labelled import read_labelled
from tfbert.data.labels import build_labels
from tfbert.data.tables import TableFormat
from tfbert.encoders.sources import load_encoder
from tfbert.native_log import divert_native_log
from tfbert.tasks.network import build_network
from tfbert.tasks.single_label import SingleLabel
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.wordpiece import WordPieceTokenizer
from tfbert.training.trainer import fit

ROUNDS = 3


def main() -> None:
    divert_native_log()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--table", required=True, help="CSV with columns text, label")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1000)
    asked = parser.parse_args()

    rows = read_labelled([asked.table], texts={"text": "text"}, label="label", table_format=TableFormat())
    task = SingleLabel(build_labels(rows.labels))
    encoder = load_encoder(asked.encoder, dropout=0.0)
    tokenizer = WordPieceTokenizer(encoder.vocabulary, lower_case=encoder.lower_case)
    tokens = tokenize_rows(rows.texts[: asked.rows], ids=Preprocessor(tokenizer, max_length=128).ids)
    targets = task.targets(rows.labels[: asked.rows])
    examples = Examples(tokens, targets, np.ones(len(targets), np.float32))
    config = TrainConfig(trainable="none", epochs=asked.epochs, patience=asked.epochs, learning_rate=1e-3)

    def run(*, cached: bool) -> tuple[float, list[np.ndarray]]:
        network = dataclasses.replace(
            build_network(encoder.encoder, outputs=task.outputs, config=config), frozen=cached
        )
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            options = {"task": task, "train": examples, "valid": examples, "config": config, "folder": Path(folder)}
            fit(network, **options, progress=lambda what, done, total: None)
            return time.perf_counter() - started, network.head.get_weights()

    ratios = []
    for _ in range(ROUNDS):
        seconds, heads = zip(*(run(cached=cached) for cached in (True, False)), strict=True)
        difference = max(float(np.abs(a - b).max()) for a, b in zip(*heads, strict=True))
        ratios.append(seconds[1] / seconds[0])
        print(
            f"cached {seconds[0]:.1f} s, each step {seconds[1]:.1f} s, ratio {ratios[-1]:.1f}, "
            f"heads within {difference:.1g}"
        )
        keras.backend.clear_session()
    print(f"{len(targets)} rows, {asked.epochs} epochs: {np.median(ratios):.1f} times faster (median of {ROUNDS})")


if __name__ == "__main__":
    main()
