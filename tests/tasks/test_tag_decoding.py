from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.tasks.tag_decoding import Entities, find_entities

NAMES = ["O", "B-x", "I-x", "B-y", "I-y"]


def allowed(sequence: tuple[str, ...]) -> bool:
    return all(tag[0] != "I" or before[1:] == tag[1:] for before, tag in zip(("O", *sequence), sequence, strict=False))


def best_by_trying_all(probabilities: np.ndarray) -> tuple[str, ...]:
    sequences = filter(allowed, itertools.product(NAMES, repeat=len(probabilities)))
    logs = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    return max(sequences, key=lambda tags: sum(logs[at, NAMES.index(tag)] for at, tag in enumerate(tags)))


def expected(rows: list[np.ndarray]) -> list[tuple[int, int, int, int, float]]:
    """Row, first and last word, type and score of each entity, from the best sequence of every row."""
    found: list[tuple[int, int, int, int, float]] = []
    before = 0
    for number, probabilities in enumerate(rows):
        tags = best_by_trying_all(probabilities)
        for start, tag in enumerate(tags):
            if tag[0] == "B":
                end = next((at for at in range(start + 1, len(tags)) if tags[at][0] != "I"), len(tags))
                sure = [probabilities[at, NAMES.index(tags[at])] for at in range(start, end)]
                found.append((number, before + start, before + end - 1, "xy".index(tag[2]), float(np.mean(sure))))
        before += len(probabilities)
    return found


SIGNATURE = [tf.RaggedTensorSpec([None, None, 5], tf.float32, ragged_rank=1)]
FIND = tf.function(find_entities, input_signature=SIGNATURE)


def found(rows: list[np.ndarray]) -> Entities:
    flat = np.concatenate([np.zeros((0, 5), np.float32), *rows])
    ragged = tf.RaggedTensor.from_row_lengths(flat, np.array([len(row) for row in rows], np.int64))
    return Entities(*(each.numpy() for each in FIND(ragged)))


@settings(max_examples=60)
@given(lengths=st.lists(st.integers(0, 5), max_size=4), seed=st.integers(0, 2**31), sharp=st.sampled_from([0.2, 1, 5]))
@example(lengths=[], seed=0, sharp=1)
@example(lengths=[0, 0], seed=0, sharp=1)
@example(lengths=[0, 5, 0, 1], seed=1, sharp=1)
def test_entities_are_those_of_the_best_of_all_allowed_sequences(lengths: list[int], seed: int, sharp: float) -> None:
    random = np.random.default_rng(seed)
    rows = [random.dirichlet(np.full(5, 1 / sharp), size=length).astype(np.float32) for length in lengths]
    entities = found(rows)
    wanted = expected(rows)
    assert list(zip(*(each.tolist() for each in entities[:4]), strict=True)) == [each[:4] for each in wanted]
    np.testing.assert_allclose(entities.scores, np.array([each[4] for each in wanted]), rtol=1e-5, atol=1e-6)


def certain(*tags: str) -> np.ndarray:
    return np.array([[tag == name for name in NAMES] for tag in tags], np.float32)


@pytest.mark.parametrize("tags", [("I-x",), ("O", "I-x"), ("B-y", "I-x"), ("I-x", "I-x", "O")])
def test_an_i_that_has_nothing_to_go_on_with_is_not_taken(tags: tuple[str, ...]) -> None:
    words = 0.9 * certain(*tags) + 0.02
    kinds = found([words])
    sequence = best_by_trying_all(words)
    assert allowed(sequence)
    assert sequence != tags
    assert kinds.first.tolist() == [at for at, tag in enumerate(sequence) if tag[0] == "B"]


def test_certain_tags_are_kept_however_long_the_row() -> None:
    tags = ["B-x", "I-x", "O", "B-y", "B-y", "I-y", "I-y"] * 200
    entities = found([certain(*tags)])
    assert len(entities.first) == 3 * 200
    assert (entities.last - entities.first).tolist() == [1, 0, 2] * 200
    assert set(entities.scores.tolist()) == {1.0}
