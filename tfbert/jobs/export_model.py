"""The export job: a trained model in float32 in, the same model in a smaller number format out, for GPUs."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfbert.errors import ConfigError
from tfbert.export.manifest import Manifest, digest_model, read_manifest
from tfbert.export.precision import Reduced
from tfbert.export.versions import check_output, open_version
from tfbert.jobs.export_check import check_agreement
from tfbert.jobs.export_report import write_exported_report
from tfbert.jobs.held_out_rows import read_held_out
from tfbert.scoring.precision import compare_values
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.answers import Answers
from tfbert.tasks.task import Task

WINDOW = 2048  # rows scored at once


@dataclasses.dataclass(frozen=True)
class ExportedModel:
    """What an export left behind: the published version folder, its manifest, and the bytes of both models' weights."""

    folder: Path
    manifest: Manifest
    bytes_before: int
    bytes_after: int


def export_model(
    model: str | Path,
    *,
    precision: Reduced,
    output: str | Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ExportedModel:
    """Write a trained model once more, its weights and dense layers in 16 bits, as the next version under `output`.

    Its weights are half as large. LayerNorm, softmax, the hidden states between the layers, pooling and the head stay
    float32, and so do the answers. The new model, read back from disk, scores the held-out rows that the report of the
    trained one lists, and is published when it gives the answers that float32 gave there. Its report and card are its
    own.

    Args:
        model: a version folder of `tfbert train`, such as `saved_models/sms/1`.
        precision: `float16` for GPUs of any age, `bfloat16` for those since Ampere and for models whose activations
            float16 cannot hold.
        output: folder of the new model; it becomes the next version there.
        progress: told of (rows done, rows in all).

    Raises:
        ModelError: there is no such model, or its encoder is a wrapped module, which has a graph of its own.
        DataError: its held-out rows cannot be read.
        ConfigError: the output cannot be written, the model is not float32, or it does not give the same answers: the
            same labels on 99.5 % of the rows and no probability changed by more than 0.05, or 99.5 % of the numbers
            within 5 % of the deviation of the training values. Nothing is published.
    """
    model, output = Path(model), Path(output)
    check_output(output)
    manifest = read_manifest(model)
    if manifest.precision != "float32":
        raise ConfigError(
            "a model in float32",
            found=f"{manifest.model}, exported in {manifest.precision} ({model})",
            fix=f"give the model it was made from, {manifest.compared.get('model')}",
        )
    rows = read_held_out(model, manifest)
    there = next(path for path in (output, *output.parents) if path.exists())
    with (
        tempfile.TemporaryDirectory(prefix=".export-", dir=there) as partial,
        open_version(output, partial=Path(partial) / "model") as (folder, version),
    ):
        new = dataclasses.replace(
            manifest,
            model=f"{output.resolve().name}/{version}",
            options={**manifest.options, "output": str(output)},
            precision=precision,
            compared={"model": manifest.model, "digest": digest_model(model)},
        )
        _write(model, folder, manifest=new, precision=precision, texts=rows.texts)
        task, values = _score(folder, rows.texts, progress=progress)
        agreement = compare_values(rows.values, values, task=task)
        check_agreement(agreement, precision=precision, task=task)
        facts = {"rows": agreement.rows, "same": agreement.same, "largest_change": agreement.change}
        new = dataclasses.replace(new, compared=new.compared | facts)
        answers = Answers(values, task.decide(values, texts=list(rows.texts.values())[-1]))
        new = write_exported_report(folder, new, rows=rows, answers=answers, made_from=model)
    return ExportedModel(output / str(version), new, _weight_bytes(model), _weight_bytes(output / str(version)))


def _write(model: Path, folder: Path, *, manifest: Manifest, precision: Reduced, texts: dict[str, list[str]]) -> None:
    # Imports TensorFlow, which takes seconds: what can be checked without it must not wait for it.
    from tfbert.export.reading import load_network
    from tfbert.export.token_classifier import CLASSIFIERS
    from tfbert.export.writing import write_model
    from tfbert.text.vocabulary import read_vocabulary

    read = load_network(model)
    classifier = CLASSIFIERS[read.task.reads](
        read.network,
        read.encoder,
        preprocessor=read.preprocessor,
        task=read.task,
        texts=tuple(manifest.text_columns),
        reduced=precision,
    )
    vocabulary = read_vocabulary(model / "assets" / "vocab.txt")
    write_model(classifier, folder, manifest=manifest, vocabulary=vocabulary, texts=texts)


def _score(
    folder: Path, texts: dict[str, list[str]], *, progress: Callable[[int, int], None]
) -> tuple[Task, np.ndarray]:
    """The task of a model, and its values of rows."""
    scorer, parts = Scorer(folder), []
    rows = len(texts["text"])
    for start in range(0, rows, WINDOW):
        parts.append(scorer.score(*(column[start : start + WINDOW] for column in texts.values())))
        progress(min(start + WINDOW, rows), rows)
    return scorer.task, np.concatenate(parts)


def _weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "variables").iterdir())
