# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google_reference import google_pieces
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_tables import TABLES
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tokenizers import BertWordPieceTokenizer

from tfbert.errors import ConfigError, ModelError
from tfbert.text.packing import pack, to_tokens
from tfbert.text.vocabulary import read_vocabulary
from tfbert.text.wordpiece import WordPieceTokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def graph_pieces(tokenizer: WordPieceTokenizer, texts: list[str]) -> list[list[int]]:
    batches = (tf.constant(texts[start : start + 1024], tf.string) for start in range(0, max(len(texts), 1), 1024))
    return [row for batch in batches for row in tokenizer.tokenize(batch).to_list()]


def differing(texts: list[str], ours: list[list[int]], other: list[list[int]]) -> list[str]:
    return [text for text, row, peer in zip(texts, ours, other, strict=True) if row != peer]


@settings(max_examples=300)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeéЙΣ的 ")), max_size=16))
@example(texts=[])
@example(texts=["", " ", "\x00", "Hello, WORLD!", "ΟΔΟΣ", "[UNK] [CLS]", "unaffable"])
@example(texts=["a" * 200, "a" * 201, "é" * 200, "é" * 201, "的" * 201, f"{'a' * 201}.a", "𝒳" * 200, "𝒳" * 201])
def test_ids_are_googles_on_any_text(tokenizer: WordPieceTokenizer, vocabulary: list[str], texts: list[str]) -> None:
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    assert graph_pieces(tokenizer, texts) == [google_pieces(text, ids, lower_case=True) for text in texts]


@settings(max_examples=20)
@given(
    entries=st.lists(st.tuples(st.sampled_from(["", "##"]), st.text("abAé'.#", min_size=1, max_size=4)), unique=True),
    texts=st.lists(st.text("abAé'.# ", max_size=12), max_size=16),
)
def test_ids_are_googles_with_any_cased_vocabulary(entries: list[tuple[str, str]], texts: list[str]) -> None:
    ids = {piece: number for number, piece in enumerate(dict.fromkeys([*SPECIAL, "a", *map("".join, entries)]))}
    tokenizer = WordPieceTokenizer(list(ids), lower_case=False)
    assert graph_pieces(tokenizer, texts) == [google_pieces(text, ids, lower_case=False) for text in texts]


@pytest.mark.parametrize(
    "table", [pytest.param(name, marks=[pytest.mark.slow] if name == "imdb" else []) for name in TABLES]
)
@pytest.mark.parametrize(
    "lower_case", [pytest.param(True, id="uncased"), pytest.param(False, id="cased", marks=pytest.mark.slow)]
)
def test_ids_are_googles_on_every_row_of_the_real_tables(shared: Path, table: str, lower_case: bool) -> None:
    vocabulary = read_vocabulary(shared / "data/bert_uncased_vocab.txt")
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    texts = TABLES[table](shared / "data")
    ours = graph_pieces(WordPieceTokenizer(vocabulary, lower_case=lower_case), texts)
    assert differing(texts, ours, [google_pieces(text, ids, lower_case=lower_case) for text in texts]) == []
    # A second opinion. It drops private-use characters, which Google's algorithm keeps: 5 uncased, 3 cased rows of gop.
    peer = BertWordPieceTokenizer(ids, lowercase=lower_case, strip_accents=lower_case)
    encodings = peer.encode_batch(texts, add_special_tokens=False)
    differ = differing(texts, ours, [encoding.ids for encoding in encodings])
    assert all(any(unicodedata.category(character) == "Co" for character in text) for text in differ)


@pytest.mark.parametrize("module", ["bert_tiny_random", "minilm_L-6_H-384_A-12"])
def test_hub_normalization_gives_the_tokens_of_a_hub_module(shared: Path, module: str) -> None:
    folder = shared / "hub_modules" / module
    expected = np.load(folder / "expected.npz")
    (assets,) = (folder / "encoder/assets").iterdir()
    tokenizer = WordPieceTokenizer(read_vocabulary(assets), lower_case=True, normalization="hub")
    ids = pack(
        tokenizer.tokenize(tf.constant(expected["texts"])),
        max_length=128,
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
    )
    for name, values in to_tokens(*ids, length=128).items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)


