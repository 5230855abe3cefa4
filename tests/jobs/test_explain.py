from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tfbert.config import TrainConfig
from tfbert.errors import ConfigError
from tfbert.jobs.explain import explain
from tfbert.jobs.train import TrainedModel, train
from tfbert.report.explanations import Explanation
from tfbert.scoring.scorer import Scorer

Make = Callable[..., Path]
TEXTS = ["The café is, by far, the best 😡", "no", "one two three " * 20]
PAIRS = ["A second text!", "yes", "four five six " * 20]


def words(explanation: Explanation) -> list[list[str]]:
    return [[text.text[word.start : word.end] for word in text.words] for text in explanation.texts]


def added(explanation: Explanation) -> np.ndarray:
    return np.array([word.attribution or 0 for text in explanation.texts for word in text.words])


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, tiny_module: Path) -> TrainedModel:
    """A model of texts of six words: `yes` with the word "river" in it, `no` without."""
    random = np.random.default_rng(0)
    others = [
        "the",
        "house",
        "is",
        "old",
        "music",
        "played",
        "here",
        "every",
        "year",
        "and",
        "city",
        "people",
        "school",
    ]
    rows = ["text,label"]
    for number in range(400):
        text = random.choice(others, 6)
        if number % 2:
            text[random.integers(6)] = "river"
        rows.append(f"{' '.join(text)},{'yes' if number % 2 else 'no'}")
    folder = tmp_path_factory.mktemp("planted")
    (folder / "rows.csv").write_text("\n".join(rows))
    return train(
        TrainConfig(
            train=(str(folder / "rows.csv"),),
            encoder=str(tiny_module),
            output=str(folder / "planted"),
            epochs=8,
            learning_rate=1e-3,
            max_length=16,
            explain=3,
        )
    )


def test_the_word_that_decides_gets_the_largest_attribution(planted: TrainedModel) -> None:
    assert planted.manifest.metrics["accuracy"] == 1
    texts = ["The old house is here, river!", "people played music, and the RIVER every year", "River"]
    for explanation in explain(planted.folder, texts):
        assert explanation.target == "yes"
        (word, attribution), *_ = explanation.strongest(1)
        assert word.lower() == "river"
        assert attribution == explanation.largest > 0.5 * (explanation.output - explanation.baseline)


def test_explanations_of_the_other_label_point_the_other_way(planted: TrainedModel) -> None:
    (explanation,) = explain(planted.folder, ["the river is old"], target="no")
    (word, attribution), *_ = explanation.strongest(1)
    assert word == "river"
    assert attribution == -explanation.largest


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("single-label", {}),
        ("single-label", {"text_pair": "other", "pooling": "cls", "head": "mlp"}),
        ("multi-label", {"tokenizer": "hub"}),
        ("regression", {"text_pair": "other"}),
        ("single-label", {"long": "windows"}),
        ("regression", {"long": "head+tail"}),
    ],
    ids=str,
)
def test_attributions_sum_to_the_difference_between_the_outputs(random_model: Make, task: str, options: dict) -> None:
    folder = random_model(task, **options)
    pairs = PAIRS if "text_pair" in options else None
    explanations = explain(folder, TEXTS, text_pairs=pairs)
    values = Scorer(folder).score(TEXTS, *([pairs] if pairs else []))
    shown = list(dict.fromkeys(explanation.values for explanation in explanations))  # in multi-label one for each label
    np.testing.assert_allclose(shown, values, atol=1e-5)
    for explanation in explanations:
        difference = explanation.output - explanation.baseline
        assert added(explanation).sum() == pytest.approx(difference, rel=0.02)
        assert explanation.error < 0.02
        if task == "regression":
            assert explanation.output == pytest.approx(explanation.value, abs=1e-5)
        elif "long" not in options:  # of windows the mean probability is shown, and the mean of the log-odds explained
            probability = 1 / (1 + np.exp(-explanation.output))
            assert probability == pytest.approx(explanation.value, abs=1e-5)


def test_words_stand_where_they_are_in_the_raw_text(random_model: Make) -> None:
    (explanation,) = explain(random_model(), ["  Café,  naïve 😡!"])
    (text,) = explanation.texts
    assert (text.text, text.cleaned) == ("  Café,  naïve 😡!", False)
    assert words(explanation) == [["Café", ",", "naïve", "😡", "!"]]


def test_a_cleaned_text_is_shown_as_the_model_reads_it(trained: TrainedModel) -> None:
    (explanation,) = explain(trained.folder, ["where <br>  is it"])
    (text,) = explanation.texts
    assert (text.text, text.cleaned) == ("where is it", True)
    assert words(explanation) == [["where", "is", "it"]]


