"""What a metric is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tfbert.evaluation import ranking
from tfbert.evaluation.evaluation import LabelCommon
from tfbert.evaluation.score_tally import ScoreTally

UNDEFINED = float("nan")
PRECISION, RECALL, F1 = range(3)  # places in what precision_recall_fscore_support returns


@dataclasses.dataclass(frozen=True)
class Metric:
    """A number, what it is called in a report, what it means in a line, and why it may not be defined."""

    title: str
    meaning: str
    compute: Callable[[Any], float]
    undefined: str = "only one class in the truth"


def ranked(evaluation: LabelCommon) -> list[ScoreTally]:
    """The labels to rank, in a binary task the positive one alone."""
    return [evaluation.scores[label] for label in evaluation.ranked_ids]


def ranking_metric(measure: Callable[[ScoreTally], float], evaluation: LabelCommon) -> float:
    """A ranking metric, averaged over the labels."""
    scores = [measure(tally) for tally in ranked(evaluation)]
    return float(np.mean(scores)) if scores else UNDEFINED


def ranking_error(evaluation: LabelCommon) -> float:
    """How far ROC AUC and average precision can be from those of the single rows; 0 for small tables."""
    bounds = [ranking.ranking_bounds(tally) for tally in ranked(evaluation)]
    return float(np.mean(bounds, axis=0).max()) if bounds else 0.0
