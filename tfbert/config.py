"""The options of `tfbert train`: one frozen dataclass, read by `tfbert.config_reading`.

A field is explained by the text beside it; the command line shows the same text as the flag's help, so the two cannot
drift apart.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Annotated, Any, Literal

from tfbert.errors import ConfigError
from tfbert.possible import AMOUNT, COUNT, FRACTION, MOST, POSITIVE, SEED, Possible, check_possible
from tfbert.row_texts import name_texts
from tfbert.threshold_rule import MEANING, parse_rule

Strings = tuple[str, ...]
FormatName = Literal["auto", "csv", "tsv", "jsonl", "parquet", "conll", "squad"]
QuotingName = Literal["auto", "minimal", "none"]

SHORTEST_PAIR = 5  # tokens


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides what a training run produces."""

    # Tables
    train: Annotated[
        Strings, "Table(s) of labelled texts: CSV, TSV, JSON Lines, Parquet, CoNLL or SQuAD, .gz too."
    ] = ()
    valid: Annotated[Strings, "Table(s) that choose the best epoch; without them a part of --train is held out."] = ()
    test: Annotated[Strings, "Table(s) for the final report; without them a part of --train is held out."] = ()
    text: Annotated[str, "Column that holds the text."] = "text"
    text_pair: Annotated[str, "Column that holds a second text: the model then reads both together."] = ""
    endings: Annotated[
        Strings, "Columns, comma-separated, between which a choice is made of what goes on from the text."
    ] = ()
    label: Annotated[
        str,
        "Column that holds the label; of multi-label, labels joined by |; of regression, a number; of tagging, the "
        "entities as JSON; of span, the answers as JSON or one as text; of choice, an ending's number, letter or "
        "column.",
    ] = "label"
    answer_start: Annotated[
        str,
        "Column of span that says at which character of the context a plain answer begins; without it the answer must "
        "occur once.",
    ] = ""
    sample_weight: Annotated[
        str,
        "Column of --train that says how much a row counts in the loss: numbers above 0, of which the ratios count.",
    ] = ""
    header: Annotated[bool, "Whether the first row of a CSV or TSV names the columns."] = True
    columns: Annotated[Strings, "The columns' names, comma-separated; needed when there is no header."] = ()
    format: Annotated[FormatName, "The tables' format; auto goes by the file's suffix."] = "auto"
    quoting: Annotated[
        QuotingName,
        "minimal: RFC 4180 quotes; none: literal; auto: minimal in CSV, none in TSV.",
    ] = "auto"
    encoding: Annotated[str, "Text encoding of CSV, TSV and JSON Lines files."] = "utf-8"
    valid_fraction: Annotated[
        float, "Share of --train held out to choose the best epoch when --valid is not given."
    ] = 0.15
    test_fraction: Annotated[float, "Share of --train held out for the report when --test is not given."] = 0.15
    clean: Annotated[
        Strings, "Cleaning steps, comma-separated, applied in training and in the exported model alike."
    ] = ()
    class_weights: Annotated[
        Literal["none", "balanced"], "balanced: weight a row by rows / (classes x rows of its class)."
    ] = "none"
    label_smoothing: Annotated[
        float, "Share of a label that the loss spreads over all labels alike, against being too sure; 0 for none."
    ] = 0.0
    focal_gamma: Annotated[
        float, "Focal loss: the higher, the less rows count that the model has right already; 2 is usual, 0 is off."
    ] = 0.0

    # Model
    encoder: Annotated[str, "Encoder SPEC: a Hub or Kaggle handle, a short name, or a local folder."] = "bundled"
    task: Annotated[
        Literal["single-label", "multi-label", "regression", "tagging", "span", "choice"],
        "What is predicted: one label a row, any number of labels, a number, the entities in a text, the part of the "
        "second text that answers the first, or which of several endings goes on.",
    ] = "single-label"
    tokenizer: Annotated[
        Literal["google", "hub"],
        "google: the ids of BERT's published code; hub: those of TF Hub's preprocessing modules, which fold "
        "compatibility characters first.",
    ] = "google"
    max_length: Annotated[int, "Longest input in tokens, [CLS] and [SEP] included; see --long for longer texts."] = 128
    long: Annotated[
        Literal["head", "tail", "head+tail", "windows"],
        "What is read of a longer text: its start, its end, a quarter of the room from its start and the rest from its "
        "end, or all of it in windows that overlap by half, whose answers are averaged; of span the best one is taken.",
    ] = "head"
    pooling: Annotated[
        Literal["cls", "pooled", "mean"],
        "What the head sees: [CLS], the encoder's pooled output, or the mean over tokens.",
    ] = "mean"
    head: Annotated[Literal["dense", "mlp"], "dense: one Dense; mlp: Dense relu, dropout, Dense."] = "dense"
    hidden_width: Annotated[int, "Width of the mlp head's hidden layer."] = 512
    dropout: Annotated[float, "Dropout rate in the head."] = 0.1
    trainable: Annotated[str, "What of the encoder is trained: all, none, or last-N (its last N layers)."] = "all"

    # Training
    epochs: Annotated[int, "Most epochs; early stopping may end sooner."] = 3
    batch_size: Annotated[int, "Rows in a batch."] = 32
    learning_rate: Annotated[
        float, "Peak learning rate; 0 chooses 5e-5, 3e-4 for encoders up to 256 wide, 1e-3 for frozen ones."
    ] = 0.0
    warmup_fraction: Annotated[float, "Share of the steps over which the learning rate rises linearly from 0."] = 0.1
    weight_decay: Annotated[float, "AdamW's decoupled weight decay; none on biases and LayerNorm."] = 0.01
    clip_norm: Annotated[float, "Largest global norm of the gradients."] = 1.0
    patience: Annotated[int, "Epochs without a better validation loss before training stops."] = 2
    precision: Annotated[
        Literal["float32", "mixed_float16", "mixed_bfloat16"], "Number format of the encoder's matrix products."
    ] = "float32"
    gradient_checkpointing: Annotated[
        bool, "Compute each layer again in the backward pass: less memory for about a third more time."
    ] = False
    strategy: Annotated[
        Literal["none", "mirrored"],
        "mirrored: share each batch among all GPUs of the machine (tf.distribute.MirroredStrategy).",
    ] = "none"
    xla: Annotated[bool, "Compile the training step with XLA; pads every batch to max_length."] = False
    seed: Annotated[int, "Seed of the splits, the new weights, the order of rows and dropout."] = 42
    deterministic: Annotated[bool, "Use only ops that give the same bits on every run, also on GPU (slower)."] = False

    # Result
    baseline: Annotated[
        bool,
        "Fit baselines without an encoder (TF-IDF) on the same rows; the report says whether the model beats them.",
    ] = False
    calibrate: Annotated[
        bool, "Divide the logits by a temperature that makes probabilities fit the validation rows; exported too."
    ] = True
    threshold: Annotated[
        str,
        "Probability from which a label is predicted, of multi-label or of the last of two labels: "
        f"{MEANING}. Chosen on the validation rows for each label; without it the likeliest label, or 0.5.",
    ] = ""
    explain: Annotated[
        int, "Held-out rows that the report explains word by word: the most confident mistakes first, then right ones."
    ] = 0
    output: Annotated[str, "Folder of the model; each training adds the next version, DIR/1, DIR/2, ..."] = (
        "saved_models/model"
    )

    @property
    def text_columns(self) -> dict[str, str]:
        """The columns of a row's texts, by the names that a model's signatures have for them."""
        return name_texts(text=self.text, text_pair=self.text_pair, endings=self.endings)

    def __post_init__(self) -> None:
        """Refuse impossible values before anything slow starts."""
        check_possible(self, _POSSIBLE)
        held_out = (0 if self.valid else self.valid_fraction) + (0 if self.test else self.test_fraction)
        if held_out >= 1:
            raise ConfigError(
                "rows left to learn from",
                found=f"valid_fraction + test_fraction = {held_out:g} of them held out",
                fix="lower one of the two",
            )
        if not self.valid_fraction and not self.valid:
            raise ConfigError(
                "rows that choose the best epoch",
                found="valid_fraction = 0 and no valid table",
                fix="give one of the two",
            )
        if self.class_weights != "none" and self.task != "single-label":
            raise ConfigError(
                "class_weights with the task single-label",
                found=f"{self.class_weights} with {self.task}, whose rows have no class of their own",
                fix="leave class_weights out",
            )
        _check_task(self)
        named = [name for name in (*self.text_columns.values(), self.label, self.answer_start) if name]
        if len(set(named)) < len(named):
            raise ConfigError(
                "a column of its own for each of text, text_pair, endings, label and answer_start",
                found=", ".join(named),
                fix="name another column",
            )
        if len(self.text_columns) > 1 and self.max_length < SHORTEST_PAIR:
            raise ConfigError(
                f"max_length of at least {SHORTEST_PAIR} tokens for pairs ([CLS], a piece, [SEP], a piece, [SEP])",
                found=str(self.max_length),
                fix="raise max_length",
            )


