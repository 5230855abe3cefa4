from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from killed_training import killed

from tfbert.config import TrainConfig
from tfbert.config_reading import build_config, read_options
from tfbert.data.tables import open_table
from tfbert.data.writers import Column, open_writer
from tfbert.errors import ConfigError, DataError, ModelError
from tfbert.export.manifest import read_manifest
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["Where is my parcel?", "refund pls", "", "THE APP CRASHES <br> again 😡", "word " * 300]


def config(trained: TrainedModel, output: Path, **changes: object) -> TrainConfig:
    """The options of the shared model, without baselines and with changes."""
    values = {**trained.manifest.options, "output": str(output), "baseline": False, **changes}
    return build_config(values)


def test_a_published_model_has_every_file_of_the_contract(trained: TrainedModel) -> None:
    files = {str(path.relative_to(trained.folder)) for path in trained.folder.rglob("*") if path.is_file()}
    assert files >= {
        "saved_model.pb",
        "variables/variables.index",
        "assets/vocab.txt",
        "assets/labels.txt",
        "tfbert.json",
        "model_card.md",
        "report/report.html",
        "report/metrics.json",
        "report/classification_report.txt",
        "report/classification_report.json",
        "report/predictions.csv",
    }
    assert (trained.folder / "assets" / "labels.txt").read_text().split() == list(trained.manifest.labels)
    assert [path.name for path in trained.folder.parent.iterdir()] == ["1"]  # no backup, nothing partial


def test_the_manifest_says_how_to_train_the_model_again(trained: TrainedModel) -> None:
    again = build_config(read_options(trained.folder / "tfbert.json"))
    assert dataclasses.asdict(again) == {**trained.manifest.options, "train": again.train, "clean": again.clean}
    assert read_manifest(trained.folder).metrics == trained.manifest.metrics
    written = json.loads((trained.folder / "report" / "metrics.json").read_text())
    assert {name: written[name] for name in trained.manifest.metrics} == trained.manifest.metrics


def test_training_learns(trained: TrainedModel) -> None:
    losses = [epoch["val_loss"] for epoch in trained.manifest.history]
    assert losses[-1] < losses[0]
    assert trained.manifest.metrics["accuracy"] > 0.35  # the largest class is 0.23 of the rows


@pytest.mark.slow
def test_training_twice_with_one_seed_gives_the_same_model_and_a_new_version(
    trained: TrainedModel, tmp_path: Path
) -> None:
    output = tmp_path / "messages"
    runs = [train(config(trained, output, epochs=1)) for _ in range(2)]
    assert [run.folder.name for run in runs] == ["1", "2"]
    assert runs[0].manifest.metrics == runs[1].manifest.metrics
    assert runs[0].manifest.history == runs[1].manifest.history
    assert runs[0].manifest.baselines == {}  # which are fitted only when asked for


def test_a_fresh_process_gives_the_same_probabilities(trained: TrainedModel) -> None:
    code = (
        "import sys, json; from tfbert import Scorer; "
        "print(json.dumps(Scorer(sys.argv[1]).score(json.loads(sys.argv[2])).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(trained.folder), json.dumps(TEXTS)], capture_output=True, text=True, check=True
    )
    np.testing.assert_allclose(json.loads(done.stdout), Scorer(trained.folder).score(TEXTS), atol=1e-6)


@pytest.mark.slow
def test_a_killed_run_continues_and_ends_as_if_it_had_not_been_killed(trained: TrainedModel, tmp_path: Path) -> None:
    output = tmp_path / "messages"
    options = config(trained, output, epochs=3)

    def kill(what: str, done: int, total: int | None) -> None:
        assert total is not None
        if done == total * 2 // 3 + 2:  # in the third epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(options, progress=kill)
    assert not (output / "1").exists()
    steps: list[int] = []
    resumed = train(options, progress=lambda what, done, total: steps.append(done))
    assert steps[0] == trained_steps(trained) * 2 + 1  # the first two epochs are not trained again
    for epoch, expected in zip(resumed.manifest.history, trained.manifest.history, strict=True):
        assert epoch == pytest.approx(expected)
    assert resumed.manifest.metrics == pytest.approx(trained.manifest.metrics)


