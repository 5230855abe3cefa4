from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.tasks.best_spans import BestSpans, Candidates, best_spans


@dataclasses.dataclass(frozen=True)
class Case:
    """Windows of random parts of random contexts, with logits that are small whole numbers, so that many are tied."""

    logits: np.ndarray
    pieces: np.ndarray
    window_rows: np.ndarray
    row_splits: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    def found(self, **options: object) -> list[np.ndarray]:
        candidates = Candidates(
            tf.constant(self.pieces, tf.int32),
            tf.constant(self.window_rows, tf.int64),
            tf.constant(self.row_splits, tf.int64),
            tf.constant(self.begins, tf.bool),
            tf.constant(self.ends, tf.bool),
        )
        return BestSpans(*(part.numpy() for part in best_spans(tf.constant(self.logits), candidates, **options)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    lengths = draw(st.lists(st.integers(0, 7), min_size=1, max_size=4))
    row_splits = np.concatenate([[0], np.cumsum(lengths)])
    window_rows, parts = [], []
    for row, length in enumerate(lengths):
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, length))
            size = draw(st.integers(0, length - start))
            window_rows.append(row)
            parts.append(
                [*[-1] * draw(st.integers(1, 3)), *range(row_splits[row] + start, row_splits[row] + start + size)]
            )
    width = max(map(len, parts)) + 1
    pieces = np.array([part + [-1] * (width - len(part)) for part in parts])
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    logits = random.integers(-3, 4, (*pieces.shape, 2)).astype(np.float32)
    flags = random.random((2, row_splits[-1])) < 0.8
    return Case(logits, pieces, np.array(window_rows), row_splits, *flags)


def expected(case: Case, row: int, *, best: int, answerable: bool, longest: int) -> list[tuple[int, int, float]]:
    """The spans of a row and, last, no answer, by looking at every pair of tokens."""
    scores: dict[tuple[int, int], float] = {}
    null = np.inf
    for window in np.flatnonzero(case.window_rows == row):
        pieces, (start, end) = case.pieces[window], case.logits[window].T
        null = min(null, start[0] + end[0])
        for i in range(len(pieces)):
            for j in range(i, min(i + longest, len(pieces))):
                span = pieces[i], pieces[j]
                if min(span) >= 0 and case.begins[span[0]] and case.ends[span[1]]:
                    scores[span] = max(scores.get(span, -np.inf), start[i] + end[j])
    total = sum(np.exp(score) for score in scores.values()) + (0 if answerable else np.exp(null))
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:best]
    spans = [(*span, np.exp(score) / total) for span, score in ranked]
    spans += [(-1, -1, 0.0)] * (best - len(spans))
    return [*spans, (-1, -1, 0.0 if answerable else np.exp(null) / total)]


@settings(max_examples=100)
@given(case=cases(), best=st.integers(1, 6), answerable=st.booleans(), longest=st.sampled_from([1, 3, 30]))
def test_spans_are_those_of_looking_at_every_pair_of_tokens(
    case: Case, best: int, answerable: bool, longest: int
) -> None:
    options = {"best": best, "answerable": answerable, "longest": longest}
    found = case.found(**options)
    for row in range(len(case.row_splits) - 1):
        *spans, (_, _, no_answer) = expected(case, row, **options)
        first, last, probability = map(list, zip(*spans, strict=True))
        assert (found.first[row].tolist(), found.last[row].tolist()) == (first, last)
        np.testing.assert_allclose(found.probability[row], probability, rtol=1e-5)
        assert found.no_answer[row] == pytest.approx(no_answer, rel=1e-5)


def one_row(logits: list[list[float]], *, windows: list[list[int]]) -> Case:
    pieces = max(map(max, windows)) + 1
    flags = np.ones((2, pieces), bool)
    return Case(np.array(logits, np.float32), np.array(windows), np.zeros(len(windows)), np.array([0, pieces]), *flags)


def test_a_span_that_two_windows_have_counts_once_with_its_better_score() -> None:
    """Piece 1 stands at the end of one window and at the beginning of the other."""
    case = one_row(
        [[[0, 0], [0, 0], [1, 1]], [[0, 0], [4, 4], [0, 0]]],
        windows=[[-1, 0, 1], [-1, 1, 2]],
    )
    spans = case.found(best=9, answerable=True)
    assert list(zip(spans.first[0], spans.last[0], strict=True)) == [
        (1, 1), (1, 2), (0, 1), (0, 0), (2, 2), (-1, -1), (-1, -1), (-1, -1), (-1, -1),
    ]  # fmt: skip
    weights = np.exp([8, 4, 1, 0, 0])
    np.testing.assert_allclose(spans.probability[0], [*weights / weights.sum(), 0, 0, 0, 0], rtol=1e-5)


def test_no_span_reaches_from_one_window_into_another() -> None:
    """The start is sure in the first window and the end in the second, but no window has both."""
    case = one_row([[[0, 0], [9, 0], [0, 0]], [[0, 0], [0, 0], [0, 9]]], windows=[[-1, 0, 1], [-1, 2, 3]])
    spans = case.found(best=10, answerable=True)
    assert (0, 3) not in set(zip(spans.first[0].tolist(), spans.last[0].tolist(), strict=True))


def test_no_answer_has_the_least_score_of_all_windows() -> None:
    """A window without the answer rightly says so; the row has none only where every window says so."""
    case = one_row([[[5, 5], [0, 0]], [[0, 1], [3, 3]]], windows=[[-1, 0], [-1, 1]])
    spans = case.found(best=1, answerable=False)
    assert (spans.first[0, 0], spans.last[0, 0]) == (1, 1)
    weights = np.exp([0, 6, 1])
    assert spans.probability[0, 0] == pytest.approx(weights[1] / weights.sum(), rel=1e-5)
    assert spans.no_answer[0] == pytest.approx(weights[2] / weights.sum(), rel=1e-5)
    assert case.found(best=1, answerable=True).no_answer.tolist() == [0]


def test_large_logits_neither_overflow_nor_hide_a_span() -> None:
    spans = one_row([[[0, 0], [3e4, 3e4], [-3e4, -3e4]]], windows=[[-1, 0, 1]]).found(best=3, answerable=False)
    assert spans.first.tolist() == [[0, 0, 1]]
    assert spans.probability.tolist() == [[1, 0, 0]]


def test_a_context_without_pieces_has_no_span() -> None:
    empty = np.zeros((0,), bool)
    case = Case(np.zeros((1, 3, 2), np.float32), np.full((1, 3), -1), np.zeros(1), np.array([0, 0]), empty, empty)
    for answerable in (True, False):
        spans = case.found(best=2, answerable=answerable)
        assert (spans.first.tolist(), spans.probability.tolist()) == ([[-1, -1]], [[0, 0]])
        assert spans.no_answer.tolist() == [0 if answerable else 1]
