from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from tfbert.config import TrainConfig, field_helps, field_types
from tfbert.config_reading import build_config, merge_config, parse_settings, read_options
from tfbert.errors import ConfigError


def refused(values: dict, **options: str) -> str:
    with pytest.raises(ConfigError) as error:
        build_config(values, **options)
    return str(error.value)


def test_no_values_give_the_defaults() -> None:
    assert build_config({}) == TrainConfig()


def test_values_of_a_manifest_rebuild_the_same_configuration(tmp_path: Path) -> None:
    config = TrainConfig(train=("a.csv", "b.csv"), clean=("lowercase",), learning_rate=3e-5, trainable="last-2")
    path = tmp_path / "tfbert.json"
    path.write_text(json.dumps({"options": dataclasses.asdict(config)}))
    assert build_config(read_options(path)) == config


def test_toml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.toml"
    path.write_text('train = ["a.csv"]\nepochs = 7\nlearning_rate = 1\n')
    config = build_config(read_options(path))
    assert (config.train, config.epochs, config.learning_rate) == (("a.csv",), 7, 1.0)


def test_a_single_string_stands_for_a_list_of_one() -> None:
    assert build_config({"train": "a.csv"}).train == ("a.csv",)


def test_every_option_has_a_help_text() -> None:
    assert field_helps().keys() == field_types().keys()
    assert all(help_text.endswith(".") for help_text in field_helps().values())


def test_an_unknown_key_is_refused_with_the_nearest_one() -> None:
    assert refused({"epoch": 3}) == "expected a known option, found epoch in the options; did you mean epochs?"
    assert refused({"zzz": 3}, source="a.toml").startswith(
        "expected a known option, found zzz in a.toml; the keys are train, valid, test, "
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("epochs", "3", "expected epochs to be a whole number, found '3' in the options; mend epochs"),
        ("epochs", 2.5, "expected epochs to be a whole number, found 2.5 in the options; mend epochs"),
        ("epochs", True, "expected epochs to be a whole number, found True in the options; mend epochs"),
        ("header", 1, "expected header to be true or false, found 1 in the options; mend header"),
        ("text", 1, "expected text to be a string, found 1 in the options; mend text"),
        ("dropout", "x", "expected dropout to be a number, found 'x' in the options; mend dropout"),
        ("train", 1, "expected train to be a list of strings, found 1 in the options; mend train"),
        ("head", "x", "expected head to be one of dense, mlp, found 'x' in the options; choose one of them"),
        (
            "epochs",
            0,
            "expected epochs to be a whole number from 1 to 65,536, found 0 in the options; mend epochs",
        ),
        (
            "hidden_width",
            65_537,
            "expected hidden_width to be a whole number from 1 to 65,536, found 65537 in the options; "
            "mend hidden_width",
        ),
        (
            "explain",
            -1,
            "expected explain to be a whole number from 0 to 1,000, found -1 in the options; mend explain",
        ),
        (
            "dropout",
            1.0,
            "expected dropout to be a fraction from 0 up to, not including, 1, found 1.0 in the options; mend dropout",
        ),
        *(
            (
                "learning_rate",
                value,
                f"expected learning_rate to be a finite number of at least 0, found {found} in the options; "
                "mend learning_rate",
            )
            for value, found in ((-1, "-1.0"), (math.inf, "inf"), (math.nan, "nan"), (10**400, "inf"))
        ),
        ("clip_norm", 0, "expected clip_norm to be a finite number above 0, found 0.0 in the options; mend clip_norm"),
        (
            "max_length",
            2,
            "expected max_length to be 3 to 65,536 tokens ([CLS], one piece, [SEP]), found 2 in the options; "
            "mend max_length",
        ),
        ("seed", -1, "expected seed to be a whole number from 0 to 2147483647, found -1 in the options; mend seed"),
        *(
            (
                "trainable",
                value,
                f"expected trainable to be all, none or last-N, found {value!r} in the options; mend trainable",
            )
            for value in ("last-0", "some", "last-10000")
        ),
        (
            "test_fraction",
            0.9,
            "expected rows left to learn from, found valid_fraction + test_fraction = 1.05 of them held out; "
            "lower one of the two",
        ),
        (
            "valid_fraction",
            0,
            "expected rows that choose the best epoch, found valid_fraction = 0 and no valid table; "
            "give one of the two",
        ),
    ],
)
def test_an_impossible_value_is_refused(key: str, value: object, message: str) -> None:
    assert refused({key: value}) == message


