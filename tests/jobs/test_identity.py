from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tfbert.config import TrainConfig
from tfbert.data.parts import Parts, read_parts
from tfbert.jobs.identity import identify, identify_options
from tfbert.tasks.registry import label_column


@pytest.fixture
def config(messages: Path) -> TrainConfig:
    return TrainConfig(train=(str(messages),))


@pytest.fixture
def parts(config: TrainConfig) -> Parts:
    return read_parts(config, task=label_column(config))


def test_the_same_options_rows_and_facts_are_the_same_training(config: TrainConfig, parts: Parts) -> None:
    again = read_parts(config, task=label_column(config))
    assert identify(config, parts, facts=["digest"]) == identify(dataclasses.replace(config), again, facts=["digest"])


def test_another_option_row_weight_or_fact_is_another_training(config: TrainConfig, parts: Parts) -> None:
    texts = parts.train.texts
    changed = dataclasses.replace(parts.train, columns={"text": ["something else", *texts[1:]]})
    paired = dataclasses.replace(parts.train, columns={"text": texts, "text_pair": texts})
    moved = dataclasses.replace(parts, valid=parts.test, test=parts.valid)
    identities = [
        identify(config, parts, facts=["digest"]),
        identify(config, parts, facts=["another"]),
        identify(dataclasses.replace(config, epochs=4), parts, facts=["digest"]),
        identify(config, dataclasses.replace(parts, train=changed), facts=["digest"]),
        identify(config, dataclasses.replace(parts, train=paired), facts=["digest"]),
        identify(config, moved, facts=["digest"]),
    ]
    assert len(set(identities)) == len(identities)


def test_where_the_output_goes_does_not_matter_to_what_is_compared_across_folders(
    config: TrainConfig, parts: Parts
) -> None:
    elsewhere = dataclasses.replace(config, output="elsewhere")
    assert identify_options(config, parts, encoder="digest") == identify_options(elsewhere, parts, encoder="digest")
    assert identify(config, parts, facts=["digest"]) != identify(elsewhere, parts, facts=["digest"])
