"""The options of `tfbert distill encoder`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from tfbert.jobs.run_options import NUMBER, SHARE, RunConfig, check_run
from tfbert.possible import AMOUNT


@dataclasses.dataclass(frozen=True, kw_only=True)
class DistillEncoderConfig(RunConfig):
    """Everything that decides what a distillation of an encoder produces."""

    teacher: Annotated[str, "SPEC of the encoder to learn from; the student takes over its vocabulary."]

    # Student
    init: Annotated[
        str, "SPEC of a student to continue with, its architecture included; its vocabulary is the teacher's."
    ] = ""
    layers: Annotated[int, "Layers of the student."] = 3
    width: Annotated[int, "Width of the student."] = 256
    heads: Annotated[int, "Attention heads of the student; they divide the width."] = 4
    length: Annotated[int, "Longest row in tokens, and the student's positions."] = 128

    # Training
    steps: Annotated[int, "Batches in all, rounded up to whole lessons."] = 6500
    lesson_steps: Annotated[int, "Batches between two checkpoints, on rows that the teacher saw once."] = 250
    batch_tokens: Annotated[int, "Tokens of a batch, padding included."] = 2048
    passes: Annotated[int, "Passes over the rows of a lesson."] = 3
    word_share: Annotated[float, "Share of a lesson's tokens in texts of one word, drawn from the vocabulary."] = 0.15
    mlm_share: Annotated[float, "Share of the rows in which pieces are masked and predicted."] = 0.25
    mean_weight: Annotated[
        float, "Weight of the loss of the texts' means, beside 1 for that of the tokens' states."
    ] = 1.0
    mlm_weight: Annotated[float, "Weight of the masked-LM loss."] = 0.1
    relation_weight: Annotated[
        float, "Weight of the loss of the last layer's attention relations (MiniLMv2); 0 leaves them out."
    ] = 0.0
    relation_heads: Annotated[int, "Heads that relations are cut into; they divide both widths."] = 8
    learning_rate: Annotated[float, "Peak learning rate."] = 1e-3
    seed: Annotated[int, "Seed of the new weights, the rows, the masks and the place in the corpus to begin at."] = 42

    def __post_init__(self) -> None:
        """Refuse what is impossible."""
        check_run(self, _POSSIBLE)


_POSSIBLE = {
    **dict.fromkeys(("lesson_steps", "passes", "relation_heads"), NUMBER),
    **dict.fromkeys(("word_share", "mlm_share"), SHARE),
    **dict.fromkeys(("mean_weight", "mlm_weight", "relation_weight"), AMOUNT),
}
