from __future__ import annotations

import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfbert.text.question_windows import DOC_STRIDE, QUESTION_PIECES, pack_question_windows

CLS, SEP = 101, 102
ROWS = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 700)), max_size=5)  # pieces of question and context


def ragged(rows: list[list[int]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, dtype=tf.int32, ragged_rank=1, row_splits_dtype=tf.int64)


def packed(rows: list[tuple[list[int], list[int]]], *, max_length: int, **ids: int) -> tuple[list, list]:
    columns = [ragged([row[column] for row in rows]) for column in (0, 1)]
    options = {"cls_id": CLS, "sep_id": SEP} | ids
    return tuple(part.to_list() for part in pack_question_windows(*columns, max_length=max_length, **options))


def made(lengths: list[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Questions of pieces from 1,000 on, contexts of pieces from 10,000 on, all different within a row."""
    return [([*range(1000, 1000 + asked)], [*range(10_000, 10_000 + told)]) for asked, told in lengths]


def expected(question: list[int], context: list[int], *, max_length: int) -> list[list[int]]:
    """The windows of a row, one after the other as in `run_squad.py`, but for the stride and the last window."""
    question = question[: min(QUESTION_PIECES, (max_length - 3) // 2)]
    room = max_length - 3 - len(question)
    starts = [0]
    while starts[-1] + room < len(context):
        starts.append(starts[-1] + min(DOC_STRIDE, -(-room // 2)))
    starts[-1] = max(0, min(starts[-1], len(context) - room))
    return [[CLS, *question, SEP, *context[start : start + room], SEP] for start in starts]


@settings(max_examples=150)
@given(lengths=ROWS, max_length=st.one_of(st.integers(5, 40), st.sampled_from([128, 384])))
def test_each_window_has_the_question_and_its_part_of_the_context(
    lengths: list[tuple[int, int]], max_length: int
) -> None:
    rows = made(lengths)
    ids, type_ids = packed(rows, max_length=max_length)
    assert ids == [expected(*row, max_length=max_length) for row in rows]
    for windows, segments in zip(ids, type_ids, strict=True):
        for window, segment in zip(windows, segments, strict=True):
            assert len(window) <= max_length
            first = window.index(SEP) + 1
            assert segment == [0] * first + [1] * (len(window) - first)


@settings(max_examples=100)
@given(lengths=ROWS, max_length=st.sampled_from([5, 12, 33, 128, 384]), data=st.data())
def test_every_answer_of_up_to_half_a_window_is_whole_in_one(
    lengths: list[tuple[int, int]], max_length: int, data: st.DataObject
) -> None:
    for row, windows in zip(made(lengths), packed(made(lengths), max_length=max_length)[0], strict=True):
        inside = [window[window.index(SEP) + 1 : -1] for window in windows]
        assert sorted({piece for window in inside for piece in window}) == row[1]
        room = max(map(len, inside))
        size = data.draw(st.integers(1, max(1, room // 2)))
        for start in range(len(row[1]) - size + 1):
            answer = row[1][start : start + size]
            assert any(answer == window[at : at + size] for window in inside for at in range(len(window)))


def test_the_windows_of_bert_for_squad_are_those_of_run_squad_but_for_the_last() -> None:
    """384 tokens, 64 of them of the question: windows of 317 pieces of the context begin every 128."""
    (windows,), _ = packed(made([(70, 700)]), max_length=384)
    assert [window[66] - 10_000 for window in windows] == [0, 128, 256, 700 - 317]  # run_squad.py: 384 at the end
    assert {len(window) for window in windows} == {384}


def test_numbers_packed_in_the_same_way_say_which_piece_of_the_batch_a_token_is() -> None:
    lengths = [(3, 40), (9, 0), (0, 5), (20, 100)]
    contexts = [context for _, context in made(lengths)]
    flat = [piece for context in contexts for piece in context]
    numbers, rows = 0, []
    for asked, told in lengths:
        rows.append(([-1] * asked, [*range(numbers, numbers + told)]))
        numbers += told
    ids = packed(made(lengths), max_length=24)[0]
    found = packed(rows, max_length=24, cls_id=-1, sep_id=-1)[0]
    for row_ids, row_numbers in zip(ids, found, strict=True):
        for window, numbered in zip(row_ids, row_numbers, strict=True):
            assert [flat[number] if number >= 0 else None for number in numbered] == [
                piece if piece >= 10_000 else None for piece in window
            ]
