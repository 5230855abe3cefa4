from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.data.answers import Answer
from tfbert.data.datasets import UNCOUNTED
from tfbert.data.object_rows import object_rows
from tfbert.data.token_places import place_rows
from tfbert.tasks.span import BEHIND, BEST, START, Span
from tfbert.tasks.span_losses import BOTH, ENDS, NEITHER, STARTS
from tfbert.text.preprocessor import Preprocessor
from tfbert.text.vocabulary import read_vocabulary
from tfbert.text.wordpiece import WordPieceTokenizer

SURE = 9.0  # a logit
WORDS = st.sampled_from(["a", "unaffable", "Zoë", "!", "😀", "xylophones", "b", "\u0301", "don't", "U.S."])
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@pytest.fixture(scope="module")
def preprocessors(tiny_module: Path) -> dict[str, Preprocessor]:
    vocabulary = read_vocabulary(tiny_module / "assets" / "tiny_vocab.txt")
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=True)
    made = {long: Preprocessor(tokenizer, max_length=20, long=long) for long in ("head", "windows")}
    for each in made.values():
        each.graph = tf.function(each.place, input_signature=[tf.TensorSpec([None], tf.string)] * 2)
    return made


def targets_of(preprocessor: Preprocessor, questions: list[str], contexts: list[str], answers: list) -> list[list[int]]:
    tokens, places = place_rows(questions, contexts, place=preprocessor.graph)
    targets = Span(None).token_targets(object_rows(answers), tokens=tokens, places=places)
    return targets.to_list()


def test_a_window_without_all_of_the_answer_aims_at_cls(preprocessors: dict[str, Preprocessor]) -> None:
    """[CLS] who ? [SEP] a b ... [SEP]: 15 pieces of the context in a window, which begins every 8."""
    context = "a b c d e f g h i j k l m n o p q r s t"
    start = context.index("h i j")
    answer = Answer("h i j", start)
    first, second = targets_of(preprocessors["windows"], ["who?"], [context], [answer])
    outside = [UNCOUNTED] * 3
    assert first == [NEITHER, *outside, *[NEITHER] * 7, STARTS, NEITHER, ENDS, *[NEITHER] * 5, UNCOUNTED]
    assert second == [NEITHER, *outside, *[NEITHER] * 2, STARTS, NEITHER, ENDS, *[NEITHER] * 10, UNCOUNTED]
    first, second = targets_of(preprocessors["windows"], ["who?"], [context], [Answer("t", len(context) - 1)])
    assert first == [BOTH, *outside, *[NEITHER] * 15, UNCOUNTED]
    assert second == [NEITHER, *outside, *[NEITHER] * 14, BOTH, UNCOUNTED]
    for windows in targets_of(preprocessors["windows"], ["who?"], [context], [None]):
        assert windows == [BOTH, *outside, *[NEITHER] * 15, UNCOUNTED]


def test_an_answer_within_a_word_is_that_word(preprocessors: dict[str, Preprocessor]) -> None:
    """What the tokenizer does not split cannot be told apart when the answer is cut out again."""
    ((row,),) = [targets_of(preprocessors["head"], ["what"], ["in the 1950s."], [Answer("1950", 7)])]
    (starts,), (ends,) = ([at for at, target in enumerate(row) if target in (side, BOTH)] for side in (STARTS, ENDS))
    whole = targets_of(preprocessors["head"], ["what"], ["in the 1950s."], [Answer("1950s", 7)])
    assert [row] == whole
    assert starts < ends  # 1950s is several pieces


@settings(max_examples=60)
@given(data=st.data(), long=st.sampled_from(["head", "windows"]))
def test_logits_that_say_what_the_targets_say_give_the_answer_back(
    preprocessors: dict[str, Preprocessor], data: st.DataObject, long: str
) -> None:
    """Targets lead from characters to tokens and the decoding from tokens to characters: one undoes the other."""
    preprocessor = preprocessors[long]
    questions = data.draw(st.lists(st.sampled_from(["who", "what is it ?"]), min_size=1, max_size=3))
    contexts = [data.draw(TEXTS) for _ in questions]
    placed = preprocessor.graph(tf.constant(questions), tf.constant(contexts))
    spans = [
        list(zip(*row, strict=True))
        for row in zip(placed.words.starts.to_list(), placed.words.ends.to_list(), strict=True)
    ]
    answers = []
    for context, words in zip(contexts, spans, strict=True):
        if not words or data.draw(st.booleans(), label="no answer"):
            answers.append(None)
            continue
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first, min(first + 2, len(words) - 1)))
        answers.append(Answer(context[words[first][0] : words[last][1]], words[first][0]))

    targets = tf.ragged.constant(targets_of(preprocessor, questions, contexts, answers)).to_tensor(UNCOUNTED).numpy()
    logits = SURE * np.stack([np.isin(targets, (side, BOTH)) for side in (STARTS, ENDS)], axis=-1).astype(np.float32)
    task = Span(0.0)
    outputs = task.answer_texts(tf.constant(logits), placed=placed, texts=tf.constant(contexts))
    values = task.read_answer({name: outputs[name].numpy() for name in task.answer_outputs})
    assert values.shape == (len(questions), *Span.value_shape)
    decided = task.decide(values, texts=contexts)
    windows = np.ones(len(questions), int) if long == "head" else placed.ids.row_lengths().numpy()
    for row, (answer, whole) in enumerate(zip(answers, np.split(targets, np.cumsum(windows)[:-1]), strict=True)):
        is_read = bool((whole[:, 0] == NEITHER).any())  # some window has all of the answer
        if answer is not None and long == "windows":
            pieces = preprocessor.tokenizer.tokenize(tf.constant([answer.text])).row_lengths()[0]
            assert is_read or pieces > 6  # half of the 13 for which a window has room
        assert decided[row] == (answer.text if is_read else "")
        assert values[row, START] == (answer.start if is_read else -1)
        assert outputs["answer"][row].numpy().decode() == decided[row]
        for rank, (_, start, end) in enumerate(values[row, BEHIND:].reshape(BEST, 3).astype(int)):
            text = outputs["answers"][row, rank].numpy().decode()
            assert text == (contexts[row][start:end] if start >= 0 else "")
