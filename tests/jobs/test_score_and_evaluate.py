from __future__ import annotations

import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from tfbert.data.tables import open_table
from tfbert.errors import ConfigError, DataError
from tfbert.jobs.evaluate import evaluate
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel

COLUMNS = "text,label,predicted_label,predicted_score,probability_a,probability_b\n"


@pytest.fixture(scope="module")
def predictions(trained: TrainedModel, messages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample messages, scored with a report in the same pass."""
    output = tmp_path_factory.mktemp("scored") / "out.csv"
    score(trained.folder, [str(messages)], output=str(output), label="label")
    return output


def test_metrics_are_those_of_scikit_learn_on_the_written_predictions(predictions: Path, tmp_path: Path) -> None:
    metrics = evaluate(str(predictions), label="label", output=tmp_path)
    with open_table(predictions) as table:
        at = [table.columns.index(name) for name in ("label", "predicted_label")]
        truth, predicted = np.array([[record.values[i] for i in at] for record in table]).T
    assert metrics["accuracy"].value == pytest.approx(accuracy_score(truth, predicted))
    assert metrics["macro_f1"].value == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert (tmp_path / "report.html").is_file()


def test_scoring_with_labels_reports_what_evaluating_the_output_reports(predictions: Path, tmp_path: Path) -> None:
    evaluate(str(predictions), label="label", output=tmp_path)
    for name in ("metrics.json", "classification_report.txt", "confusion_matrix.csv", "roc_curves.svg"):
        assert (tmp_path / name).read_bytes() == (predictions.parent / "out.report" / name).read_bytes()


def test_labels_need_a_file_to_report_on(trained: TrainedModel, messages: Path) -> None:
    with pytest.raises(ConfigError) as error:
        score(trained.folder, [str(messages)], output="-", rejects="r.csv", label="label")
    assert str(error.value) == (
        "expected a file for the predictions when --label asks for a report, found --output -; name a file"
    )


def test_labels_that_the_model_does_not_know_are_counted_not_scored(trained: TrainedModel, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("text,label\nrefund pls,billing\nhello,greeting\n")
    score(trained.folder, [str(table)], output=str(tmp_path / "out.csv"), label="label")
    page = (tmp_path / "out.report" / "report.html").read_text()
    assert "rows whose label the model does not know, left out here</dt><dd>1</dd>" in page
    table.write_text("text,label\nhello,greeting\n")
    with pytest.raises(
        DataError, match=r"found none in 1 scored rows; check --label; the predictions are in .*out.csv$"
    ):
        score(trained.folder, [str(table)], output=str(tmp_path / "out.csv"), label="label", force=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "text,label\na,x\n",
            "expected the columns that tfbert score writes (predicted_label, probability_... and so on), "
            "found columns text, label ({path}); "
            "give the output of tfbert score, and --prefix when it was given one",
        ),
        (
            f"{COLUMNS}x,c,a,0.5,0.5,0.5\n",
            "expected labels that the model knows (a, b) in column 'label', found none in 1 scored rows; "
            "check --label; the predictions are in {path}",
        ),
        (
            COLUMNS.replace("text,", "message,", 1) + "x,a,a,0.5,0.5,0.5\n",
            "expected a column named 'text', found columns message, label, predicted_label, predicted_score, "
            "probability_a, probability_b ({path}); name the column with --text",
        ),
        (
            f"{COLUMNS}x,a,a,0.5,0.5,1e300\n",
            "expected finite numbers in the columns of predictions, found 0.5, 1e300 ({path}, line 2); "
            "give the output of tfbert score unchanged",
        ),
        (
            f"{COLUMNS}x,a,a,0.5,0.5,high\n",
            "expected finite numbers in the columns of predictions, found 0.5, high ({path}, line 2); "
            "give the output of tfbert score unchanged",
        ),
        (
            f"{COLUMNS}x,a,a,0.5,0.5,nan\n",
            "expected finite numbers in the columns of predictions, found 0.5, nan ({path}, line 2); "
            "give the output of tfbert score unchanged",
        ),
        (COLUMNS, "expected rows with predictions, found none ({path}); score a table first"),
        (
            COLUMNS.replace("label,", "class,", 1) + "x,a,a,0.5,0.5,0.5\n",
            "expected a column named 'label', found columns text, class, predicted_label, predicted_score, "
            "probability_a, probability_b ({path}); name the column with --label",
        ),
    ],
)
def test_what_is_not_a_table_of_predictions_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    with pytest.raises(DataError) as error:
        evaluate(str(path), label="label", output=tmp_path / "report")
    assert str(error.value) == message.format(path=path)
    assert not (tmp_path / "report" / "report.html").exists()


def test_a_probability_column_of_the_input_is_not_a_label(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"probability_of_rain,{COLUMNS}7,x,a,a,0.5,0.5,0.5\n")
    assert evaluate(str(path), label="label", output=tmp_path / "report")["accuracy"].value == 1


def write_predictions(path: Path, rows: int, *, different: int) -> np.ndarray:
    """Made-up predictions of labels a and b with so many different probabilities; those of b and whether it is true."""
    random = np.random.default_rng(0)
    sure = (random.integers(0, different, rows) / different).astype(np.float32)
    is_b = random.random(rows) < sure
    lines = (
        f"text {row},{'ab'[truth]},{'ab'[int(b > 0.5)]},{max(b, 1 - b)!r},{1 - b!r},{b!r}\n"
        for row, (b, truth) in enumerate(zip(sure.tolist(), is_b.astype(int), strict=True))
    )
    path.write_text(COLUMNS + "".join(lines))
    return np.stack([sure, is_b])


def test_a_table_of_many_windows_gives_the_metrics_of_its_rows(tmp_path: Path) -> None:
    sure, is_b = write_predictions(tmp_path / "in.csv", 20_000, different=1 << 24)
    metrics = evaluate(str(tmp_path / "in.csv"), label="label", output=tmp_path / "report")
    assert metrics["roc_auc"].value == pytest.approx(roc_auc_score(is_b, sure), rel=1e-12)
    assert metrics["brier_score"].value == pytest.approx(np.square(sure.astype(np.float64) - is_b).mean(), rel=1e-6)


@pytest.mark.slow
def test_evaluating_four_times_the_rows_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for rows in (100, 15_000, 60_000):  # the first imports scikit-learn and matplotlib
        write_predictions(tmp_path / "in.csv", rows, different=1_000)
        tracemalloc.start()
        try:
            evaluate(str(tmp_path / "in.csv"), label="label", output=tmp_path / "report", force=True)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] < 1.05 * peaks[1]


def test_rows_with_a_label_that_has_no_probability_are_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"{COLUMNS}x,a,a,0.5,0.5,0.5\ny,c,a,0.5,0.5,0.5\nz,,a,0.5,0.5,0.5\n")
    assert evaluate(str(path), label="label", output=tmp_path / "report")["accuracy"].value == 1
    assert caplog.messages == ["left out of the report, rows whose label the model does not know: 2"]


def test_a_report_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path, folder = tmp_path / "in.csv", tmp_path / "report"
    path.write_text(f"{COLUMNS}x,a,a,0.5,0.5,0.5\n")
    evaluate(str(path), label="label", output=folder)
    before = (folder / "report.html").read_bytes()
    path.write_text(f"{COLUMNS}x,b,a,0.5,0.5,0.5\n")
    with pytest.raises(ConfigError) as error:
        evaluate(str(path), label="label", output=folder)
    assert str(error.value) == (
        f"expected a new report folder, found {folder}, which exists; rename the output, or add --force to replace it"
    )
    assert (folder / "report.html").read_bytes() == before
    assert evaluate(str(path), label="label", output=folder, force=True)["accuracy"].value == 0
    assert json.loads((folder / "metrics.json").read_text())["accuracy"] == 0


def test_a_report_never_replaces_the_predictions(predictions: Path) -> None:
    with pytest.raises(ConfigError) as error:
        evaluate(str(predictions), label="label", output=predictions.parent)
    assert str(error.value) == (
        "expected a folder of its own for the report, whose files would replace others, "
        f"found that of {predictions}; use for example --output {predictions.parent / 'report'}"
    )


def test_a_missing_label_column_is_found_before_the_model_is_loaded(
    trained: TrainedModel, messages: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "1"
    shutil.copytree(trained.folder, broken)
    (broken / "saved_model.pb").write_bytes(b"")
    with pytest.raises(DataError, match=r"^expected a column named 'class', found columns text, label "):
        score(broken, [str(messages)], output=str(tmp_path / "out.csv"), label="class")


def test_an_existing_report_needs_force(trained: TrainedModel, messages: Path, tmp_path: Path) -> None:
    (tmp_path / "out.report").mkdir()
    (tmp_path / "out.report" / "report.html").touch()
    with pytest.raises(ConfigError, match=r"^expected a new report folder, found .*out\.report, which exists; rename"):
        score(trained.folder, [str(messages)], output=str(tmp_path / "out.csv"), label="label")
