from __future__ import annotations

import pytest

from tfbert.config_reading import build_config
from tfbert.errors import ModelError
from tfbert.tasks.registry import TASKS, label_column, load_task


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "poetry",
            {"labels": ("a", "b")},
            "expected one of the tasks single-label, multi-label, regression, tagging, choice, span, found 'poetry'; "
            "use the version of tfbert that made the model",
        ),
        (
            "single-label",
            {},
            "expected at least two labels for the task single-label, found no labels; export the model again",
        ),
        (
            "single-label",
            {"labels": ("a",)},
            "expected at least two labels for the task single-label, found the labels a; export the model again",
        ),
        ("multi-label", {}, "expected labels for the task multi-label, found none; export the model again"),
        (
            "multi-label",
            {"labels": ("a", "b"), "thresholds": {"a": 0.5, "z": 0.5}},
            "expected thresholds of the labels a, b, found one of z; export the model again",
        ),
        (
            "regression",
            {"decoding": {"mean": 1.0}},
            "expected mean and scale, and no labels, for the task regression, found decoding {'mean': 1.0}, "
            "labels none; export the model again",
        ),
        (
            "regression",
            {"labels": ("a",), "decoding": {"mean": 1.0, "scale": 2.0}},
            "expected mean and scale, and no labels, for the task regression, "
            "found decoding {'mean': 1.0, 'scale': 2.0}, labels a; export the model again",
        ),
        (
            "regression",
            {"decoding": {"mean": 1.0, "scale": 0.0}},
            "expected mean and scale, and no labels, for the task regression, "
            "found decoding {'mean': 1.0, 'scale': 0.0}, labels none; export the model again",
        ),
    ],
)
def test_what_no_task_can_be_loaded_from_is_refused(name: str, values: dict, message: str) -> None:
    with pytest.raises(ModelError) as error:
        load_task(name, **values)
    assert str(error.value) == message


CELLS = {
    "tagging": ['[{"start": 0, "end": 1, "type": "a"}]', "[]", "[]", "[]"],
    "span": ['{"text": ["a"], "answer_start": [3]}', *['{"text": [], "answer_start": []}'] * 3],
}
OPTIONS = {"choice": {"endings": ["a", "b", "c", "d"]}, "span": {"text_pair": "b"}}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_loaded_from_what_its_manifest_keeps(name: str) -> None:
    cells = CELLS.get(name, ["1", "2", "2", "4"])
    task = label_column(build_config({"task": name, **OPTIONS.get(name, {})})).learn(cells)
    assert task.name == name
    assert load_task(name, labels=task.label_names, decoding=task.decoding, thresholds=task.thresholds) == task
    assert task.targets(cells).shape[0] == 4
