from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from tfbert.evaluation.ranking import average_precision, ranking_bounds, roc_auc
from tfbert.evaluation.score_tally import ScoreTally, rank_keys

probabilities = st.floats(0, 1, width=32)


def tally_of(scores: np.ndarray, is_label: np.ndarray, **options: int) -> ScoreTally:
    tally = ScoreTally(**options)
    for start in range(0, len(scores), 4096):
        tally.add(scores[start : start + 4096], is_label[start : start + 4096])
    return tally


@given(stn.arrays(np.float32, st.integers(1, 50), elements=probabilities))
def test_keys_have_the_order_of_the_probabilities_and_are_as_many(values):
    keys = rank_keys(values).astype(np.int64)
    assert (np.sign(np.diff(keys)) == np.sign(np.diff(values.astype(np.float64)))).all()


def test_both_tails_keep_neighbouring_float32_apart():
    one = np.float32(1)
    values = [
        0,
        1e-45,
        1e-38,
        np.nextafter(np.float32(0.5), 0),
        0.5,
        np.nextafter(np.float32(0.5), 1),
        one - 2**-24,
        one,
    ]
    assert (np.diff(rank_keys(np.array(values, np.float32))) > 0).all()


@given(
    stn.arrays(np.float32, st.integers(1, 60), elements=probabilities),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_the_result_depends_on_the_rows_alone(values, points, random):
    is_label = np.arange(len(values)) % 3 == 0
    order = list(range(len(values)))
    random.shuffle(order)
    whole = ScoreTally(points=points)
    whole.add(values, is_label)
    single = ScoreTally(points=points)
    for row in order:
        single.add(values[[row]], is_label[[row]])
    assert single.dropped_bits == whole.dropped_bits
    assert single.lowest.tolist() == whole.lowest.tolist()
    assert single.highest.tolist() == whole.highest.tolist()
    assert single.counts.tolist() == whole.counts.tolist()
    assert len(whole.lowest) <= points


@given(
    stn.arrays(np.float32, st.integers(2, 60), elements=probabilities), st.data(), st.sampled_from([1, 2, 5, 10, 60])
)
def test_the_bounds_hold_for_any_rows(values, data, points):
    is_label = data.draw(stn.arrays(bool, len(values)).filter(lambda drawn: 0 < drawn.sum() < len(drawn)))
    tally = tally_of(values, is_label, points=points)
    auc_bound, precision_bound = ranking_bounds(tally)
    assert abs(roc_auc(tally) - sk.roc_auc_score(is_label, values)) <= auc_bound + 1e-12
    assert abs(average_precision(tally) - sk.average_precision_score(is_label, values)) <= precision_bound + 1e-12
    if len(np.unique(values)) <= points:
        assert auc_bound == precision_bound == 0


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def labels_and_scores(kind: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    is_label = random.random(rows) < (0.001 if kind == "one in a thousand" else 0.3)
    logits = random.normal(np.where(is_label, 1.0, -1.0), 1.5)
    if kind == "sure of everything":  # p from 1e-30 to 1 - 6e-8
        logits *= 12
    elif kind == "close together":
        logits /= 1000
    return is_label, sigmoid(logits)


@pytest.mark.parametrize("kind", ["usual", "one in a thousand", "sure of everything", "close together"])
def test_ranking_of_many_rows_is_within_one_in_ten_thousand_of_scikit_learn_on_the_rows(kind):
    is_label, scores = labels_and_scores(kind, 400_000)
    tally = tally_of(scores, is_label)
    errors = (
        abs(roc_auc(tally) - sk.roc_auc_score(is_label, scores)),
        abs(average_precision(tally) - sk.average_precision_score(is_label, scores)),
    )
    for error, bound in zip(errors, ranking_bounds(tally), strict=True):
        assert error <= bound + 1e-12
        assert bound <= 1e-4


def test_where_merging_matters_the_bound_says_so():
    # Nearly all rows within a hair, perfectly ranked there, and enough others everywhere to make the points coarse.
    is_label = np.arange(100_000) % 2 == 1
    hair = np.where(is_label, np.float32(0.25) * (1 + 2**-20), 0.25)
    everywhere = np.random.default_rng(0).random(5_000) ** 9
    scores = np.concatenate([hair, everywhere]).astype(np.float32)
    is_label = np.concatenate([is_label, np.arange(5_000) % 2 == 1])
    tally = tally_of(scores, is_label, points=1024)
    error = abs(roc_auc(tally) - sk.roc_auc_score(is_label, scores))
    assert 0.4 < error <= ranking_bounds(tally)[0]
