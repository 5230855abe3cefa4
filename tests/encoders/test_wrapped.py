"""Modules that are not plain BERT, and modules of older ages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.encoders.bert import BertEncoder
from tfbert.encoders.hub_writer import write_hub_module
from tfbert.encoders.sources import LoadedEncoder, check_encoder, load_encoder
from tfbert.errors import ConfigError, ModelError
from tfbert.jobs.train import train

Make = Callable[..., dict[str, np.ndarray]]

TOKENS = ("input_word_ids", "input_mask", "input_type_ids")
SPECS = {name: tf.TensorSpec((None, None), tf.int32, name=name) for name in TOKENS}
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijk"]


class Albert(tf.Module):
    """Word vectors narrower than the hidden states, as in ALBERT, and one dense layer for a body."""

    def __init__(self, vocabulary_file: Path) -> None:
        super().__init__()
        self.table = tf.Variable(tf.random.stateless_normal((16, 4), (0, 1)), name="word_embeddings/embeddings")
        self.projection = tf.Variable(tf.random.stateless_normal((4, 8), (0, 2)), name="embedding_projection/kernel")
        self.vocab_file = tf.saved_model.Asset(str(vocabulary_file))
        self.do_lower_case = tf.Variable(True, trainable=False)

    @tf.function(autograph=False)
    def __call__(self, inputs: dict[str, tf.Tensor], training: bool = False) -> dict[str, Any]:
        x = tf.gather(self.table, inputs["input_word_ids"]) @ self.projection
        x = tf.nn.dropout(x, 0.5) if training else x
        return {"pooled_output": tf.tanh(x[:, 0]), "sequence_output": x, "encoder_outputs": [x]}


@pytest.fixture
def vocabulary_file(tmp_path: Path) -> Path:
    path = tmp_path / "vocab.txt"
    path.write_text("".join(f"{token}\n" for token in VOCABULARY))
    return path


@pytest.fixture
def albert(tmp_path: Path, vocabulary_file: Path) -> LoadedEncoder:
    module = Albert(vocabulary_file)
    for training in (True, False):
        module.__call__.get_concrete_function(SPECS, training=training)
    tf.saved_model.save(module, str(tmp_path / "albert"))
    return load_encoder(str(tmp_path / "albert"))


@pytest.fixture
def tokens(make_tokens: Make) -> dict[str, np.ndarray]:
    tokens = make_tokens(3, length=5)
    return {**tokens, "input_word_ids": tokens["input_word_ids"] % 16}


def test_a_module_of_another_kind_is_wrapped_and_says_why(albert: LoadedEncoder) -> None:
    assert albert.wrapped_because is not None
    assert albert.wrapped_because.startswith(
        "expected the 23 tensors of a BERT encoder with 1 layers, found 22 missing: embeddings/layer_norm/beta, "
    )
    assert "1 extra: embedding_projection/kernel" in albert.wrapped_because
    assert (albert.config.vocabulary_size, albert.config.width, albert.config.layers) == (16, 8, 1)
    assert (albert.vocabulary, albert.lower_case) == (VOCABULARY, True)


def test_it_gives_the_modules_own_numbers(albert: LoadedEncoder, tokens: dict) -> None:
    module = tf.saved_model.load(albert.source)
    expected = module({name: tf.constant(array) for name, array in tokens.items()})
    encoded = albert.encoder(tokens)
    assert set(encoded) == {"pooled_output", "default", "sequence_output", "encoder_outputs"}
    np.testing.assert_array_equal(encoded["pooled_output"], expected["pooled_output"])
    first = albert.encoder(tokens, cls_only=True)["sequence_output"]
    np.testing.assert_array_equal(first, expected["sequence_output"][:, :1])


def test_its_dropout_is_active_in_training_only(albert: LoadedEncoder, tokens: dict) -> None:
    def pooled(training: bool) -> np.ndarray:
        return albert.encoder(tokens, training=training)["pooled_output"].numpy()

    np.testing.assert_array_equal(pooled(False), pooled(False))
    assert np.abs(pooled(True) - pooled(True)).max() > 0.01


def test_fit_moves_its_variables_and_an_export_takes_them_along(
    albert: LoadedEncoder, tokens: dict, tmp_path: Path
) -> None:
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in TOKENS}
    model = keras.Model(inputs, keras.layers.Dense(1)(albert.encoder(inputs)["pooled_output"]))
    before = [weight.numpy().copy() for weight in albert.encoder.trainable_weights]
    model.compile("sgd", "mse")
    model.fit(tokens, np.ones((3, 1)), verbose=0)
    assert all(np.abs(a - b).max() > 0 for a, b in zip(before, albert.encoder.trainable_weights, strict=True))

    exported = tf.Module()
    exported.model = model
    exported.predict = tf.function(lambda tokens: model(tokens), input_signature=[SPECS])
    tf.saved_model.save(exported, str(tmp_path / "exported"))
    again = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(
        again.predict({name: tf.constant(array) for name, array in tokens.items()}), model(tokens), atol=1e-6
    )


def test_a_frozen_one_does_not_move(albert: LoadedEncoder) -> None:
    albert.encoder.trainable = False
    assert albert.encoder.trainable_weights == []
    assert len(albert.encoder.weights) == 2


def test_it_cannot_be_written_as_ours(albert: LoadedEncoder, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        write_hub_module(albert, tmp_path / "new")
    assert str(caught.value) == (
        f"expected a plain BERT encoder, found {albert.source}, which is wrapped ({albert.wrapped_because}); "
        "use that module as it is"
    )


def test_the_cheap_look_sees_it_too(albert: LoadedEncoder) -> None:
    assert check_encoder(albert.source) == albert.config


def test_variables_of_bert_that_compute_something_else_are_wrapped(tiny_hub_module: Path, tmp_path: Path) -> None:
    module = tf.saved_model.load(str(tiny_hub_module / "encoder"))

    class Doubled(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.vocab_file = module, module.vocab_file
            self.do_lower_case = module.do_lower_case

        @tf.function(autograph=False)
        def __call__(self, tokens: dict, training: bool = False) -> dict:
            encoded = self.inner(tokens, training=False)
            return {name: 2 * encoded[name] for name in ("pooled_output", "sequence_output")}

    doubled = Doubled()
    doubled.__call__.get_concrete_function(SPECS, training=False)
    tf.saved_model.save(doubled, str(tmp_path / "doubled"))
    loaded = load_encoder(str(tmp_path / "doubled"))
    reason = loaded.wrapped_because
    assert reason is not None
    start = "expected a BERT encoder whose outputs our layers give to within 0.0001, found a largest difference of "
    assert reason.startswith(start)
    assert float(reason.removeprefix(start)) > 1
    # This one has no function for training: it trains without dropout.
    tokens = {name: np.ones((1, 3), np.int32) for name in TOKENS}
    np.testing.assert_array_equal(
        loaded.encoder(tokens, training=True)["pooled_output"], loaded.encoder(tokens)["pooled_output"]
    )


# --- Older layouts -----------------------------------------------------------------------------------------------

GARDEN_2019 = {
    "position_embedding/embeddings": "embedding_postprocessor/position_embeddings",
    "type_embeddings/embeddings": "embedding_postprocessor/type_embeddings",
    "embeddings/layer_norm": "embedding_postprocessor/layer_norm",
    "transformer/layer_": "encoder/layer_",
    "self_attention/attention_output": "self_attention_output",
}


def write_older(module: tf.Module, path: Path, *, names: dict[str, tf.Variable], signatures: Any = None) -> None:
    """Save a module that computes with other variables of the same values beside the named ones."""
    module.named = list(names.values())
    tf.saved_model.save(module, str(path), signatures=signatures)


def renamed(tiny_hub_module: Path, rename: Callable[[str], str]) -> dict[str, tf.Variable]:
    module = tf.saved_model.load(str(tiny_hub_module / "encoder"))
    names = {rename(v.name.removesuffix(":0")): v for v in module.trainable_variables}
    return {name: tf.Variable(variable.numpy(), name=name) for name, variable in names.items()}


def test_the_first_tf2_modules_are_read_natively(
    tiny_hub_module: Path, tiny_loaded: LoadedEncoder, tmp_path: Path
) -> None:
    """Lists in and out, and the names of 2019 below `bert_model/`."""
    encoder: BertEncoder = tiny_loaded.encoder

    def rename(name: str) -> str:
        for new, old in GARDEN_2019.items():
            name = name.replace(new, old)
        return f"bert_model/{name}"

    class Listed(tf.Module):
        @tf.function(autograph=False)
        def __call__(self, inputs: list[tf.Tensor], training: bool = False) -> list[tf.Tensor]:
            encoded = encoder(dict(zip(TOKENS, inputs, strict=True)))
            return [encoded["pooled_output"], encoded["sequence_output"]]

    module = Listed()
    module.encoder, module.do_lower_case = encoder, tf.Variable(True, trainable=False)
    module.vocab_file = tf.saved_model.Asset(str(tiny_hub_module / "encoder" / "assets" / "tiny_vocab.txt"))
    module.__call__.get_concrete_function([SPECS[name] for name in TOKENS], training=False)
    write_older(module, tmp_path / "listed", names=renamed(tiny_hub_module, rename))
    loaded = load_encoder(str(tmp_path / "listed"))
    assert loaded.wrapped_because is None
    assert loaded.digest == tiny_loaded.digest


def test_signatures_with_tf1_names_are_read_natively(
    tiny_hub_module: Path, tiny_loaded: LoadedEncoder, tmp_path: Path
) -> None:
    """`input_ids` and `segment_ids`, two-dimensional kernels that do not tell the number of heads."""
    encoder: BertEncoder = tiny_loaded.encoder
    garden_to_google = {
        "word_embeddings/embeddings": "embeddings/word_embeddings",
        "position_embedding/embeddings": "embeddings/position_embeddings",
        "type_embeddings/embeddings": "embeddings/token_type_embeddings",
        "embeddings/layer_norm": "embeddings/LayerNorm",
        "pooler_transform": "pooler/dense",
        "transformer/": "encoder/",
        "self_attention/attention_output": "attention/output/dense",
        "self_attention_layer_norm": "attention/output/LayerNorm",
        "self_attention/": "attention/self/",
        "/intermediate/": "/intermediate/dense/",
        "/output_layer_norm/": "/output/LayerNorm/",
    }

    def rename(name: str) -> str:
        name = name.replace("/output/", "/output/dense/") if "transformer" in name else name
        for new, old in garden_to_google.items():
            name = name.replace(new, old)
        return f"module/bert/{name}"

    names = {}
    for name, variable in renamed(tiny_hub_module, rename).items():
        value = variable.numpy()
        if "attention/self" in name:
            value = value.reshape(*value.shape[:-2], 64)
        elif "attention/output/dense/kernel" in name:
            value = value.reshape(64, 64)
        names[name] = tf.Variable(value, name=name)

    module = tf.Module()
    module.encoder = encoder
    module.asset = tf.saved_model.Asset(str(tiny_hub_module / "encoder" / "assets" / "tiny_vocab.txt"))

    @tf.function(autograph=False)
    def encode(input_ids: tf.Tensor, input_mask: tf.Tensor, segment_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        encoded = encoder(dict(zip(TOKENS, (input_ids, input_mask, segment_ids), strict=True)))
        return {name: encoded[name] for name in ("pooled_output", "sequence_output")}

    @tf.function(input_signature=[])
    def tokenization_info() -> dict[str, tf.Tensor]:
        return {"vocab_file": module.asset.asset_path, "do_lower_case": tf.constant(True)}

    spec = tf.TensorSpec((None, None), tf.int32)
    signatures = {"tokens": encode.get_concrete_function(spec, spec, spec), "tokenization_info": tokenization_info}
    write_older(module, tmp_path / "tf1", names=names, signatures=signatures)
    loaded = load_encoder(str(tmp_path / "tf1"))
    assert loaded.wrapped_because is None
    assert loaded.digest == tiny_loaded.digest
    assert (loaded.config.heads, loaded.config.activation) == (4, "gelu_tanh")
    assert loaded.lower_case is True


def test_a_tf1_module_of_another_kind_is_wrapped_and_trains(tmp_path: Path, vocabulary_file: Path) -> None:
    v1 = tf.compat.v1
    build, describe = v1.saved_model.build_tensor_info, v1.saved_model.build_signature_def
    folder = tmp_path / "tf1"
    with tf.Graph().as_default(), v1.Session() as session:
        ids, mask, segments = (v1.placeholder(tf.int32, [None, None]) for _ in range(3))
        table = v1.get_variable("module/bert/embeddings/word_embeddings", [16, 8], use_resource=True)
        x = tf.nn.embedding_lookup(table, ids)
        asset = tf.constant(str(vocabulary_file))
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        inputs = {"input_ids": build(ids), "input_mask": build(mask), "segment_ids": build(segments)}
        outputs = {"pooled_output": build(tf.tanh(x[:, 0])), "sequence_output": build(x)}
        info = {"vocab_file": build(asset), "do_lower_case": build(tf.constant(False))}
        signatures = {"tokens": describe(inputs, outputs), "tokenization_info": describe({}, info)}
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, [], signatures, assets_collection=[asset])
        builder.add_meta_graph(["train"], signatures)
        builder.save()
    (folder / "tfhub_module.pb").write_bytes(b"\x08\x03")  # what tells a TF1 module
    vocabulary_file.unlink()  # the module has its own copy

    loaded = load_encoder(str(folder))
    assert loaded.wrapped_because is not None
    assert (loaded.vocabulary, loaded.lower_case, loaded.config.width) == (VOCABULARY, False, 8)
    tokens = {name: np.full((2, 3), 7, np.int32) for name in TOKENS}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded.encoder(tokens, training=True)["pooled_output"])
    assert tape.gradient(loss, [weight.value for weight in loaded.encoder.trainable_weights])[0] is not None


def test_a_vocabulary_outside_of_the_module_is_refused(albert: LoadedEncoder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(albert.source, tmp_path / "copy"))
    outside = tmp_path / "copy_vocab"
    outside.write_text("[PAD]\n")
    (folder / "assets" / "vocab.txt").unlink()
    (folder / "assets" / "vocab.txt").symlink_to(outside)
    with pytest.raises(ModelError) as caught:
        load_encoder(str(folder))
    assert caught.value.expected == f"all files of an encoder inside {folder}"
    assert caught.value.found == f"{folder}/assets/vocab.txt, which leads to {outside}"


@pytest.fixture
def write_module(tiny_hub_module: Path, tiny_loaded: LoadedEncoder, tmp_path: Path) -> Callable[..., str]:
    """Save a module of today's layout below a prefix, its function for one length, some variables cut to 3 columns."""
    encoder: BertEncoder = tiny_loaded.encoder

    class Module(tf.Module):
        @tf.function(autograph=False)
        def __call__(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            encoded = encoder(inputs)
            return {name: encoded[name] for name in ("pooled_output", "sequence_output")}

    def write(*, length: int | None = None, cut: str = "none") -> str:
        module = Module()
        module.encoder, module.do_lower_case = encoder, tf.Variable(True, trainable=False)
        module.vocab_file = tf.saved_model.Asset(str(tiny_hub_module / "encoder" / "assets" / "tiny_vocab.txt"))
        specs = {name: tf.TensorSpec((None, length), tf.int32, name=name) for name in TOKENS}
        module.__call__.get_concrete_function(specs)
        names = renamed(tiny_hub_module, lambda name: f"body/{name}")
        cut_names = {name: tf.Variable(value[..., :3], name=name) for name, value in names.items() if cut in name}
        write_older(module, tmp_path / "module", names={**names, **cut_names})
        return str(tmp_path / "module")

    return write


def test_a_tensor_of_another_size_is_named_as_the_reason(write_module: Callable[..., str]) -> None:
    reason = load_encoder(write_module(cut="pooler_transform/kernel")).wrapped_because
    assert reason is not None
    assert reason.startswith("expected tensor body/pooler_transform/kernel of shape [64, 64], found [64, 3] (")


def test_a_module_for_one_length_only_is_refused(write_module: Callable[..., str]) -> None:
    with pytest.raises(ModelError) as caught:
        load_encoder(write_module(length=7))
    assert caught.value.expected == "an encoder that takes int32 tokens [batch, length] of any length"
    assert caught.value.fix == "use a BERT encoder from TF Hub"


class Given(tf.Module):
    """A module with BERT's inputs and any outputs."""

    def __init__(self, vocabulary_file: Path, outputs: Callable[[tf.Tensor], Any]) -> None:
        super().__init__()
        self.table = tf.Variable(tf.ones((16, 8)), name="table")
        self.vocab_file, self.outputs = tf.saved_model.Asset(str(vocabulary_file)), outputs

    @tf.function(input_signature=[SPECS], autograph=False)
    def __call__(self, inputs: dict[str, tf.Tensor]) -> Any:
        return self.outputs(tf.gather(self.table, inputs["input_word_ids"]))


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        (
            lambda x: {"pooled_output": x[:, 0]},
            "signature serving_default(input_mask, input_type_ids, input_word_ids) -> pooled_output",
        ),
        (lambda x: x, "signature serving_default(input_mask, input_type_ids, input_word_ids) -> output_0"),
        (
            lambda x: (x[:, 0], x),
            "signature serving_default(input_mask, input_type_ids, input_word_ids) -> output_0, output_1",
        ),
        (lambda x: {"pooled_output": x, "sequence_output": x}, "shapes [1, 4, 8] and [1, 4, 8] of 1 rows of 4 tokens"),
        (
            lambda x: {"pooled_output": tf.reduce_sum(x), "sequence_output": x},
            "shapes [] and [1, 4, 8] of 1 rows of 4 tokens",
        ),
        (lambda x: {"pooled_output": x[:, 0] * np.nan, "sequence_output": x}, "NaN or infinity in pooled_output"),
    ],
    ids=["one output", "a tensor", "a tuple", "a sequence twice", "a number", "no numbers"],
)
def test_outputs_that_are_no_encoders_are_refused(
    tmp_path: Path, vocabulary_file: Path, outputs: Callable[[tf.Tensor], Any], found: str
) -> None:
    folder = tmp_path / "given"
    tf.saved_model.save(Given(vocabulary_file, outputs), str(folder))
    with pytest.raises(ModelError) as caught:
        load_encoder(str(folder))
    assert caught.value.found == f"{found} ({folder})"


def test_a_wrapped_module_with_a_weight_that_is_no_number_is_refused(tmp_path: Path, vocabulary_file: Path) -> None:
    module = Given(vocabulary_file, lambda x: {"pooled_output": x[:, 0], "sequence_output": x})
    module.table[9].assign(np.full(8, np.nan))
    tf.saved_model.save(module, str(tmp_path / "given"))
    with pytest.raises(ModelError) as caught:
        load_encoder(str(tmp_path / "given"))
    assert caught.value.found == "NaN or infinity in 0_table"


def test_rows_of_a_wrapped_encoder_are_not_explained(albert: LoadedEncoder, messages: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        train=(str(messages),), encoder=albert.source, output=str(tmp_path / "model"), max_length=16, explain=1
    )
    with pytest.raises(ConfigError) as error:
        train(config)
    assert str(error.value) == (
        "expected a native encoder for explain, which varies its word embeddings, found a wrapped one, "
        f"{albert.source}; leave explain out"
    )
