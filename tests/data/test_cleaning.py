# ruff: noqa: RUF001  (letters that look alike are the point)
from __future__ import annotations

import subprocess
import sys

import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.data.cleaning import CLEANING, check_steps, clean_text, clean_texts
from tfbert.errors import ConfigError

# Parts of what the steps look for, and white space and letters that regular expression engines disagree about.
FRAGMENTS = ["@", "user_1", "http://", "HTTPS://", "www.", "t.co/x?a=b#c", "<", "br", " />", "!--", ">", "ΟΔΟΣ", "İ"]
SPACES = " \t\n\v\f\r\0\x1c\x1f\x85\xa0\u200b\u2028\u3000\ufeff"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(SPACES + "ſKé")
PARTS = st.sampled_from(FRAGMENTS) | st.text(CHARACTERS, max_size=6)
TEXTS = st.lists(st.lists(PARTS, max_size=8).map("".join), max_size=16)


@pytest.mark.parametrize("step", CLEANING)
@settings(max_examples=150)
@given(texts=TEXTS)
@example(texts=["", " \u3000 ", "a\u2028\x85b"])
def test_a_step_does_the_same_in_python_and_in_the_graph(step: str, texts: list[str]) -> None:
    cleaned = clean_texts(tf.constant(texts, tf.string), steps=[step]).numpy().tolist()
    assert [text.decode() for text in cleaned] == [clean_text(text, steps=[step]) for text in texts]


@pytest.mark.parametrize(
    ("step", "text", "cleaned"),
    [
        ("lowercase", "ÉTÉ ΟΔΟΣ", "été οδος"),
        ("strip_html", "good<br /><br/>bad <b>x</b> <!-- y --> <3 a < b", "good  bad  x    <3 a < b"),
        ("strip_links", "see HTTP://t.co/aB1?x=1\u3000or www.a.org, http: no", "see  \u3000or   http: no"),
        ("strip_mentions", "RT @user_1: hi@home @é", "RT  : hi  @é"),
        ("squeeze_spaces", "\u00a0 a \t\r\n\u2003b\u200bc ", "a b\u200bc"),
    ],
)
def test_what_a_step_does(step: str, text: str, cleaned: str) -> None:
    assert clean_text(text, steps=[step]) == cleaned


def test_squeezed_white_space_is_what_python_calls_white_space() -> None:
    spaces = [character for character in map(chr, range(0x110000)) if character.isspace()]
    assert {clean_text(f"a{space}b", steps=["squeeze_spaces"]) for space in spaces} == {"a b"}


def test_steps_are_applied_in_the_order_given() -> None:
    steps = ["strip_mentions", "strip_links", "squeeze_spaces"]
    assert clean_text("RT @a: see http://t.co/x now", steps=steps) == "RT : see now"
    assert clean_texts(tf.constant(["RT @a: see http://t.co/x now"]), steps=steps).numpy().tolist() == [b"RT : see now"]


def test_no_steps_leave_the_text() -> None:
    assert clean_text(" A ", steps=[]) == " A "


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        check_steps(["lowercase", "stem"])
    assert str(caught.value) == (
        "expected cleaning steps among lowercase, strip_html, strip_links, strip_mentions, squeeze_spaces, "
        "found 'stem'; choose from these, comma-separated"
    )


def test_cleaning_in_python_loads_no_tensorflow() -> None:
    program = (
        "import sys; from tfbert.data.cleaning import CLEANING, clean_text; clean_text('A @b', steps=list(CLEANING))\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