def test_a_number_too_long_to_write_out_is_refused() -> None:
    assert refused(parse_settings([f"epochs=0x{'f' * 5000}"])) == (
        "expected epochs to be a whole number from 1 to 65,536, found a number of thousands of digits in the options; "
        "mend epochs"
    )


def test_settings_are_toml_values_or_bare_words() -> None:
    settings = ["epochs=3", "learning_rate = 2e-5", "trainable=last-2", 'clean=["lowercase"]', "header=false"]
    assert parse_settings(settings) == {
        "epochs": 3,
        "learning_rate": 2e-5,
        "trainable": "last-2",
        "clean": ["lowercase"],
        "header": False,
    }


def test_a_table_of_its_own_counts_for_the_fraction_held_out() -> None:
    assert build_config({"valid": "v.csv", "valid_fraction": 0.9, "test_fraction": 0.9}).test_fraction == 0.9


def test_an_error_says_from_which_place_the_value_came() -> None:
    file, settings = {"epochs": 0, "dropout": 0.5}, {"epochs": "x", "head": "mlp"}
    layers = {"a.toml": file, "--set": settings, "--epochs": {"epochs": 4}}
    merged = merge_config(layers)
    assert (merged.epochs, merged.dropout, merged.head) == (4, 0.5, "mlp")
    for place, found in (
        ("--set", "a whole number, found 'x'"),
        ("a.toml", "a whole number from 1 to 65,536, found 0"),
    ):
        del layers[list(layers)[-1]]
        with pytest.raises(ConfigError) as error:
            merge_config(layers)
        assert str(error.value) == f"expected epochs to be {found} in {place}; mend epochs"


@pytest.mark.parametrize("setting", ["epochs", "=3", "epochs=2\nbatch_size=1", "text=a\nb", f"clean={'[' * 5000}"])
def test_what_is_not_one_key_with_one_value_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_settings([setting])
    assert str(error.value).startswith(f"expected one --set KEY=VALUE, found {setting[:30]!r}"[:-1].rstrip("'"))
    assert str(error.value).endswith("; write for example --set epochs=3")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.toml", f"clean = {'[' * 5000}", "expected TOML in {path}, found brackets nested too deep; mend the file"),
        (
            "a.json",
            "[" * 100_000,
            "expected the manifest of a model in {path}, found brackets nested too deep; mend the file",
        ),
        (
            "a.json",
            '{"options": [[1, 2]]}',
            "expected the manifest of a model in {path}, found no options; give the tfbert.json of a model",
        ),
    ],
)
def test_a_strange_file_is_refused(tmp_path: Path, name: str, content: str, found: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ConfigError) as error:
        read_options(path)
    assert str(error.value) == found.format(path=path)


