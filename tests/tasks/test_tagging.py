from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.data.datasets import UNCOUNTED
from tfbert.data.labels import Labels
from tfbert.data.object_rows import object_rows
from tfbert.data.token_places import place_rows
from tfbert.errors import DataError, ModelError
from tfbert.tasks.registry import load_task
from tfbert.tasks.tagging import Tagging
from tfbert.tasks.token_losses import TokenLoss, token_accuracy
from tfbert.text.long_texts import merge_windows
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.vocabulary import read_vocabulary
from tfbert.text.wordpiece import WordPieceTokenizer

TASK = Tagging(Labels(("person", "place")))


def cell(*entities: tuple[int, int, str]) -> str:
    return json.dumps([{"start": start, "end": end, "type": kind} for start, end, kind in entities])


@pytest.fixture(scope="module")
def tokenizer(tiny_module) -> WordPieceTokenizer:
    return WordPieceTokenizer(read_vocabulary(tiny_module / "assets/tiny_vocab.txt"), lower_case=True)


def tags(texts: list[str], cells: list[str], preprocessor: Preprocessor) -> tuple[list[list[int]], dict[str, int]]:
    tokens, places = place_rows(texts, place=preprocessor.place)
    targets = TASK.targets(cells)
    by_token = TASK.token_targets(targets, tokens=tokens, places=places)
    return by_token.to_list(), TASK.unreadable(targets, places=places)


def test_a_words_first_piece_carries_its_tag(tokenizer: WordPieceTokenizer) -> None:
    text = "ada lovelace in  Zürich!"
    pieces = [len(row) for row in tokenizer.tokenize(tf.constant(["ada", "lovelace", "in", "zurich", "!"])).to_list()]
    found, unreadable = tags(
        [text], [cell((0, 12, "person"), (17, 23, "place"))], Preprocessor(tokenizer, max_length=64)
    )
    wanted = [UNCOUNTED]
    for tag, count in zip([1, 2, 0, 3, 0], pieces, strict=True):  # B-person I-person O B-place O
        wanted += [tag] + [UNCOUNTED] * (count - 1)
    assert found == [[*wanted, UNCOUNTED]]
    assert set(unreadable.values()) == {0}


def test_entities_that_cannot_be_answered_are_counted(tokenizer: WordPieceTokenizer) -> None:
    texts = ["a b c d e", "a b c d e", "abc"]
    cells = [cell((0, 1, "person"), (4, 9, "place")), cell((8, 9, "place")), cell((1, 3, "place"))]
    _, unreadable = tags(texts, cells, Preprocessor(tokenizer, max_length=5))  # [CLS] a b c [SEP]
    assert unreadable == {"entities that are cut off": 2, "entities whose edges are not those of words": 1}
    _, all_read = tags(texts, cells, Preprocessor(tokenizer, max_length=5, long="windows"))
    assert all_read["entities that are cut off"] == 0


def test_what_training_learns_are_the_types() -> None:
    assert Tagging.learn([cell((0, 1, "b")), cell(), cell((0, 1, "a"), (1, 2, "b"))]).label_names == ("a", "b")
    assert TASK.classes == ("O", "B-person", "I-person", "B-place", "I-place")
    assert Tagging.labels_of(cell((0, 1, "b"), (3, 4, "b"))) == ["b", "b"]
    with pytest.raises(DataError) as error:
        Tagging.learn(["[]"])
    assert str(error.value) == "expected at least one entity to train on, found none; check --label and the table"


def test_a_type_that_training_did_not_have_is_refused() -> None:
    with pytest.raises(DataError) as error:
        TASK.targets([cell((0, 1, "person")), cell((0, 1, "thing"))])
    assert str(error.value) == (
        "expected labels seen in training (person, place), found 'thing' and 1 such row(s); mend the label, drop the "
        "rows, or add rows with it to --train"
    )


