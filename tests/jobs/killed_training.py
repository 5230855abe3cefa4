from __future__ import annotations

import pytest

from tfbert.config import TrainConfig
from tfbert.jobs.train import train


def killed(options: TrainConfig, *, share: float) -> int:
    """Kill a training as soon as it has done a share of its batches; gives its first batch, counted from 1."""
    steps: list[int] = []

    def kill(what: str, done: int, total: int | None) -> None:
        assert total is not None
        steps.append(done)
        if done > share * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(options, progress=kill)
    return steps[0]
