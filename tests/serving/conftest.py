from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfbert.jobs.train import TrainedModel
from tfbert.scoring.scorer import Scorer

sys.path.insert(0, str(Path(__file__).parent))  # for `served_model` and `browsing`

from browsing import open_browser
from served_model import MODEL, Client, add_version, open_server


@pytest.fixture(scope="session")
def model(trained: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with the versions 1 and 3."""
    folder = tmp_path_factory.mktemp("served") / MODEL
    for number in (1, 3):
        add_version(folder, trained, number)
    return folder


@pytest.fixture(scope="session")
def server(model: Path) -> Iterator[Client]:
    """Serves both versions; 1 is also called stable."""
    with open_server(
        model, versions="all", labels=("stable=1",), max_request_texts=20, max_text_characters=500
    ) as client:
        yield client


@pytest.fixture(scope="session")
def score(trained: TrainedModel) -> Callable[[list[str]], np.ndarray]:
    return Scorer(trained.folder).score


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Any]:
    with open_browser(downloads) as driver:
        yield driver
