from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from tfbert.data.labelled import LabelledRows
from tfbert.export.manifest import read_manifest
from tfbert.jobs.judged_baselines import UNCALIBRATED, judge_baselines
from tfbert.jobs.train import TrainedModel
from tfbert.report.summary import LEAD_HIGH, LEAD_LOW, compare_with_baselines
from tfbert.tasks.answers import Answers
from tfbert.tasks.regression import Regression
from tfbert.tasks.single_label import SingleLabel
from tfbert.training.baselines import BASELINES, fit_baseline

SVC = "TF-IDF + LinearSVC"


def rows_of(texts, labels, pairs=None) -> LabelledRows:
    columns = {"text": list(texts)} | ({} if pairs is None else {"text_pair": list(pairs)})
    return LabelledRows(columns, list(labels), ["f"] * len(texts), array("q", range(len(texts))), [])


@pytest.fixture(scope="module")
def split(messages: Path) -> tuple[LabelledRows, LabelledRows]:
    table = pd.read_csv(messages)
    return tuple(rows_of(part.text, part.label) for part in (table[::2], table[1::2]))


def judge(train: LabelledRows, test: LabelledRows, *, task, answers: Answers | None = None, clean=()):
    weights = np.ones(len(train.texts))
    if answers is None:  # a model that answers as the first baseline does
        name = next(iter(BASELINES[task.name]))
        fitted = fit_baseline(
            name,
            texts=train.texts,
            text_pairs=train.columns.get("text_pair"),
            targets=task.targets(train.labels),
            task=task,
        )
        answers = fitted.predict(test.texts, test.columns.get("text_pair"))
    return judge_baselines(train, test, answers=answers, task=task, weights=weights, clean=clean)


def test_baselines_are_measured_on_the_held_out_rows_as_scikit_learn_would(split) -> None:
    train, test = split
    task = SingleLabel.learn(train.labels)
    judged = judge(train, test, task=task)
    assert list(judged) == list(BASELINES["single-label"])
    baseline = fit_baseline(SVC, texts=train.texts, targets=task.targets(train.labels), task=task)
    predicted = [task.label_names[label] for label in baseline.predict(test.texts).predicted]
    assert judged[SVC]["accuracy"] == pytest.approx(accuracy_score(test.labels, predicted))
    assert judged[SVC]["macro_f1"] == pytest.approx(f1_score(test.labels, predicted, average="macro"))


def test_only_probabilities_are_judged_as_such(split) -> None:
    judged = judge(*split, task=SingleLabel.learn(split[0].labels))
    assert not judged[SVC].keys() & set(UNCALIBRATED)
    for name in ("majority", "TF-IDF + logistic regression"):
        assert judged[name].keys() >= set(UNCALIBRATED)
    assert "roc_auc" in judged[SVC]


def test_the_lead_over_the_best_baseline_has_an_interval_around_it(split) -> None:
    train, test = split
    task = SingleLabel.learn(train.labels)
    perfect = task.targets(test.labels)
    judged = judge(train, test, task=task, answers=Answers(np.eye(task.outputs, dtype=np.float32)[perfect], perfect))
    best = max(judged, key=lambda name: judged[name]["macro_f1"])
    assert [name for name in judged if LEAD_LOW in judged[name]] == [best]
    low, high = judged[best][LEAD_LOW], judged[best][LEAD_HIGH]
    assert 0 < low < 1 - judged[best]["macro_f1"] < high


def test_baselines_read_what_the_model_reads() -> None:
    texts, labels = ["<b>good</b>", "<b>bad</b>"] * 4, ["y", "n"] * 4
    task = SingleLabel.learn(labels)
    train, test = rows_of(texts, labels), rows_of(["<good>", "<bad>"], ["y", "n"])  # tags, of which nothing stays
    seen = judge(train, test, task=task)[SVC]["accuracy"]
    cleaned = judge(train, test, task=task, clean=("strip_html",))[SVC]["accuracy"]
    assert (seen, cleaned) == (1, 0.5)


def test_pairs_and_values_are_judged_too() -> None:
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(20)]
    first = [" ".join(random.choice(words, 5)) for _ in range(120)]
    second = [" ".join(random.choice([*text.split(), *words], 5)) for text in first]
    shared = [str(len(set(one.split()) & set(other.split()))) for one, other in zip(first, second, strict=True)]
    train, test = (rows_of(first[part], shared[part], second[part]) for part in (slice(80), slice(80, 120)))
    judged = judge(train, test, task=Regression.learn(train.labels))
    assert judged["TF-IDF + ridge"]["spearman"] > 0.8
    assert judged["mean"]["spearman"] is None
    assert LEAD_LOW in judged["TF-IDF + ridge"]


@pytest.mark.parametrize(
    ("lead", "sentence"),
    [
        ((0.02, 0.08), "The model beats the best baseline, svc: macro F1 0.850 against 0.800 "
         "(95 % interval of the difference +0.020 to +0.080)."),
        ((-0.01, 0.11), "The model beats the best baseline, svc: macro F1 0.850 against 0.800; that may be chance "
         "(95 % interval of the difference -0.010 to +0.110)."),
        ((None, None), "The model beats the best baseline, svc: macro F1 0.850 against 0.800; rows so few, or so much "
         "alike, do not tell whether by chance."),
        (None, "The model beats the best baseline, svc: macro F1 0.850 against 0.800."),
    ],
)  # fmt: skip
def test_the_verdict_says_whether_the_lead_may_be_chance(lead, sentence) -> None:
    baselines = {"majority": {"macro_f1": 0.1}, "svc": {"macro_f1": 0.8}}
    if lead:
        baselines["svc"] |= dict(zip((LEAD_LOW, LEAD_HIGH), lead, strict=True))
    assert compare_with_baselines({"macro_f1": 0.85}, baselines, task="single-label").sentence == sentence


def test_a_headline_that_is_not_defined_is_no_number() -> None:
    verdict = compare_with_baselines({"spearman": None}, {"mean": {"spearman": None}}, task="regression")
    assert verdict.sentence == "The model does not beat mean: Spearman not defined against not defined."


def test_training_with_baselines_puts_them_into_manifest_report_and_card(trained: TrainedModel) -> None:
    manifest = read_manifest(trained.folder)
    assert list(manifest.baselines) == list(BASELINES["single-label"])
    page, card = (trained.folder / "report" / "report.html").read_text(), (trained.folder / "model_card.md").read_text()
    sentence = compare_with_baselines(manifest.metrics, manifest.baselines, task="single-label").sentence
    assert sentence.startswith("The model does not beat TF-IDF + ")  # one with random weights
    assert sentence in page
    assert sentence in card
    for name, metrics in manifest.baselines.items():
        assert name in page
        assert f"| {name} | {metrics['accuracy']:.4f} | {metrics['macro_f1']:.4f} | " in card
