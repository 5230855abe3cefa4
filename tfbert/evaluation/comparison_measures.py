"""A model measured on many resamples of the same rows at once, for every task.

The numbers are those of `compute_metrics`, from the formulas of a report's intervals (`resampling`); there a resample
is one of groups of rows, here one of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfbert.evaluation import regression_metrics, resampling
from tfbert.evaluation.comparison_bootstrap import Measure
from tfbert.evaluation.comparison_ranking import rank_labels
from tfbert.evaluation.evaluation import BOTH, PREDICTED, TRUE
from tfbert.evaluation.probabilities import label_losses, row_losses
from tfbert.evaluation.regression_tally import ErrorTally
from tfbert.evaluation.tallies import CONFIDENCE_BINS, RIGHT, TOTAL, WRONG, calibration_errors
from tfbert.tasks.answers import Answers

LABEL_F1 = "label_f1_"  # and a label id: the F1 of a single label


def measure_of(task: str, *, truth: np.ndarray, answers: Answers) -> Measure:
    """What measures a model.

    Args:
        task: the task's name.
        truth: label ids int [rows], labels bool [rows, labels], or values float [rows].
        answers: of the model, on the same rows.
    """
    if answers.predicted is None:
        return _measure_values(answers.values[:, 0].astype(np.float64), truth.astype(np.float64))
    if task == "multi-label":
        return _measure_several(answers, truth)
    return _measure_single(answers, truth)


def _measure_values(values: np.ndarray, truth: np.ndarray) -> Measure:
    sums = ErrorTally().rows_of(values, truth)

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        drawn = weights @ sums
        found = {name: formula(drawn) for name, formula in regression_metrics.SUMMED.items()}
        return found | {"spearman": resampling.spearman(weights, values=values, truth=truth)}

    return measure


def _measure_single(answers: Answers, truth: np.ndarray) -> Measure:
    values, predicted, labels = answers.values, answers.predicted, answers.values.shape[1]
    assert predicted is not None
    every, rows = np.arange(labels), np.arange(len(truth))
    is_label = truth[:, np.newaxis] == every
    outcomes = _outcomes(is_label, predicted[:, np.newaxis] == every)
    means = np.stack(row_losses(values, truth), axis=1)
    bins = _confidence_bins(values[rows, predicted], is_right=predicted == truth, rows=rows)
    positive = labels - 1 if labels == 2 else None
    rank = rank_labels(values, is_label, labels=every if positive is None else every[positive:])

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts = (weights @ outcomes).reshape(-1, labels, 3)
        found = {name: formula(counts) for name, formula in resampling.SINGLE_LABEL.items()}
        found["accuracy"] = resampling.accuracy(counts)
        log_loss, brier = (weights @ means / weights.sum(axis=1, keepdims=True)).T
        found |= {"log_loss": log_loss, "brier_score": brier, "calibration_error": _calibration(weights @ bins)}
        found |= rank(weights)
        if positive is not None:
            found |= {f"positive_{name}": score[:, positive] for name, score in _label_scores(counts).items()}
        return found | _label_f1(counts)

    return measure


def _measure_several(answers: Answers, truth: np.ndarray) -> Measure:
    values, predicted, labels = answers.values, answers.predicted, answers.values.shape[1]
    assert predicted is not None
    outcomes = _outcomes(truth, predicted)
    means = np.stack([label_losses(values, truth), (truth == predicted).all(axis=1)], axis=1)
    rows = np.repeat(np.arange(len(truth)), labels)
    bins = _confidence_bins(values.ravel(), is_right=truth.ravel(), rows=rows)
    rank = rank_labels(values, truth, labels=np.arange(labels))
    formulas = resampling.multi_label(outcomes.sum(axis=0).reshape(labels, 3))

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts = (weights @ outcomes).reshape(-1, labels, 3)
        total = weights.sum(axis=1, keepdims=True)
        found = {name: formula(counts) for name, formula in formulas.items()}
        log_loss, exact = (weights @ means / total).T
        wrong = (counts[..., TRUE] + counts[..., PREDICTED] - 2 * counts[..., BOTH]).sum(axis=-1)
        found |= {"log_loss": log_loss, "subset_accuracy": exact, "calibration_error": _calibration(weights @ bins)}
        found |= {"hamming_loss": wrong / total[:, 0] / labels}
        return found | {f"macro_{name}": mean for name, mean in rank(weights).items()} | _label_f1(counts)

    return measure


def _outcomes(truth: np.ndarray, predicted: np.ndarray) -> Any:
    """What each row adds to the counts [labels, 3] of a resample, sparse [rows, labels * 3]: most of it is 0."""
    from scipy.sparse import csr_array

    return csr_array(np.stack([truth, predicted, truth & predicted], axis=-1).reshape(len(truth), -1), dtype=np.float64)


def _label_scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and F1 of each label [resamples, labels], NaN where there is no row to compute them from."""
    true, predicted, both = counts[..., TRUE], counts[..., PREDICTED], counts[..., BOTH]
    with np.errstate(invalid="ignore"):
        return {"precision": both / predicted, "recall": both / true, "f1": 2 * both / (true + predicted)}


def _label_f1(counts: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{LABEL_F1}{label}": f1 for label, f1 in enumerate(_label_scores(counts)["f1"].T)}


def _confidence_bins(score: np.ndarray, *, is_right: np.ndarray, rows: np.ndarray) -> Any:
    """What each row adds to the bins of `ConfidenceTally`, sparse [rows, bins * 3]."""
    from scipy.sparse import coo_array

    score = np.minimum(score.astype(np.float64), 1)
    at = 3 * np.minimum((score * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1)
    places = np.concatenate([at + np.where(is_right, RIGHT, WRONG), at + TOTAL])
    added = np.concatenate([np.ones(len(score)), score])
    return coo_array((added, (np.tile(rows, 2), places)), shape=(rows[-1] + 1, CONFIDENCE_BINS * 3)).tocsr()


def _calibration(bins: np.ndarray) -> np.ndarray:
    return calibration_errors(bins.reshape(-1, CONFIDENCE_BINS, 3))