# Option to the tasks in which it says something.
OF_TASKS = {
    "text_pair": ("single-label", "multi-label", "regression", "span"),
    "answer_start": ("span",),
    "endings": ("choice",),
    "label_smoothing": ("single-label", "choice"),
    "focal_gamma": ("single-label", "multi-label", "choice"),
    "threshold": ("single-label", "multi-label"),
    "baseline": ("single-label", "multi-label", "regression"),
    "explain": ("single-label", "multi-label", "regression"),
    "pooling": ("single-label", "multi-label", "regression", "choice"),
    # Where parts of a text are answers, its characters must be found again.
    "clean": ("single-label", "multi-label", "regression", "choice"),
    "tokenizer": ("single-label", "multi-label", "regression", "choice"),
}


# How long pairs can be read, where it is not their head alone.
_LONG_PAIRS = {"span": ("head", "windows")}


def _check_task(config: TrainConfig) -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    for key, tasks in OF_TASKS.items():
        value = getattr(config, key)
        if value != defaults[key] and config.task not in tasks:
            raise ConfigError(
                f"{key} with the task {' or '.join(tasks)}",
                found=f"{', '.join(value) if isinstance(value, tuple) else value} with {config.task}",
                fix=f"leave {key} out",
            )
    if config.task == "choice" and len(config.endings) < 2:
        raise ConfigError(
            "two endings or more for the task choice",
            found=", ".join(config.endings) or "none",
            fix="name their columns with endings",
        )
    if config.task == "span" and not config.text_pair:
        raise ConfigError(
            "text_pair for the task span, the column of the contexts that answers are cut out of",
            found="none",
            fix="name it with text_pair",
        )
    readable = _LONG_PAIRS.get(config.task, ("head",))
    if len(config.text_columns) > 1 and config.long not in readable:
        second = f"text_pair {config.text_pair}" if config.text_pair else f"endings {', '.join(config.endings)}"
        raise ConfigError(
            f"long = {' or '.join(readable)} with pairs, of which the longer text is cut at its end",
            found=f"{config.long} with {second}",
            fix="leave long out",
        )


