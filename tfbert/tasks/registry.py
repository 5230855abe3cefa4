"""The tasks by name. A new task is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tfbert.errors import ModelError
from tfbert.tasks.multi_label import MultiLabel
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.tasks.task import Task

TASKS: dict[str, type[Task]] = {
    SingleLabel.name: SingleLabel,
    MultiLabel.name: MultiLabel,
    Regression.name: Regression,
}
_NOTHING: Mapping[str, float] = MappingProxyType({})


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
