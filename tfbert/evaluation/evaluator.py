"""From a stream of predictions to an evaluation, in memory that does not grow with the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tfbert.evaluation.blocks import Block, BlockCutter
from tfbert.evaluation.counts import Counts
from tfbert.evaluation.evaluation import AnyEvaluation
from tfbert.evaluation.examples import Examples
from tfbert.evaluation.multi_label_counts import MultiLabelCounts
from tfbert.evaluation.regression_counts import RegressionCounts
from tfbert.evaluation.single_label_counts import SingleLabelCounts
from tfbert.evaluation.slices import BY_LENGTH, SliceTally, all_cells
from tfbert.evaluation.span_counts import SpanCounts
from tfbert.evaluation.tagging_counts import TaggingCounts
from tfbert.evaluation.tallies import LengthTally

NO_SLICES: Mapping[str, Sequence[str]] = MappingProxyType({})


def build_evaluator(
    task: str, labels: Sequence[str] = (), *, slices: Sequence[str] = (), positive: str | None = None
) -> Evaluator:
    """What counts the predictions of a model of a task.

    Args:
        task: "single-label", "multi-label", "regression", "tagging" or "span".
        labels: the label names, a label's id is its place; none in regression and of spans; in tagging the types.
        slices: names of the columns whose values get results of their own.
        positive: in a binary task, the label that precision, recall, F1, ROC and precision-recall speak of. The default
            is the last label, which is scikit-learn's convention too: labels are sorted, and of no/yes, 0/1,
            negative/positive, ham/spam it is the one looked for.

    Raises:
        ValueError: labels that are equal or too few, or an unknown positive label.
    """
    counts: Counts
    if task == "single-label":
        counts = SingleLabelCounts(labels, positive=positive)
    elif task == "multi-label":
        counts = MultiLabelCounts(labels)
    elif task == "tagging":
        counts = TaggingCounts(labels)
    elif task == "span":
        counts = SpanCounts()
    else:
        counts = RegressionCounts()
    return Evaluator(counts, slices=slices)


class Evaluator:
    """Counts predictions on labelled rows, window by window; made by `build_evaluator`.

    Exact for any number of rows: everything that is a sum over rows (confusion, precision, recall, losses, calibration,
    Pearson's correlation, mean errors). Exact for tables of usual size, and close beyond: ROC AUC and average precision
    (`ScoreTally` has a bound), Spearman's correlation (`PairSample`). Likely label errors are counted to a thousandth
    (`LabelErrors`).
    """

    def __init__(self, counts: Counts, *, slices: Sequence[str] = ()) -> None:
        self._counts = counts
        self._cutter = BlockCutter(slices)
        self._lengths, self._examples = LengthTally(), Examples()
        self._slices = {name: SliceTally(counts.shape) for name in (BY_LENGTH, *slices)}
        self._unknown = 0

    @property
    def rows(self) -> int:
        """Rows with a known truth so far."""
        return self._cutter.rows

    @property
    def unknown(self) -> int:
        """Rows without a known truth so far."""
        return self._unknown

    def add(
        self,
        values: np.ndarray,
        *,
        truth: np.ndarray,
        predicted: np.ndarray | None,
        texts: Sequence[str],
        places: Sequence[tuple[str, int]],
        slices: Mapping[str, Sequence[str]] = NO_SLICES,
    ) -> None:
        """Take rows.

        Args:
            values: what the model answered, float [rows, outputs]: probabilities, which in a single-label task sum to
                1 in each row; in regression the value; in tagging the entities, object [rows] of float [entities, 4].
            truth: label ids, int [rows], -1 for a label that is not one of the labels; in a multi-label task 0 or 1,
                float [rows, labels], NaN where a row has an unknown label; in regression the number in the user's
                unit, float [rows], NaN where it is none; in tagging the entities of each row, object [rows], None
                where one has a type that is unknown; of spans all right answers of each row, object [rows] of tuples
                of texts, None where it is not known.
            predicted: what was decided: label ids, int [rows], or bool [rows, labels]; None in regression; in tagging
                the entities of each row, object [rows] of (start, end, type id); of spans the answers' texts.
            texts: the text of each row.
            places: file and line of each row.
            slices: for each column to slice by, its cell in each row.

        Raises:
            ModelError: values that are not finite numbers, or probabilities that are none.
            ValueError: parts of different lengths, or a label id that is not there.
        """
        rows = len(texts)
        lengths = {len(values), len(truth), len(places), *map(len, slices.values())}
        if not _fits(values, self._counts.value_shape) or lengths != {rows}:
            raise ValueError(f"{rows} texts, but values {values.shape}, and truth, places and slices {lengths}")
        self._counts.check(values, truth=truth, predicted=predicted, places=places)
        known = np.flatnonzero(self._counts.known(truth)).tolist()
        self._unknown += rows - len(known)
        decided = values[:, 0] if predicted is None else predicted
        numbers = values if values.dtype == object else values.astype(np.float32)
        blocks = self._cutter.add(
            (numbers[known], truth[known], decided[known]),
            texts=[texts[row] for row in known],
            places=[places[row] for row in known],
            slices={name: [cells[row] for row in known] for name, cells in slices.items()},
        )
        for block in blocks:
            self._count(block)

    def finish(self) -> AnyEvaluation:
        """What the rows add up to; nothing can be added afterwards.

        Raises:
            ValueError: there was no row with a known truth.
        """
        if not self.rows:
            raise ValueError("no row with a known truth")
        for block in self._cutter.rest():
            self._count(block)
        return self._counts.evaluation(
            unknown=self._unknown, lengths=self._lengths, examples=self._examples, slices=self._slices
        )

    def _count(self, block: Block) -> None:
        self._lengths.add(block.characters)
        added = self._counts.add(block, examples=self._examples)
        for name, cells in all_cells(block.slices, block.characters).items():
            self._slices[name].add(cells, added, block.groups)


def _fits(values: np.ndarray, row_shape: tuple[int | None, ...]) -> bool:
    """Whether values are of rows of a shape, as `Counts.value_shape` has it."""
    if row_shape[0] is None:
        return values.dtype == object and all(row.shape[1:] == row_shape[1:] for row in values)
    return values.shape[1:] == row_shape
