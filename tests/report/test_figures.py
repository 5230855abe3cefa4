from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from labelled_rows import made_up_multi, made_up_numbers, made_up_rows, rows_of

from tfbert.evaluation.tallies import LengthTally
from tfbert.report.curves import plot_precision_recall, plot_roc, plot_thresholds
from tfbert.report.data_plots import TextLengths, plot_history, plot_labels, plot_lengths
from tfbert.report.figures import inline_svg, printable, short
from tfbert.report.plots import plot_calibration, plot_confidence, plot_confusion, plot_probabilities
from tfbert.report.task_plots import PLOTS, draw_predictions

SVG = "{http://www.w3.org/2000/svg}"
WITH_LABELS = {"plot_confusion": 20, "plot_roc": 8, "plot_precision_recall": 8}  # the most that are drawn
SINGLE = PLOTS["single-label"]
every_plot = pytest.mark.parametrize("plot", SINGLE, ids=lambda plot: plot.__name__)


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@every_plot
def test_figures_are_the_same_bytes_each_time(plot, three):
    assert plot(three.evaluation).svg == plot(three.evaluation).svg


@every_plot
@pytest.mark.filterwarnings("error")
def test_labels_of_any_kind_are_drawn_as_text(plot):
    labels = ("<script>alert(1)</script>", "$x^2", "_hidden", "日本語 🎉", "a" * 500, "nul\x00 and \x1b[31m\ud800")
    svg = plot(made_up_rows(labels, 90).evaluation).svg
    assert not list(ElementTree.fromstring(svg.encode("utf-8")).iter(f"{SVG}script"))
    if plot.__name__ in WITH_LABELS:
        drawn = " ".join(words(svg))
        assert "<script>alert" in drawn
        assert "$x^2" in drawn
        assert "_hidden" in drawn
        assert "日本語 🎉" in drawn
        assert "aaaa…" in drawn


@pytest.mark.parametrize(("name", "most"), WITH_LABELS.items())
def test_two_hundred_labels_are_capped_and_the_caption_says_so(name, most):
    (plot,) = [plot for plot in SINGLE if plot.__name__ == name]
    figure = plot(made_up_rows([f"intent {number}" for number in range(200)], 500).evaluation)
    drawn = sum("intent" in word for word in words(figure.svg))
    assert drawn == (2 * most if plot is plot_confusion else most)
    assert f"Shown are the {most} most frequent of 200 labels." in figure.caption


def test_confusion_shows_counts_and_shares_of_the_row(three):
    drawn = words(plot_confusion(three.evaluation).svg)
    right = int(((three.predicted == 0) & (three.truth == 0)).sum())
    assert str(right) in drawn
    assert f"{right / (three.truth == 0).sum():.0%}" in drawn


@pytest.mark.parametrize("plot", [plot_roc, plot_precision_recall], ids=["roc", "precision_recall"])
def test_curves_of_one_class_are_a_sentence(plot):
    figure = plot(made_up_rows(("a", "b"), 1).evaluation)
    assert figure.svg is None
    assert figure.caption == "Not defined: only one class in the truth."


def test_the_reliability_diagram_says_how_far_confidence_is_from_the_share_right():
    # Four rows at 0.75 of which two are right: half a row in each quarter too much confidence.
    figure = plot_calibration(rows_of([0, 0, 1, 1], [[0.75, 0.25]] * 4).evaluation)
    assert figure.caption.endswith("Mean distance 0.250.")


@pytest.mark.parametrize(("in_windows", "fate"), [(False, "cut to it"), (True, "read in windows")])
def test_length_limit_is_explained(in_windows, fate):
    splits = {"train": LengthTally().add(np.array([1, 5, 9, 30])), "test": LengthTally()}
    lengths = TextLengths(splits=splits, unit="tokens", limit=8, in_windows=in_windows)
    assert plot_lengths(lengths).caption == (
        f"Median 7 tokens, longest 30. 50.0% of the texts are longer than 8 (dotted line) and are {fate}."
    )


def test_one_huge_text_does_not_squeeze_the_histogram():
    splits = {"train": LengthTally().add(np.array([*range(1, 400), 100_000]))}
    lengths = TextLengths(splits=splits, unit="characters")
    caption = plot_lengths(lengths).caption
    assert "longest 100,000. The last bar holds all of" in caption


def test_label_counts_show_rows_of_each_split():
    figure = plot_labels({"train": {"a": 1500, "b": 20}, "test": {"a": 7}}, name="n", title="t")
    drawn = words(figure.svg)
    assert {"1,500", "20", "7", "train (1,520)", "test (7)"} <= set(drawn)


