"""The numbers of a single-label report; a new one enters `METRICS` and inherits its tests."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np

from tfbert.evaluation import ranking
from tfbert.evaluation.evaluation import Evaluation
from tfbert.evaluation.metric import F1, PRECISION, RECALL, UNDEFINED, Metric, ranking_metric


def _prf(evaluation: Evaluation, *, part: int, average: str = "macro") -> float:
    """Precision, recall or F1, averaged over the labels in the truth or the predictions."""
    from sklearn.metrics import precision_recall_fscore_support

    truth, predicted, rows = evaluation.cells
    scores = precision_recall_fscore_support(truth, predicted, average=average, sample_weight=rows, zero_division=0.0)
    return float(scores[part])


def _positive_prf(evaluation: Evaluation, *, part: int) -> float:
    """Precision, recall or F1 of the positive label; NaN when no row is predicted so, is so, or neither."""
    from sklearn.metrics import precision_recall_fscore_support

    at, (truth, predicted, rows) = evaluation.positive_id, evaluation.cells
    scores = precision_recall_fscore_support(
        truth == at, predicted == at, average="binary", sample_weight=rows, zero_division=UNDEFINED
    )
    return float(scores[part])


def _accuracy(evaluation: Evaluation) -> float:
    from sklearn.metrics import accuracy_score

    truth, predicted, rows = evaluation.cells
    return float(accuracy_score(truth, predicted, sample_weight=rows))


def _balanced_accuracy(evaluation: Evaluation) -> float:
    """scikit-learn's balanced_accuracy_score, which is this recall; that one warns about labels only predicted."""
    from sklearn.metrics import recall_score

    truth, predicted, rows = evaluation.cells
    options: dict[str, Any] = {"labels": np.unique(truth), "average": "macro", "zero_division": 0.0}
    return float(recall_score(truth, predicted, sample_weight=rows, **options))


def _matthews(evaluation: Evaluation) -> float:
    """scikit-learn answers 0 when the truth has one class, where there is nothing to correlate with."""
    from sklearn.metrics import matthews_corrcoef

    truth, predicted, rows = evaluation.cells
    return float(matthews_corrcoef(truth, predicted, sample_weight=rows)) if len(np.unique(truth)) > 1 else UNDEFINED


METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", "share of rows with the right label", _accuracy),
    "balanced_accuracy": Metric("Balanced accuracy", "mean recall of the labels in the truth", _balanced_accuracy),
    "macro_f1": Metric("Macro F1", "mean F1 of the labels, each counting the same", partial(_prf, part=F1)),
    "weighted_f1": Metric("Weighted F1", "mean F1, weighted by rows", partial(_prf, part=F1, average="weighted")),
    "macro_precision": Metric("Macro precision", "mean precision of the labels", partial(_prf, part=PRECISION)),
    "macro_recall": Metric("Macro recall", "mean recall of the labels", partial(_prf, part=RECALL)),
    "matthews_correlation": Metric("Matthews correlation", "1 perfect, 0 as good as chance, below 0 worse", _matthews),
    "roc_auc": Metric(
        "ROC AUC", "chance that a row of the label outranks another", partial(ranking_metric, ranking.roc_auc)
    ),
    "average_precision": Metric(
        "Average precision", "area under precision over recall", partial(ranking_metric, ranking.average_precision)
    ),
    "log_loss": Metric("Log loss", "lower is better; punishes confident mistakes", lambda it: it.log_loss.mean),
    "brier_score": Metric(
        "Brier score", "lower is better; squared error of the probabilities", lambda it: it.brier.mean
    ),
    "calibration_error": Metric(
        "Calibration error",
        "lower is better; distance from confidence to share right",
        lambda it: it.confidence.calibration_error,
    ),
}

# In a binary task the numbers of its positive label, whose name stands for {positive}.
BINARY_METRICS: dict[str, Metric] = {
    "positive_precision": Metric(
        "Precision of {positive}",
        "share right of the rows predicted so",
        partial(_positive_prf, part=PRECISION),
        undefined="no row is predicted so",
    ),
    "positive_recall": Metric(
        "Recall of {positive}",
        "share found of the rows that are so",
        partial(_positive_prf, part=RECALL),
        undefined="no row is so in the truth",
    ),
    "positive_f1": Metric(
        "F1 of {positive}",
        "harmonic mean of its precision and recall",
        partial(_positive_prf, part=F1),
        undefined="no row is so or predicted so",
    ),
}


def single_label_metrics(evaluation: Evaluation) -> dict[str, Metric]:
    """`METRICS`, and in a binary task those of the positive label."""
    return METRICS | positive_metrics(evaluation.labels[evaluation.positive_id]) if evaluation.binary else METRICS


def positive_metrics(positive: str) -> dict[str, Metric]:
    """`BINARY_METRICS` with the positive label's name."""
    return {
        name: dataclasses.replace(metric, title=metric.title.replace("{positive}", positive))
        for name, metric in BINARY_METRICS.items()
    }
