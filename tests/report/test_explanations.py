from __future__ import annotations

import re

import pytest

from tfbert.report.explanation_page import build_explanation_page
from tfbert.report.explanations import SHOWN_UNREAD, ExplainedText, ExplainedWord, Explanation, segments
from tfbert.report.shown_explanations import describe_sum, plot_attributions

TEXT = "Good  <b>food</b>, bad café"
WORDS = (ExplainedWord(0, 4, 1.5), ExplainedWord(9, 13, 0.0), ExplainedWord(19, 22, -0.75), ExplainedWord(23, 27, None))


def explanation(*texts: ExplainedText, labels: tuple[str, ...] = ("pos", "neg")) -> Explanation:
    return Explanation(
        texts=texts or (ExplainedText(TEXT, False, WORDS),),
        labels=labels,
        values=(0.9, 0.1) if labels else (3.25,),
        target="pos" if labels else "",
        output=2.0,
        baseline=1.25,
        error=0.004,
        steps=16,
    )


def test_the_parts_of_a_text_are_the_text() -> None:
    parts = list(segments(ExplainedText(TEXT, False, WORDS), largest=1.5))
    assert "".join(part.text for part in parts) == TEXT
    assert [(part.text, part.attribution, part.strength) for part in parts if part.attribution is not None] == [
        ("Good", 1.5, 1.0),
        ("food", 0.0, 0.0),
        ("bad", -0.75, 0.5),
    ]
    assert [part.text for part in parts if not part.read] == ["café"]


def test_of_what_is_not_read_only_the_ends_are_shown() -> None:
    text = "a" + " b" * 1000 + " c"
    words = [ExplainedWord(place, place + 1, None) for place in range(2, 2002, 2)]
    parts = list(
        segments(
            ExplainedText(text, False, (ExplainedWord(0, 1, 1.0), *words, ExplainedWord(2002, 2003, 1.0))), largest=1
        )
    )
    assert [part.text for part in parts if part.read] == ["a", " ", " ", "c"]
    (unread,) = (part.text for part in parts if not part.read)
    assert unread == f"{text[2 : 2 + SHOWN_UNREAD]} … {text[2001 - SHOWN_UNREAD : 2001]}"


def test_the_strongest_words_come_first_whatever_their_sign() -> None:
    assert explanation().strongest(2) == [("Good", 1.5), ("bad", -0.75)]
    assert explanation().largest == 1.5


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            ("pos", "neg"),
            "the log-odds of pos are 2, without words 1.25; the words add up to the difference within 0.4 % (16 steps)",
        ),
        ((), "the value is 2, without words 1.25; the words add up to the difference within 0.4 % (16 steps)"),
    ],
)
def test_a_sentence_says_what_the_words_add_up_to(labels: tuple[str, ...], sentence: str) -> None:
    assert describe_sum(explanation(labels=labels)) == sentence


def test_a_page_shows_words_probabilities_and_legend_and_runs_nothing() -> None:
    page = build_explanation_page([explanation()], title="a <title>")
    assert "<script" not in page
    assert "a &lt;title&gt;" in page
    assert "&lt;b&gt;" in page
    coloured = re.findall(
        r'<span class="(for|against)" style="--strength: ([0-9.]+)" title="([^"]+)">([^<]+)</span>', page
    )
    assert coloured == [
        ("for", "1.000", "+1.5", "Good"),
        ("for", "0.000", "+0", "food"),
        ("against", "0.500", "-0.75", "bad"),
    ]
    assert page.count("<svg") == 2
    assert 'class="unread"' in page
    assert "cleaning steps" not in page
    cleaned = ExplainedText("a", True, (ExplainedWord(0, 1, 1.0),))
    assert "cleaning steps" in build_explanation_page([explanation(cleaned)], title="t")


def test_a_value_has_no_probabilities_to_plot() -> None:
    page = build_explanation_page([explanation(labels=())], title="t")
    assert page.count("<svg") == 1
    assert ">3.25<" in page


def test_long_numbers_at_the_axis_do_not_run_into_each_other() -> None:
    words = tuple(ExplainedWord(9 * at, 9 * at + 4, size) for at, size in enumerate((0.0101, -0.0067, 0.0045)))
    svg = plot_attributions(explanation(ExplainedText(TEXT, False, words))).svg
    assert svg is not None
    assert 3 <= len(re.findall(r">\u2212?0\.0\d+<", svg)) <= 6


def test_a_text_without_words_says_so() -> None:
    empty = explanation(ExplainedText(" ", False, ()))
    assert plot_attributions(empty).svg is None
    assert "The model reads no word of this text." in build_explanation_page([empty], title="t")
