from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import numpy as np
import pytest
from compared_models import ATTACKS, MADE_UP, comparison_of

from tfbert.evaluation.comparison import Comparison
from tfbert.evaluation.comparison_bootstrap import Difference
from tfbert.evaluation.mcnemar import McNemar
from tfbert.report.comparison_page import build_comparison_page
from tfbert.report.comparison_plots import MOST_LINES, plot_differences
from tfbert.report.comparison_summary import chance_of, count_rows, find, model_names, p_text


class Page(HTMLParser):
    """The page as a browser's tokenizer sees it: its elements, their attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def shown(comparison: Comparison) -> Page:
    return Page(build_comparison_page(comparison, drawn=[], files=["metrics.json"]))


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return comparison_of("single-label")


def test_nothing_in_the_data_becomes_markup():
    page = shown(comparison_of("single-label", labels=ATTACKS[:3], texts=ATTACKS, paths=ATTACKS[:2]))
    assert not page.tags & {"script", "img", "iframe", "object"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for attack in ATTACKS[:3]:
        assert attack in page.text


def test_the_page_names_no_address_outside_itself(compared):
    page = build_comparison_page(compared, drawn=[], files=["metrics.json"])
    links = [value for name, value in Page(page).attributes if name in ("href", "src")]
    assert all(link.startswith(("#", "data:")) or link == "metrics.json" for link in links)
    assert "http:" not in page
    assert "https:" not in page


@pytest.mark.parametrize("task", MADE_UP)
def test_every_metric_and_label_is_shown_with_its_interval(task):
    compared = comparison_of(task)
    text = shown(compared).text
    for difference in (*compared.metrics.values(), *compared.label_f1.values()):
        interval = f"{difference.low:+.3f} to {difference.high:+.3f}".replace("-", "\u2212")
        assert f"{difference.first:.3f} {difference.second:.3f}" in text
        assert interval in text


def test_a_metric_that_is_not_defined_says_so(compared):
    nothing = float("nan")
    changed = dict(compared.metrics, roc_auc=Difference(nothing, nothing, nothing, nothing))
    assert "ROC AUC not defined not defined not defined" in shown(dataclasses.replace(compared, metrics=changed)).text


def test_a_difference_without_an_interval_is_shown_without_one(compared):
    nothing = float("nan")
    changed = dict(compared.metrics, roc_auc=Difference(1.0, 0.25, nothing, nothing))
    assert (
        "ROC AUC 1.000 0.250 \u22120.750 Average precision"
        in shown(dataclasses.replace(compared, metrics=changed)).text
    )


def test_rows_that_were_left_out_are_counted_at_the_top(compared):
    left = {"only in the first table": 3, "that could not be read": 0}
    page = shown(dataclasses.replace(compared, left_out=left))
    assert "60 rows, single-label; 3 only in the first table Metrics" in page.text


def test_models_that_agree_have_no_rows_to_show(compared):
    agreeing = dataclasses.replace(compared, disagreements=dict.fromkeys(compared.disagreements, 0))
    assert "They answer every row alike." in shown(agreeing).text
    assert count_rows(agreeing) == "Both answer all 60 rows alike."


def changed(compared: Comparison, **changes) -> Comparison:
    return dataclasses.replace(compared, first="in/a.csv", second="in/b.csv", **changes)


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (
            McNemar(40, 15, 3, 2, 0.0075),
            "a.csv is right more often than b.csv, and chance hardly explains it. Were they equally good, 15 to 3 or "
            "something more uneven would come up in 8 of 1,000 such comparisons (McNemar's exact test, p = 0.0075).",
        ),
        (
            McNemar(40, 5, 8, 2, 0.581),
            "These rows do not show which of the two is right more often. Were they equally good, 8 to 5 or something "
            "more uneven would come up in 58 of 100 such comparisons (McNemar's exact test, p = 0.58).",
        ),
        (McNemar(40, 0, 0, 20, 1.0), "Both are right on the same rows."),
    ],
)
def test_mcnemars_test_is_put_into_words_that_promise_no_more_than_it_says(compared, test, sentence):
    found = find(changed(compared, mcnemar=test))[0]
    assert found.sentence == sentence
    assert found.sure == (test.p < 0.05)


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        (
            Difference(0.8, 0.85, 0.01, 0.09),
            "Macro F1 is 0.800 for a.csv and 0.850 for b.csv: b.csv is better, and chance hardly explains it "
            "(95 % interval of the difference +0.010 to +0.090).",
        ),
        (
            Difference(0.8, 0.79, -0.05, 0.03),
            "Macro F1 is 0.800 for a.csv and 0.790 for b.csv; that may be chance "
            "(95 % interval of the difference -0.050 to +0.030).",
        ),
        (
            Difference(1.0, 0.0, float("nan"), float("nan")),
            "Macro F1 is 1.000 for a.csv and 0.000 for b.csv; rows so few, or so much alike, do not tell whether by "
            "chance.",
        ),
        (Difference(*[float("nan")] * 4), "Macro F1 is not defined on these rows."),
    ],
)
def test_a_difference_is_called_one_only_when_its_interval_leaves_out_nothing(compared, difference, sentence):
    found = find(changed(compared, mcnemar=None, metrics={"macro_f1": difference}))[0]
    assert found.sentence == sentence
    assert found.sure == difference.sure


def test_of_errors_the_lower_is_better():
    compared = comparison_of("regression")
    metrics = {"rmse": Difference(0.5, 0.7, 0.1, 0.3), "spearman": Difference(0.5, 0.7, 0.1, 0.3)}
    errors, ranks = find(changed(compared, metrics=metrics))
    assert "a.csv is better" in errors.sentence
    assert "b.csv is better" in ranks.sentence


@pytest.mark.parametrize(
    ("p", "chance", "text"),
    [
        (0.0004, "fewer than 1 of 1,000 such comparisons", "p < 0.001"),
        (0.0312, "31 of 1,000 such comparisons", "p = 0.031"),
        (0.21, "21 of 100 such comparisons", "p = 0.21"),
        (1.0, "100 of 100 such comparisons", "p = 1"),
    ],
)
def test_a_p_is_a_count_too(p, chance, text):
    assert (chance_of(p), p_text(p)) == (chance, text)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (("a/x.csv", "b/y.csv"), ("x.csv", "y.csv")),
        (("a/x.csv", "b/x.csv"), ("a/x.csv", "b/x.csv")),
        (("x.csv", "x.csv"), ("x.csv (first)", "x.csv (second)")),
    ],
)
def test_models_are_called_by_their_files(compared, paths, names):
    assert model_names(dataclasses.replace(compared, first=paths[0], second=paths[1])) == names


def test_the_figure_shows_those_that_differ_most():
    differences = {f"label {number}": Difference(0, number / 100, -0.1, 0.5) for number in range(30)}
    figure = plot_differences(differences, name="n", title="t", better="b.csv")
    assert f"Shown are the {MOST_LINES} of 30 that differ most." in figure.caption
    assert "label 10" in figure.svg
    assert "label 9<" not in figure.svg
    nothing = {"a": Difference(*[float("nan")] * 4)}
    assert plot_differences(nothing, name="n", title="t", better="b").svg is None


def test_a_thousand_rows_that_differ_are_counted_and_some_are_shown():
    compared = comparison_of("single-label", rows=1000)
    assert sum(compared.disagreements.values()) > 100
    assert all(len(examples) == 10 for examples in compared.examples.values())


def test_of_values_the_farthest_apart_are_shown_first():
    compared = comparison_of("regression", rows=300)
    apart = [abs(float(row.first) - float(row.second)) for row in compared.examples["first"]]
    assert np.diff(apart).max() < 1e-6
    assert np.mean(apart) > 1
