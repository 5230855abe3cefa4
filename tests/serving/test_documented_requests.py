"""What docs/serving.md and docs/tensorflow-serving.md tell clients and servers to do is done here as it is written."""

from __future__ import annotations

import json
import re
from concurrent import futures
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from served_model import MODEL, Client

from tfbert.jobs.train import TrainedModel
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tensorflow-serving.md").read_text(encoding="utf-8")
REQUEST = re.compile(r"curl (?:-d '(?P<body>[^']*)' )?(?:http://)?(?:localhost|127\.0\.0\.1):8501(?P<path>/\S+)")


def requests(page: str) -> list[tuple[str, str | None]]:
    """Path and body of every request to the model of single texts."""
    found = [(match["path"], match["body"]) for match in REQUEST.finditer((DOCS / page).read_text(encoding="utf-8"))]
    return [(path, body) for path, body in found if f"/{MODEL}" in path]


@pytest.mark.parametrize("page", ["serving.md", "tensorflow-serving.md"])
def test_every_curl_line_is_answered(server: Client, page: str) -> None:
    asked = requests(page)
    assert asked
    for path, body in asked:
        answer = server.ask("POST" if body else "GET", path, body)
        assert answer.status == 200, (path, body, answer.json)
        if body:
            rows = answer.json.get("predictions") or answer.json.get("results") or answer.json["outputs"]["label"]
            given = json.loads(body)
            assert len(rows) == len(given.get("instances") or given.get("examples") or given["inputs"]["text"])


def test_the_grpc_example_asks_as_the_export_wants_to_be_asked(
    trained: TrainedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example runs as it stands, over a real channel; what answers is the export's own signature."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    model = SavedModel(trained.folder)

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request: Any, context: Any) -> Any:
            assert request.model_spec.name == MODEL
            name, answer = request.model_spec.signature_name, predict_pb2.PredictResponse()
            inputs = {key: tf.make_ndarray(tensor).tolist() for key, tensor in request.inputs.items()}
            outputs = list(model.signatures[name].outputs)
            for key, values in zip(outputs, model.run(name, inputs, outputs=outputs), strict=True):
                answer.outputs[key].CopyFrom(tf.make_tensor_proto(values))
            return answer

    server = grpc.server(futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        example = re.search(r"```python\n(import grpc.*?)```", PAGE, flags=re.DOTALL)
        assert example is not None
        # Its five seconds are for a server that is warm, on a machine that is not full of tests.
        exec(example[1].replace("localhost:8500", f"127.0.0.1:{port}").replace("timeout=5", "timeout=120"), {})
    finally:
        server.stop(None)
    label, numbers = capsys.readouterr().out.split("] [[")
    (expected,) = Scorer(trained.folder).score(["where is my parcel?"])
    assert label == f"[b'{trained.manifest.labels[expected.argmax()]}'"
    np.testing.assert_allclose([float(number) for number in numbers.rstrip("]\n").split()], expected, atol=1e-5)


def test_docker_and_compose_start_the_same_server_on_files_that_an_export_has(trained: TrainedModel) -> None:
    command, compose = (re.search(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)[1] for kind in ("sh", "yaml"))
    flags = [set(re.findall(r"--(?:model|enable|batching)\S+", text)) for text in (command, compose)]
    assert flags[0] == flags[1]
    assert len(flags[0]) == 3
    for name in re.findall(rf"/models/{MODEL}/1/(\S+)", command):
        assert (trained.folder / name).is_file(), name
    for text in (command, compose):
        assert {"8500:8500", "8501:8501"} <= set(re.findall(r"\d+:\d+", text))
        assert f"saved_models/{MODEL}:/models/{MODEL}:ro" in text
        assert re.findall(r"tensorflow/serving:([\d.]+)", text) == [trained.manifest.packages["tensorflow"]]
    models = (trained.folder / "assets.extra" / "models.config").read_text()
    assert f'base_path: "/models/{MODEL}"' in models
