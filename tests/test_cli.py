from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfbert.config import field_helps
from tfbert.jobs.train import TrainedModel

TFBERT = [sys.executable, "-c", "from tfbert.cli import main; main()"]


def tfbert(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [*TFBERT, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, input=stdin, check=False, env={**os.environ, "COLUMNS": "200"}
    )


def test_help_needs_neither_tensorflow_nor_pandas() -> None:
    code = (
        "import sys; sys.argv = ['tfbert', 'train', '--help']\n"
        "from tfbert.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'sklearn', 'matplotlib', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_option_of_training_is_a_flag_with_its_own_help() -> None:
    text = " ".join(tfbert("train", "--help").stdout.split())
    for name, help_text in field_helps().items():
        assert f"--{name.replace('_', '-')}" in text
        assert help_text in text


def test_usage_errors_exit_with_2() -> None:
    assert tfbert("score").returncode == 2
    assert tfbert("train", "--epochs", "many").returncode == 2


def test_a_configuration_error_is_one_line_and_exits_with_2() -> None:
    done = tfbert("train", "--set", "epoch=3")
    assert done.returncode == 2
    assert done.stderr == "error: expected a known option, found epoch in --set; did you mean epochs?\n"
    assert done.stdout == ""


def test_a_data_error_is_one_line_and_exits_with_3(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    done = tfbert("train", "--train", missing, "--output", tmp_path / "model")
    assert done.returncode == 3
    assert done.stderr.startswith("error: expected ")
    assert str(missing) in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_error_is_one_line_and_exits_with_4(tmp_path: Path) -> None:
    done = tfbert("score", tmp_path, "in.csv", "--output", tmp_path / "out.csv")
    assert done.returncode == 4
    assert done.stderr == (
        f"error: expected a model exported by tfbert train, found no tfbert.json in {tmp_path}; "
        "give the version folder, such as saved_models/sms/1\n"
    )


def test_flags_override_settings_and_settings_override_the_file(tmp_path: Path) -> None:
    config = tmp_path / "train.toml"
    config.write_text("epochs = 0\ndropout = 2.0\n")
    done = tfbert("train", "--config", config, "--set", "dropout=0.1", "--epochs", "-5")
    assert done.stderr == (
        "error: expected epochs to be a whole number from 1 to 65,536, found -5 in --epochs; mend epochs\n"
    )


def test_standard_input_to_standard_output_is_a_table_and_nothing_else(
    trained: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = tfbert(
        "score",
        trained.folder,
        "-",
        "--format",
        "csv",
        "--output",
        "-",
        "--rejects",
        "r.csv",
        stdin='text,id\n"refund, pls",7\n,8\n',
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["text"], row["id"]) for row in rows] == [("refund, pls", "7")]
    assert "2 rows read = 1 scored + 1 rejected" in done.stderr
    assert (tmp_path / "r.csv").is_file()


@pytest.mark.slow
def test_train_score_and_evaluate_work_from_the_shell(tiny_module: Path, messages: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    flags = ["--max-length", "32", "--epochs", "1", "--trainable", "none", "--clean", "lowercase,squeeze_spaces"]
    trained = tfbert("train", "--train", messages, "--encoder", tiny_module, "--output", model, "--baseline", *flags)
    assert trained.stdout.strip() == str(model / "1"), trained.stderr
    assert "the export gives the trained model's probabilities within" in trained.stderr
    assert "\nThe model does not beat TF-IDF + " in trained.stderr
    assert "oneDNN" not in trained.stderr  # nor anything else of TensorFlow's native log
    scored = tfbert("score", model / "1", messages, "--label", "label", "--output", tmp_path / "out.csv")
    assert "540 rows read = 540 scored + 0 rejected" in scored.stderr, scored.stderr
    assert scored.stderr.endswith(f"\nreport: {tmp_path / 'out.report' / 'report.html'}\n")
    evaluated = tfbert("evaluate", tmp_path / "out.csv", "--label", "label", "--output", tmp_path / "report")
    metrics = dict(line.split("\t")[:2] for line in evaluated.stdout.splitlines())
    assert 0.2 < float(metrics["accuracy"]) < 1
    assert (tmp_path / "report" / "report.html").is_file()


def test_training_prints_the_metric_by_which_models_of_each_task_are_compared() -> None:
    from tfbert.cli.train import HEADLINES
    from tfbert.evaluation import metrics

    assert set(metrics.HEADLINES.values()) <= set(HEADLINES)
