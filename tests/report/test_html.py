from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import Rows, made_up_rows, rows_of

from tfbert.evaluation.blocks import MOST_TEXT
from tfbert.evaluation.leaks import SplitTexts, check_splits
from tfbert.evaluation.metric import ranking_error
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.results import compute_results
from tfbert.report.chips import TextPart
from tfbert.report.html import build_html, format_fact, format_number
from tfbert.report.rows import CLAMP, frequent_mistakes, shown_rows
from tfbert.report.surroundings import Surroundings

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(2)</script>",
    "</title><svg onload=alert(3)>",
    "{{ 7 * 7 }} {% raw %}",
)


class Page(HTMLParser):
    """The page as a browser's tokenizer sees it: its elements, their attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def page(rows: Rows, **options) -> str:
    beside = {name: options.pop(name) for name in ("facts", "baselines", "splits", "drift") if name in options}
    given = {"title": "t", "predictions": "all.csv", "files": []} | options
    sections = {"predictions": [], "training": [], "data": []}
    results = compute_results(rows.evaluation)
    return build_html(results, sections=sections, surroundings=Surroundings(**beside), **given)


def attacked() -> Rows:
    texts = [*ATTACKS, *(attack + "x" * CLAMP * 2 + attack for attack in ATTACKS)]
    return rows_of([*range(5)] * 2, [[0.5, 0.2, 0.1, 0.1, 0.1]] * 10, labels=ATTACKS, texts=texts)


def test_nothing_in_the_data_becomes_markup():
    facts = {ATTACKS[0]: ATTACKS[1], ATTACKS[2]: {ATTACKS[3]: [ATTACKS[4]]}}
    baselines = {ATTACKS[0]: {"macro_f1": 0.9}}
    options = {"title": ATTACKS[3], "facts": facts, "baselines": baselines, "files": ATTACKS[1:2]}
    html = page(attacked(), predictions=ATTACKS[0], **options)
    seen = Page(html)
    assert not seen.tags.keys() & {"script", "img", "iframe", "object", "svg"}
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert seen.tags["style"] == seen.tags["title"] == 1
    for attack in ATTACKS:
        assert attack in seen.text


def test_the_page_names_no_address_outside_itself(three):
    html = page(three, files=["metrics.json"])
    links = [value for name, value in Page(html).attributes if name in ("href", "src", "srcset", "action", "data")]
    assert links
    assert all(link.startswith(("#", "data:")) or link == "metrics.json" for link in links)
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_the_same_arguments_give_the_same_page(three):
    assert page(three) == page(three)


def test_headline_numbers_and_sentences_are_on_the_page(three):
    text = Page(page(three)).text
    right = int((three.predicted == three.truth).sum())
    assert f"{right} of 60 rows labelled right ({right / 60:.1%}; 95 % interval " in text
    assert f"{compute_metrics(three.evaluation)['macro_f1']:.3f}" in text
    assert "The most frequent mistake is" in text
    assert "The weakest label is" in text


def test_what_is_not_defined_says_why():
    text = Page(page(rows_of([0], [[0.9, 0.1]], labels=("ham", "spam")))).text
    assert "another not defined: only one class in the truth" in text
    assert "share found of the rows that are so not defined: no row is so in the truth" in text
    assert "1 of 1 row labelled right (100.0%; 95 % interval 20.7% to 100.0%)." in text
    assert "The truth has 1 of 2 labels; the others could not be measured." in text
    assert "Every row got its true label." in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (0.0, "The model beats the best baseline, svm: macro F1 {:.3f} against 0.000."),
        (1.0, "The model does not beat svm: macro F1 {:.3f} against 1.000."),
    ],
)
def test_the_best_baseline_is_compared_plainly(score, sentence, three):
    baselines = {"majority": {"macro_f1": score - 0.5}, "svm": {"macro_f1": score, "accuracy": 0.9}}
    text = Page(page(three, baselines=baselines)).text
    assert sentence.format(compute_metrics(three.evaluation)["macro_f1"]) in text
    assert "Same rows This model majority svm Accuracy" in text


def test_no_row_of_a_table_of_metrics_is_hidden_and_notes_stand_below_their_table(three):
    splits = check_splits({"train": SplitTexts(["a"], ["x"], [("in.csv", 2)])})
    html = page(three, baselines={"svm": {"macro_f1": 0.5}}, splits=splits)
    assert re.search(r'Against baselines</h2>\s*<div class="scroll whole">', html)
    assert re.search(r'</table>\s*</div>\s*<p class="soft note">Texts count as the same', html)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234.5678, "1235"), (0.01, "0.010"), (0.0047619, "0.00476"), (-0.00123456, "-0.00123"), (0, "0.000")],
)
def test_numbers_have_three_decimals_or_as_many_digits_as_they_need(value, shown):
    assert format_number(value) == shown


def test_each_kind_of_mistake_stands_with_its_count_share_and_surest_rows(three):
    (first, *_) = pairs = frequent_mistakes(three.evaluation)
    assert [pair.rows for pair in pairs] == sorted((pair.rows for pair in pairs), reverse=True)
    truth, predicted = three.labels.index(first.truth), three.labels.index(first.predicted)
    rows = [row for row in three.mistakes if (three.truth[row], three.predicted[row]) == (truth, predicted)]
    assert first.rows == len(rows)
    assert first.share == len(rows) / (three.truth == truth).sum()
    assert [shown.start for shown in first.examples] == [[TextPart(three.texts[row])] for row in rows[:3]]
    assert f"{first.truth} taken for {first.predicted}" in Page(page(three)).text


def test_what_was_computed_from_merged_probabilities_says_how_exact_it_is(three):
    many = made_up_rows([f"intent {number}" for number in range(200)], 6_000)
    (bound,) = re.findall(r"each is within (\S+) of that of the single rows", Page(page(many)).text)
    exact = np.mean([sk.roc_auc_score(many.truth == label, many.probabilities[:, label]) for label in range(200)])
    ours = compute_metrics(many.evaluation)["roc_auc"]
    assert 0 < abs(ours - exact) <= ranking_error(many.evaluation) <= float(bound)
    assert "each is within" not in Page(page(three)).text


def test_a_row_says_where_it_stands():
    (row,) = shown_rows(made_up_rows("ab", 1).evaluation, made_up_rows("ab", 1).evaluation.examples.sample)
    assert row.origin == "rows.csv, line 2"


def test_a_long_text_is_folded_and_a_huge_one_cut():
    text = "a" * CLAMP + "b" * (MOST_TEXT - CLAMP) + "c" * 70_000
    rows = rows_of([0], [[0.9, 0.1]], texts=[text])
    (row,) = shown_rows(rows.evaluation, rows.evaluation.examples.sample)
    assert (row.start, row.rest) == ([TextPart("a" * CLAMP)], [TextPart("b" * (MOST_TEXT - CLAMP))])
    assert row.omitted == 70_000
    seen = Page(page(rows))
    assert "70,000 more characters in all.csv" in seen.text
    assert seen.tags["details"] == 1  # in the sample


def test_a_text_is_folded_after_a_word():
    text = "x" * (CLAMP - 5) + " straddling " + "y" * 100
    rows = rows_of([0], [[0.9, 0.1]], texts=[text])
    (row,) = shown_rows(rows.evaluation, rows.evaluation.examples.sample)
    assert (row.start, row.rest) == ([TextPart("x" * (CLAMP - 5) + " ")], [TextPart("straddling " + "y" * 100)])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "yes"), (None, "\u2013"), ((), "\u2013"), (2021, "2021"), (13871, "13,871"), (5e-5, "5e-05"),
        (0.15, "0.15"), (["a", 1], "a, 1"), ({"a": False, "b": {"c": 1}}, "a: no, b: c: 1"), ("x\x00y", "x\ufffdy"),
    ],
)  # fmt: skip
def test_facts_are_written_for_people(value, shown):
    assert format_fact(value) == shown
