from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipelines import codah_choices, glue, goemotions, gop_debate, sms_spam
from pipelines.comparison import System, against, keep_section, table_of
from pipelines.tables import at_most, read_rows
from tfbert.config_reading import build_config
from tfbert.errors import ConfigError, DataError

RECIPES = (
    "sms_spam",
    "gop_debate",
    "imdb_reviews",
    "tweets_vs_svc",
    "glue",
    "goemotions",
    "codah_choices",
    "squad_answers",
)
ROOT = Path(__file__).parents[1]
QUICK = ("--ours-only", "--seeds", "1", "--set", "epochs=1", "--set", "max_length=32", "--set", "valid_fraction=0.2")
SAID = {
    "good": ("a fine day", "well done again", "what a lovely show", "I like it so much"),
    "bad": ("a sad day", "they lost again", "what an awful show", "I hate it so much"),
    "so so": ("a day", "it went on again", "that was the show", "I saw some of it"),
}


def made_up(labels: dict[str, str], *, rows: int) -> list[tuple[str, str]]:
    """(text, label) of `rows` rows for each label, whose texts are those of a mood."""
    return [(f"{SAID[mood][n % 4]} {n}", label) for n in range(rows) for label, mood in labels.items()]


def write_sms(folder: Path) -> None:
    rows = made_up({"ham": "good", "spam": "bad"}, rows=30)
    (folder / "SMSSpamCollection").write_text("".join(f"{label}\t{text}\n" for text, label in rows))


def write_gop(folder: Path) -> None:
    rows = made_up({"Negative": "bad", "Neutral": "so so", "Positive": "good"}, rows=20)
    lines = [f'{n},{label},{1 - n % 3 / 4},"{text}, http://t.co/x"\n' for n, (text, label) in enumerate(rows)]
    retweets = [line.replace(',"', ',"RT @someone: ') for line in lines[:30]]
    (folder / "Sentiment.csv").write_text("id,sentiment,sentiment_confidence,text\n" + "".join(lines + retweets))


def write_imdb(folder: Path) -> None:
    rows = made_up({"neg": "bad", "pos": "good"}, rows=15)
    for part in ("train", "test"):
        lines = "".join(f'"{text}<br />the end",{label}\n' for text, label in rows)
        (folder / f"{part}_5k.csv").write_text(f"text,label\n{lines}")


def write_tweets(folder: Path) -> None:
    rows = made_up({"0": "bad", "4": "good"}, rows=15)
    dev = "".join(f'{n}\t{label}\ta\t"{text}\r\n' for n, (text, label) in enumerate(rows))
    test = "".join(f'{n}\t{n}\t{label}\ta\t"{text}\r\n' for n, (text, label) in enumerate(rows))
    (folder / "dev.tsv").write_text(dev + "30\t4\ta\tone tab\ttoo many\r\n", newline="")
    (folder / "test.tsv").write_text(
        f"\tid\tlabel\talpha\ttweet\r\n{test}30\t30\t4\ta\tone tab\ttoo many\r\n", newline=""
    )


