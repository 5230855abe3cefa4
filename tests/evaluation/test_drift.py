from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import chi2, entropy

from tfbert.errors import ModelError
from tfbert.evaluation.drift import CHANCE, DriftTally, _chi_squared
from tfbert.evaluation.profile import build_profile, read_profile, split_words, write_profile

RANDOM = np.random.default_rng(0)
WORDS = [f"w{number}" for number in range(3_000)]
SHARES = 1 / np.arange(1, 3_001)
SHARES /= SHARES.sum()


def texts_of(rows: int, *, words: float = 12, first: str = "") -> list[str]:
    """Texts of words as frequent as in a language, about so many each."""
    return [first + " ".join(RANDOM.choice(WORDS, 1 + RANDOM.poisson(words), p=SHARES)) for _ in range(rows)]


@pytest.fixture(scope="module")
def profile():
    held_out = texts_of(400)
    return build_profile(
        texts_of(3_000), labels=("a", "b"), texts=held_out, values=np.zeros((400, 2)), predicted=np.arange(400) % 2
    )


def drift(profile, texts, *, share_of_a=0.5):
    tally = DriftTally(profile)
    predicted = (RANDOM.random(len(texts)) >= share_of_a).astype(int)
    for start in range(0, len(texts), 100):
        part = slice(start, start + 100)
        tally.add(texts[part], np.zeros((len(texts[part]), 2)), predicted[part])
    return tally.finish()


def test_rows_like_the_training_data_are_said_to_be(profile):
    found = drift(profile, texts_of(2_000))
    assert found.unlike == []
    assert found.sentence == "The rows are like the training data in text length, words and predictions."
    assert all(part.index < 0.02 for part in found.parts)


@pytest.mark.parametrize(
    ("texts", "share_of_a", "unlike"),
    [
        (texts_of(1_000, words=40), 0.5, ["text length"]),
        ([text.replace("w", "v") for text in texts_of(1_000)], 0.5, ["words"]),
        (texts_of(1_000), 0.95, ["predictions"]),
    ],
)
def test_what_differs_is_named(texts, share_of_a, unlike, profile):
    found = drift(profile, texts, share_of_a=share_of_a)
    assert found.unlike == unlike
    assert found.sentence == (
        f"The rows are unlike the training data: {unlike[0]}. The model was not measured on rows like these."
    )


def test_few_rows_are_not_called_unlike_by_chance(profile):
    assert all(drift(profile, texts_of(8)).unlike == [] for _ in range(30))


def test_the_index_is_the_symmetric_divergence_of_the_shares(profile):
    (lengths, *_) = drift(profile, texts_of(5_000, words=14)).parts
    expected, found = np.array([row[1:] for row in lengths.rows]).T
    assert lengths.index == pytest.approx(entropy(found, expected) + entropy(expected, found), rel=0.02)


def test_a_profile_reads_back_as_it_was_written(profile, tmp_path):
    write_profile(profile, tmp_path / "profile.json")
    assert read_profile(tmp_path / "profile.json", labels=("a", "b")) == profile
    assert read_profile(tmp_path / "none.json", labels=("a", "b")) is None


@pytest.mark.parametrize("part", ["lengths", "words", "answers"])
@pytest.mark.parametrize(
    "change",
    [
        {"counts": []},
        {"counts": "x"},
        {"counts": [-1]},
        {"names": ["x"]},
        {"names": [None]},
        {"rows": 0},
        {"rows": None},
        {"edges": [None]},
        {"edges": [2, 1]},
    ],
)
def test_counts_that_do_not_fit_their_bins_are_refused_before_anything_is_scored(profile, change, part, tmp_path):
    content = dataclasses.asdict(profile)
    content["parts"][part] |= change
    if part != "lengths" and "edges" in change:
        content["parts"][part]["edges"] = [None]
    (tmp_path / "profile.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=r"^expected the profile that tfbert train writes in .*profile\.json, found "):
        read_profile(tmp_path / "profile.json", labels=("a", "b"))


def test_the_profile_of_another_model_is_refused(profile, tmp_path):
    write_profile(profile, tmp_path / "profile.json")
    with pytest.raises(ModelError, match="found ValueError other labels than the model's; "):
        read_profile(tmp_path / "profile.json", labels=("a", "b", "c"))


@pytest.mark.parametrize("content", ["{", "[]", '{"labels": [], "words": [], "parts": {}}', '{"parts": 3}'])
def test_a_damaged_profile_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "profile.json"
    path.write_text(content)
    with pytest.raises(ModelError) as error:
        read_profile(path, labels=())
    assert str(error.value).startswith(f"expected the profile that tfbert train writes in {path}, found ")
    assert str(error.value).endswith("; copy the model's whole folder again, or remove the file to score without it")


def test_multi_label_predictions_count_each_label_and_rows_without(tmp_path):
    predicted = np.array([[1, 1], [0, 1], [0, 0]], bool)
    texts = ["a", "bb", "ccc"]
    profile = build_profile(texts, labels=("x", "y"), texts=texts, values=np.zeros((3, 2)), predicted=predicted)
    answers = profile.parts["answers"]
    assert dict(zip(answers.names, answers.counts, strict=True)) == {"x": 1, "y": 2, "no label": 1}


def test_values_of_a_regression_are_compared_by_their_tenths():
    values = np.arange(100, dtype=np.float32)[:, np.newaxis]
    texts = [f"text {number}" for number in range(100)]
    profile = build_profile(texts, labels=(), texts=texts, values=values, predicted=None)
    assert profile.parts["answers"].counts == (10,) * 10
    json.dumps(profile.parts["answers"].edges, allow_nan=False)
    tally = DriftTally(profile)
    tally.add(texts * 20, np.tile(values, (20, 1)) + 60, None)
    assert tally.finish().unlike == ["predictions"]


def test_words_are_runs_of_letters_and_single_characters_where_there_are_no_spaces():
    assert split_words("Don't PAY_me 3.5 €; 日本語 é") == ["don", "t", "pay", "me", "3", "5", "日", "本", "語", "é"]


@pytest.mark.parametrize("texts", [["same"], ["same"] * 5, [""]])
def test_texts_of_one_length_have_a_profile(texts):
    profile = build_profile(texts, labels=(), texts=texts, values=np.ones((len(texts), 1)), predicted=None)
    tally = DriftTally(profile)
    tally.add(texts, np.ones((len(texts), 1)), None)
    assert tally.finish().unlike == []


def test_the_percentile_of_chance_is_scipys_within_three_hundredths() -> None:
    for freedom in (1, 2, 5, 9, 50):
        assert 1 <= _chi_squared(freedom) / chi2.ppf(CHANCE, freedom) < 1.031