def test_more_labels_than_bars_are_counted_in_the_caption():
    figure = plot_labels({"train": {f"l{number}": 3 for number in range(30)}}, name="n", title="t")
    assert figure.caption.endswith("Shown are the 20 most frequent of 30 labels; the others have 30 rows.")


def test_history_has_a_figure_for_each_quantity_and_marks_the_best_epoch():
    history = {"loss": [1.0, 0.5], "val_loss": [0.9, float("nan")], "learning_rate": [1e-4, 1e-5], "val_f1": [0.1, 0.2]}
    figures = plot_history(history)
    assert [figure.name for figure in figures] == ["history_loss", "history_learning_rate", "history_f1"]
    assert all("lowest after epoch 1 (dotted line)" in figure.caption for figure in figures)


def test_one_epoch_without_validation_is_drawn():
    assert plot_history({"mae": [0.3]})[0].title == "Mean absolute error"
    (figure,) = plot_history({"loss": [np.float32(0.7)]})
    assert figure.caption == "After one epoch."
    assert [word for word in words(figure.svg) if word.startswith(("0.8", "0.9", "1"))] == ["1"]


def test_inline_figures_share_no_ids(three):
    first, second = (
        inline_svg(plot(three.evaluation).svg, title='a "title" <b>') for plot in (plot_confusion, plot_confidence)
    )
    ids = [
        [element.get("id") for element in ElementTree.fromstring(svg).iter() if element.get("id")]
        for svg in (first, second)
    ]
    assert not set(ids[0]) & set(ids[1])
    assert ElementTree.fromstring(first).get("aria-label") == 'a "title" <b>'


def test_printable_keeps_what_people_write_and_marks_the_rest():
    assert printable("tab\tline\néß 😀 ي") == "tab\tline\néß 😀 ي"
    assert printable("\x00\x1b\x85\ud800\uffff") == "\ufffd" * 5


def test_short_labels_fit_one_line():
    assert short("two\nlines ") == "two lines"
    assert short("x" * 21) == "x" * 19 + "…"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [1, 2, 40])
def test_every_figure_of_every_task_is_drawn_or_says_why_not(rows):
    labels = ("<script>alert(1)</script>", "$x^2", "_hidden", "日本語 🎉")
    evaluations = [
        made_up_rows(labels[:2], rows).evaluation,
        made_up_rows(labels, rows).evaluation,
        made_up_multi(labels, rows).evaluation,
        made_up_numbers(rows).evaluation,
    ]
    for evaluation in evaluations:
        for figure in draw_predictions(evaluation):
            assert figure.caption.endswith(".")
            if figure.svg is not None:
                assert not list(ElementTree.fromstring(figure.svg.encode("utf-8")).iter(f"{SVG}script"))


def test_a_red_cell_leads_to_the_rows_of_its_mistake():
    svg = ElementTree.fromstring(plot_confusion(made_up_rows("abc", 500).evaluation).svg)
    links = {element.get("{http://www.w3.org/1999/xlink}href") for element in svg.iter(f"{SVG}a")}
    assert links == {f"#pair-{truth}-{label}" for truth in range(3) for label in range(3) if truth != label}


def test_the_threshold_with_the_highest_f1_is_named():
    # From 0.6 on precision and recall are 2 / 2; no other threshold is without a mistake.
    rows = rows_of([0, 0, 1, 1], [[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.1, 0.9]], labels=("ham", "spam"))
    caption = plot_thresholds(rows.evaluation).caption
    assert "F1 would be highest at 0.600 (dotted line), 1.000" in caption
    assert "own" not in caption


def test_the_threshold_that_the_model_has_is_shown_beside_the_best():
    rows = rows_of([0, 0, 1, 1], [[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.1, 0.9]], labels=("ham", "spam"))
    (figure,) = [
        one for one in draw_predictions(rows.evaluation, thresholds={"spam": 0.25}) if one.name == "thresholds"
    ]
    assert figure.caption.startswith(
        "A row counts as “spam” from this probability on. The model's own threshold is 0.250 (dashed line). F1 would"
    )
    assert figure.svg is not None
    (plain,) = [one for one in draw_predictions(rows.evaluation) if one.name == "thresholds"]
    assert figure.svg.count("stroke-dasharray") == plain.svg.count("stroke-dasharray") + 1


def test_probabilities_of_a_text_are_bars_with_the_likeliest_first():
    figure = plot_probabilities(("low", "high"), [0.25, 0.75])
    drawn = words(figure.svg)
    assert drawn.index("high") < drawn.index("low")
    assert {"0.250", "0.750"} <= set(drawn)
    many = plot_probabilities([f"l{number}" for number in range(30)], np.full(30, 1 / 30))
    assert many.caption == "The probabilities of the 20 likeliest of 30 labels."
