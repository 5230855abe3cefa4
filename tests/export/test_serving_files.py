from __future__ import annotations

import itertools
import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from tfbert.export.manifest import digest_model
from tfbert.export.serving_files import BATCH_SIZES, write_serving_files
from tfbert.export.warmup import write_warmup
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.saved_model import SavedModel


def warmup(folder: Path) -> list:
    import tensorflow as tf
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    return [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]


def test_each_signature_is_warmed_up_with_each_batch_size(exported: Path, texts: tuple[str, ...]) -> None:
    import tensorflow as tf

    model, sizes = SavedModel(exported), {"serving_default": [], "classify": []}
    seen: list[bytes] = []
    for record in warmup(exported):
        request = getattr(record, record.WhichOneof("log_type")).request
        name = request.model_spec.signature_name
        assert request.model_spec.name == "letters"
        if name == "classify":
            examples = request.input.example_list.examples
            rows = [example.SerializeToString() for example in examples]
            (scores,) = model.run(name, {"inputs": rows}, outputs=("scores",))
            assert [example.features.feature["text"].bytes_list.value[0] for example in examples] == seen[-len(rows) :]
        else:
            rows = tf.make_ndarray(request.inputs["text"]).tolist()
            seen += rows
            (scores,) = model.run(name, {"text": rows}, outputs=("probabilities",))
        sizes[name].append(len(rows))
        np.testing.assert_allclose(scores.sum(axis=-1), 1, atol=1e-5)
    assert sizes == {"serving_default": list(BATCH_SIZES), "classify": list(BATCH_SIZES)}
    assert seen == [text.encode() for text in itertools.islice(itertools.cycle(texts), sum(BATCH_SIZES))]


def test_training_publishes_the_files_with_texts_of_its_own(trained: TrainedModel, messages: Path) -> None:
    import pandas as pd

    extra = {path.name for path in (trained.folder / "assets.extra").iterdir()}
    assert extra == {"batching_parameters.txt", "models.config", "tf_serving_warmup_requests"}
    assert 'name: "messages"' in (trained.folder / "assets.extra" / "models.config").read_text()
    classified = [record.classify_log.request for record in warmup(trained.folder) if record.HasField("classify_log")]
    examples = [example for request in classified for example in request.input.example_list.examples]
    texts = [example.features.feature["text"].bytes_list.value[0].decode() for example in examples]
    assert {request.model_spec.name for request in classified} == {"messages"}
    assert len(set(texts)) > 40
    assert set(texts) <= set(pd.read_csv(messages)["text"])


def test_without_the_serving_api_the_export_says_that_there_is_no_warm_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    with caplog.at_level(logging.INFO, logger="tfbert"):
        write_warmup(tmp_path, model="m", texts={"text": ["a"]}, method="classify")
    assert caplog.messages == [
        "warm-up requests for TensorFlow Serving: skipped (to have them, pip install 'tfbert[serving-api]')"
    ]
    assert not list(tmp_path.iterdir())


def test_the_batching_file_is_one_that_the_server_takes(exported: Path) -> None:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

    # BatchingParameters of session_bundle_config.proto, which the Python package leaves out.
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="batching.proto", syntax="proto3", dependency=["google/protobuf/wrappers.proto"]
    )
    message = file.message_type.add(name="BatchingParameters")
    names = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    for number, name in enumerate(names, start=1):
        message.field.add(
            name=name,
            number=number,
            type=kinds.TYPE_MESSAGE,
            label=kinds.LABEL_OPTIONAL,
            type_name=".google.protobuf.Int64Value",
        )
    message.field.add(name="allowed_batch_sizes", number=6, type=kinds.TYPE_INT64, label=kinds.LABEL_REPEATED)
    message.field.add(name="pad_variable_length_inputs", number=7, type=kinds.TYPE_BOOL, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    parameters = message_factory.GetMessageClass(pool.FindMessageTypeByName("BatchingParameters"))()
    text_format.Parse((exported / "assets.extra" / "batching_parameters.txt").read_text(), parameters)
    # The server's own conditions: ascending, and the last is the largest batch.
    assert list(parameters.allowed_batch_sizes) == sorted(BATCH_SIZES)
    assert parameters.allowed_batch_sizes[-1] == parameters.max_batch_size.value
    assert all(getattr(parameters, name).value > 0 for name in names)
    assert not parameters.pad_variable_length_inputs


@pytest.mark.parametrize("name", ["letters", 'it\'s "new" \\ \u00e9'])
def test_the_models_file_is_one_that_the_server_takes(tmp_path: Path, name: str) -> None:
    from google.protobuf import text_format
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    write_serving_files(tmp_path, model=name)
    content = (tmp_path / "assets.extra" / "models.config").read_text(encoding="utf-8")
    (model,) = text_format.Parse(content, ModelServerConfig()).model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == (name, f"/models/{name}", "tensorflow")


def test_files_for_the_server_do_not_change_the_models_digest(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    for path in exported.iterdir():
        (tmp_path / "1" / path.name).symlink_to(path)
    before = digest_model(tmp_path / "1")
    (tmp_path / "1" / "assets.extra").unlink()
    assert digest_model(tmp_path / "1") == before == digest_model(exported)
