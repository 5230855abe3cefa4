"""The graph of an export in 16 bits: what is computed in it, what stays float32, and whether a GPU can compute it."""

from __future__ import annotations

import ctypes
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfbert.export.manifest import read_manifest
from tfbert.export.precision import reduce_weights
from tfbert.scoring import c_library
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

FLOAT32 = tf.float32.as_datatype_enum


def nodes(folder: Path, signature: str) -> list:
    """The operations of a signature, those of the functions that it calls too."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0]
    functions = {function.signature.name: function.node_def for function in saved.graph_def.library.function}
    names = [output.name.split(":")[0] for output in saved.signature_def[signature].outputs.values()]
    (call,) = {node.name: node for node in saved.graph_def.node if node.name in names}.values()
    found, waiting = [], [call.attr["f"].func.name]
    while waiting:
        for node in functions[waiting.pop()]:
            found.append(node)
            waiting += [value.func.name for value in node.attr.values() if value.func.name in functions]
    return found


@pytest.mark.parametrize("signature", ["serving_default", "tokens", "classify"])
def test_products_with_weights_are_in_16_bits_and_softmax_and_norms_in_float32(reduced: Path, signature: str) -> None:
    precision = tf.as_dtype(read_manifest(reduced).precision).as_datatype_enum
    kinds: dict[str, Counter] = defaultdict(Counter)
    for node in nodes(reduced, signature):
        kinds[node.op][node.attr["T"].type] += 1
    # One layer: queries, keys and values; attention's output; intermediate; output; and the pooler, which mean pooling
    # does not read. In float32 the head.
    assert kinds["MatMul"].keys() == {precision, FLOAT32}
    assert kinds["MatMul"][FLOAT32] == 1
    assert kinds["MatMul"][precision] in (4, 5)
    for name in ("Softmax", "Rsqrt", "SquaredDifference"):
        assert kinds[name].keys() == {FLOAT32}, name


def test_a_gpu_has_every_operation_that_is_in_16_bits(reduced: Path) -> None:
    from tensorflow.core.framework import kernel_def_pb2

    library = c_library.load_library()
    listing = ctypes.CDLL(library._name).TF_GetRegisteredKernelsForOp
    listing.restype, listing.argtypes = ctypes.POINTER(c_library.Buffer), [ctypes.c_char_p, ctypes.c_void_p]

    def kernels(operation: str) -> list:
        with c_library.Status(library) as status:
            buffer = listing(operation.encode(), status).contents
        listed = kernel_def_pb2.KernelList.FromString(ctypes.string_at(buffer.data, buffer.length))
        return [kernel for kernel in listed.kernel if kernel.device_type in ("GPU", "DEFAULT")]

    if not kernels("MatMul"):
        pytest.skip("this TensorFlow was built without GPUs")
    precision = tf.as_dtype(read_manifest(reduced).precision).as_datatype_enum
    checked = set()
    for node in nodes(reduced, "tokens"):
        if precision not in [value.type for value in node.attr.values()]:
            continue
        checked.add(node.op)
        assert any(
            all(node.attr[one.name].type in one.allowed_values.list.type for one in kernel.constraint)
            for kernel in kernels(node.op)
        ), node.op
    assert checked >= {"MatMul", "BiasAdd", "Cast", "Erfc"}


def test_answers_are_float32_and_near_those_of_float32(exported: Path, reduced: Path, texts: tuple[str, ...]) -> None:
    expected, found = (Scorer(folder).score(list(texts)) for folder in (exported, reduced))
    (served,) = SavedModel(reduced).run(
        "serving_default", {"text": [text.encode() for text in texts]}, outputs=("probabilities",)
    )
    for values in (found, served):
        assert values.dtype == np.float32
        assert 0 < np.abs(values - expected).max() < 0.05
        np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)


def test_weights_are_rounded_to_the_nearest_and_norms_kept() -> None:
    weights = {
        "layer_0/output/kernel": tf.Variable([1.0, 1 + 2**-9, -3.0e38]),
        "layer_0/output_norm/gamma": tf.Variable([1 + 2**-20]),
    }
    reduced = reduce_weights(weights, precision="bfloat16")
    kernel = reduced["layer_0/output/kernel"]
    assert kernel.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(kernel, tf.float32).numpy(), [1.0, 1.0, -3.0e38], rtol=2**-8)
    assert reduced["layer_0/output_norm/gamma"] is weights["layer_0/output_norm/gamma"]
