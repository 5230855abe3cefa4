from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from tfbert.encoders.sources import load_encoder
from tfbert.training.relations import project_last, relation_loss


def draw(*, width: int, seed: int, lengths: tuple[int, ...] = (5, 3)) -> tuple[np.ndarray, np.ndarray]:
    """Queries, keys and values of rows of these lengths, with something in the padding, and the mask."""
    projections = np.random.default_rng(seed).normal(size=(len(lengths), max(lengths), 3 * width)).astype(np.float32)
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(np.float32)
    return projections, mask


def divergence_by_hand(ours: np.ndarray, theirs: np.ndarray, mask: np.ndarray, *, heads: int) -> float:
    """Equations 5 to 7 of the paper, a row, a relation, a head and a token at a time."""
    total = 0.0
    for row, real in enumerate(mask.astype(bool)):
        for relation in range(3):
            for head in range(heads):
                relations = []
                for projections in (theirs, ours):
                    width = projections.shape[-1] // 3
                    whole = projections[row, real, relation * width : (relation + 1) * width]
                    vectors = whole[:, head * (width // heads) : (head + 1) * (width // heads)]
                    relations.append(softmax(vectors @ vectors.T / np.sqrt(width // heads), axis=-1))
                total += rel_entr(*relations).sum()
    return total / (heads * mask.sum())


@pytest.mark.parametrize("heads", [1, 4])
def test_the_loss_is_the_papers_divergence_of_widths_that_differ(heads: int) -> None:
    (theirs, mask), (ours, _) = draw(width=12, seed=1), draw(width=8, seed=2)
    expected = divergence_by_hand(ours, theirs, mask, heads=heads)
    assert float(relation_loss(ours, theirs, mask, heads=heads)) == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_nothing_where_the_relations_are_the_same() -> None:
    ours, mask = draw(width=8, seed=1)
    assert float(relation_loss(ours, ours, mask, heads=2)) == pytest.approx(0, abs=1e-6)


def test_padding_changes_nothing() -> None:
    (theirs, mask), (ours, _) = draw(width=8, seed=1), draw(width=8, seed=2)
    changed = np.where(mask[:, :, None] > 0, ours, 7).astype(np.float32)
    assert float(relation_loss(changed, theirs, mask, heads=2)) == pytest.approx(
        float(relation_loss(ours, theirs, mask, heads=2)), rel=1e-6
    )


def test_the_projections_are_those_that_the_last_layer_attends_with(tiny_module: Path) -> None:
    encoder = load_encoder(str(tiny_module)).encoder
    ids = np.array([[2, 10, 11, 12, 3]], np.int32)
    tokens = {"input_word_ids": ids, "input_mask": np.ones_like(ids), "input_type_ids": np.zeros_like(ids)}
    seen = []
    layer = encoder.blocks[-1].attention
    whole, layer._project = layer._project, lambda x: seen.append(np.array(layer.qkv(x))) or whole(x)
    encoded = encoder(tokens)
    np.testing.assert_allclose(np.array(project_last(encoder, tokens, encoded)), seen[0], atol=1e-6)
