"""A model's folder: the SavedModel, its manifest, and what TensorFlow Serving wants beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tfbert.export.classifier import Classifier, write_saved_model
from tfbert.export.manifest import Manifest, write_manifest
from tfbert.export.serving_files import BATCH_SIZES, write_serving_files
from tfbert.export.warmup import write_warmup


def write_model(
    classifier: Classifier,
    folder: Path,
    *,
    manifest: Manifest,
    vocabulary: list[str],
    texts: Mapping[str, Sequence[str]],
) -> None:
    """Write everything of a model but report and card.

    Args:
        classifier: what to write.
        folder: of the version; empty.
        manifest: of the model.
        vocabulary: the WordPieces, by id.
        texts: rows like those that clients will send, at least one, by the names that signatures have for a row's
            texts; the first become warm-up requests.
    """
    write_saved_model(classifier, folder, vocabulary=vocabulary, labels=manifest.labels)
    write_manifest(manifest, folder)
    name = manifest.model.rpartition("/")[0]
    write_serving_files(folder, model=name)
    first = {column: rows[: sum(BATCH_SIZES)] for column, rows in texts.items()}
    write_warmup(folder, model=name, texts=first, method=classifier.method)
