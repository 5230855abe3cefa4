"""score_peers.py's tfbert: the job behind `tfbert score`, the model loaded before; and the exports it scores with."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

from benchmarks.score_peers_job import Score, Settings, read_settings, serve


def load_job(settings: Settings, *, pooling: str) -> Score:
    from tfbert.data.tables import TableFormat
    from tfbert.scoring.job import score_tables
    from tfbert.scoring.scorer import Scorer

    scorer = Scorer(settings.work / f"tfbert_{pooling}" / "1")
    scorer.load()

    def score(table: str, output: str) -> None:
        score_tables(scorer, [table], output=output, texts={"text": "text"}, table_format=TableFormat(), force=True)

    return score


def export(settings: Settings, *, pooling: str) -> None:
    """A classifier with the encoder's own weights and the shared head, as `tfbert train` would publish it."""
    from tfbert.config import TrainConfig
    from tfbert.encoders.sources import load_encoder
    from tfbert.export.classifier import Classifier, write_saved_model
    from tfbert.export.manifest import write_manifest
    from tfbert.tasks.network import build_network
    from tfbert.tasks.registry import load_task
    from tfbert.text.preprocessor import Preprocessor
    from tfbert.text.wordpiece import WordPieceTokenizer

    config = TrainConfig(pooling=pooling, max_length=settings.max_length)  # type: ignore[arg-type]
    encoder = load_encoder(str(settings.model))
    task = load_task(config.task, labels=("0", "4"))
    network = build_network(encoder.encoder, outputs=task.outputs, config=config)
    network.head.layers[-1].kernel.assign(settings.head)
    preprocessor = Preprocessor(
        WordPieceTokenizer(encoder.vocabulary, lower_case=encoder.lower_case), max_length=settings.max_length
    )
    folder = settings.work / f"tfbert_{pooling}" / "1"
    folder.parent.mkdir(exist_ok=True)
    classifier = Classifier(network, encoder.encoder, preprocessor=preprocessor, task=task)
    write_saved_model(classifier, folder, vocabulary=encoder.vocabulary, labels=task.label_names)
    write_manifest(_manifest(config, folder), folder)


def _manifest(config: Any, folder: Path) -> Any:
    from tfbert.export.manifest import Manifest

    empty: dict[str, Any] = {
        name: {}
        for name in (
            "encoder",
            "rows",
            "metrics",
            "baselines",
            "packages",
            "decoding",
            "thresholds",
            "options",
            "compared",
        )
    }
    return Manifest(
        model=f"{folder.parent.name}/1",
        task=config.task,
        labels=("0", "4"),
        text_columns={"text": "text"},
        label_column="label",
        max_length=config.max_length,
        evaluated_on="test",
        history=[],
        best_epoch=1,
        precision="float32",
        **empty,
    )


POOLINGS = ("mean", "pooled")
PEERS = {f"tfbert_{pooling}": functools.partial(load_job, pooling=pooling) for pooling in POOLINGS}

if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        for pooling in POOLINGS:
            export(read_settings(Path(sys.argv[2])), pooling=pooling)
    else:
        serve(PEERS)
