from __future__ import annotations

import ast
import dataclasses
import re

import pytest
from labelled_rows import made_up_multi, made_up_numbers, rows_of

from tfbert.evaluation.results import Results, compute_results
from tfbert.export.manifest import Manifest
from tfbert.report.model_card import escape_markdown, write_model_card

MANIFEST = Manifest(
    model="customer mail/3",
    task="single-label",
    labels=("billing", "praise", "<b>spam</b>|*"),
    text_columns={"text": "message"},
    label_column="topic",
    max_length=64,
    encoder={"source": "bundled", "digest": "0f3a"},
    options={
        "epochs": 3,
        "seed": 42,
        "clean": ["links", "lowercase"],
        "long": "head",
        "threshold": "",
        "output": "models/customer mail",
    },
    rows={"train": 400, "test": 60, "rejected": 2, "valid_and_test_texts_also_in_train": 1},
    metrics={},
    baselines={},
    evaluated_on="test",
    history=[],
    best_epoch=2,
    packages={"keras": "3.15.1"},
    decoding={},
    thresholds={},
    precision="float32",
    compared={},
)


@pytest.fixture
def card(three, tmp_path):
    def write(manifest: Manifest, results: Results | None = None) -> str:
        path = tmp_path / "model_card.md"
        write_model_card(path, manifest=dataclasses.asdict(manifest), results=results or three.results)
        return path.read_text(encoding="utf-8")

    return write


def test_the_card_states_what_the_manifest_and_the_results_say(card, three):
    text = card(MANIFEST)
    accuracy = three.results.metrics["accuracy"]
    interval = f"{accuracy.low:.4f} to {accuracy.high:.4f}"
    for fact in (
        "# customer mail/3",
        "it reads a text and answers with one of its 3 labels, and a probability for each.",
        "- billing\n- praise\n- &lt;b&gt;spam&lt;/b&gt;\\|\\*\n",
        "tfbert score 'models/customer mail/3' FILE --output predictions.csv --text message\n",
        "On the test rows.",
        f"| Accuracy | {accuracy.value:.4f} | {interval} | share of rows with the right label |",
        "| billing | 0.",
        "longer than 64 tokens",
        "Its weakest label is",
        "after epoch 2, the best by validation loss",
        "| train | 400 |",
        "| valid and test texts also in train | 1 |",
        "| digest | 0f3a |",
        "| clean | links, lowercase |",
        "| keras | 3.15.1 |",
    ):
        assert fact in text
    assert "Thresholds" not in text


@pytest.mark.parametrize(
    ("task", "labels", "rows", "says"),
    [
        (
            "multi-label",
            ("a", "b"),
            made_up_multi(("a", "b"), 40),
            "any number of its 2 labels, and a probability for each",
        ),
        ("regression", (), made_up_numbers(40), "answers with a number"),
    ],
)
def test_every_task_has_a_card_of_its_own(task, labels, rows, says, card):
    manifest = dataclasses.replace(
        MANIFEST, task=task, labels=labels, text_columns={"text": "message", "text_pair": "reply"}
    )
    text = card(manifest, compute_results(rows.evaluation))
    assert says in text
    assert "it reads two texts" in text
    assert "Texts from the columns message and reply, labels from the column topic." in text
    assert (
        "- Of two texts that together are longer than 64 tokens, the special ones included, the longer one loses its "
        "end until they fit.\n"
    ) in text
    assert "--text message --text-pair reply\n" in text
    assert ("## Labels" in text) == bool(labels)
    assert "always answers with one of its labels" not in text
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ast.parse(code)
    assert 'text_pair=tf.constant(["its pair", "the other\'s"])' in code


def test_the_python_in_the_card_is_python(card):
    (code,) = re.findall(r"```python\n(.*?)```", card(MANIFEST), re.DOTALL)
    ast.parse(code)
    assert "tf.saved_model.load('models/customer mail/3')" in code
    assert "print(answer['label'].numpy(), answer['score'].numpy())" in code


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("0.3", "its threshold, which was given.\n"),
        ("cost:5,1", "its threshold, chosen on the validation rows by the rule cost:5,1.\n"),
    ],
)
def test_a_threshold_is_said_to_be_chosen_only_where_it_was(rule, says, card):
    manifest = dataclasses.replace(MANIFEST, options=MANIFEST.options | {"threshold": rule}, thresholds={"spam": 0.3})
    assert f"A label is predicted where its probability reaches {says}" in card(manifest)


def test_metrics_on_the_rows_that_chose_the_epoch_are_said_to_flatter(card):
    sentence = "The rows it was measured on also chose the best epoch, which flatters the numbers."
    assert sentence in card(dataclasses.replace(MANIFEST, evaluated_on="valid"))
    assert sentence not in card(MANIFEST)


def test_a_baseline_that_is_not_beaten_is_named(card, three):
    macro_f1 = three.results.values["macro_f1"]
    manifest = dataclasses.replace(MANIFEST, baselines={"majority": {"macro_f1": None}, "svm": {"macro_f1": 0.999}})
    assert f"The model does not beat svm: macro F1 {macro_f1:.3f} against 0.999." in card(manifest)


def test_a_metric_that_is_not_defined_says_so(card):
    one = rows_of([0], [[0.9, 0.1]], labels=("ham", "spam"))
    text = card(dataclasses.replace(MANIFEST, labels=("ham", "spam")), one.results)
    assert "| ROC AUC | not defined | \u2013 |" in text


def test_binary_metrics_name_their_label(card):
    manifest = dataclasses.replace(MANIFEST, labels=("ham", "spam"))
    probabilities = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]
    for positive, precision in (("spam", 0.5), ("ham", 1.0)):
        rows = rows_of([0, 0, 1], probabilities, labels=("ham", "spam"), positive=positive)
        assert f"| Precision of {positive} | {precision:.4f} |" in card(manifest, rows.results)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", r"a\|b"),
        ("<script>", "&lt;script&gt;"),
        ("*_`[x](y)", r"\*\_\`\[x\](y)"),
        ("two\nlines", "two lines"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("0.5", "0.5"),
        ("# title", r"\# title"),
        ("nul\x00", "nul\ufffd"),
    ],
)
def test_markdown_shows_every_value_as_it_is(text, written):
    assert escape_markdown(text) == written
