from __future__ import annotations

import csv
import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import f1_score, log_loss, recall_score

from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.export.reading import load_network
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer
from tfbert.text.preprocessor import Preprocessor
from tfbert.training.calibration import BOUNDS


def options(tiny_module: Path, table: Path, output: Path, **changes: object) -> TrainConfig:
    """Of a training of seconds."""
    values = {"max_length": 16, "epochs": 2, "learning_rate": 1e-3, "trainable": "none", **changes}
    return TrainConfig(train=(str(table),), encoder=str(tiny_module), output=str(output), **values)


@pytest.fixture(scope="module")
def tables(messages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample messages as spam or ham, and with up to two labels; validation rows apart."""
    folder = tmp_path_factory.mktemp("tables")
    with messages.open(newline="", encoding="utf-8") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    spam = [(text, "spam" if label == "spam" else "ham") for text, label in rows]
    several = [(text, "|".join([label] + ["long"] * (len(text) > 100))) for text, label in rows]
    for name, part in {"spam": spam[:360], "spam_valid": spam[360:], "several": several[:360],
                       "several_valid": several[360:]}.items():  # fmt: skip
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "label"), *part])
    return {path.stem: path for path in folder.iterdir()}


def read(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


@pytest.fixture(scope="module")
def spam_model(tables: dict[str, Path], tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """Texts in windows, a focal and smoothed loss, class weights, calibrated, with the threshold of the best F1."""
    output = tmp_path_factory.mktemp("models") / "spam"
    return train(
        options(
            tiny_module, tables["spam"], output, valid=(str(tables["spam_valid"]),), test_fraction=0.1, long="windows",
            label_smoothing=0.1, focal_gamma=2.0, class_weights="balanced", threshold="f1", learning_rate=1e-2,
        )
    )  # fmt: skip


def test_temperature_and_threshold_are_kept_and_the_best_on_the_validation_rows(
    spam_model: TrainedModel, tables: dict[str, Path]
) -> None:
    temperature, threshold = spam_model.manifest.decoding["temperature"], spam_model.manifest.thresholds["spam"]
    assert (
        BOUNDS[0] * 1.01 < temperature < 0.9
    )  # balanced, smoothed and focal, the loss leaves a model that is not sure enough
    texts, labels = read(tables["spam_valid"])
    truth, scorer = np.array([label == "spam" for label in labels]), Scorer(spam_model.folder)
    values = scorer.score(texts)
    best = max(f1_score(truth, values[:, 1] >= cut) for cut in np.unique(values[:, 1]))
    assert f1_score(truth, values[:, 1] >= np.float32(threshold)) == pytest.approx(best)
    # Exponents of probabilities are temperatures of single windows; of means of windows nearly so.
    losses = [log_loss(truth, values**power / (values**power).sum(axis=1, keepdims=True)) for power in (0.5, 1, 2)]
    assert losses[1] == min(losses)


def test_graph_and_tables_decide_alike(spam_model: TrainedModel, tables: dict[str, Path]) -> None:
    import tensorflow as tf

    texts, _ = read(tables["spam_valid"])
    served = tf.saved_model.load(str(spam_model.folder)).signatures["serving_default"](text=tf.constant(texts))
    scorer = Scorer(spam_model.folder)
    rows = scorer.task.prediction_rows(scorer.score(texts))
    assert [label.decode() for label in served["label"].numpy()] == [row[0] for row in rows]
    np.testing.assert_allclose(served["score"], [row[1] for row in rows], atol=1e-6)
    plain = [("ham", "spam")[int(row[3] > row[2])] for row in rows]
    assert [row[0] for row in rows] != plain


def test_the_report_counts_what_the_threshold_decides(spam_model: TrainedModel) -> None:
    with (spam_model.folder / "report" / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    threshold = spam_model.manifest.thresholds["spam"]
    for row in rows:
        expected = "spam" if float(row["probability_spam"]) >= threshold else "ham"
        assert row["predicted_label"] == expected
        assert row["predicted_score"] == row[f"probability_{expected}"]
    right = np.mean([row["predicted_label"] == row["label"] for row in rows])
    assert spam_model.manifest.metrics["accuracy"] == pytest.approx(right)


def test_the_model_card_tells_threshold_temperature_and_windows(spam_model: TrainedModel) -> None:
    card = (spam_model.folder / "model_card.md").read_text(encoding="utf-8")
    assert "### Thresholds" in card
    assert "### Decoding" in card
    assert "A text longer than 16 tokens, the special ones included, is read in windows" in card


@pytest.fixture(scope="module")
def several_model(tables: dict[str, Path], tiny_module: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    output = tmp_path_factory.mktemp("models") / "several"
    return train(
        options(
            tiny_module, tables["several"], output, task="multi-label", valid=(str(tables["several_valid"]),),
            test_fraction=0.1, long="head+tail", focal_gamma=1.0, threshold="recall>=0.9",
        )
    )  # fmt: skip


def test_every_label_has_the_recall_that_was_asked_for(several_model: TrainedModel, tables: dict[str, Path]) -> None:
    texts, labels = read(tables["several_valid"])
    scorer = Scorer(several_model.folder)
    truth, decided = scorer.task.targets(labels), scorer.task.decide(scorer.score(texts))
    assert (recall_score(truth, decided, average=None) >= 0.9).all()
    assert several_model.manifest.thresholds.keys() == set(several_model.manifest.labels)
    assert len(set(several_model.manifest.thresholds.values())) > 1
    assert "temperature" in several_model.manifest.decoding


def test_the_report_says_how_many_texts_are_longer_than_the_input(
    several_model: TrainedModel, tables: dict[str, Path]
) -> None:
    texts = [text for name in ("several", "several_valid") for text in read(tables[name])[0]]
    whole = Preprocessor(load_network(several_model.folder).preprocessor.tokenizer, max_length=512)
    lengths = whole.ids(tf.constant(texts))[0].row_lengths().numpy()
    assert 0 < np.mean(lengths > 16) < 1
    page = (several_model.folder / "report" / "report.html").read_text(encoding="utf-8")
    assert f"Median {np.median(lengths):.0f} tokens, longest {lengths.max()}." in page
    assert f"{np.mean(lengths > 16):.1%} of the texts are longer than 16 (dotted line) and are cut to it." in page


@pytest.mark.slow
def test_without_calibration_and_threshold_logits_stay_as_they_are(
    tables: dict[str, Path], tiny_module: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = options(tiny_module, tables["spam"], tmp_path / "plain", calibrate=False, epochs=1, max_length=8)
    with caplog.at_level(logging.INFO, logger="tfbert"):
        manifest = train(config).manifest
    assert (manifest.decoding, manifest.thresholds) == ({}, {})
    assert "calibration error" not in caplog.text


def test_a_threshold_between_more_than_two_labels_is_refused_before_the_encoder_is_loaded(
    messages: Path, tiny_module: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as error:
        train(options(tiny_module, messages, tmp_path / "out", threshold="f1"))
    assert str(error.value) == (
        "expected two labels to set a threshold between, found threshold f1 and 5 labels, of which the likeliest wins; "
        "leave --threshold out, or use --task multi-label"
    )
