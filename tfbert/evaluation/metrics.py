"""The numbers of a report, for every task.

They come from scikit-learn, which is given counts as `sample_weight` in place of rows: the cells of the confusion
matrix, and for each label the probabilities that occur. Losses, Brier score, calibration error and a regression's
errors are sums over rows.

A metric that is not defined on the rows at hand (ROC AUC when the truth has one class only) is NaN here and `null` in
metrics.json. scikit-learn raises or warns in some of these cases, so they are settled before it is asked. It is
imported inside the functions because that takes a second.
"""

from __future__ import annotations

from tfbert.evaluation.evaluation import AnyEvaluation, Evaluation, SpanEvaluation
from tfbert.evaluation.metric import Metric
from tfbert.evaluation.multi_label_metrics import MULTI_LABEL_METRICS
from tfbert.evaluation.regression_metrics import REGRESSION_METRICS
from tfbert.evaluation.single_label_metrics import METRICS, positive_metrics, single_label_metrics
from tfbert.evaluation.span_metrics import NO_ANSWER_METRICS, SPAN_METRICS, span_metrics
from tfbert.evaluation.tagging_metrics import TAGGING_METRICS

# By which models of a task are compared, and what the slices of a report show.
HEADLINES = {
    "single-label": "macro_f1",
    "multi-label": "macro_f1",
    "regression": "spearman",
    "tagging": "micro_f1",
    "span": "f1",
}

# Of the tasks other than single-label, which has metrics of binary tasks, too.
_METRICS: dict[str, dict[str, Metric]] = {
    "multi-label": MULTI_LABEL_METRICS,
    "regression": REGRESSION_METRICS,
    "tagging": TAGGING_METRICS,
    "span": SPAN_METRICS | NO_ANSWER_METRICS,
}


def metrics_of(evaluation: AnyEvaluation) -> dict[str, Metric]:
    """The metrics that apply, in the order of the report."""
    if isinstance(evaluation, Evaluation):
        return single_label_metrics(evaluation)
    if isinstance(evaluation, SpanEvaluation):
        return span_metrics(evaluation)
    return _METRICS[evaluation.task]


def task_metrics(task: str, *, positive: str) -> dict[str, Metric]:
    """Every metric that a report on a task can have, with the name of the positive label of a binary one."""
    if task == "single-label":
        return METRICS | positive_metrics(positive)
    return _METRICS[task]


def compute_metrics(evaluation: AnyEvaluation) -> dict[str, float]:
    """Every metric that applies to a labelled table; NaN where one is not defined.

    In a single-label task averages of precision, recall and F1 go over the labels that occur in the truth or the
    predictions, in a multi-label task over all labels; both are scikit-learn's defaults. A label never predicted has
    precision 0.
    """
    return {name: metric.compute(evaluation) for name, metric in metrics_of(evaluation).items()}
