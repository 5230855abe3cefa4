"""A question and a context of any length: [CLS] question [SEP] context [SEP], once for each window of the context."""

from __future__ import annotations

import tensorflow as tf

from tfbert.text.long_texts import cut_windows
from tfbert.text.packing import SPECIAL_TOKENS, pack, take

# Both as in `run_squad.py` of google-research/bert.
QUESTION_PIECES = 64  # read of a question
DOC_STRIDE = 128  # pieces of the context from the start of a window to that of the next


def pack_question_windows(
    question: tf.RaggedTensor, context: tf.RaggedTensor, *, max_length: int, cls_id: int, sep_id: int
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Token ids and segment ids, both ragged int32 [batch, (windows), (length)]; segment 1 is the context.

    Each window has the question, its first `QUESTION_PIECES` or as many as take up half of the room. Every piece of the
    context stands in a window. A window begins `DOC_STRIDE` pieces after the one before, or half a window where that is
    less: an answer of up to half a window is whole in one of them. The last window is moved back to end with the
    context (`run_squad.py` leaves it short): there are as many windows, and what stands near the context's end is read
    with as much before it as there is room for.

    Where pieces are numbered in place of their ids (the question's with -1, like the special tokens), the same call
    says which piece of the batch each token is.

    Args:
        question: ids of the questions' pieces, ragged int32 [batch, (pieces)].
        context: the same of the contexts.
        max_length: longest window, special tokens included; 5 or more.
        cls_id: id of [CLS].
        sep_id: id of [SEP].
    """
    room = max_length - SPECIAL_TOKENS[True]
    asked = tf.minimum(question.row_lengths(), min(QUESTION_PIECES, room // 2))
    windows = cut_windows(context, room=room - asked, stride=DOC_STRIDE)
    questions = tf.gather(take(question, question.row_starts(), asked), windows.value_rowids())
    ids, type_ids = pack(questions, windows.values, max_length=max_length, cls_id=cls_id, sep_id=sep_id)
    return windows.with_values(ids), windows.with_values(type_ids)
