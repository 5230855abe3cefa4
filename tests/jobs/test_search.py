from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path

import pytest

from tfbert.cli.train import train as train_command
from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.export.manifest import read_manifest
from tfbert.jobs.search import parse_choices, search, searchable_options
from tfbert.jobs.trials import Trial, read_trials, write_trials


@pytest.fixture(scope="module")
def options(tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """The options of a training of a second or two: 24 rows, a head alone, one epoch."""
    folder = tmp_path_factory.mktemp("search")
    rows = "".join(f"message number {n} about {label},{label}\n" for n in range(12) for label in ("billing", "spam"))
    (folder / "few.csv").write_text(f"text,label\n{rows}")
    return TrainConfig(
        train=(str(folder / "few.csv"),),
        encoder=str(tiny_module),
        output=str(folder / "few"),
        max_length=16,
        batch_size=8,
        epochs=1,
        valid_fraction=0.3,
    )


@pytest.mark.slow
def test_every_combination_is_tried_the_best_is_named_and_none_is_tried_twice(options: TrainConfig) -> None:
    told: set[str] = set()
    found = search(
        options,
        {"learning_rate": [1e30, 1e-3], "dropout": [0.2]},
        progress=lambda what, done, total: told.add(what.split(",")[0]),
    )
    assert [trial.options for trial in found.trials] == [
        {"learning_rate": "1e+30", "dropout": "0.2"},
        {"learning_rate": "0.001", "dropout": "0.2"},
    ]
    assert [math.isnan(trial.score) for trial in found.trials] == [True, False]
    assert (found.metric, found.trials[1].best_epoch) == ("macro_f1", 1)
    assert found.best == dataclasses.replace(options, learning_rate=1e-3, dropout=0.2)
    assert told == {"trial 1 of 2", "trial 2 of 2"}
    output = Path(options.output)
    assert [path.name for path in output.iterdir()] == ["search.csv"]  # nothing published, nothing left

    told.clear()
    more = search(
        options,
        {"learning_rate": [1e-3, 2e-3], "dropout": [0.2], "epochs": [1]},
        progress=lambda what, done, total: told.add(what.split(",")[0]),
    )
    assert told == {"trial 2 of 2"}
    assert more.trials[0] == dataclasses.replace(found.trials[1], options=more.trials[0].options)
    assert more.trials[0].options == found.trials[1].options | {"epochs": "1"}
    with (output / "search.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_a_search_of_which_no_trial_stays_finite_is_an_error(options: TrainConfig) -> None:
    with pytest.raises(ConfigError) as error:
        search(options, {"learning_rate": [1e30]})
    assert str(error.value) == (
        "expected a trial whose loss stays finite, found none of 1; search among lower learning rates"
    )


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (
            {"train": ["a.csv"]},
            f"expected options that can be searched: {', '.join(searchable_options())}, found train; leave it out",
        ),
        (
            {"epoch": [1]},
            "expected a known option, found epoch in --search; did you mean epochs?",
        ),
        (
            {"epochs": ["many"]},
            "expected epochs to be a whole number, found 'many' in --search; mend epochs",
        ),
        (
            {},
            "expected values to try and a number of trials of at least 1, or 0 for all, found {} and 0; write for "
            "example --search learning_rate=5e-5,3e-5 --trials 2",
        ),
        (
            {"trainable": ["last-9"]},
            "expected trainable to name layers that the encoder has, found last-9 of 2 layers; use last-2 or all",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(options: TrainConfig, choices: dict, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        search(options, choices)
    assert str(error.value) == message


def test_a_number_of_trials_below_0_is_refused(options: TrainConfig) -> None:
    with pytest.raises(ConfigError) as error:
        search(options, {"epochs": [1, 2]}, trials=-1)
    assert str(error.value) == (
        "expected values to try and a number of trials of at least 1, or 0 for all, found {'epochs': [1, 2]} and -1; "
        "write for example --search learning_rate=5e-5,3e-5 --trials 2"
    )


def test_what_decides_the_rows_or_the_task_cannot_be_searched() -> None:
    names = set(searchable_options())
    assert names >= {"learning_rate", "epochs", "batch_size", "pooling", "head", "trainable", "dropout", "max_length"}
    assert not names & {
        "train",
        "text",
        "clean",
        "valid_fraction",
        "test_fraction",
        "task",
        "seed",
        "output",
        "encoder",
    }


def test_values_are_read_as_toml_has_them() -> None:
    assert parse_choices(["learning_rate=5e-5,3e-5", "pooling=mean, cls", "epochs=2"]) == {
        "learning_rate": [5e-5, 3e-5],
        "pooling": ["mean", "cls"],
        "epochs": [2],
    }
    for settings in (["epochs"], ["epochs="], ["epochs=1,"], ["epochs=1,2\n3"], ["epochs=1", "epochs=2"]):
        with pytest.raises(ConfigError) as error:
            parse_choices(settings)
        assert str(error.value) == (
            f"expected one --search KEY=A,B,... for each option, found {settings[-1]!r}; write for example "
            "--search learning_rate=5e-5,3e-5"
        )


def test_trials_are_read_as_they_were_written(tmp_path: Path) -> None:
    trials = [
        Trial("a1", 0.5, 0.7, 2, 3.1, {"epochs": "2"}),
        Trial("b2", float("nan"), float("nan"), 0, 1.0, {"pooling": "mean"}),
    ]
    write_trials(tmp_path / "search.csv", trials)
    assert (tmp_path / "search.csv").read_text() == (
        "identity,score,valid_loss,best_epoch,seconds,epochs,pooling\na1,0.5,0.7,2,3.1,2,\nb2,,,0,1.0,,mean\n"
    )
    read = read_trials(tmp_path / "search.csv")
    assert read["a1"] == trials[0]
    assert read["b2"].options == {"pooling": "mean"}
    (tmp_path / "search.csv").write_text((tmp_path / "search.csv").read_text().replace("2,3.1,2,", "2,3.1,2,,"))
    with pytest.raises(ConfigError, match=r"damaged table \(rows of more or fewer cells than the header\); "):
        read_trials(tmp_path / "search.csv")
    (tmp_path / "search.csv").write_text("identity,score\na1,high\n")
    with pytest.raises(ConfigError, match=r"^expected the trials done so far in .*, found a damaged table "):
        read_trials(tmp_path / "search.csv")


@pytest.mark.slow
def test_the_command_trains_the_best_and_prints_trials_metrics_and_version(
    options: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "few"
    flags = {
        "train": list(options.train),
        "encoder": options.encoder,
        "max_length": 16,
        "epochs": 1,
    }
    searched = ["learning_rate=1e-3,2e-3"]
    train_command(config=None, settings=[], searched=searched, trials=1, seeds=1, output=str(output), **flags)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [str(output / "1")]
    lines = [" ".join(line.split()) for line in printed.err.splitlines()]
    trial = read_trials(output / "search.csv").popitem()[1]
    rate = trial.options["learning_rate"]
    assert "learning_rate valid macro_f1 valid loss best epoch seconds" in lines
    assert f"{rate} {trial.score:.4f} {trial.valid_loss:.4f} 1 {trial.seconds:.0f}" in lines
    assert f"best of 1 trials: learning_rate {rate}; to be trained:" in lines
    assert "metric seed 42 mean deviation" in lines
    assert read_manifest(output / "1").options["learning_rate"] == float(rate)


def test_trials_without_a_search_are_refused() -> None:
    with pytest.raises(ConfigError) as error:
        train_command(config=None, settings=[], searched=None, trials=3, seeds=None)
    assert str(error.value) == "expected --search with --trials, found none; name options to try: --search KEY=A,B"
