"""Label by label: precision, recall, F1 and counts with their intervals; scikit-learn's classification report."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np

from tfbert.evaluation import ranking
from tfbert.evaluation.evaluation import Evaluation, LabelCommon, OutcomeCommon
from tfbert.evaluation.intervals import Measure, label_intervals, percentiles
from tfbert.evaluation.metric import UNDEFINED

UNRANKED = Measure(UNDEFINED, UNDEFINED, UNDEFINED)
# Keys of scikit-learn's report that are not labels; a label of that name would overwrite them.
RESERVED = ("accuracy", "micro avg", "macro avg", "weighted avg", "samples avg")


@dataclasses.dataclass(frozen=True)
class LabelScore:
    """One label's numbers; NaN where there is no row to compute them from.

    Attributes:
        label: its name.
        measures: precision of the rows predicted so, recall of the rows that are so, their F1, and the label's average
            precision against the rest, NaN for the label of a binary task that is not the positive one.
        support: rows with this label in the truth.
        predicted: rows with this label in the predictions.
        hits: rows with it in both.
        rows: all rows; None where entities are counted, of which no number is possible.
    """

    label: str
    measures: dict[str, Measure]
    support: int
    predicted: int
    hits: int
    rows: int | None

    @property
    def f1(self) -> float:
        """F1; NaN without rows."""
        return self.measures["f1"].value

    @property
    def ranked(self) -> bool:
        """Whether its average precision is defined."""
        return not np.isnan(self.measures["average_precision"].value)

    @property
    def true_positives(self) -> int:
        """Rows that are so and predicted so."""
        return self.hits

    @property
    def false_positives(self) -> int:
        """Rows predicted so that are not."""
        return self.predicted - self.hits

    @property
    def false_negatives(self) -> int:
        """Rows that are so and not predicted so."""
        return self.support - self.hits

    @property
    def true_negatives(self) -> int | None:
        """Rows that are neither."""
        return None if self.rows is None else self.rows - self.support - self.predicted + self.hits


def label_scores(evaluation: OutcomeCommon) -> list[LabelScore]:
    """Every label's numbers, in the order of the labels."""
    bounds = label_intervals(evaluation)
    ranked = evaluation if isinstance(evaluation, LabelCommon) else None
    areas = _average_precisions(ranked) if ranked else [UNRANKED] * len(evaluation.labels)
    counts = zip(evaluation.truth_counts, evaluation.predicted_counts, evaluation.hits, strict=True)
    scores = []
    for at, (support, predicted, hits) in enumerate((int(a), int(b), int(c)) for a, b, c in counts):
        shares = {"precision": (hits, predicted), "recall": (hits, support), "f1": (2 * hits, support + predicted)}
        measures = {name: Measure(_share(*parts), *bounds[name][at].tolist()) for name, parts in shares.items()}
        measures["average_precision"] = areas[at]
        rows = evaluation.rows if ranked else None
        scores.append(LabelScore(evaluation.labels[at], measures, support, predicted, hits, rows))
    return scores


def _share(part: int, whole: int) -> float:
    return part / whole if whole else UNDEFINED


def _average_precisions(evaluation: LabelCommon) -> list[Measure]:
    measures = [UNRANKED] * len(evaluation.labels)
    for label in evaluation.ranked_ids:
        value = ranking.average_precision(evaluation.scores[label])
        draws = evaluation.ranking_draws["average_precision"][label]
        measures[label] = Measure(value, *percentiles(np.clip(value + draws, 0, 1)))
    return measures


def classification_report(evaluation: Evaluation) -> tuple[str, dict[str, Any]]:
    """scikit-learn's classification report, as text and as its dictionary.

    It lists the labels that occur in the truth or the predictions. A label named like one of the report's own keys,
    such as "accuracy", appears as "accuracy (label)".
    """
    import sklearn.metrics

    truth, predicted, rows = evaluation.cells
    present = np.union1d(truth, predicted)
    names = [evaluation.labels[at] for at in present]
    options: dict[str, Any] = {
        "labels": present,
        "target_names": [f"{name} (label)" if name in RESERVED else name for name in names],
        "sample_weight": rows,
        "zero_division": 0.0,
    }
    text = sklearn.metrics.classification_report(truth, predicted, digits=4, **options)
    # Rows come as weights, which scikit-learn shows as fractions: 7.0 rows.
    text = re.sub(r" +(\d+)\.0$", lambda count: f" {count[1]:>9}", text, flags=re.MULTILINE)
    return text, sklearn.metrics.classification_report(truth, predicted, output_dict=True, **options)
