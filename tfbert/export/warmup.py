"""Requests that TensorFlow Serving answers to itself before it serves a model, so that no client waits for the first.

https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from __future__ import annotations

import importlib.util
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

from tfbert.export.serving_files import BATCH_SIZES, EXTRA

if TYPE_CHECKING:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

log = logging.getLogger(__name__)


def write_warmup(folder: Path, *, model: str, texts: Mapping[str, Sequence[str]], method: str | None) -> None:
    """Write `assets.extra/tf_serving_warmup_requests` into a SavedModel.

    It is a TFRecord file of PredictionLogs: for each batch size of `batching_parameters.txt` one request to
    `serving_default` and one to `classify` or `regress`. Needs the package tensorflow-serving-api; without it nothing
    is written, and the log says so.

    Args:
        folder: the SavedModel, a version folder.
        model: the name that clients ask for.
        texts: rows like those that clients will send, at least one, by the names that signatures have for a row's
            texts; they are repeated where they are too few.
        method: `classify` or `regress`, whichever the model has, or None.
    """
    if importlib.util.find_spec("tensorflow_serving") is None:
        log.info("warm-up requests for TensorFlow Serving: skipped (to have them, pip install 'tfbert[serving-api]')")
        return
    extra = folder / EXTRA
    extra.mkdir(exist_ok=True)
    rows = itertools.cycle(zip(*texts.values(), strict=True))
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for size in BATCH_SIZES:
            columns = zip(*itertools.islice(rows, size), strict=True)
            batch = {name: [text.encode() for text in column] for name, column in zip(texts, columns, strict=True)}
            for request in _requests(batch, model=model, method=method):
                writer.write(request.SerializeToString(deterministic=True))


def _requests(batch: Mapping[str, list[bytes]], *, model: str, method: str | None) -> Iterator[PredictionLog]:
    """The requests that hold these rows: Predict to `serving_default`, and to `method` Classify or Regress."""
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    logged = PredictionLog()
    predict = logged.predict_log.request
    predict.model_spec.name, predict.model_spec.signature_name = model, "serving_default"
    for name, texts in batch.items():
        predict.inputs[name].CopyFrom(tf.make_tensor_proto(texts, shape=[len(texts)]))
    yield logged
    if not method:
        return

    logged = PredictionLog()
    request = (logged.classify_log if method == "classify" else logged.regress_log).request
    request.model_spec.name, request.model_spec.signature_name = model, method
    for row in zip(*batch.values(), strict=True):
        example = request.input.example_list.examples.add()
        for name, text in zip(batch, row, strict=True):
            example.features.feature[name].bytes_list.value.append(text)
    yield logged
