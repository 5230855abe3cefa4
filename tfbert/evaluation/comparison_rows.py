"""The rows on which two models disagree: which of them is closer to the truth, and some rows of each kind to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfbert.evaluation.comparison import EXAMPLES, KINDS, MOST_TEXT, Disagreement
from tfbert.tasks.answers import Answers
from tfbert.tasks.multi_label import SEPARATOR

AGREED = -1


def closer_model(truth: np.ndarray, first: Answers, second: Answers) -> np.ndarray:
    """For each row the place in `KINDS` of who is closer to the truth, int [rows]; -1 where both answer the same.

    A single label is right or wrong, several are as far off as labels differ, and a value by its absolute error.

    Args:
        truth: label ids int [rows], labels bool [rows, labels], or values float [rows].
        first: what the first model answered.
        second: what the second answered.
    """
    if first.predicted is None or second.predicted is None:
        ours, theirs = first.values[:, 0], second.values[:, 0]
        off = [np.abs(values.astype(np.float64) - truth) for values in (ours, theirs)]
        differ = ours != theirs
    else:
        decided = [answers.reshape(len(truth), -1) for answers in (first.predicted, second.predicted)]
        off = [np.not_equal(one, truth.reshape(len(truth), -1)).sum(axis=1) for one in decided]
        differ = np.not_equal(*decided).any(axis=1)
    kinds = np.select([off[0] < off[1], off[0] > off[1]], [0, 1], 2)
    return np.where(differ, kinds, AGREED)


def show_answers(answers: Answers, labels: Sequence[str]) -> list[str]:
    """What was decided: a label, labels joined by `|`, or a value of six digits."""
    if answers.predicted is None:
        return [f"{value:.6g}" for value in answers.values[:, 0]]
    if answers.predicted.ndim == 1:
        return [labels[label] for label in answers.predicted]
    names = np.array(labels, object)
    return [SEPARATOR.join(names[row]) for row in answers.predicted]


class Disagreements:
    """Counts the rows of each kind and keeps some: values that are farthest apart, labels drawn at random.

    Attributes:
        counts: rows of each of `KINDS`.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(KINDS, 0)
        self._kept: dict[str, list[tuple[float, int, Disagreement]]] = {kind: [] for kind in KINDS}
        self._random = np.random.default_rng(0)  # the same rows give the same examples
        self._rows = 0

    def add(
        self,
        kinds: np.ndarray,
        *,
        answers: tuple[Answers, Answers],
        shown: tuple[Sequence[str], Sequence[str], Sequence[str]],
        texts: Sequence[str],
        places: Sequence[tuple[str, int]],
    ) -> None:
        """Look at rows.

        Args:
            kinds: from `closer_model`.
            answers: of both models.
            shown: truth and both answers as they are to be shown.
            texts: of the rows.
            places: file and line of each row.
        """
        ranks = self._random.random(len(kinds))
        if answers[0].predicted is None:
            ranks = np.abs(answers[0].values[:, 0].astype(np.float64) - answers[1].values[:, 0])
        for number, kind in enumerate(KINDS):
            rows = np.flatnonzero(kinds == number)
            self.counts[kind] += len(rows)
            for row in rows[np.argsort(-ranks[rows], kind="stable")[:EXAMPLES]].tolist():
                truth, first, second = (column[row] for column in shown)
                text = texts[row]
                omitted, (file, line) = max(0, len(text) - MOST_TEXT), places[row]
                kept = Disagreement(text[:MOST_TEXT], omitted, file, line, truth, first, second)
                self._kept[kind].append((-float(ranks[row]), self._rows + row, kept))
            self._kept[kind] = sorted(self._kept[kind], key=lambda item: item[:2])[:EXAMPLES]
        self._rows += len(kinds)

    @property
    def examples(self) -> dict[str, list[Disagreement]]:
        """Those kept of each kind: values farthest apart first, labels in the order in which they were drawn."""
        return {kind: [kept for _, _, kept in rows] for kind, rows in self._kept.items()}
