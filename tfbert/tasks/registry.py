"""The tasks by name. A new task is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tfbert.config import TrainConfig
from tfbert.errors import ModelError
from tfbert.tasks.choice import Choice
from tfbert.tasks.ending_labels import EndingLabels
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.span import Span
from tfbert.tasks.tagging import Tagging
from tfbert.tasks.task import Task, TaskLabels

TASKS: dict[str, type[Task]] = {
    SingleLabel.name: SingleLabel,
    MultiLabel.name: MultiLabel,
    Regression.name: Regression,
    Tagging.name: Tagging,
    Choice.name: Choice,
    Span.name: Span,
}
_NOTHING: Mapping[str, float] = MappingProxyType({})

# Of the tasks whose labels say nothing without the options.
_LABEL_COLUMNS: dict[str, Callable[[TrainConfig], TaskLabels]] = {
    Choice.name: lambda config: EndingLabels(config.endings),
}


def label_column(config: TrainConfig) -> TaskLabels:
    """How the label column of a training is read, and its task learned from it."""
    return _LABEL_COLUMNS.get(config.task, lambda config: TASKS[config.task])(config)


def load_task(
    name: str,
    *,
    labels: tuple[str, ...] = (),
    decoding: Mapping[str, float] = _NOTHING,
    thresholds: Mapping[str, float] = _NOTHING,
) -> Task:
    """The task of an exported model, from its manifest.

    Args:
        name: the task's name.
        labels: the labels, in the order of the probabilities.
        decoding: the numbers by which logits become values.
        thresholds: label to the probability from which it is predicted.

    Raises:
        ModelError: there is no such task, or it cannot have these labels, decoding or thresholds.
    """
    if name not in TASKS:
        raise ModelError(
            f"one of the tasks {', '.join(TASKS)}",
            found=repr(name),
            fix="use the version of tfbert that made the model",
        )
    if unknown := thresholds.keys() - set(labels):
        raise ModelError(
            f"thresholds of the labels {', '.join(labels)}",
            found=f"one of {min(unknown)}",
            fix="export the model again",
        )
    return TASKS[name].load(labels, decoding=decoding, thresholds=thresholds)
