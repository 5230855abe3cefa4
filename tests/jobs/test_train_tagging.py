"""Training, exporting, scoring and evaluating a tagging model, from table to table."""

from __future__ import annotations

import csv
import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest

from tfbert.config import TrainConfig
from tfbert.config_reading import build_config
from tfbert.data.cells import cell
from tfbert.data.tables import Row, TableFormat, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.jobs.compare import compare
from tfbert.jobs.evaluate import evaluate
from tfbert.jobs.export_model import export_model
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer

PEOPLE, PLACES = ("Ann", "Tom", "Ada Mary", "Zoé"), ("Paris", "Rome", "New York")
WORDS = ("the", "cat", "sat", "on", "a", "red", "mat", "and", "was", "not", "so", "blue", "😡", "don't")


def sentence(numbers: random.Random, *, words: int) -> list[tuple[str, str]]:
    """Tokens with their tags."""
    tokens: list[tuple[str, str]] = []
    for _ in range(words):
        kind, pool = numbers.choice([("person", PEOPLE), ("place", PLACES), ("", WORDS), ("", WORDS)])
        for place, word in enumerate(numbers.choice(pool).split()):
            tokens.append((word, f"{'I' if place else 'B'}-{kind}" if kind else "O"))
    return tokens


def write_conll(path: Path, sentences: list[list[tuple[str, str]]]) -> str:
    path.write_text("\n".join("".join(f"{word}\t{tag}\n" for word, tag in one) for one in sentences), encoding="utf-8")
    return str(path)


def options(tiny_module: Path, folder: Path, **more: object) -> TrainConfig:
    values = {
        "encoder": str(tiny_module), "output": str(folder / "model"), "epochs": 6, "learning_rate": 5e-3,
        "batch_size": 8, "max_length": 32, "task": "tagging", "label": "entities", **more,
    }  # fmt: skip
    return build_config(values)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """180 sentences, of which one has a line without a tag, and one all of whose entities lie behind the cut."""
    numbers = random.Random(0)
    sentences = [sentence(numbers, words=numbers.randint(3, 9)) for _ in range(178)]
    hidden = [("so", "O")] * 40 + [("Rome", "B-place")]
    return write_conll(tmp_path_factory.mktemp("table") / "train.conll", [[("oops", "")], hidden, *sentences])


