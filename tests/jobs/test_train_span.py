"""Training, exporting, scoring and evaluating a model that answers questions, from table to table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfbert.config import TrainConfig
from tfbert.config_reading import build_config
from tfbert.data.parts import read_parts
from tfbert.data.tables import Row, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.evaluation.answer_match import match_answer
from tfbert.jobs.compare import compare
from tfbert.jobs.evaluate import evaluate
from tfbert.jobs.export_model import export_model
from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel, train
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.span import BEHIND, END, NO_ANSWER, SCORE, START, Span

NAMES, TOWNS = ("anna", "bob", "carl", "Zoë"), ("rome", "paris", "oslo", "new york")
FILLER = "the sun was out 😀 and the day was long . "


def write_squad(path: Path, *, rows: int, seed: int) -> str:
    """Who went, and where to? Every fifth question is not answered by its context."""
    random = np.random.default_rng(seed)
    paragraphs: list[dict[str, Any]] = []
    for number in range(rows):
        who, where = str(random.choice(NAMES)), str(random.choice(TOWNS))
        asked, answer = [("who went ?", who), ("where to ?", where)][number % 2]
        none = number % 5 == 0
        said = f"{who} went to {where} ." if not none else f"{who} went ." if asked == "where to ?" else f"to {where} ."
        context = FILLER * int(random.integers(0, 3)) + said
        answers = [] if none else [{"text": answer, "answer_start": context.index(answer)}]
        paragraphs.append({"context": context, "qas": [{"id": f"q{number}", "question": asked, "answers": answers}]})
    paragraphs.append({"context": "x", "qas": [{"id": "bad", "question": "who ?", "answers": [
        {"text": "anna", "answer_start": 0}]}]})  # fmt: skip
    path.write_text(json.dumps({"data": [{"title": f"part {seed}", "paragraphs": paragraphs}]}))
    return str(path)


def options(tiny_module: Path, folder: Path, **more: object) -> TrainConfig:
    values = {
        "encoder": str(tiny_module), "output": str(folder / "model"), "epochs": 8, "learning_rate": 5e-3,
        "batch_size": 16, "max_length": 24, "long": "windows", "task": "span", "text": "question",
        "text_pair": "context", "label": "answers", **more,
    }  # fmt: skip
    return build_config(values)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tables")
    sizes = {"train": 240, "valid": 60, "test": 60}
    return {
        name: write_squad(folder / f"{name}.json", rows=rows, seed=seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def model(tiny_module: Path, tables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A model whose questions may have no answer, and whose contexts are read in windows of about 17 pieces."""
    given = {name: [table] for name, table in tables.items()}
    return train(options(tiny_module, tmp_path_factory.mktemp("model"), **given))


