"""The numbers of a tagging report, by entity; a new one enters `TAGGING_METRICS` and inherits its tests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from tfbert.evaluation import resampling
from tfbert.evaluation.evaluation import TaggingEvaluation
from tfbert.evaluation.groups import resample
from tfbert.evaluation.metric import F1, PRECISION, RECALL, UNDEFINED, Metric
from tfbert.evaluation.multi_label_metrics import label_prf
from tfbert.evaluation.tallies import calibration_errors

NO_ENTITY = "no entity is predicted"


def _cells(evaluation: TaggingEvaluation) -> np.ndarray:
    """Entities of each type: [none of both, predicted only, true only, both], int64 [types, 4]."""
    true, predicted, both = evaluation.truth_counts, evaluation.predicted_counts, evaluation.hits
    return np.stack([np.zeros_like(both), predicted - both, true - both, both], axis=1)


def _micro(evaluation: TaggingEvaluation, *, part: int) -> float:
    """Of all entities together."""
    cells = _cells(evaluation).sum(axis=0)
    return float(label_prf(cells)[part]) if cells.any() else 0.0


def _macro(evaluation: TaggingEvaluation, *, part: int) -> float:
    """The mean over all types."""
    return float(np.mean([label_prf(cells)[part] if cells.any() else 0.0 for cells in _cells(evaluation)]))


def _calibration_error(evaluation: TaggingEvaluation) -> float:
    return evaluation.confidence.calibration_error if evaluation.predicted_counts.any() else UNDEFINED


TAGGING_METRICS: dict[str, Metric] = {
    "micro_f1": Metric("Entity F1", "F1 of all entities together", partial(_micro, part=F1)),
    "micro_precision": Metric(
        "Entity precision", "share right of the entities predicted", partial(_micro, part=PRECISION)
    ),
    "micro_recall": Metric("Entity recall", "share found of the entities in the truth", partial(_micro, part=RECALL)),
    "macro_f1": Metric("Macro F1", "mean F1 of the types, each counting the same", partial(_macro, part=F1)),
    "macro_precision": Metric("Macro precision", "mean precision of the types", partial(_macro, part=PRECISION)),
    "macro_recall": Metric("Macro recall", "mean recall of the types", partial(_macro, part=RECALL)),
    "exact_rows": Metric(
        "Exact rows", "share of rows with all entities right", lambda it: float(it.exact.sum() / it.rows)
    ),
    "calibration_error": Metric(
        "Calibration error",
        "lower is better; distance from an entity's score to the share of such entities that are right",
        _calibration_error,
        undefined=NO_ENTITY,
    ),
}


def tagging_draws(evaluation: TaggingEvaluation, metrics: Mapping[str, float]) -> dict[str, np.ndarray]:
    """The metrics in each resample of the rows, float64 [resamples]; `exact_rows` is a share and needs none."""
    weights = evaluation.weights
    outcomes = resample(weights, evaluation.outcomes)
    draws = {
        name: formula(outcomes) for name, formula in resampling.multi_label(evaluation.outcomes.sum(axis=0)).items()
    }
    if not np.isnan(metrics["calibration_error"]):
        # As of other tasks: the excess of a resample's error over its table's is noise.
        with np.errstate(invalid="ignore", divide="ignore"):  # a resample may hold no predicted entity
            errors = calibration_errors(resample(weights, evaluation.confidence.groups))
        draws["calibration_error"] = np.maximum(errors - np.nanmean(errors) + metrics["calibration_error"], 0)
    return draws
