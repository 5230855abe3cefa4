"""What a report says beside its numbers: about the data, the training, the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tfbert.evaluation.drift import Drift
from tfbert.evaluation.leaks import SplitCheck
from tfbert.report.data_plots import TextLengths
from tfbert.report.shown_explanations import ShownExplanation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a report says beside the numbers; every part may be missing.

    Attributes:
        history: what Keras logged, name to one value an epoch.
        label_counts: split name to label to rows, the data the model was made from.
        lengths: lengths of the texts; None takes the characters of the evaluated texts.
        facts: what the reader should know about model and data, name to value; a mapping as value (the options, say)
            becomes a group that unfolds.
        baselines: name to metrics of `compute_metrics`' names (the task's headline at least) on the same rows.
        splits: which texts stand in the training's tables more than once.
        drift: how like the training data the rows are.
        explained: some of the rows, word by word.
        thresholds: label to the probability from which the model predicts it, where it has thresholds.
    """

    history: Mapping[str, Sequence[float]] = dataclasses.field(default_factory=dict)
    label_counts: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    lengths: TextLengths | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float | None]] = dataclasses.field(default_factory=dict)
    splits: SplitCheck | None = None
    drift: Drift | None = None
    explained: Sequence[ShownExplanation] = ()
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=dict)