@pytest.fixture(scope="module")
def always(random_model: Callable[..., Path]) -> Path:
    """A model with random weights that always gives an answer."""
    return random_model("span", text="question", text_pair="context", long="windows")


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is hard to cut out again: double spaces, accents, emoji; an empty context; an answer as plain text."""
    path = tmp_path_factory.mktemp("inbox") / "inbox.csv"
    rows = [
        ("1", "who went ?", f"{FILLER * 6}Zoe\u0301  went to   new york 😡👍🏽 .", "Zoe\u0301"),
        ("2", "where to ?", "", "rome"),
        ("3", "where to ?", "的bob的 went to ROME!", '{"text": ["ROME", "rome"], "answer_start": [14, 14]}'),
        ("4", "where to ?", "the sun was out", '{"text": [], "answer_start": []}'),
        ("5", "who went ?", "carl", ""),
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "question", "context", "gold"), *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_trained_model_answers_held_out_questions(model: TrainedModel) -> None:
    manifest = model.manifest
    assert (manifest.task, manifest.labels, manifest.thresholds) == ("span", (), {})
    assert (manifest.rows["train"], manifest.rows["rejected"]) == (240, 3)
    assert manifest.metrics["f1"] > 0.8, manifest.metrics
    assert manifest.metrics["no_answer_accuracy"] > 0.5
    assert list(manifest.decoding) == ["no_answer_margin"]
    assert manifest.history[-1]["span_accuracy"] > 0.8
    rows = read(model.folder / "report/predictions.csv")
    assert list(rows[0]) == [
        "text", "text_pair", "label", "predicted_answer", "predicted_start", "predicted_score", "predicted_no_answer",
        "predicted_answers",
    ]  # fmt: skip
    scores = [match_answer(row["predicted_answer"], json.loads(row["label"])["text"]) for row in rows]
    assert np.mean(scores, axis=0) == pytest.approx([manifest.metrics["exact_match"], manifest.metrics["f1"]])


def test_report_and_card_speak_of_answers(model: TrainedModel) -> None:
    page = (model.folder / "report/report.html").read_text(encoding="utf-8")
    for wanted in (
        "Exact match",
        "No-answer accuracy",
        "got exactly a right answer",
        '<mark class="right"',
        "answers whose edges are not those of words",
        "Those of shares of rows (exact match and",
    ):
        assert wanted in page, wanted
    card = (model.folder / "model_card.md").read_text(encoding="utf-8")
    assert "answers with the part of the second that answers the first" in card
    assert "It gives no answer where the log probability" in card
    assert "are read in several windows" in card


def test_answers_are_parts_of_the_context_wherever_they_stand(model: TrainedModel, inbox: Path, tmp_path: Path) -> None:
    summary = score(model.folder, [str(inbox)], output=str(tmp_path / "out.csv"), label="gold")
    assert (summary.rows_read, summary.rows_scored, summary.rows_rejected) == (5, 4, 1)
    rows = read(tmp_path / "out.csv")
    for row in rows:
        items = json.loads(row["predicted_answers"])
        assert 0 < len(items) <= 5
        for item in items:
            assert row["context"][item["start"] : item["end"]] == item["text"] != ""
        assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)
        total = sum(item["score"] for item in items) + float(row["predicted_no_answer"])
        assert 0 < total <= 1.0001
        if row["predicted_answer"]:
            assert (row["predicted_answer"], int(row["predicted_start"])) == (items[0]["text"], items[0]["start"])
        else:
            assert (row["predicted_start"], row["predicted_score"]) == ("", row["predicted_no_answer"])
    metrics = json.loads((tmp_path / "out.report/metrics.json").read_text())
    assert metrics["rows"] == 3  # one has no label


def test_the_exported_graph_gives_what_the_scorer_gives(model: TrainedModel) -> None:
    loaded = tf.saved_model.load(str(model.folder))
    questions = ["who went ?", "where to ?", "who went ?"]
    contexts = [f"{FILLER * 4}Zoë went to rome .", "bob went to oslo .", "to paris ."]
    given = {"text": tf.constant(questions), "text_pair": tf.constant(contexts)}
    served = {name: value.numpy() for name, value in loaded.signatures["serving_default"](**given).items()}
    values = Scorer(model.folder).score(questions, contexts)
    assert values.shape == (3, *Span.value_shape)
    np.testing.assert_allclose(values[:, SCORE], served["score"], rtol=1e-4)
    assert (values[:, [START, END]] == np.stack([served["start"], served["end"]], axis=1)).all()
    for context, answer, start, end in zip(contexts, served["answer"], served["start"], served["end"], strict=True):
        assert answer.decode() == (context[start:end] if start >= 0 else "")
    assert {name: value.shape for name, value in served.items()} == {
        "answer": (3,), "start": (3,), "end": (3,), "score": (3,), "no_answer_score": (3,),
        "answers": (3, 5), "starts": (3, 5), "ends": (3, 5), "scores": (3, 5),
    }  # fmt: skip
    tokens = loaded.signatures["tokenize"](**given)
    first, *others = tokens["row_windows"].numpy().tolist()
    assert first > 2
    assert others == [1, 1]
    assert len(tokens["row_lengths"]) == first + 2
    assert not any(name.endswith("_bytes") for name in served)


def test_other_rows_of_a_call_do_not_change_an_answer(model: TrainedModel) -> None:
    scorer = Scorer(model.folder)
    questions = ["who went ?", "where to ?"] * 3
    contexts = [f"{FILLER * count}{NAMES[count % 4]} went to {TOWNS[count % 4]} ." for count in range(6)]
    together = scorer.score(questions, contexts)
    for row, texts in enumerate(zip(questions, contexts, strict=True)):
        alone = scorer.score(*([text] for text in texts))[0]
        assert (alone[[START, END]] == together[row, [START, END]]).all()
        np.testing.assert_allclose(alone, together[row], atol=1e-4)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl", "parquet"])
def test_other_formats_hold_the_same_answers(always: Path, tables: dict[str, str], tmp_path: Path, suffix: str) -> None:
    wanted, found = tmp_path / "wanted.csv", tmp_path / f"found.{suffix}"
    for output in (wanted, found):
        score(always, [tables["test"]], output=str(output))
    with open_table(found) as table:
        rows = [dict(zip(table.columns, row.values, strict=True)) for row in table if isinstance(row, Row)]
    assert "predicted_no_answer" not in rows[0]  # it always gives an answer
    for row, other in zip(rows, read(wanted), strict=True):
        assert row["predicted_answer"] == other["predicted_answer"] != ""
        number = other["predicted_start"] if suffix == "tsv" else int(other["predicted_start"])
        assert row["predicted_start"] == number
        best = row["predicted_answers"]
        assert (json.loads(best) if isinstance(best, str) else best) == json.loads(other["predicted_answers"])


def test_predictions_are_evaluated_without_the_model(
    model: TrainedModel, tables: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    summary = score(model.folder, [tables["test"]], output=str(out), label="answers", slices=("title",))
    assert (summary.rows_scored, summary.rows_rejected) == (60, 1)
    reported = json.loads((tmp_path / "out.report/metrics.json").read_text())
    assert reported["slices"]["title"]["part 2"]["f1"] == pytest.approx(reported["f1"])
    found = evaluate(str(out), label="answers", output=tmp_path / "evaluated", text="question")
    for name, measure in found.items():
        assert measure.value == pytest.approx(reported[name], abs=1e-6), name
        assert model.manifest.metrics[name] == pytest.approx(reported[name], abs=1e-6), name


def test_a_killed_job_goes_on_to_the_same_bytes(always: Path, tables: dict[str, str], tmp_path: Path) -> None:
    whole, resumed = tmp_path / "whole.csv", tmp_path / "resumed.csv"
    score(always, [tables["train"]], output=str(whole), label="answers")

    class Killed(BaseException):
        pass

    def kill(done: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        score(always, [tables["train"]], output=str(resumed), label="answers", progress=kill)
    score(always, [tables["train"]], output=str(resumed), label="answers", resume=True)
    assert resumed.read_bytes() == whole.read_bytes()
    reports = [json.loads((tmp_path / f"{name}.report/metrics.json").read_text()) for name in ("whole", "resumed")]
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("predicted_start", "x"), ("predicted_start", ""), ("predicted_score", "2"), ("predicted_score", "nan"),
        ("predicted_answers", "[{}]"), ("predicted_answers", "oops"),
    ],
)  # fmt: skip
def test_a_changed_cell_is_refused(tmp_path: Path, column: str, cell: str) -> None:
    row = {"gold": "a", "predicted_answer": "a", "predicted_start": "0", "predicted_score": "0.5",
           "predicted_answers": "[]"} | {column: cell}  # fmt: skip
    out = tmp_path / "out.csv"
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    with pytest.raises(DataError) as error:
        evaluate(str(out), label="gold", text="gold", output=tmp_path / "evaluated")
    assert str(error.value) == (
        "expected an answer with its place and its score, and the best answers as JSON, found "
        f"{', '.join(list(row.values())[1:])} ({out}, line 2); give the output of tfbert score unchanged"
    )


def test_two_tables_of_answers_are_not_compared(always: Path, tables: dict[str, str], tmp_path: Path) -> None:
    out = str(tmp_path / "out.csv")
    score(always, [tables["test"]], output=out)
    with pytest.raises(DataError) as error:
        compare(out, out, label="answers", output=tmp_path / "compared")
    assert str(error.value) == (
        "expected predictions of the tasks single-label, multi-label, regression to compare, found those of span "
        f"({out}); evaluate each table with tfbert evaluate"
    )


def test_plain_answers_and_their_places_are_read_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    contexts = [f"bob and bob number {number}" for number in range(20)]
    lines = [f"who?,{context},bob,{8 if number else ''}" for number, context in enumerate(contexts)]
    table.write_text("\n".join(["question,context,answer,start", *lines, "who?,carl,carl,0", ""]))
    config = TrainConfig(
        train=(str(table),), task="span", text="question", text_pair="context", label="answer", answer_start="start"
    )
    parts = read_parts(config, task=Span)
    (reject,) = parts.rejects
    assert reject.reason.startswith("expected lists of texts and of whole numbers")
    cells = {json.dumps({"text": [text], "answer_start": [start]}) for text, start in (("bob", 8), ("carl", 0))}
    assert {*parts.train.labels, *parts.valid.labels, *parts.test.labels} == cells
    found = TrainConfig(train=(str(table),), task="span", text="question", text_pair="context", label="answer")
    with pytest.raises(DataError) as error:
        read_parts(found, task=Span)
    assert "distinct text" in str(error.value)  # of 21 rows one is left: bob occurs twice in the others


def test_a_model_in_16_bits_answers_the_same(model: TrainedModel, tmp_path: Path) -> None:
    exported = export_model(model.folder, precision="float16", output=tmp_path / "half")
    assert exported.manifest.compared["same"] >= 0.995
    assert exported.bytes_after < exported.bytes_before


def test_a_table_without_any_answer_teaches_nothing(tiny_module: Path, tmp_path: Path) -> None:
    table = tmp_path / "train.jsonl"
    row = {"question": "who?", "answers": {"text": [], "answer_start": []}}
    table.write_text("".join(json.dumps({**row, "context": f"number {n}"}) + "\n" for n in range(30)))
    with pytest.raises(DataError) as error:
        train(options(tiny_module, tmp_path, train=[str(table)]))
    assert str(error.value).startswith("expected at least one answer to train on, found none in ")


def test_without_a_second_text_there_is_nothing_to_cut_answers_from() -> None:
    with pytest.raises(ConfigError) as error:
        TrainConfig(task="span")
    assert str(error.value).startswith("expected text_pair for the task span")


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [{"trainable": "none"}, {"precision": "mixed_bfloat16"}, {"xla": True}, {"head": "mlp", "long": "head"}]
)
def test_the_other_options_train_it_too(
    tiny_module: Path, tables: dict[str, str], tmp_path: Path, more: dict[str, object]
) -> None:
    trained = train(options(tiny_module, tmp_path, train=[tables["valid"]], test=[tables["test"]], epochs=2, **more))
    assert np.isfinite(trained.manifest.history[-1]["val_loss"])
    values = Scorer(trained.folder).score(["who went ?"], ["carl went to rome ."])
    assert 0 <= values[0, NO_ANSWER] <= 1
    assert (values[0, BEHIND::3] >= 0).all()
