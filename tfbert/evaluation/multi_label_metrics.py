"""The numbers of a multi-label report; a new one enters `MULTI_LABEL_METRICS` and inherits its tests."""

from __future__ import annotations

from functools import partial

import numpy as np

from tfbert.evaluation import ranking
from tfbert.evaluation.evaluation import MultiLabelEvaluation
from tfbert.evaluation.metric import F1, PRECISION, RECALL, Metric, ranking_metric

NO_LABEL = "no label has rows in the truth and rows without it"


def _four(counts: tuple[int, int, int], rows: int) -> np.ndarray:
    """Rows that are so or not and predicted so or not, [4]: neither, predicted only, true only, both."""
    true, predicted, both = counts
    return np.array([rows - true - predicted + both, predicted - both, true - both, both])


def label_prf(cells: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of one label, or of all decisions together, from `_four`."""
    from sklearn.metrics import precision_recall_fscore_support

    scores = precision_recall_fscore_support(
        [0, 0, 1, 1], [0, 1, 0, 1], average="binary", sample_weight=cells, zero_division=0.0
    )
    return np.array(scores[:3], np.float64)


def _cells(evaluation: MultiLabelEvaluation) -> np.ndarray:
    """`_four` of every label, int64 [labels, 4]."""
    counts = zip(evaluation.truth_counts, evaluation.predicted_counts, evaluation.hits, strict=True)
    return np.stack([_four(label, evaluation.rows) for label in counts])


def _micro(evaluation: MultiLabelEvaluation, *, part: int) -> float:
    """Of all decisions together, each label of each row being one."""
    return float(label_prf(_cells(evaluation).sum(axis=0))[part])


def _macro(evaluation: MultiLabelEvaluation, *, part: int) -> float:
    """The mean over all labels, as scikit-learn has it."""
    return float(np.mean([label_prf(cells)[part] for cells in _cells(evaluation)]))


def _hamming(evaluation: MultiLabelEvaluation) -> float:
    from sklearn.metrics import zero_one_loss

    cells = _cells(evaluation).sum(axis=0)
    return float(zero_one_loss([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=cells))


MULTI_LABEL_METRICS: dict[str, Metric] = {
    "macro_f1": Metric("Macro F1", "mean F1 of the labels, each counting the same", partial(_macro, part=F1)),
    "micro_f1": Metric("Micro F1", "F1 of all decisions together", partial(_micro, part=F1)),
    "macro_precision": Metric("Macro precision", "mean precision of the labels", partial(_macro, part=PRECISION)),
    "macro_recall": Metric("Macro recall", "mean recall of the labels", partial(_macro, part=RECALL)),
    "micro_precision": Metric(
        "Micro precision", "share right of the labels predicted", partial(_micro, part=PRECISION)
    ),
    "micro_recall": Metric("Micro recall", "share found of the labels in the truth", partial(_micro, part=RECALL)),
    "subset_accuracy": Metric(
        "Subset accuracy", "share of rows with all labels right", lambda it: float(it.exact.sum() / it.rows)
    ),
    "hamming_loss": Metric("Hamming loss", "lower is better; share of wrong decisions", _hamming),
    "macro_roc_auc": Metric(
        "Macro ROC AUC",
        "chance that a row of the label outranks another",
        partial(ranking_metric, ranking.roc_auc),
        undefined=NO_LABEL,
    ),
    "macro_average_precision": Metric(
        "Macro average precision",
        "area under precision over recall",
        partial(ranking_metric, ranking.average_precision),
        undefined=NO_LABEL,
    ),
    "log_loss": Metric("Log loss", "lower is better; mean over labels and rows", lambda it: it.log_loss.mean),
    "calibration_error": Metric(
        "Calibration error",
        "lower is better; distance from probability to share of rows with the label",
        lambda it: it.confidence.calibration_error,
    ),
}
