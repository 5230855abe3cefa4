"""The options of `tfbert pretrain`."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from tfbert.errors import ConfigError
from tfbert.jobs.run_options import NUMBER, RunConfig, check_run
from tfbert.possible import FRACTION


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainConfig(RunConfig):
    """Everything that decides what a pre-training produces."""

    # Encoder
    init: Annotated[str, "SPEC of an encoder to continue from, its vocabulary and architecture included."] = ""
    vocab: Annotated[str, "A vocab.txt; without it one is learned from the corpus."] = ""
    vocab_size: Annotated[int, "Pieces of the vocabulary that is learned, at most."] = 30522
    lower_case: Annotated[bool, "Lower-case texts and strip accents."] = True
    layers: Annotated[int, "Layers."] = 4
    width: Annotated[int, "Width of the hidden states."] = 256
    heads: Annotated[int, "Attention heads; they divide the width."] = 4
    length: Annotated[int, "Longest row in tokens, and the positions of a new encoder."] = 128

    # Training
    objective: Annotated[
        Literal["mlm+nsp", "mlm"], "mlm+nsp: masked pieces and next sentences, as BERT; mlm: masked pieces alone."
    ] = "mlm+nsp"
    whole_words: Annotated[bool, "Mask all pieces of a word or none."] = False
    most_predictions: Annotated[int, "Most masked pieces of a row."] = 20
    steps: Annotated[int, "Batches in all, rounded up to whole sections."] = 100_000
    section_steps: Annotated[int, "Batches between two checkpoints."] = 500
    batch_tokens: Annotated[int, "Tokens of a batch, padding included."] = 8192
    learning_rate: Annotated[float, "Peak learning rate."] = 5e-4
    dropout: Annotated[float, "Both dropout rates of the encoder during pre-training."] = 0.1
    xla: Annotated[bool, "Compile the step with XLA; pads every row to --length and every batch to one shape."] = False
    seed: Annotated[int, "Seed of the new weights, the rows, the masks and dropout."] = 42

    def __post_init__(self) -> None:
        """Refuse what is impossible, or contradicts itself."""
        check_run(self, _POSSIBLE)
        if self.init and self.vocab:
            raise ConfigError(
                "init or vocab", found="both", fix="leave out --vocab: the encoder has a vocabulary of its own"
            )


_POSSIBLE = {**dict.fromkeys(("section_steps", "most_predictions", "vocab_size"), NUMBER), "dropout": FRACTION}
