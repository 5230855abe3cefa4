from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

# In a process of its own, in which nothing has registered more: the operations before and after TF Text is loaded.
LIST_OPERATIONS = """
import ctypes, json, sys
from tfbert.scoring import c_library
found = c_library._find("tensorflow", "libtensorflow_cc.*2*")
library = ctypes.CDLL(str(found[0]))
library.TF_GetAllOpList.restype = ctypes.POINTER(c_library.Buffer)
def operations():
    buffer = library.TF_GetAllOpList().contents
    return ctypes.string_at(buffer.data, buffer.length).hex()
core = operations()
c_library.load_library()
json.dump([core, operations()], sys.stdout)
"""


@pytest.fixture(scope="module")
def model(exported: Path) -> SavedModel:
    return SavedModel(exported)


@pytest.fixture(scope="module")
def probabilities(exported: Path, texts: tuple[str, ...]) -> np.ndarray:
    return Scorer(exported).score(list(texts))


def test_strings_get_the_scorers_probabilities_through_the_c_interface(
    texts: tuple[str, ...], model: SavedModel, probabilities: np.ndarray
) -> None:
    (found,) = model.run("serving_default", {"text": [text.encode() for text in texts]}, outputs=("probabilities",))
    assert float(np.ptp(probabilities, axis=0).max()) > 0.01
    np.testing.assert_allclose(found, probabilities, atol=1e-5)


def test_examples_get_the_same_classes_and_scores(
    texts: tuple[str, ...], model: SavedModel, probabilities: np.ndarray
) -> None:
    import tensorflow as tf

    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()])),
                    "id": tf.train.Feature(int64_list=tf.train.Int64List(value=[1])),
                }
            )
        ).SerializeToString()
        for text in texts
    ]
    classes, scores = model.run("classify", {"inputs": examples}, outputs=("classes", "scores"))
    np.testing.assert_allclose(scores, probabilities, atol=1e-5)
    assert classes.tolist() == [[b"x", b"y", b"z"]] * len(examples)


def test_an_example_without_a_text_is_refused(model: SavedModel) -> None:
    with pytest.raises(RuntimeError, match=r"Feature: text .* is required but could not be found"):
        model.run("classify", {"inputs": [b""]}, outputs=("scores",))


def test_each_signature_names_the_method_of_tensorflow_serving_that_calls_it(exported: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes())
    methods = {name: signature.method_name for name, signature in saved.meta_graphs[0].signature_def.items()}
    assert methods.pop("__saved_model_init_op") == ""
    assert methods.pop("classify") == "tensorflow/serving/classify"
    assert methods.keys() >= {"serving_default", "tokens", "tokenize"}
    assert set(methods.values()) == {"tensorflow/serving/predict"}


def test_the_fingerprint_is_that_of_the_published_graph(exported: Path) -> None:
    from tensorflow.core.protobuf import fingerprint_pb2
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    there = fingerprint_pb2.FingerprintDef.FromString((exported / "fingerprint.pb").read_bytes())
    anew = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(exported)))
    assert there.saved_model_checksum == anew.saved_model_checksum
    assert there.signature_def_hash == anew.signature_def_hash


def test_the_graph_has_only_operations_of_tensorflow_and_of_tf_text(exported: Path) -> None:
    check_operations(exported)


def test_so_has_that_of_a_model_in_16_bits(reduced: Path) -> None:
    check_operations(reduced)


def check_operations(exported: Path) -> None:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.core.protobuf import saved_model_pb2

    listed = subprocess.run([sys.executable, "-c", LIST_OPERATIONS], check=True, capture_output=True).stdout
    core, all_ = (
        {operation.name for operation in op_def_pb2.OpList.FromString(bytes.fromhex(content)).op}
        for content in json.loads(listed)
    )
    graph = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes()).meta_graphs[0]
    functions = graph.graph_def.library.function
    used = {node.op for part in (graph.graph_def.node, *(function.node_def for function in functions)) for node in part}
    used -= {function.signature.name for function in functions}
    assert used - core <= all_ - core
    assert used & core
    assert used - core  # else the two lists are not what they seem