def test_hub_normalization_is_the_hub_modules_own_on_real_tweets(shared: Path) -> None:
    folder = shared / "hub_modules/minilm_L-6_H-384_A-12"
    vocabulary = read_vocabulary(folder / "encoder/assets/vocab.txt")
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True, normalization="hub")
    texts = TABLES["gop"](shared / "data")[:4000]
    module = tf.saved_model.load(folder / "preprocess").tokenize(tf.constant(texts)).merge_dims(1, 2).to_list()
    assert graph_pieces(tokenizer, texts) == module
    google = graph_pieces(WordPieceTokenizer(vocabulary, lower_case=True), texts)
    assert len(differing(texts, google, module)) == 958  # most of them for an ellipsis that NFKC makes three full stops


@pytest.mark.parametrize("normalization", ["google", "hub"])
def test_a_reloaded_tokenizer_needs_no_vocabulary_and_gives_the_same_ids(
    tmp_path: Path, vocabulary: list[str], normalization: str
) -> None:
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True, normalization=normalization)
    model = tf.Module()
    model.tokenizer = tokenizer
    tf.saved_model.save(model, tmp_path / "model")
    texts = tf.constant(["Hello, world", "", "ΟΔΟΣ café 的", "𝒳" * 201, "\x00a"])
    again = tf.saved_model.load(tmp_path / "model").tokenizer.tokenize(texts)
    assert again.to_list() == tokenizer.tokenize(texts).to_list()
    assert again.dtype == tf.int32


@pytest.mark.parametrize("normalization", ["google", "hub"])
def test_an_exported_tokenizer_runs_on_ops_that_tensorflow_serving_links(
    tmp_path: Path, vocabulary: list[str], normalization: str
) -> None:
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True, normalization=normalization)
    tf.saved_model.save(tokenizer, tmp_path / "model")
    saved = SavedModel.FromString((tmp_path / "model/saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].graph_def.library.function
    ops = {node.op for function in functions for node in function.node_def}
    tf_text_ops = {"FastWordpieceTokenizeWithOffsets", "FastBertNormalize"}
    assert {op for op in ops if not hasattr(tf.raw_ops, op)} <= tf_text_ops
    assert not {op for op in ops if "Py" in op}


def test_one_trace_serves_every_batch_size(vocabulary: list[str]) -> None:
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True)
    for rows in (0, 1, 7):
        assert tokenizer.tokenize(tf.constant(["é"] * rows, tf.string)).nrows() == rows
    assert tokenizer.tokenize.experimental_get_tracing_count() == 1


@pytest.mark.slow
def test_a_turkish_locale_changes_nothing(vocabulary: list[str], tokenizer: WordPieceTokenizer) -> None:
    texts = ["TITLE İIıi", "TITLE"]
    program = (
        "import sys, tensorflow as tf; from tfbert.text.wordpiece import WordPieceTokenizer\n"
        "tokenizer = WordPieceTokenizer(sys.stdin.read().split('\\n'), lower_case=True)\n"
        f"print(tokenizer.tokenize(tf.constant({texts!r})).to_list())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="\n".join(vocabulary),
        encoding="utf-8",
        env=os.environ | {"LC_ALL": "tr_TR.UTF-8", "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        check=True,
    )
    assert done.stdout.strip() == str(graph_pieces(tokenizer, texts))


def test_special_tokens_are_looked_up() -> None:
    tokenizer = WordPieceTokenizer(["a", *SPECIAL], lower_case=True)
    assert tokenizer.vocabulary_size == 6
    ids = (tokenizer.pad_id, tokenizer.unknown_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id)
    assert ids == (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("vocabulary", "expected", "found"),
    [
        (
            ["[PAD]", "[UNK]", "[CLS]", "a"],
            "a vocabulary with [PAD] [UNK] [CLS] [SEP] [MASK]",
            "4 pieces without [SEP] [MASK]",
        ),
        ([*SPECIAL, "a", "a"], "a vocabulary of distinct pieces", "'a' twice (ids 5 and 6)"),
        (
            SPECIAL,
            "a WordPiece vocabulary",
            "5 entries that TF Text refuses (No valid vocab tokens were found to build the trie.)",
        ),
    ],
    ids=["special token missing", "duplicate", "no words"],
)
def test_a_vocabulary_that_cannot_be_berts_is_refused(vocabulary: list[str], expected: str, found: str) -> None:
    with pytest.raises(ModelError) as caught:
        WordPieceTokenizer(vocabulary, lower_case=True)
    assert str(caught.value) == f"expected {expected}, found {found}; use the vocab.txt that came with the encoder"


def test_an_unknown_normalization_is_refused(vocabulary: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        WordPieceTokenizer(vocabulary, lower_case=True, normalization="nfkc")
    assert str(caught.value) == "expected normalization google or hub, found 'nfkc'; choose one of these"
