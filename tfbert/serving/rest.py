"""The handlers of `/v1/...`: TensorFlow Serving's REST interface (its g3doc/api_rest.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tfbert.serving.answers import by_columns, by_rows, classifications, regressions
from tfbert.serving.catalogue import Catalogue
from tfbert.serving.example_request import read_examples
from tfbert.serving.exchange import json_response, read_body, within
from tfbert.serving.failure import Failure, invalid
from tfbert.serving.predict_request import read_predict_request
from tfbert.serving.request_body import parse_body, signature_name
from tfbert.serving.request_path import RequestPath, parse_path
from tfbert.serving.signature_defs import SignatureDef
from tfbert.serving.version import ServedVersion

METHODS = {
    "classify": ("classification", "tensorflow/serving/classify"),
    "regress": ("regression", "tensorflow/serving/regress"),
}


async def handle(request: Request) -> Response:
    """Answer a request of the interface."""
    state = request.app.state
    path = parse_path(request.method, request.scope["raw_path"].decode("ascii", "replace"))
    request.scope["asked"] = path.asked
    if path.asked == "status":
        answer = model_status(state.catalogue, path)
    elif path.asked == "metadata":
        answer = model_metadata(state.catalogue, path)
    else:
        content = parse_body(
            await read_body(request, most_bytes=state.options.max_body_bytes, seconds=state.options.timeout)
        )
        ask = predict if path.asked == "predict" else answer_examples
        answer = await within(state.options.timeout, ask(state.catalogue, path, content=content))
    return json_response(answer)


async def predict(catalogue: Catalogue, path: RequestPath, *, content: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a signature, by rows or by columns as the request has its inputs."""
    name = signature_name(content)
    with catalogue.find(path.model, version=path.version, label=path.label).held() as version:
        signature = version.model.signatures.get(name)
        if signature is None:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        request = read_predict_request(content, signature.inputs)
        outputs = await version.predict(name, request.tensors)
    return by_rows(outputs) if request.by_rows else by_columns(outputs)


async def answer_examples(catalogue: Catalogue, path: RequestPath, *, content: dict[str, Any]) -> dict[str, Any]:
    """The labels of examples with their scores, or their values."""
    name = signature_name(content)
    examples = read_examples(content)
    with catalogue.find(path.model, version=path.version, label=path.label).held() as version:
        _check_method(version, name, asked=path.asked)
        values = await version.score_examples(examples)
        labels = version.model.scorer.manifest.labels
        return classifications(labels, values) if labels else regressions(values)


def _check_method(version: ServedVersion, name: str, *, asked: str) -> SignatureDef:
    signature = version.model.signatures.get(name)
    if signature is None:
        raise invalid(f"No signature was found with the name: {name}")
    kind, method = METHODS[asked]
    if signature.method != method:
        raise invalid(f"Expected {kind} signature method_name to be {method}. Was: {signature.method}")
    return signature


def model_status(catalogue: Catalogue, path: RequestPath) -> dict[str, Any]:
    """The state of every version, or of one."""
    number = catalogue.label_version(path.label) if path.label else path.version
    states = catalogue.states if path.model == catalogue.name else {}
    if number is not None and number not in states:
        raise Failure("NOT_FOUND", f"Could not find version {number} of model {path.model}")
    if not states:
        raise Failure("NOT_FOUND", f"Could not find any versions of model {path.model}")
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": state.state,
                "status": {"error_code": state.error_code, "error_message": state.error_message},
            }
            for version, state in sorted(states.items(), reverse=True)
            if number in (None, version)
        ]
    }


def model_metadata(catalogue: Catalogue, path: RequestPath) -> dict[str, Any]:
    """The signatures of a version."""
    version = catalogue.find(path.model, version=path.version, label=path.label)
    spec = {"name": path.model, "signature_name": "", "version": str(version.number)}
    return {
        "model_spec": spec,
        "metadata": {"signature_def": {"signature_def": version.model.shown_signatures}},
    }
