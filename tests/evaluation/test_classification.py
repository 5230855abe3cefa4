from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import made_up_multi, rows_of

from tfbert.evaluation.classification import classification_report, label_scores

# predicted: a a b a; truth: a b b a; c never occurs.
SMALL = rows_of([0, 1, 1, 0], [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.9, 0.0], [0.7, 0.2, 0.1]]).evaluation


def test_confusion_matrix_has_a_row_for_each_true_label():
    assert SMALL.confusion.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_label_scores_equal_those_computed_by_hand():
    a, b, c = label_scores(SMALL)
    assert [a.measures[name].value for name in ("precision", "recall", "f1")] == [2 / 3, 1.0, 0.8]
    assert [b.measures[name].value for name in ("precision", "recall", "f1")] == [1.0, 0.5, 2 / 3]
    assert all(math.isnan(c.measures[name].value) for name in ("precision", "recall", "f1", "average_precision"))
    assert [(score.support, score.predicted) for score in (a, b, c)] == [(2, 3), (2, 1), (0, 0)]


def test_true_and_false_positives_and_negatives_are_scikit_learns(three):
    matrices = sk.multilabel_confusion_matrix(three.truth, three.predicted)
    for score, matrix in zip(label_scores(three.evaluation), matrices, strict=True):
        ours = [[score.true_negatives, score.false_positives], [score.false_negatives, score.true_positives]]
        assert ours == matrix.tolist()


def test_multi_label_scores_are_scikit_learns():
    rows = made_up_multi(("a", "b", "c"), 300)
    ours = [
        [score.measures[name].value for name in ("precision", "recall", "f1")]
        for score in label_scores(rows.evaluation)
    ]
    theirs = sk.precision_recall_fscore_support(rows.truth, rows.predicted)[:3]
    np.testing.assert_allclose(np.transpose(ours), theirs)
    areas = sk.average_precision_score(rows.truth, rows.probabilities, average=None)
    assert [score.measures["average_precision"].value for score in label_scores(rows.evaluation)] == pytest.approx(
        areas
    )


def test_the_report_is_scikit_learns(three):
    text, table = classification_report(three.evaluation)
    names = list(three.labels)
    assert text == sk.classification_report(three.truth, three.predicted, target_names=names, digits=4)
    assert table == sk.classification_report(three.truth, three.predicted, target_names=names, output_dict=True)


def test_a_label_named_as_a_summary_line_does_not_overwrite_it():
    rows = rows_of([0, 1], [[0.9, 0.1], [0.6, 0.4]], labels=("accuracy", "speed"))
    table = classification_report(rows.evaluation)[1]
    assert table["accuracy"] == 0.5
    assert table["accuracy (label)"]["recall"] == 1.0