def test_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^expected a configuration file, found No such file or directory \(.*\); check"
    ):
        read_options(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("epochs =")
    with pytest.raises(ConfigError, match=r"^expected TOML in .*broken\.toml, found .*; mend the file$"):
        read_options(broken)


@pytest.mark.parametrize("values", [{"train": ["a.csv", "\udcff.csv"]}, {"output": "\udcff"}])
def test_names_that_are_not_utf_8_are_refused_before_anything_is_trained(values: dict[str, object]) -> None:
    key, shown = ("train", "'\\udcff.csv'") if "train" in values else ("output", "'\\udcff'")
    assert refused(values) == f"expected {key} in UTF-8, found {shown} in the options; mend {key}"


def test_class_weights_need_rows_with_one_class() -> None:
    for task in ("multi-label", "regression"):
        assert refused({"task": task, "class_weights": "balanced"}) == (
            f"expected class_weights with the task single-label, found balanced with {task}, whose rows have no class "
            "of their own; leave class_weights out"
        )


@pytest.mark.parametrize("values", [{"text": "a", "text_pair": "a"}, {"text_pair": "label"}, {"text": "label"}])
def test_texts_and_label_have_columns_of_their_own(values: dict[str, str]) -> None:
    columns = [values.get("text", "text"), values.get("text_pair", ""), "label"]
    assert refused(values) == (
        "expected a column of its own for each of text, text_pair, endings, label and answer_start, found "
        f"{', '.join(filter(None, columns))}; name another column"
    )


def test_a_pair_needs_room_for_a_piece_of_each_text() -> None:
    assert refused({"text_pair": "answer", "max_length": 4}) == (
        "expected max_length of at least 5 tokens for pairs ([CLS], a piece, [SEP], a piece, [SEP]), found 4; "
        "raise max_length"
    )
    assert build_config({"text_pair": "answer", "max_length": 5}).text_pair == "answer"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"task": "multi-label", "label_smoothing": 0.1},
            "expected label_smoothing with the task single-label or choice, found 0.1 with multi-label; "
            "leave label_smoothing out",
        ),
        (
            {"task": "regression", "focal_gamma": 2},
            "expected focal_gamma with the task single-label or multi-label or choice, found 2.0 with regression; "
            "leave focal_gamma out",
        ),
        (
            {"task": "regression", "threshold": "f1"},
            "expected threshold with the task single-label or multi-label, found f1 with regression; "
            "leave threshold out",
        ),
        (
            {"text_pair": "answer", "long": "windows"},
            "expected long = head with pairs, of which the longer text is cut at its end, "
            "found windows with text_pair answer; leave long out",
        ),
        (
            {"task": "choice", "endings": ["a", "b"], "long": "tail"},
            "expected long = head with pairs, of which the longer text is cut at its end, found tail with endings a, b;"
            " leave long out",
        ),
        (
            {"task": "choice", "endings": ["a", "b"], "text_pair": "c"},
            "expected text_pair with the task single-label or multi-label or regression or span, found c with choice; "
            "leave text_pair out",
        ),
        (
            {"endings": ["a", "b"]},
            "expected endings with the task choice, found a, b with single-label; leave endings out",
        ),
        (
            {"task": "choice"},
            "expected two endings or more for the task choice, found none; name their columns with endings",
        ),
        (
            {"task": "choice", "endings": "a"},
            "expected two endings or more for the task choice, found a; name their columns with endings",
        ),
        (
            {"task": "choice", "endings": ["a", "b"], "baseline": True},
            "expected baseline with the task single-label or multi-label or regression, found True with choice; "
            "leave baseline out",
        ),
        (
            {"task": "choice", "endings": ["a", "b"], "explain": 3},
            "expected explain with the task single-label or multi-label or regression, found 3 with choice; "
            "leave explain out",
        ),
        (
            {"task": "choice", "endings": ["a", "b", "a"]},
            "expected a column of its own for each of text, text_pair, endings, label and answer_start, found "
            "text, a, b, a, label; name another column",
        ),
        (
            {"task": "span"},
            "expected text_pair for the task span, the column of the contexts that answers are cut out of, found none; "
            "name it with text_pair",
        ),
        (
            {"task": "span", "text_pair": "context", "long": "tail"},
            "expected long = head or windows with pairs, of which the longer text is cut at its end, found tail with "
            "text_pair context; leave long out",
        ),
        (
            {"task": "span", "text_pair": "context", "answer_start": "context"},
            "expected a column of its own for each of text, text_pair, endings, label and answer_start, found "
            "text, context, label, context; name another column",
        ),
        (
            {"task": "span", "text_pair": "context", "clean": ["lowercase"]},
            "expected clean with the task single-label or multi-label or regression or choice, found lowercase with "
            "span; leave clean out",
        ),
        (
            {"answer_start": "at"},
            "expected answer_start with the task span, found at with single-label; leave answer_start out",
        ),
        (
            {"threshold": "precision>0.9"},
            "expected threshold to be f1, precision>=0.9, recall>=0.9, cost:FALSE_POSITIVE,FALSE_NEGATIVE or a "
            "probability between 0 and 1, found 'precision>0.9' in the options; mend threshold",
        ),
        (
            {"focal_gamma": 11},
            "expected focal_gamma to be a number from 0 to 10, found 11.0 in the options; mend focal_gamma",
        ),
        (
            {"label_smoothing": 1},
            "expected label_smoothing to be a fraction from 0 up to, not including, 1, found 1.0 in the options; "
            "mend label_smoothing",
        ),
    ],
)
def test_what_says_nothing_in_a_task_is_refused(values: dict, message: str) -> None:
    assert refused(values) == message
