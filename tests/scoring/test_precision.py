from __future__ import annotations

import csv
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tfbert.errors import ConfigError
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.precision import SIGNATURES, check_precision
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.registry import load_task

TASK = load_task("single-label", labels=("a", "b"))
FULL = np.tile(np.array([[0.6, 0.4]], np.float32), (400, 1))


def changed(rows: int) -> np.ndarray:
    """FULL with another label in some rows."""
    other = FULL.copy()
    other[:rows] = [0.45, 0.55]
    return other


def test_the_same_labels_in_995_of_1000_rows_are_accepted_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tfbert"):
        check_precision(FULL, changed(2), precision="bfloat16", task=TASK)
    assert caplog.messages == [
        "bfloat16 gives the labels of float32 on 99.50% of 400 sampled rows, largest change of a probability 0.15"
    ]


def test_fewer_are_refused() -> None:
    with pytest.raises(ConfigError) as error:
        check_precision(FULL, changed(3), precision="bfloat16", task=TASK)
    assert str(error.value) == (
        "expected the labels of float32 on 99.5% of the rows, found 99.25% of 400 sampled rows, largest change of a "
        "probability 0.15; leave --precision out"
    )


def test_of_several_labels_all_must_be_the_same() -> None:
    task = load_task("multi-label", labels=("a", "b"), thresholds={"a": 0.5, "b": 0.3})
    check_precision(FULL, FULL - 0.05, precision="bfloat16", task=task)
    with pytest.raises(ConfigError) as error:
        check_precision(FULL, FULL - 0.11, precision="bfloat16", task=task)
    assert str(error.value) == (
        "expected the labels of float32 on 99.5% of the rows, found 0.00% of 400 sampled rows, largest change of a "
        "probability 0.11; leave --precision out"
    )


def test_of_numbers_a_twentieth_of_the_deviation_is_allowed(caplog: pytest.LogCaptureFixture) -> None:
    task = load_task("regression", decoding={"mean": 1000.0, "scale": 100.0})
    full = np.linspace(900, 1100, 400, dtype=np.float32)[:, None]
    with caplog.at_level(logging.INFO, logger="tfbert"):
        check_precision(full, full + 4, precision="bfloat16", task=task)
    assert caplog.messages == [
        "bfloat16 gives the values of float32 on 100.00% of 400 sampled rows, largest change of a value 4"
    ]
    with pytest.raises(ConfigError) as error:
        check_precision(full, full + 6, precision="bfloat16", task=task)
    assert str(error.value) == (
        "expected the values of float32 on 99.5% of the rows, found 0.00% of 400 sampled rows, largest change of a "
        "value 6; leave --precision out"
    )


@pytest.mark.parametrize("task", ["multi-label", "regression"])
def test_each_task_has_a_graph_in_bfloat16(task: str, random_model: Callable[..., Path]) -> None:
    folder, ids = random_model(task), np.arange(10, 40, dtype=np.int32).reshape(3, 10)
    tokens = {"input_word_ids": ids, "input_mask": np.ones_like(ids), "input_type_ids": np.zeros_like(ids)}
    model, output = SavedModel(folder), Scorer(folder).task.answer_name
    full, reduced = (model.run(name, tokens, outputs=(output,))[0] for name in SIGNATURES.values())
    assert 0 < np.abs(full - reduced).max() < 0.1


def test_bfloat16_scores_near_float32_and_not_the_same(
    trained: TrainedModel, messages: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with messages.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    second, first = np.sort(Scorer(trained.folder).score(texts))[:, -2:].T
    sure = [texts[row] for row in np.argsort(second - first)[:64]]
    full = Scorer(trained.folder).score(sure)
    with caplog.at_level(logging.INFO, logger="tfbert"):
        reduced = Scorer(trained.folder, precision="bfloat16").score(sure)
    assert 0 < np.abs(full - reduced).max() < 0.05
    assert len(caplog.messages) == 1
