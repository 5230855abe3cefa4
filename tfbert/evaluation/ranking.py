"""How well a label's probabilities rank the rows: scikit-learn's numbers and curves on a `ScoreTally`."""

from __future__ import annotations

import numpy as np

from tfbert.evaluation.score_tally import ScoreTally, key_probabilities

Curve = tuple[np.ndarray, np.ndarray, float]  # x, y and the area that sums it up


def is_ranked(tally: ScoreTally) -> bool:
    """Whether there are rows with the label and rows without: with one kind alone there is nothing to rank."""
    return 0 < tally.label_rows < tally.rows


def roc_auc(tally: ScoreTally) -> float:
    """Area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    is_label, score, rows = tally.weighted()
    return float(roc_auc_score(is_label, score, sample_weight=rows))


def average_precision(tally: ScoreTally) -> float:
    """Area under precision over recall, in steps."""
    from sklearn.metrics import average_precision_score

    is_label, score, rows = tally.weighted()
    return float(average_precision_score(is_label, score, sample_weight=rows))


def roc(tally: ScoreTally) -> Curve:
    """True positive rate over false positive rate."""
    from sklearn.metrics import roc_curve

    is_label, score, rows = tally.weighted()
    false_rate, true_rate, _ = roc_curve(is_label, score, sample_weight=rows)
    return false_rate, true_rate, roc_auc(tally)


def precision_recall(tally: ScoreTally) -> Curve:
    """Precision over recall."""
    from sklearn.metrics import precision_recall_curve

    is_label, score, rows = tally.weighted()
    precision, recall, _ = precision_recall_curve(is_label, score, sample_weight=rows, drop_intermediate=True)
    return recall, precision, average_precision(tally)


def precision_recall_by_threshold(tally: ScoreTally) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thresholds in rising order, and precision and recall of the rows whose probability reaches each."""
    from sklearn.metrics import precision_recall_curve

    is_label, _, rows = tally.weighted()
    # Keys that were rounded when points were merged are no thresholds; the lowest of each point is.
    lowest = np.repeat(tally.lowest, 2)[tally.counts.ravel() > 0]
    precision, recall, keys = precision_recall_curve(is_label, lowest, sample_weight=rows)
    return key_probabilities(keys), precision[:-1], recall[:-1]


def ranking_bounds(tally: ScoreTally) -> tuple[float, float]:
    """How far `roc_auc` and `average_precision` can be from those of the single rows, whatever the rows; at least 0.

    Merged probabilities count as ties. The area under the ROC curve gives each pair of a row with the label and one
    without half a point when they tie, so it is off by at most half of the pairs within merged points. Average
    precision lies between its values with each merged point's labelled rows last and first.
    """
    merged = tally.merged[::-1]  # the likeliest first
    if not merged.any():
        return 0.0, 0.0
    others, labelled = tally.counts[::-1].T.astype(np.float64)
    tied = np.where(merged, labelled * others, 0).sum() / labelled.sum() / others.sum()
    before, others_before = np.cumsum(labelled) - labelled, np.cumsum(others) - others
    others_after = others_before + others
    ours = labelled * (before + labelled) / np.maximum(before + labelled + others_after, 1)
    most = _precision_in_turn(labelled, before=before, wrong=others_before) - ours
    least = ours - _precision_in_turn(labelled, before=before, wrong=others_after)
    return float(tied / 2), float(max(most[merged].sum(), least[merged].sum()) / labelled.sum())


def _precision_in_turn(labelled: np.ndarray, *, before: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """The sum over i = 1 .. labelled of (before + i) / (before + i + wrong), which is harmonic, hence digamma."""
    from scipy.special import digamma

    return labelled - wrong * (digamma(before + wrong + labelled + 1) - digamma(before + wrong + 1))