_TRAINABLE = re.compile("all|none|last-[1-9][0-9]{0,3}")
_POSSIBLE: Possible = {
    **dict.fromkeys(("valid_fraction", "test_fraction", "dropout", "warmup_fraction", "label_smoothing"), FRACTION),
    **dict.fromkeys(("epochs", "batch_size", "hidden_width", "patience"), COUNT),
    **dict.fromkeys(("learning_rate", "weight_decay"), AMOUNT),
    "clip_norm": POSITIVE,
    "max_length": (f"3 to {MOST:,} tokens ([CLS], one piece, [SEP])", lambda value: 3 <= value <= MOST),
    "focal_gamma": ("a number from 0 to 10", lambda value: 0 <= value <= 10),
    "threshold": (MEANING, lambda value: not value or parse_rule(value) is not None),
    "seed": SEED,
    "explain": ("a whole number from 0 to 1,000", lambda value: 0 <= value <= 1000),
    "trainable": ("all, none or last-N", lambda value: bool(_TRAINABLE.fullmatch(value))),
}


def field_types(options: type = TrainConfig) -> dict[str, Any]:
    """Each option's type, without its help text: the one place where annotations are resolved."""
    return typing.get_type_hints(options)


def field_helps(options: type = TrainConfig) -> dict[str, str]:
    """Each option's help text."""
    hints = typing.get_type_hints(options, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}
