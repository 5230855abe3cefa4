"""A model that answers questions as it is exported: two raw texts in, a part of the second out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel as SavedModelProto

from tfbert.scoring.saved_model import SavedModel
from tfbert.scoring.scorer import Scorer
from tfbert.tasks.span import END, SCORE, START, Span

SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aAbeéthe的 '.!\u0301\u200d😡👍🏽\t")
CONTEXTS = ["the old house in the city", "", "ann  and café 的 😡 x.", "a river " * 30]


@pytest.fixture(scope="module", params=["head", "windows"])
def folder(request: pytest.FixtureRequest, random_model: Callable[..., Path]) -> Path:
    return random_model("span", text_pair="context", long=request.param)


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer(folder)


def test_it_has_signatures_for_texts_and_for_tokens_alone(folder: Path) -> None:
    signatures = SavedModel(folder).signatures
    assert set(signatures) - {"__saved_model_init_op"} == {"serving_default", "tokens", "tokenize"}
    assert set(signatures["serving_default"].inputs) == {"text", "text_pair"}
    assert set(signatures["tokens"].outputs) == {"span_logits"}


def test_it_runs_on_ops_that_tensorflow_serving_links(folder: Path) -> None:
    import tensorflow as tf

    saved = SavedModelProto.FromString((folder / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    ops = {node.op for nodes in (graph.node, *(one.node_def for one in graph.library.function)) for node in nodes}
    own = {op for op in ops if not hasattr(tf.raw_ops, op)}
    assert own <= {"FastWordpieceTokenizeWithOffsets", "FastBertNormalize"}
    assert not {op for op in ops if "Py" in op}


@settings(max_examples=40)
@given(contexts=st.lists(st.text(SIGNS, max_size=60), min_size=1, max_size=5))
@example(contexts=CONTEXTS)
@example(contexts=["\ufeffa\x00b \u2028", "İstanbul ΟΔΟΣ", " ", "\u0301"])
def test_an_answer_is_the_part_of_its_context_that_its_places_say(scorer: Scorer, contexts: list[str]) -> None:
    values = scorer.score(["who ?"] * len(contexts), contexts)
    assert values.shape == (len(contexts), *Span.value_shape)
    for context, row, cells in zip(contexts, values, scorer.task.prediction_rows(values, texts=contexts), strict=True):
        answer, start, score, best = cells
        assert [item["text"] for item in best] == [context[item["start"] : item["end"]] for item in best]
        if answer is None:  # nothing of the context is a word
            assert (start, score, best, row[END]) == (None, 0, [], -1)
        else:
            assert (answer, start, score) == (best[0]["text"], best[0]["start"], row[SCORE])
            assert row[END] - row[START] == len(answer) > 0


def test_rows_are_answered_alone_as_in_company(scorer: Scorer) -> None:
    together = scorer.score(["who ?"] * len(CONTEXTS), CONTEXTS)
    alone = np.concatenate([scorer.score(["who ?"], [context]) for context in CONTEXTS])
    assert scorer.task.agree(together, alone).all()
    np.testing.assert_allclose(together[:, SCORE], alone[:, SCORE], atol=1e-5)
