"""Multiple choice from table to table: trained, exported, scored, evaluated."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from tfbert.config import TrainConfig
from tfbert.config_reading import build_config
from tfbert.jobs.evaluate import evaluate
from tfbert.jobs.export_model import export_model
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer

ENDINGS = ("e0", "e1", "e2")
COLOURS = ("red", "blue", "green", "black")


def write(path: Path, *, rows: int, seed: int = 0) -> str:
    """A table whose right ending has the word "good", its letter as the label, and a row with another label."""
    random, lines = np.random.default_rng(seed), ["sent,e0,e1,e2,right", "x,a,b,c,D", "x,a,,c,A"]
    for number in range(rows):
        right = random.integers(3)
        endings = [f"{'good' if at == right else 'bad'} {random.choice(COLOURS)}" for at in range(3)]
        lines.append(f"number {number} is,{','.join(endings)},{'ABC'[right]}")
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def options(tiny_module: Path, folder: Path, **more: object) -> TrainConfig:
    values = {
        "encoder": str(tiny_module), "output": str(folder / "model"), "epochs": 2, "learning_rate": 1e-3,
        "batch_size": 8, "max_length": 24, "task": "choice", "text": "sent", "endings": ENDINGS, "label": "right",
        **more,
    }  # fmt: skip
    return build_config(values)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    folder = tmp_path_factory.mktemp("choice")
    return train(options(tiny_module, folder, train=[write(folder / "train.csv", rows=90)], label_smoothing=0.05))


def test_the_manifest_has_what_scoring_needs(trained: TrainedModel) -> None:
    manifest = trained.manifest
    assert (manifest.task, manifest.labels, manifest.label_column) == ("choice", ("A", "B", "C"), "right")
    assert manifest.text_columns == {"text": "sent", "ending_0": "e0", "ending_1": "e1", "ending_2": "e2"}
    assert (manifest.rows["rejected"], sum(manifest.rows[part] for part in ("train", "valid", "test"))) == (2, 90)
    assert manifest.decoding["temperature"] > 0
    assert (trained.folder / "assets" / "labels.txt").read_text() == "A\nB\nC\n"


def test_training_learns_to_choose(trained: TrainedModel) -> None:
    assert {"accuracy", "val_accuracy"} <= trained.manifest.history[0].keys()
    assert trained.manifest.metrics["accuracy"] > 0.9


def test_the_report_has_the_metrics_of_its_predictions(trained: TrainedModel, tmp_path: Path) -> None:
    path = trained.folder / "report" / "predictions.csv"
    rows = read(path)
    assert list(rows[0]) == [
        "text", "ending_0", "ending_1", "ending_2", "label", "predicted_label", "predicted_score", "probability_A",
        "probability_B", "probability_C",
    ]  # fmt: skip
    accuracy = accuracy_score([row["label"] for row in rows], [row["predicted_label"] for row in rows])
    assert trained.manifest.metrics["accuracy"] == pytest.approx(accuracy)
    texts = {"text": "text", "endings": ("ending_0", "ending_1", "ending_2")}
    again = evaluate(str(path), label="label", output=tmp_path / "report", **texts)
    assert again["accuracy"].value == pytest.approx(accuracy)
    assert "good" in (tmp_path / "report" / "report.html").read_text()


def test_the_card_says_what_is_predicted(trained: TrainedModel) -> None:
    card = (trained.folder / "model_card.md").read_text()
    assert (
        "A choice model: it reads a text and 3 endings of it and answers with the ending that goes on from it, and a "
        "probability for each.\n" in card
    )
    assert "FILE --output predictions.csv --text sent --endings e0,e1,e2\n" in card
    assert "ending\\_2=" not in card
    assert "- It always chooses an ending, also where none goes on from the text or several do.\n" in card
    assert "- Of the text and an ending that together are longer than 24 tokens" in card


def test_a_table_is_scored_by_the_columns_of_training_or_by_others(trained: TrainedModel, tmp_path: Path) -> None:
    table = write(tmp_path / "in.csv", rows=12, seed=1)
    summary = score(trained.folder, [table], output=str(tmp_path / "out.csv"), label="right")
    assert (summary.rows_scored, summary.rows_rejected) == (13, 1)
    assert [tuple(row.values()) for row in read(tmp_path / "out.rejects.csv")] == [
        (table, "3", "empty text in column 'e1'", "x,a,,c,A")
    ]
    rows = read(tmp_path / "out.csv")
    assert [row["predicted_label"] for row in rows[1:]] == [row["right"] for row in rows[1:]]
    for row in rows:
        probabilities = [float(row[f"probability_{label}"]) for label in "ABC"]
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)
        assert float(row["predicted_score"]) == max(probabilities)
    report = (tmp_path / "out.report" / "report.html").read_text()
    assert "left out" in report  # the row of label D
    other = tmp_path / "other.csv"
    other.write_text(Path(table).read_text().replace("sent,e0,e1,e2", "prompt,a,b,c"))
    score(trained.folder, [str(other)], output=str(tmp_path / "o.csv"), text="prompt", endings=("a", "b", "c"))
    assert [row["probability_A"] for row in read(tmp_path / "o.csv")] == [row["probability_A"] for row in rows]


def test_the_order_of_the_endings_says_nothing(trained: TrainedModel) -> None:
    scorer, random = Scorer(trained.folder), np.random.default_rng(2)
    prompts = [f"number {number} is" for number in range(20)]
    endings = [[" ".join(random.choice(COLOURS, 1 + at * 3)) for _ in prompts] for at in range(3)]
    values = scorer.score(prompts, *endings)
    for order in ([2, 0, 1], [1, 0, 2]):
        np.testing.assert_allclose(scorer.score(prompts, *(endings[at] for at in order)), values[:, order], atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [{"precision": "mixed_bfloat16"}, {"trainable": "none", "head": "mlp"}, {"focal_gamma": 2.0, "xla": True}],
    ids=str,
)
def test_choices_are_trained_in_the_ways_of_other_tasks(tiny_module: Path, tmp_path: Path, more: dict) -> None:
    table = write(tmp_path / "train.csv", rows=40)
    manifest = train(options(tiny_module, tmp_path, train=[table], epochs=1, **more)).manifest
    assert manifest.labels == ("A", "B", "C")
    assert np.isfinite(manifest.history[0]["val_loss"])


def test_a_choice_is_exported_in_16_bits(trained: TrainedModel, tmp_path: Path) -> None:
    exported = export_model(trained.folder, precision="bfloat16", output=tmp_path / "reduced")
    assert exported.manifest.compared["same"] == 1
    assert exported.manifest.metrics.keys() == trained.manifest.metrics.keys()
