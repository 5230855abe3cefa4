"""What a report is made of: counts over the labelled rows of a table, of a size that does not depend on the table's.

There is a kind for each task. What an interval is made from is kept for each of the groups that rows are dealt into,
see `tfbert.evaluation.groups`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np

from tfbert.evaluation.examples import Examples, PairExamples
from tfbert.evaluation.group_scores import GroupScores
from tfbert.evaluation.groups import draw_weights
from tfbert.evaluation.label_errors import LabelErrors
from tfbert.evaluation.outcomes import BOTH, PREDICTED, TRUE
from tfbert.evaluation.ranking import is_ranked
from tfbert.evaluation.ranking_draws import draw_rankings
from tfbert.evaluation.regression_tally import ErrorTally, PairSample
from tfbert.evaluation.score_tally import ScoreTally
from tfbert.evaluation.slices import SliceTally
from tfbert.evaluation.span_tally import SpanTally
from tfbert.evaluation.tallies import ConfidenceTally, LengthTally, MeanTally


@dataclasses.dataclass(frozen=True, kw_only=True)
class Common:
    """What every evaluation has.

    Attributes:
        task: the task's name.
        unknown: rows left out because their label is none that the model knows.
        lengths: of the texts in characters.
        examples: some of the rows.
        slices: column, or "characters", to the results by its values.
    """

    task: ClassVar[str]
    unknown: int
    lengths: LengthTally
    examples: Examples
    slices: Mapping[str, SliceTally]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OutcomeCommon(Common):
    """What evaluations of tasks with labels have.

    Attributes:
        labels: the label names; a label's id is its place.
        outcomes: for each group and label the rows that have it in the truth, in the predictions, and in both, int64
            [GROUPS, labels, 3]; in tagging the entities of the type.
        group_rows: rows of each group, int64 [GROUPS].
        confidence: right and wrong answers by probability.
    """

    labels: tuple[str, ...]
    outcomes: np.ndarray
    group_rows: np.ndarray
    confidence: ConfidenceTally

    @property
    def rows(self) -> int:
        """Rows that were counted."""
        return int(self.group_rows.sum())

    @cached_property
    def weights(self) -> np.ndarray:
        """The resamples, as `draw_weights` gives them."""
        return draw_weights(self.group_rows)

    @property
    def truth_counts(self) -> np.ndarray:
        """Rows that have each label, int64 [labels]."""
        return self.outcomes[..., TRUE].sum(axis=0)

    @property
    def predicted_counts(self) -> np.ndarray:
        """Rows for which each label is predicted, int64 [labels]."""
        return self.outcomes[..., PREDICTED].sum(axis=0)

    @property
    def hits(self) -> np.ndarray:
        """Rows that have each label and for which it is predicted, int64 [labels]."""
        return self.outcomes[..., BOTH].sum(axis=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelCommon(OutcomeCommon):
    """What evaluations of tasks with a probability for each label have.

    Attributes:
        scores: for each label, rows by its probability.
        group_scores: the same for each group, coarser.
    """

    scores: tuple[ScoreTally, ...]
    group_scores: GroupScores

    @property
    def ranked_ids(self) -> list[int]:
        """The labels to rank, each against the rest; not those that have no row in the truth, or all of them."""
        return [label for label, tally in enumerate(self.scores) if is_ranked(tally)]

    @cached_property
    def ranking_draws(self) -> dict[str, np.ndarray]:
        """How far ROC AUC and average precision of each label are off in each resample, see `draw_rankings`."""
        return draw_rankings(self.group_scores.counts, self.weights, labels=self.ranked_ids)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluation(LabelCommon):
    """A single-label model's predictions on labelled rows, counted.

    Attributes:
        positive_id: in a binary task, the label that precision, recall, F1, ROC and precision-recall speak of.
        confusion: rows by true label and predicted label, int64 [labels, labels].
        log_loss: cross-entropy of each row, in nats.
        brier: squared error of each row's probabilities, halved in a binary task, which makes it the usual score there.
        pairs: some rows of each kind of mistake.
        label_errors: rows whose label may be wrong.
    """

    task: ClassVar[str] = "single-label"
    positive_id: int
    confusion: np.ndarray
    log_loss: MeanTally
    brier: MeanTally
    pairs: PairExamples
    label_errors: LabelErrors

    @property
    def binary(self) -> bool:
        """Whether there are just two labels."""
        return len(self.labels) == 2

    @property
    def ranked_ids(self) -> list[int]:
        """In a binary task the positive label alone."""
        ranked = super().ranked_ids
        return [label for label in ranked if label == self.positive_id] if self.binary else ranked

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(truth, predicted, rows), int64 [cells]: the confusion as scikit-learn takes it, rows as `sample_weight`."""
        truth, predicted = np.nonzero(self.confusion)
        return truth, predicted, self.confusion[truth, predicted]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MultiLabelEvaluation(LabelCommon):
    """A multi-label model's predictions on labelled rows, counted.

    Attributes:
        exact: for each group the rows all of whose labels are right, int64 [GROUPS].
        log_loss: binary cross-entropy of each row, the mean over the labels, in nats.
        missed_for: rows that have the first label, for which it is not predicted, but the second label wrongly is,
            int64 [labels, labels].
    """

    task: ClassVar[str] = "multi-label"
    exact: np.ndarray
    log_loss: MeanTally
    missed_for: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegressionEvaluation(Common):
    """A regression model's predictions on labelled rows, summed.

    Attributes:
        errors: sums of the values and of the errors.
        sample: values and truths of rows drawn at random; of all rows when they are few enough.
    """

    task: ClassVar[str] = "regression"
    errors: ErrorTally
    sample: PairSample
    labels: ClassVar[tuple[str, ...]] = ()

    @property
    def rows(self) -> int:
        """Rows that were counted."""
        return int(self.errors.group_rows.sum())


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpanEvaluation(Common):
    """Answers to questions compared with the right ones, summed.

    Attributes:
        answers: exact matches and F1, of questions with an answer and without.
        confidence: exact matches and other answers by the probability that they were given.
    """

    task: ClassVar[str] = "span"
    answers: SpanTally
    confidence: ConfidenceTally
    labels: ClassVar[tuple[str, ...]] = ()

    @property
    def rows(self) -> int:
        """Rows that were counted."""
        return int(self.answers.group_rows.sum())

    @cached_property
    def weights(self) -> np.ndarray:
        """The resamples, as `draw_weights` gives them."""
        return draw_weights(self.answers.group_rows)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaggingEvaluation(OutcomeCommon):
    """Entities found in texts compared with the true ones; one is right when its characters and its type are.

    Attributes:
        exact: for each group the rows all of whose entities are right, int64 [GROUPS].
        confusion: entities by true type and predicted type of the same characters, int64 [types + 1, types + 1]; the
            last row has those that are predicted where none is, the last column those that are missed.
    """

    task: ClassVar[str] = "tagging"
    exact: np.ndarray
    confusion: np.ndarray


AnyEvaluation = Evaluation | MultiLabelEvaluation | RegressionEvaluation | TaggingEvaluation | SpanEvaluation