@pytest.fixture(scope="module")
def model(tiny_module: Path, table: str, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    return train(options(tiny_module, tmp_path_factory.mktemp("model"), train=[table]))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV with what is hard to find again: double spaces, accents, emoji; a bad row; one without a known truth."""
    path = tmp_path_factory.mktemp("inbox") / "inbox.csv"
    texts = ["Zoe\u0301  sat in   New York 😡👍🏽 Tom", "", "Ada Mary", "的Ann的 and ROME!", "nobody"]
    labels = [
        [{"start": 0, "end": 4, "type": "person"}, {"start": 15, "end": 23, "type": "place"}],
        [],
        [{"start": 0, "end": 8, "type": "person"}],
        [{"start": 1, "end": 4, "type": "planet"}],
        [],
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "entities"])
        writer.writerows(
            (number, text, cell(found)) for number, (text, found) in enumerate(zip(texts, labels, strict=True))
        )
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_trained_model_finds_the_entities_of_held_out_rows(model: TrainedModel) -> None:
    manifest = model.manifest
    assert (manifest.task, manifest.labels, manifest.thresholds) == ("tagging", ("person", "place"), {})
    assert (manifest.rows["rejected"], manifest.evaluated_on) == (1, "test")
    assert manifest.metrics["micro_f1"] > 0.9
    assert manifest.history[-1]["tag_accuracy"] > 0.9
    rows = read(model.folder / "report/predictions.csv")
    assert list(rows[0]) == ["text", "label", "predicted_entities"]


def test_report_and_card_speak_of_entities(model: TrainedModel) -> None:
    page = (model.folder / "report/report.html").read_text(encoding="utf-8")
    for wanted in (
        "Entity F1",
        '<mark class="right" title="person">',
        "entities that are cut off",
        "By label",
        "made up",
    ):
        assert wanted in page, wanted
    card = (model.folder / "model_card.md").read_text(encoding="utf-8")
    assert "answers with the entities in it, of 2 types" in card
    assert "tags: [token-classification, bert, tfbert]" in card
    metrics = json.loads((model.folder / "report/metrics.json").read_text())
    assert metrics["labels"]["person"]["rows"] > 5
    assert metrics["micro_f1"] == pytest.approx(model.manifest.metrics["micro_f1"])


def test_entities_that_a_cut_hides_are_counted_and_said(
    tiny_module: Path, table: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    short = options(tiny_module, tmp_path, train=[table], max_length=6, epochs=1)
    with caplog.at_level("WARNING"):
        train(short)
    assert any("train rows:" in line and "entities that are cut off" in line for line in caplog.messages)
    caplog.clear()
    with caplog.at_level("WARNING"):
        whole = train(dataclasses.replace(short, long="windows", output=str(tmp_path / "whole")))
    assert not any("cut off" in line for line in caplog.messages)
    # What stands behind the first window is answered, too.
    scorer = Scorer(whole.folder)
    assert any((row[:, 0] > 40).any() for row in scorer.score(["Rome " * 30, "Ann Paris " * 20]))


def test_a_table_is_scored_with_every_row_accounted_for(model: TrainedModel, inbox: Path, tmp_path: Path) -> None:
    summary = score(model.folder, [str(inbox)], output=str(tmp_path / "out.csv"), label="entities")
    assert (summary.rows_read, summary.rows_scored, summary.rows_rejected) == (5, 4, 1)
    rows = read(tmp_path / "out.csv")
    assert list(rows[0]) == ["id", "text", "entities", "predicted_entities"]
    for row in rows:
        for item in json.loads(row["predicted_entities"]):
            assert row["text"][item["start"] : item["end"]] == item["text"]
    first = json.loads(rows[0]["predicted_entities"])
    assert {"start": 15, "end": 23, "type": "place", "text": "New York"}.items() <= first[1].items()
    metrics = json.loads((tmp_path / "out.report/metrics.json").read_text())
    assert metrics["rows"] == 3  # one truth has a type that the model does not know


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_other_formats_hold_the_same_entities(model: TrainedModel, inbox: Path, tmp_path: Path, suffix: str) -> None:
    score(model.folder, [str(inbox)], output=str(tmp_path / "out.csv"))
    score(model.folder, [str(inbox)], output=str(tmp_path / f"other.{suffix}"))
    with open_table(tmp_path / f"other.{suffix}") as found:
        values = [row.values[-1] for row in found if isinstance(row, Row)]
    wanted = [json.loads(row["predicted_entities"]) for row in read(tmp_path / "out.csv")]
    assert [json.loads(value) if isinstance(value, str) else value for value in values] == wanted


def test_predictions_are_evaluated_without_the_model(model: TrainedModel, inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    score(model.folder, [str(inbox)], output=str(out), label="entities")
    found = evaluate(str(out), label="entities", output=tmp_path / "evaluated")
    # Here the types are those of the table: the planet counts, and is missed.
    assert found["micro_recall"].value < 1
    assert "planet" in json.loads((tmp_path / "evaluated/metrics.json").read_text())["labels"]
    with pytest.raises(DataError) as error:
        evaluate(str(out), label="predicted_entities", output=tmp_path / "other")
    assert "which is a column of predictions" in str(error.value)


def test_a_changed_cell_is_refused(model: TrainedModel, inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text('text,entities,predicted_entities\nAnn,[],"[{""start"": 0, ""end"": 3, ""type"": ""x""}]"\n')
    with pytest.raises(DataError) as error:
        evaluate(str(out), label="entities", output=tmp_path / "evaluated")
    assert str(error.value) == (
        'expected a score between 0 and 1 for each entity, found [{"start": 0, "end": 3, "type": "x"}] '
        f"({out}, line 2); give the output of tfbert score unchanged"
    )


def test_two_tables_of_entities_are_not_compared(model: TrainedModel, inbox: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out.csv")
    score(model.folder, [str(inbox)], output=out)
    with pytest.raises(DataError) as error:
        compare(out, out, label="entities", output=tmp_path / "compared")
    assert str(error.value) == (
        "expected predictions of the tasks single-label, multi-label, regression to compare, found those of tagging "
        f"({out}); evaluate each table with tfbert evaluate"
    )


def test_a_table_of_spans_teaches_the_same_as_a_conll_file(
    model: TrainedModel, tiny_module: Path, table: str, tmp_path: Path
) -> None:
    with open_table(table) as found:
        rows = [dict(zip(found.columns, row.values, strict=True)) for row in found if isinstance(row, Row)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    bad = json.dumps({"text": "Ann", "entities": [{"start": 0, "end": 9, "type": "person"}]})
    (tmp_path / "train.jsonl").write_text("\n".join([bad, *lines]), encoding="utf-8")
    again = train(options(tiny_module, tmp_path, train=[str(tmp_path / "train.jsonl")]))
    assert again.manifest.metrics == model.manifest.metrics
    assert again.manifest.rows["rejected"] == 1


def test_a_model_in_16_bits_finds_the_same(model: TrainedModel, tmp_path: Path) -> None:
    exported = export_model(model.folder, precision="float16", output=tmp_path / "half")
    assert exported.manifest.compared["same"] >= 0.995
    assert exported.bytes_after < exported.bytes_before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"pooling": "cls"}, "expected pooling with the task single-label or multi-label or regression or choice"),
        ({"clean": ["strip_html"]}, "expected clean with the task"),
        ({"tokenizer": "hub"}, "expected tokenizer with the task"),
        ({"text_pair": "other"}, "expected text_pair with the task"),
        ({"threshold": "f1"}, "expected threshold with the task"),
        ({"label_smoothing": 0.1}, "expected label_smoothing with the task"),
        ({"baseline": True}, "expected baseline with the task"),
        ({"explain": 3}, "expected explain with the task"),
        ({"class_weights": "balanced"}, "expected class_weights with the task single-label"),
    ],
)
def test_options_that_say_nothing_are_refused(option: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        TrainConfig(
            task="tagging", **{key: tuple(value) if isinstance(value, list) else value for key, value in option.items()}
        )
    assert str(error.value).startswith(message)
    assert "with tagging" in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [{"trainable": "none"}, {"precision": "mixed_bfloat16"}, {"xla": True}, {"head": "mlp"}]
)
def test_the_other_options_train_it_too(tiny_module: Path, table: str, tmp_path: Path, more: dict[str, object]) -> None:
    trained = train(options(tiny_module, tmp_path, train=[table], epochs=2, **more))
    assert np.isfinite(trained.manifest.history[-1]["val_loss"])


def test_a_conll_file_of_another_name_trains_and_scores(model: TrainedModel, table: str, tmp_path: Path) -> None:
    annotated = tmp_path / "test.annotated"
    annotated.write_bytes(Path(table).read_bytes())
    summary = score(
        model.folder, [str(annotated)], output=str(tmp_path / "out.csv"), label="entities",
        table_format=TableFormat(format="conll"), slices=("entities",),
    )  # fmt: skip
    assert (summary.rows_scored, summary.rows_rejected) == (179, 1)