def trained_steps(trained: TrainedModel) -> int:
    """Batches of an epoch."""
    return -(-trained.manifest.rows["train"] // trained.manifest.options["batch_size"])


def test_cleaning_steps_are_part_of_the_export(trained: TrainedModel) -> None:
    scorer = Scorer(trained.folder)
    np.testing.assert_allclose(
        scorer.score(["my <b>parcel</b>   is late"]), scorer.score(["my parcel is late"]), atol=1e-6
    )


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"train": []}, ConfigError, "expected a table to train on, found none; give --train FILE"),
        (
            {"max_length": 400},
            ConfigError,
            "expected max_length up to 128, the positions of {encoder}, found 400; use --max-length 128",
        ),
        (
            {"text": "message"},
            DataError,
            "expected a column named 'message', found columns text, label ({train}); name the text column with --text, "
            "or all columns with --columns and perhaps --no-header",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(
    trained: TrainedModel, tmp_path: Path, changes: dict, error: type[Exception], message: str
) -> None:
    options = trained.manifest.options
    with pytest.raises(error) as raised:
        train(config(trained, tmp_path / "out", **changes))
    assert str(raised.value) == message.format(encoder=options["encoder"], train=options["train"][0])
    assert not (tmp_path / "out").exists()


def test_columns_are_checked_before_the_encoder_and_the_encoder_before_the_rows(
    trained: TrainedModel, tmp_path: Path
) -> None:
    table = tmp_path / "one_class.csv"
    table.write_text("text,label\nhello,greeting\n")
    changes = {"train": [str(table)], "encoder": str(tmp_path / "nowhere")}
    with pytest.raises(DataError, match=r"^expected a column named 'topic'"):
        train(config(trained, tmp_path / "out", label="topic", **changes))
    with pytest.raises(ModelError, match=r"^expected an encoder: "):
        train(config(trained, tmp_path / "out", **changes))
    with pytest.raises(DataError, match=r"^expected at least"):
        train(config(trained, tmp_path / "out", train=[str(table)]))
    assert not (tmp_path / "out").exists()


def test_a_wrong_column_is_found_without_tensorflow(messages: Path, tmp_path: Path) -> None:
    code = (
        "import sys, tfbert\n"
        "try: tfbert.train(tfbert.TrainConfig(train=(sys.argv[1],), text='body', output=sys.argv[2]))\n"
        "except tfbert.DataError: print('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(messages), str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.fixture
def quick(trained: TrainedModel, tmp_path: Path) -> TrainConfig:
    """The options of a training of seconds: 18 rows, a head alone, two epochs of a few batches."""
    rows = "".join(f"message number {n} about {label},{label}\n" for n in range(9) for label in ("billing", "spam"))
    (tmp_path / "few.csv").write_text(f"text,label\n{rows}")
    changes = {"train": [str(tmp_path / "few.csv")], "trainable": "none", "batch_size": 4, "epochs": 2}
    return config(trained, tmp_path / "few", **changes)


def test_report_and_card_show_the_learning_rate_that_was_chosen_and_the_counts_in_words(
    quick: TrainConfig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="tfbert"):
        made = train(dataclasses.replace(quick, learning_rate=0.0, epochs=1))
    assert f"a temperature of {made.manifest.decoding['temperature']:.3f} takes the log loss on the" in caplog.text
    losses = re.search(r"validation rows from ([\d.]+) to ([\d.]+), the calibration error from [\d.]+ to", caplog.text)
    assert losses, caplog.text
    assert float(losses[2]) <= float(losses[1])
    page = (made.folder / "report" / "report.html").read_text()
    card = (made.folder / "model_card.md").read_text()
    assert "<dt>learning_rate</dt><dd>0.001 (chosen)</dd>" in page
    assert "| learning\\_rate | 0.001 (chosen) |" in card
    assert "<dt>valid and test texts also in train</dt><dd>0</dd>" in page
    assert "| valid and test texts also in train | 0 |" in card
    assert made.manifest.options["learning_rate"] == 0  # training its like chooses again


def test_the_held_out_rows_are_written_as_scoring_them_would(trained: TrainedModel, tmp_path: Path) -> None:
    held_out = trained.folder / "report" / "predictions.csv"
    table = tmp_path / "in.csv"
    with open_table(held_out) as predictions, open_writer(table, [Column("text"), Column("label")]) as writer:
        writer.write(record.values[:2] for record in predictions)
        writer.publish()
    score(trained.folder, [str(table)], output=str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_bytes() == held_out.read_bytes()


def test_other_rows_under_the_same_name_size_and_time_start_anew(quick: TrainConfig, tmp_path: Path) -> None:
    table = tmp_path / "few.csv"
    stat = table.stat()
    killed(quick, share=0.5)
    table.write_text(table.read_text().replace("number 3", "number x"))
    os.utime(table, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert killed(quick, share=0) == 1


def test_a_training_from_standard_input_is_continued(
    quick: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firsts = []
    for share in (0.5, 0):
        with (tmp_path / "few.csv").open("rb") as table:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(table))
            firsts.append(killed(dataclasses.replace(quick, train=("-",), format="csv"), share=share))
    assert firsts[0] == 1 < firsts[1]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", pytest.param("mixed_float16", marks=pytest.mark.slow)])
def test_what_was_trained_in_mixed_precision_is_exported_in_float32(
    quick: TrainConfig, precision: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="tfbert"):
        made = train(dataclasses.replace(quick, precision=precision, trainable="all", epochs=1))
    (within,) = re.findall(r"the trained model's probabilities within (\S+)", caplog.text)
    assert float(within) < 1e-5
    assert "tokens_bfloat16" in SavedModel(made.folder).signatures


def test_a_training_whose_loss_is_not_finite_publishes_and_leaves_nothing(quick: TrainConfig, tmp_path: Path) -> None:
    options = dataclasses.replace(quick, learning_rate=1e30, trainable="all")
    with pytest.raises(ConfigError) as error:
        train(options)
    assert str(error.value) == (
        "expected a loss that stays finite, found one that did not in the first epoch, with a learning rate of 1e+30; "
        "lower --learning-rate"
    )
    assert not (tmp_path / "few").exists()


def test_a_label_unseen_in_training_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    table = tmp_path / "test.csv"
    table.write_text("text,label\nhello,greeting\n")
    with pytest.raises(
        DataError, match=r"^expected labels seen in training \(billing, .*\), found 'greeting' and 1 such"
    ):
        train(config(trained, tmp_path / "out", test=[str(table)]))


@pytest.mark.slow
def test_tables_given_for_valid_and_test_are_used_and_shared_texts_counted(
    trained: TrainedModel, tmp_path: Path
) -> None:
    table = tmp_path / "held.csv"
    table.write_text("text,label\nrefund pls,billing\nnever seen before,spam\n")
    source = tmp_path / "train.csv"
    rows = "".join(f"message number {n} about {label},{label}\n" for n in range(9) for label in ("billing", "spam"))
    source.write_text(f"text,label\n{rows}refund pls,billing\n")
    changes = {"train": [str(source)], "valid": [str(table)], "test": [str(table)], "epochs": 1}
    made = train(config(trained, tmp_path / "out", **changes))
    assert made.manifest.rows["train"] == 19
    assert made.manifest.rows["valid"] == made.manifest.rows["test"] == 2
    assert made.manifest.rows["valid_and_test_texts_also_in_train"] == 2