def test_words_beyond_the_models_input_have_no_number(random_model: Make) -> None:
    (explanation,) = explain(random_model(), ["old " * 30])
    attributions = [word.attribution for word in explanation.texts[0].words]
    assert [attribution is None for attribution in attributions] == [False] * 22 + [True] * 8  # 24 with [CLS] and [SEP]
    pair = explain(random_model(text_pair="other"), ["old " * 30], text_pairs=["new"])[0]
    read = [sum(word.attribution is not None for word in text.words) for text in pair.texts]
    assert read == [20, 1]  # 24 with [CLS] and two [SEP]


@pytest.mark.slow
def test_of_a_long_text_the_words_that_are_read_have_numbers(random_model: Make) -> None:
    def read(long: str) -> list[bool]:
        (explanation,) = explain(random_model(long=long), ["old " * 30])
        return [word.attribution is not None for word in explanation.texts[0].words]

    assert read("tail") == [False] * 8 + [True] * 22
    assert read("head+tail") == [True] * 6 + [False] * 8 + [True] * 16
    assert read("windows") == [True] * 30


def test_other_texts_of_the_call_change_nothing(random_model: Make) -> None:
    together = explain(random_model(), TEXTS)
    for text, explanation in zip(TEXTS, together, strict=True):
        (alone,) = explain(random_model(), [text])
        assert words(alone) == words(explanation)
        np.testing.assert_allclose(added(alone), added(explanation), atol=1e-6)


def test_every_predicted_label_is_explained_and_without_any_the_likeliest(random_model: Make) -> None:
    folder = random_model("multi-label")
    explanations = explain(folder, TEXTS)
    for text, values in zip(TEXTS, Scorer(folder).score(TEXTS), strict=True):
        chosen = np.flatnonzero(values >= 0.5).tolist() or [int(values.argmax())]
        expected = ["xyz"[label] for label in chosen]
        assert [one.target for one in explanations if one.texts[0].text == text] == expected
    (explanation,) = explain(folder, TEXTS[:1], target="z")
    assert explanation.target == "z"


def test_a_text_without_words_is_explained_by_none(random_model: Make) -> None:
    (explanation,) = explain(random_model(), [" "])
    assert words(explanation) == [[]]
    assert explanation.output == pytest.approx(explanation.baseline, abs=1e-6)
    assert explanation.error == 0


@pytest.mark.parametrize(
    ("options", "asked", "message"),
    [
        (
            {},
            {"target": "w"},
            "expected a label of single-label-model/1 (x, y, z), found 'w'; name one of them with --target",
        ),
        (
            {"task": "regression"},
            {"target": "x"},
            "expected no --target, found 'x'; leave it out: the model predicts a value",
        ),
        (
            {},
            {"text_pairs": ["b"]},
            "expected single texts for single-label-model/1, which was trained on them, found pairs of texts; leave "
            "--text-pair out",
        ),
        (
            {"text_pair": "other"},
            {},
            "expected pairs of texts for single-label-model/1, which was trained on them, found single texts; give the "
            "second texts with --text-pair",
        ),
        (
            {"text_pair": "other"},
            {"text_pairs": ["b", "c"]},
            "expected as many second texts as texts, 1, found 2; give --text-pair as often",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_refused(random_model: Make, options: dict, asked: dict, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        explain(random_model(**options), ["a"], **asked)
    assert str(error.value) == message


def test_a_text_that_is_not_utf_8_is_refused(random_model: Make) -> None:
    with pytest.raises(ConfigError) as error:
        explain(random_model(), ["\udce9"])
    assert str(error.value) == r"expected a text in UTF-8, found '\udce9'; mend its encoding"


def test_a_page_appears_whole_and_is_not_replaced_unasked(random_model: Make, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    explain(random_model(), ["old <b>house</b>"], output=page)
    html = page.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "</html>" in html
    assert "<b>" not in html
    with pytest.raises(ConfigError) as error:
        explain(random_model(), ["b"], output=page)
    assert str(error.value) == (
        f"expected a new page, found {page}, which exists; rename the output, or add --force to replace it"
    )
    explain(random_model(), ["river"], output=page, force=True)
    with pytest.raises(ConfigError) as error:
        explain(random_model(), ["river"], output=tmp_path, force=True)
    assert str(error.value) == f"expected a file for the page, found {tmp_path}, a folder; name a file with --output"
    assert "river" in page.read_text()
    with pytest.raises(ConfigError):
        explain(random_model(), ["b"], output=tmp_path / "none" / "page.html")


def test_the_report_of_a_training_explains_held_out_rows(planted: TrainedModel) -> None:
    html = (planted.folder / "report" / "report.html").read_text()
    section = html[html.index('<h2 id="explained">') :]
    assert len(re.findall('<article class="explanation">', section)) == 3
    assert len(re.findall(r'<span class="(?:for|against)" [^>]*>', section)) >= 3 * 6
