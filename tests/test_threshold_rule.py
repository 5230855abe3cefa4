from __future__ import annotations

import pytest

from tfbert.threshold_rule import ThresholdRule, parse_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("f1", ThresholdRule("f1")),
        ("precision>=0.9", ThresholdRule("precision", (0.9,))),
        (" recall >= 1 ", ThresholdRule("recall", (1.0,))),
        ("cost:1,20", ThresholdRule("cost", (1.0, 20.0))),
        ("cost: .5, 2e+3", ThresholdRule("cost", (0.5, 2000.0))),
        ("0.25", ThresholdRule("fixed", (0.25,))),
        ("1e-3", ThresholdRule("fixed", (0.001,))),
        ("precision>=1.", ThresholdRule("precision", (1.0,))),
    ],
)
def test_every_form_is_read(text: str, rule: ThresholdRule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    ["", "F1", "f2", "precision", "precision>0.9", "precision>=", "precision>=0", "precision>=1.1", "recall>=nan",
     "cost:1", "cost:1,2,3", "cost:0,1", "cost:1,inf", "cost:1,-2", "0", "1", "1.5", "nan", "1_0", "0..5", "0,5",
     ".", "precision>=.", "cost:1,."],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert parse_rule(text) is None
