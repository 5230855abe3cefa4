from __future__ import annotations

import numpy as np
from labelled_rows import Rows, made_up_rows, rows_of

from tfbert.evaluation.label_errors import SHOWN


def likely_errors(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Northcutt's thresholds on the rows, and the rows whose likeliest label is another and reaches its threshold."""
    p = rows.probabilities.astype(np.float64)
    thresholds = np.array([p[rows.truth == label, label].mean() for label in range(p.shape[1])])
    likeliest = p.argmax(axis=1)
    found = (likeliest != rows.truth) & (p[np.arange(len(p)), likeliest] >= thresholds[likeliest])
    return thresholds, np.flatnonzero(found)


def test_rows_are_those_of_confident_learning():
    rows = made_up_rows(("a", "b", "c"), 9_000)
    thresholds, expected = likely_errors(rows)
    errors = rows.counted(window=1_000).label_errors
    np.testing.assert_allclose(errors.thresholds, thresholds, rtol=1e-9)
    # Of so many rows they are counted to the next thousandth above each threshold.
    assert 0.99 * len(expected) <= errors.count <= len(expected)
    p = rows.probabilities.astype(np.float64)
    margin = p.max(axis=1) - p[np.arange(len(p)), rows.truth]
    surest = expected[np.argsort(-margin[expected], kind="stable")][:SHOWN]
    assert [row.number for row in errors.examples] == surest.tolist()


def test_a_flipped_label_is_found():
    truth = np.array([0] * 50 + [1] * 50)
    p = np.where(truth == 0, 0.8, 0.2)
    truth[3] = 1
    p[3] = 0.99
    rows = rows_of(truth, np.stack([p, 1 - p], axis=1))
    assert rows.evaluation.label_errors.count == 1
    assert [row.number for row in rows.evaluation.label_errors.examples] == [3]


def test_of_few_rows_all_count_that_are_shown_ties_with_the_threshold_too():
    p = np.array([0.7, 0.7, 0.7, 0.7001])  # the last is mislabelled, and the first three are as sure
    rows = rows_of([0, 0, 0, 1], np.stack([p, 1 - p], axis=1))
    assert rows.evaluation.label_errors.count == 1
    assert [row.number for row in rows.evaluation.label_errors.examples] == [3]
    ties = rows_of([0, 0, 0, 1], [[0.7, 0.3]] * 4)
    assert ties.evaluation.label_errors.count == len(ties.evaluation.label_errors.examples) == 1


def test_a_label_without_rows_is_never_the_likely_one():
    rows = rows_of([0, 0], [[0.2, 0.1, 0.7], [0.9, 0.1, 0.0]])
    assert rows.evaluation.label_errors.count == 0
    assert rows.evaluation.label_errors.examples == []