@pytest.mark.parametrize(("labels", "thresholds"), [((), {}), (("a",), {"a": 0.5})])
def test_a_manifest_of_another_kind_is_refused(labels: tuple[str, ...], thresholds: dict[str, float]) -> None:
    with pytest.raises(ModelError):
        load_task("tagging", labels=labels, thresholds=thresholds)


def test_prediction_rows_say_where_each_entity_stands() -> None:
    values = object_rows([np.array([[0, 3, 0, 0.75], [8, 13, 1, 0.5]], np.float32), np.zeros((0, 4), np.float32)])
    first, second = TASK.prediction_rows(values, texts=["Zoë in  Paris", "nobody"])
    assert first == (
        [
            {"start": 0, "end": 3, "type": "person", "text": "Zoë", "score": 0.75},
            {"start": 8, "end": 13, "type": "place", "text": "Paris", "score": 0.5},
        ],
    )
    assert second == ([],)
    assert TASK.agree(values, values[::-1]).tolist() == [False, False]
    assert TASK.agree(values, values).tolist() == [True, True]


SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeé的 '.!\u0301\u200d😡👍🏽")


@settings(max_examples=50)
@given(
    texts=st.lists(st.text(SIGNS, max_size=30), min_size=1, max_size=4),
    seed=st.integers(0, 2**31),
    long=st.sampled_from(["head", "head+tail", "windows"]),
)
def test_an_answers_places_are_those_of_its_text(
    tokenizer: WordPieceTokenizer, texts: list[str], seed: int, long: str
) -> None:
    placed = Preprocessor(tokenizer, max_length=8, long=long).place(tf.constant(texts))
    rows = merge_windows(placed.ids)
    shape = (int(rows.nrows()), int(rows.bounding_shape()[1]))
    values = np.random.default_rng(seed).dirichlet(np.full(5, 0.3), size=shape).astype(np.float32)
    answer = {
        name: column.numpy()
        for name, column in TASK.answer_texts(tf.constant(values), placed=placed, texts=tf.constant(texts)).items()
    }
    read = TASK.read_answer(answer)
    words = [
        set(zip(*row, strict=True))
        for row in zip(placed.words.starts.to_list(), placed.words.ends.to_list(), strict=True)
    ]
    for number, (text, row) in enumerate(zip(texts, TASK.prediction_rows(read, texts=texts), strict=True)):
        assert len(row[0]) == answer["counts"][number]
        for at, item in enumerate(row[0]):
            assert text[item["start"] : item["end"]] == item["text"] == answer["entities"][number][at].decode()
            assert item["type"] == answer["types"][number][at].decode()
            assert item["score"] == pytest.approx(float(answer["scores"][number][at]), rel=1e-6)
            assert item["start"] in {start for start, _ in words[number]}
            assert item["end"] in {end for _, end in words[number]}
        ends = [0, *(place for item in row[0] for place in (item["start"], item["end"]))]
        assert ends == sorted(ends)


def test_the_loss_is_the_mean_over_the_counted_tokens_of_a_batch() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(3, 4, 5)).astype(np.float32)
    targets = np.array([[1, -1, 2, -1], [0, 4, 3, 1], [-1, -1, -1, -1]], np.int32)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    by_token = [-log_p[row, at, tag] for row, tags in enumerate(targets) for at, tag in enumerate(tags) if tag >= 0]
    loss = TokenLoss()
    assert float(loss(targets, logits)) == pytest.approx(np.mean(by_token), rel=1e-5)
    weighted = float(loss(targets, logits, sample_weight=np.array([2, 1, 1], np.float32)))
    assert weighted == pytest.approx((2 * sum(by_token[:2]) + sum(by_token[2:])) / 6, rel=1e-5)
    assert float(loss(targets[2:], logits[2:])) == 0


def test_accuracy_counts_only_counted_tokens() -> None:
    logits = np.eye(3, dtype=np.float32)[[[0, 1, 2], [2, 2, 2]]]
    metric = token_accuracy("tag_accuracy")
    metric.update_state(np.array([[0, 1, -1], [2, 0, -1]]), logits)
    assert float(metric.result()) == 0.75
