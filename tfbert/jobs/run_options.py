"""The options that pre-training and distillation have in common, and what they can be."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from tfbert.config import Strings
from tfbert.errors import ConfigError
from tfbert.possible import AMOUNT, FRACTION, MOST, POSITIVE, SEED, Possible, check_possible


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What every long run over a corpus has."""

    corpus: Annotated[Strings, "Plain texts: a paragraph a line, a blank line between documents; .xz, .gz too."]
    output: Annotated[str, "Folder of the encoder; must not exist."]
    format: Annotated[
        Literal["hub", "float16"], "hub: a TF Hub module; float16: config.json and model.safetensors, half as large."
    ] = "hub"
    held_out: Annotated[Strings, "Texts that are not learned from, to measure the masked-LM head on in the end."] = ()
    resume: Annotated[bool, "Go on with a run that was killed."] = False
    warmup_fraction: Annotated[float, "Share of the steps over which the learning rate rises linearly from 0."] = 0.05
    weight_decay: Annotated[float, "AdamW's decoupled weight decay; none on biases and LayerNorm."] = 0.01
    clip_norm: Annotated[float, "Largest global norm of the gradients."] = 1.0
    precision: Annotated[
        Literal["float32", "mixed_float16", "mixed_bfloat16"], "Number format of the matrix products."
    ] = "float32"


NUMBER = ("a whole number of at least 1", lambda value: value >= 1)
SHARE = ("a fraction from 0 to 1", lambda value: 0 <= value <= 1)

COMMON: Possible = {
    **dict.fromkeys(("steps", "batch_tokens"), NUMBER),
    "length": (f"3 to {MOST:,} tokens ([CLS], one piece, [SEP])", lambda value: 3 <= value <= MOST),
    "learning_rate": POSITIVE,
    "warmup_fraction": FRACTION,
    "weight_decay": AMOUNT,
    "clip_norm": POSITIVE,
    "seed": SEED,
}
"""What both have."""


def check_run(options: Any, possible: Possible) -> None:
    """Refuse impossible values of `COMMON` and of a job's own options.

    Raises:
        ConfigError: names the first.
    """
    check_possible(options, {**COMMON, **possible})
    if options.batch_tokens < options.length:
        raise ConfigError(
            f"batch_tokens of at least the length, {options.length}",
            found=str(options.batch_tokens),
            fix="raise --batch-tokens or lower --length",
        )
