from __future__ import annotations

import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfbert.evaluation.answer_match import match_answer, normalize_answer

WORDS = st.sampled_from(["the", "The", "an", "cat", "cats", "308", "U.S.", "1950s", "—", "Zoë", "a.", "!"])
TEXTS = st.lists(WORDS, max_size=5).map(" ".join) | st.text(max_size=12)


# The rules as published (Rajpurkar et al. 2016, 2018), written once more in another way: words are counted one by one.


def reference_words(text: str) -> list[str]:
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    without = re.sub(r"\ba\b|\ban\b|\bthe\b", " ", kept)
    return re.findall(r"\S+", without)


def reference_scores(predicted: str, answers: list[str]) -> tuple[int, float]:
    right = [reference_words(answer) for answer in answers]
    right = [words for words in right if words] or [[]]
    guess = reference_words(predicted)
    best_exact, best_f1 = 0, 0.0
    for words in right:
        best_exact = max(
            best_exact, int("".join(f"{word} " for word in words) == "".join(f"{word} " for word in guess))
        )
        left, same = list(words), 0
        for word in guess:
            if word in left:
                left.remove(word)
                same += 1
        if not words or not guess:
            score = 1.0 if words == guess else 0.0
        elif same == 0:
            score = 0.0
        else:
            precision, recall = same / len(guess), same / len(words)
            score = 2 * precision * recall / (precision + recall)
        best_f1 = max(best_f1, score)
    return best_exact, best_f1


@settings(max_examples=400)
@given(predicted=TEXTS, answers=st.lists(TEXTS, max_size=3))
@example("the the", ["a"])
@example("", [])
@example("İstanbul", ["i̇stanbul", "ISTANBUL"])
def test_scores_are_those_of_the_published_rules(predicted: str, answers: list[str]) -> None:
    exact, f1 = match_answer(predicted, answers)
    assert exact == reference_scores(predicted, answers)[0]
    assert f1 == pytest.approx(reference_scores(predicted, answers)[1], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Denver Broncos.", "denver broncos"),
        ("a cat, an egg\tand the Hague", "cat egg and hague"),
        ("U.S.", "us"),
        ("Theatre and anchor", "theatre and anchor"),
        ("24–10", "24–10"),  # noqa: RUF001  the dash is no ASCII punctuation
        ("$10,000", "10000"),
        ("“Imagine”", "“imagine”"),
        (" the ", ""),
    ],
)
def test_case_punctuation_articles_and_white_space_do_not_count(text: str, normal: str) -> None:
    assert normalize_answer(text) == normal


@pytest.mark.parametrize(
    ("predicted", "answers", "exact", "f1"),
    [
        ("Denver Broncos", ["The Denver Broncos!", "Broncos"], True, 1),
        ("Broncos", ["Denver Broncos", "Panthers"], False, 2 / 3),  # precision 1, recall 1/2
        ("in the city of Paris", ["Paris", "Paris, France"], False, 2 * 1 / (4 + 1)),  # in city of paris
        ("to be or not to be", ["to be"], False, 2 * 2 / (6 + 2)),  # each word counts as often as both have it
        ("London", ["Paris"], False, 0),
        ("", [], True, 1),
        ("Paris", [], False, 0),
        ("", ["Paris"], False, 0),
        ("the", [], True, 1),  # nothing is left of it
        ("", ["the"], True, 1),  # as in evaluate-v2.0.py, a right answer of which nothing is left is none
        ("the", ["the", "Paris"], False, 0),
    ],
)
def test_worked_examples(predicted: str, answers: list[str], exact: bool, f1: float) -> None:
    assert match_answer(predicted, answers) == (exact, pytest.approx(f1))
