"""Made-up answers of two models for the same rows, kept whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfbert.evaluation.comparison import Comparison
from tfbert.evaluation.comparison_bootstrap import measure_differences
from tfbert.evaluation.comparison_measures import LABEL_F1, measure_of
from tfbert.evaluation.comparison_rows import Disagreements, closer_model, show_answers
from tfbert.evaluation.mcnemar import mcnemar_test
from tfbert.tasks.answers import Answers


def single_label(rows: int, *, labels: int = 3, skills: tuple[float, float] = (0.7, 0.7), seed: int = 0):
    """Truth, and answers of two models that are right about so often, each on rows of its own."""
    random = np.random.default_rng(seed)
    truth = random.integers(labels, size=rows)
    return truth, *(_answers(truth, labels, skill, random) for skill in skills)


def _answers(truth: np.ndarray, labels: int, skill: float, random: np.random.Generator) -> Answers:
    values = random.dirichlet(np.ones(labels), len(truth)).astype(np.float32)
    predicted = np.where(random.random(len(truth)) < skill, truth, random.integers(labels, size=len(truth)))
    rows = np.arange(len(truth))
    highest = values.argmax(axis=1)  # trades places, so that what is decided is the likeliest
    values[rows, highest], values[rows, predicted] = values[rows, predicted], values[rows, highest].copy()
    return Answers(values, values.argmax(axis=1))


def multi_label(rows: int, *, labels: int = 4, seed: int = 0):
    """Truth, and answers of two models."""
    random = np.random.default_rng(seed)
    truth = random.random((rows, labels)) < 0.3
    answers = []
    for _ in range(2):
        values = np.clip(truth * 0.4 + random.random((rows, labels)) * 0.6, 0, 1).astype(np.float32)
        answers.append(Answers(values, values >= 0.5))
    return truth, *answers


def regression(rows: int, *, seed: int = 0):
    """Truth, and answers of two models, with ties."""
    random = np.random.default_rng(seed)
    truth = np.round(random.normal(3, 1, rows), 1)
    return truth, *(
        Answers(np.round(truth + random.normal(0, spread, rows), 1).astype(np.float32).reshape(-1, 1), None)
        for spread in (0.5, 0.7)
    )


MADE_UP = {"single-label": single_label, "multi-label": multi_label, "regression": regression}

ATTACKS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }} {% raw %}", "</style><b>")


def comparison_of(
    task: str,
    *,
    rows: int = 60,
    labels: Sequence[str] = ("a", "b", "c", "d"),
    texts: Sequence[str] = ("a text",),
    paths: Sequence[str] = ("a.csv", "b.csv"),
) -> Comparison:
    """What `tfbert compare` finds on made-up answers."""
    truth, *answers = MADE_UP[task](rows)
    names = () if task == "regression" else tuple(labels[: answers[0].values.shape[1]])
    disagreements = Disagreements()
    shown = [show_answers(one, names) for one in (Answers(answers[0].values, _decided(truth)), *answers)]
    if task == "regression":
        shown[0] = [str(value) for value in truth]
    disagreements.add(
        closer_model(truth, *answers),
        answers=tuple(answers),
        shown=tuple(shown),
        texts=[texts[row % len(texts)] for row in range(rows)],
        places=[("f.csv", row + 2) for row in range(rows)],
    )
    measured = measure_differences(*(measure_of(task, truth=truth, answers=one) for one in answers), rows=rows)
    return Comparison(
        first=paths[0],
        second=paths[1],
        task=task,
        labels=names,
        rows=rows,
        left_out={},
        metrics={name: found for name, found in measured.items() if not name.startswith(LABEL_F1)},
        label_f1={name: measured[f"{LABEL_F1}{number}"] for number, name in enumerate(names)},
        mcnemar=mcnemar_test(*(one.predicted == truth for one in answers)) if task == "single-label" else None,
        disagreements=disagreements.counts,
        examples=disagreements.examples,
    )


def _decided(truth: np.ndarray) -> np.ndarray | None:
    return None if truth.dtype.kind == "f" else truth