@pytest.fixture
def run(tiny_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a recipe on the tables in `tmp_path`, and gives the page of results."""
    monkeypatch.chdir(tmp_path)

    def run_recipe(name: str, *more: str) -> str:
        places = ["--data", str(tmp_path), "--output", str(tmp_path / name), "--results", str(tmp_path / "RESULTS.md")]
        module = importlib.import_module(f"pipelines.{name}")
        module.main([*places, "--encoder", str(tiny_module), *QUICK, *more])
        return (tmp_path / "RESULTS.md").read_text()

    return run_recipe


@pytest.mark.slow
def test_sms_spam_sets_the_published_figures_beside_ours(
    run: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sms(tmp_path)
    page = run("sms_spam")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert re.sub(" +", " ", rows[2]) == "| published: BERT-base, frozen, 10 epochs | 0.892 | 0.67 | | | |"
    assert rows[4].startswith("| TF-IDF + LinearSVC ")
    assert rows[5].startswith("| ours: fine-tuned ")
    assert "ours: fine-tuned against TF-IDF + LinearSVC on 9 rows, 95 % intervals: accuracy " in page
    manifest = json.loads((tmp_path / "sms_spam" / "ours" / "1" / "tfbert.json").read_text())
    assert manifest["rows"]["train"] + manifest["rows"]["valid"] + manifest["rows"]["test"] == 60
    assert manifest["rows"]["test"] == 9
    assert f"{manifest['metrics']['accuracy']:.4g}"[:6] in rows[-1]
    assert "python -m pipelines.sms_spam --data . --output sms_spam --results RESULTS.md --encoder " in page
    assert str(tmp_path) not in page
    assert capsys.readouterr().out.splitlines()[0] == rows[0]


@pytest.mark.slow
def test_a_recipe_started_again_trains_nothing_again(run: Callable[..., str], tmp_path: Path) -> None:
    write_imdb(tmp_path)
    first = run("imdb_reviews", "--lengths", "64", "--long", "tail")
    assert run("imdb_reviews", "--lengths", "64", "--long", "tail") == first
    assert [path.name for path in (tmp_path / "imdb_reviews" / "ours-64-tail").iterdir() if path.is_dir()] == ["1"]


@pytest.mark.slow
def test_gop_debate_keeps_retweets_on_one_side_in_its_second_split(run: Callable[..., str], tmp_path: Path) -> None:
    write_gop(tmp_path)
    page = run("gop_debate")
    assert "90 tweets, 90 different ones." in page
    assert "ours: fine-tuned, published split against ours: fine-tuned, apart split: accuracy " in page

    def said(name: str) -> set[str]:
        lines = (tmp_path / "gop_debate" / "tables" / name).read_text().splitlines()
        return {line.removeprefix('"').removeprefix("RT @someone: ") for line in lines[1:]}

    assert said("published/train.csv") & said("published/test.csv")
    assert not said("apart/train.csv") & said("apart/test.csv")


@pytest.mark.slow
def test_tweets_vs_svc_rejects_rows_with_a_tab_too_many(run: Callable[..., str], tmp_path: Path) -> None:
    write_tweets(tmp_path)
    page = run("tweets_vs_svc")
    assert "dev.tsv: 30 rows, and 1 rejected (expected 4 columns, found 5)." in page
    assert "test.tsv: 30 rows, and 1 rejected (expected 5 columns, found 6)." in page
    manifest = json.loads((tmp_path / "tweets_vs_svc" / "ours" / "1" / "tfbert.json").read_text())
    assert manifest["rows"]["test"] == 30
    assert manifest["rows"]["rejected"] == 0


def write_glue(folder: Path) -> None:
    pairs = [(text, f"{text} or so", label) for text, label in made_up({"1.5": "bad", "3.0": "good"}, rows=15)]
    single = made_up({"0": "bad", "1": "good"}, rows=15)
    for name, header, rows in (("stsb", "text_a,text_b,score", pairs), ("cola", "text,label", single)):
        (folder / f"glue_{name}").mkdir()
        lines = "".join(",".join(row) + "\n" for row in rows)
        for part in ("train", "dev"):
            (folder / f"glue_{name}" / f"{part}.csv").write_text(f"{header}\n{lines}")


@pytest.mark.slow
def test_glue_searches_and_shows_a_regression_on_pairs_beside_a_classification(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_glue(tmp_path)
    monkeypatch.setattr(glue, "GRID", {"epochs": [1]})
    page = run("glue", "--tasks", "stsb", "cola", "--rows", "20", "--search")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    assert rows[0] == ["system", "STS-B pearson", "STS-B spearman", "CoLA Matthews", "seeds", "seconds a seed"]
    assert rows[2] == ["published: BERT-base", "", "0.89", "0.563", "", ""]
    assert [row[0] for row in rows[3:]] == ["TF-IDF, linear", "ours"]
    manifest = json.loads((tmp_path / "glue" / "ours-stsb" / "1" / "tfbert.json").read_text())
    assert manifest["rows"]["train"] + manifest["rows"]["valid"] == 20
    assert manifest["rows"]["test"] == 30
    assert manifest["task"] == "regression"
    assert len((tmp_path / "glue" / "ours-stsb" / "search.csv").read_text().splitlines()) == 2


@pytest.mark.slow
def test_goemotions_chooses_a_threshold_for_each_label(run: Callable[..., str], tmp_path: Path) -> None:
    rows = made_up({"joy": "good", "anger": "bad", "joy|surprise": "so so"}, rows=15)
    for part in ("train", "dev", "test"):
        (tmp_path / f"{part}.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    page = run("goemotions")
    assert "| published: BERT-base " in page
    assert "ours: a threshold for each label against TF-IDF + LinearSVC on 45 rows" in page
    manifest = json.loads((tmp_path / "goemotions" / "ours" / "1" / "tfbert.json").read_text())
    assert sorted(manifest["thresholds"]) == ["anger", "joy", "surprise"]


def write_codah(folder: Path, *, rows: int) -> None:
    right, wrong = "and all was well", "and it was a fish of bricks in a very long sentence"
    lines = ["text,ending0,ending1,ending2,ending3,label"]
    for number in range(rows):
        endings = [f"{right if at == number % 4 else wrong} {at}" for at in range(4)]
        lines.append(f"Someone came {number // 2},{','.join(endings)},{number % 4}")  # two questions on a sentence
    (folder / "codah.csv").write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.slow
def test_codah_choices_answers_every_question_with_a_model_that_has_not_seen_it(
    run: Callable[..., str], tmp_path: Path
) -> None:
    write_codah(tmp_path, rows=60)
    page = run("codah_choices", "--set", "learning_rate=1e-3")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    names = ["published: BERT-Large", "random", "the longest ending", "ours: fine-tuned"]
    assert [row[0] for row in rows[2:]] == names
    assert [row[1] for row in rows[2:5]] == ["0.675", "0.25", "0"]
    assert "60 questions in 5 folds, each answered by a model that learned from the other folds" in page
    assert "ours: fine-tuned against the longest ending on 60 rows, 95 % intervals: accuracy " in page
    seen: list[set[str]] = []
    for number in range(1, 6):
        folder = tmp_path / "codah_choices" / "tables" / f"fold-{number}"
        train, test = (set(pd.read_csv(folder / f"{part}.csv").text) for part in ("train", "test"))
        assert not train & test
        seen.append(test)
    assert len(set.union(*seen)) == sum(map(len, seen)) == 30


def write_squad(path: Path, *, articles: int, version: str) -> None:
    """Articles of two questions each; of version 2.0 the second has no answer."""
    data = []
    for number in range(articles):
        context = f"Nothing was said. Someone number{number} came to town. It was a fine day."
        answers = [{"text": f"number{number}", "answer_start": context.index("number")}]
        qas = [
            {"id": f"{number}a", "question": "Who came to town?", "answers": answers},
            {"id": f"{number}b", "question": "Who said what?", "answers": [] if version == "2.0" else answers},
        ]
        data.append({"title": f"{path.stem} {number}", "paragraphs": [{"context": context, "qas": qas}]})
    path.write_text(json.dumps({"version": version, "data": data}))


@pytest.mark.slow
def test_squad_answers_has_no_article_in_two_parts(run: Callable[..., str], tmp_path: Path) -> None:
    write_squad(tmp_path / "xquad.en.json", articles=12, version="1.1")
    page = run("squad_answers")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    assert rows[0][:3] == ["system", "exact match", "F1"]
    assert [row[0] for row in rows[2:]] == ["a random span of words", "the sentence most like the question", "ours"]
    # "someone number3 came to town" has one word in common with the answer, and five in all; half of the rows.
    assert float(rows[3][2]) == pytest.approx(2 * 1 / (5 + 1) / 2, abs=0.2)
    assert "Questions: 14 train, 2 valid, 8 test, 0 that could not be read; 12 articles" in page
    tables = [pd.read_csv(tmp_path / "squad_answers/tables" / f"{part}.csv") for part in ("train", "valid", "test")]
    titles = [set(table["title"]) for table in tables]
    assert len(set.union(*titles)) == sum(map(len, titles)) == 12


@pytest.mark.slow
def test_squad_answers_takes_the_published_files_of_version_2(run: Callable[..., str], tmp_path: Path) -> None:
    write_squad(tmp_path / "train-v2.0.json", articles=12, version="2.0")
    write_squad(tmp_path / "dev-v2.0.json", articles=4, version="2.0")
    page = run("squad_answers", "--train-file", "train-v2.0.json", "--test-file", "dev-v2.0.json")
    assert "F1 with answer" in page
    assert "no-answer accuracy" in page
    assert "Questions: 22 train, 2 valid, 8 test" in page


@pytest.mark.parametrize("name", RECIPES)
def test_a_table_that_is_not_the_published_one_is_an_error_in_one_line(
    run: Callable[..., str], tmp_path: Path, name: str
) -> None:
    with pytest.raises(DataError, match=r"^expected the table .*, found none in .*; check --data$"):
        run(name)
    tables = ("Sentiment.csv", "train_5k.csv", "train.csv", "glue_sst2/train.csv", "test.tsv", "codah.csv")
    tables += ("xquad.en.json",)
    for table in tables:
        (tmp_path / table).parent.mkdir(exist_ok=True)
        (tmp_path / table).write_text("other\nx\n")
    (tmp_path / "dev.tsv").write_text("1\t0\ta\tone\n")
    (tmp_path / "SMSSpamCollection").write_text("ham\tone\nspam\ttwo\n")
    with pytest.raises(DataError) as error:
        run(name)
    message = str(error.value)
    if name == "sms_spam":
        assert message.startswith("expected rows enough of every label for the published split, found 2 (The least ")
        assert message.endswith("; check --data")
    elif name == "squad_answers":
        assert message.startswith("expected SQuAD's JSON (data, paragraphs, context, qas), found invalid JSON: ")
    else:
        assert re.fullmatch(
            "expected the published table, with a column named '[a-z]+', found columns other .*; check --data", message
        )
    assert not (tmp_path / "RESULTS.md").exists()


@pytest.mark.parametrize("flags", [("--seeds", "0"), ("--rows", "-1"), ("--rows", "0")])
def test_numbers_of_rows_and_seeds_are_from_1_on(flags: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        goemotions.main(["--data", ".", *flags])
    assert leaving.value.code == 2
    assert f"error: argument {flags[0]}: invalid positive value: '{flags[1]}'" in capsys.readouterr().err


def test_no_more_rows_are_drawn_than_there_are() -> None:
    rows = pd.DataFrame({"text": list("abc")})
    assert at_most(rows, 5) is rows
    assert at_most(rows, None) is rows
    assert sorted(at_most(rows, 2).text) == sorted({*at_most(rows, 2).text})
    assert len(at_most(rows, 2)) == 2


def test_help_needs_no_tensorflow() -> None:
    code = (
        f"import importlib, sys\nfor name in {RECIPES}:\n"
        "    try: importlib.import_module(f'pipelines.{name}').main(['--help'])\n"
        "    except SystemExit as leaving: print(name, leaving.code, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    for name in RECIPES:
        assert f"usage: python -m pipelines.{name} [-h] --data DATA" in done.stdout
        assert f"{name} 0 False" in lines


@pytest.mark.parametrize("name", RECIPES[:4])
def test_published_settings_are_options_of_ours(name: str) -> None:
    settings = importlib.import_module(f"pipelines.{name}").AS_PUBLISHED
    assert {key: value for key, value in vars(build_config(settings)).items() if key in settings} == settings


def test_the_splits_are_the_published_ones(shared: Path) -> None:
    columns = {"text": "text", "label": "label"}
    path = shared / "data" / "sms" / "SMSSpamCollection"
    messages, _ = read_rows(path, columns=columns, table_format=sms_spam.LITERAL)
    assert {name: len(rows) for name, rows in sms_spam.split(messages).items()} == {
        "train": 3901,
        "valid": 836,
        "test": 837,
    }
    tweets, _ = read_rows(shared / "data" / "gop" / "Sentiment.csv.gz", columns={**columns, "label": "sentiment"})
    published, apart = gop_debate.split_as_published(tweets), gop_debate.split_apart(tweets)
    assert [len(rows) for rows in published.values()] == [11858, 625, 1388]
    assert sum(len(rows) for rows in apart.values()) == 13871
    assert not set(apart["train"]["text"]) & set(apart["test"]["text"])
    assert len(set(published["train"]["text"]) & set(published["test"]["text"])) > 100


def test_codahs_folds_share_no_sentence(shared: Path) -> None:
    questions, _ = read_rows(shared / "data" / "codah" / "codah.csv.gz", columns=codah_choices.COLUMNS)
    folds = list(codah_choices.split(questions))
    assert [len(fold["test"]) for fold in folds] == [555, 555, 556, 555, 555]
    for fold in folds:
        assert not set(fold["train"]["text"]) & set(fold["test"]["text"])
        assert fold["test"]["label"].value_counts().min() >= 136


def test_a_table_of_systems_shows_what_there_is() -> None:
    systems = [
        System("published", {"accuracy": 0.9}),
        System("ours", {"accuracy": 0.95, "f1": None}, deviation={"accuracy": 0.001}, seeds=[1, 2], seconds=61.7),
    ]
    assert table_of(systems, metrics={"accuracy": "accuracy", "f1": "F1"}) == (
        "| system    | accuracy        | F1 | seeds | seconds a seed |\n"
        "| --------- | --------------- | -- | ----- | -------------- |\n"
        "| published | 0.9             |    |       |                |\n"
        "| ours      | 0.9500 ± 0.0010 |    | 1, 2  | 62             |"
    )
    assert against(systems[1], systems[0], metrics={"accuracy": "accuracy", "f1": "F1"}) == (
        "ours against published: accuracy +0.0500."
    )


def test_a_section_whose_end_is_missing_takes_nothing_of_the_page_with_it(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("<!-- a -->\none\n<!-- b -->\ntwo\n<!-- end of b -->\n")
    keep_section(page, name="a", text="three")
    assert page.read_text() == ("<!-- a -->\nthree\n<!-- end of a -->\none\n<!-- b -->\ntwo\n<!-- end of b -->\n")
    assert [path.name for path in tmp_path.iterdir()] == ["RESULTS.md"]
    with pytest.raises(ConfigError, match=r"^expected an output that can be written, found .* with --results$"):
        keep_section(tmp_path / "none" / "RESULTS.md", name="a", text="three")


def test_a_section_is_kept_in_its_place(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Results\n")
    for name, text in {"a": "one", "b": "two"}.items():
        keep_section(page, name=name, text=text)
    assert page.read_text() == "# Results\n\n<!-- a -->\none\n<!-- end of a -->\n\n<!-- b -->\ntwo\n<!-- end of b -->\n"
    keep_section(page, name="a", text="three\n")
    assert (
        page.read_text() == "# Results\n\n<!-- a -->\nthree\n<!-- end of a -->\n\n<!-- b -->\ntwo\n<!-- end of b -->\n"
    )
