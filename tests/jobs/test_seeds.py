from __future__ import annotations

import dataclasses
import json
import statistics
from pathlib import Path

import pytest

from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.jobs.seeds import Repeated, SeedRun, repeat


@pytest.fixture(scope="module")
def options(tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """The options of a training of a second or two: 24 rows, a head alone, one epoch."""
    folder = tmp_path_factory.mktemp("seeds")
    rows = "".join(f"message number {n} about {label},{label}\n" for n in range(12) for label in ("billing", "spam"))
    (folder / "few.csv").write_text(f"text,label\n{rows}")
    return TrainConfig(
        train=(str(folder / "few.csv"),),
        encoder=str(tiny_module),
        output=str(folder / "few"),
        max_length=16,
        trainable="none",
        epochs=1,
        seed=7,
    )


@pytest.mark.slow
def test_each_seed_is_published_and_a_second_start_adds_only_what_is_missing(options: TrainConfig) -> None:
    first = repeat(options, seeds=1)
    told: set[str] = set()
    both = repeat(options, seeds=2, progress=lambda what, done, total: told.add(what.split(",")[0]))
    assert told == {"seed 8 (2 of 2)"}
    assert both.runs[:1] == first.runs
    assert [(run.seed, run.version) for run in both.runs] == [(7, 1), (8, 2)]
    for run in both.runs:
        manifest = json.loads((both.output / str(run.version) / "tfbert.json").read_text())
        assert manifest["options"]["seed"] == run.seed
        assert manifest["metrics"] == run.metrics
    kept = json.loads((both.output / "seeds.json").read_text())
    assert [run["seed"] for run in kept["runs"]] == [7, 8]
    assert kept["mean"] == both.mean
    assert kept["mean"]["accuracy"] == pytest.approx(statistics.fmean(run.metrics["accuracy"] for run in both.runs))

    told.clear()
    assert repeat(options, seeds=2, progress=lambda what, done, total: told.add(what)) == both
    assert not told

    whole = kept["runs"][0]
    for damaged in ({"metrics": {"accuracy": "high"}}, {"metrics": {}}, {"metrics": None}, {"seed": "7"}):
        kept["runs"][0] = whole | damaged
        (both.output / "seeds.json").write_text(json.dumps(kept))
        with pytest.raises(ConfigError, match=r"damaged file \(a seed, version or metric that is no number\); delete"):
            repeat(options, seeds=2)


def test_mean_and_deviation_are_those_of_the_seeds() -> None:
    metrics = [{"accuracy": 0.9, "f1": None}, {"accuracy": 0.8, "f1": 0.5}]
    runs = [SeedRun(seed, seed, 1.0, values) for seed, values in enumerate(metrics)]
    repeated = Repeated(Path("out"), runs)
    assert repeated.mean == {"accuracy": pytest.approx(0.85), "f1": None}
    assert repeated.deviation == {"accuracy": pytest.approx(0.1 / 2**0.5), "f1": None}
    assert Repeated(Path("out"), runs[:1]).deviation == {"accuracy": None, "f1": None}


def test_an_impossible_number_of_seeds_is_refused(options: TrainConfig) -> None:
    for config, seeds in ((options, 0), (dataclasses.replace(options, seed=2**31 - 1), 2)):
        with pytest.raises(ConfigError) as error:
            repeat(config, seeds=seeds)
        assert str(error.value) == (
            f"expected at least one seed and none above 2147483647, found {seeds} from {config.seed} on; mend --seeds"
        )


def test_tables_from_a_pipe_cannot_be_read_for_each_seed(options: TrainConfig) -> None:
    with pytest.raises(ConfigError) as error:
        repeat(dataclasses.replace(options, train=("-",)), seeds=2)
    assert str(error.value) == (
        "expected tables that can be read more than once, found standard input; write the rows to a file"
    )


def test_a_damaged_list_of_seeds_is_refused(options: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text("[1")
    with pytest.raises(ConfigError, match=r"^expected the seeds done so far in .*seeds.json, found a damaged file "):
        repeat(dataclasses.replace(options, output=str(tmp_path)), seeds=1)
