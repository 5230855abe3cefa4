"""tfbert: from a table of labelled texts to a BERT classifier you can trust with a nightly batch job.

    files -> rows -> tf.data -> BERT encoder -> Keras head -> SavedModel -> score CSV/TSV -> predictions + report

Three functions do the three jobs, with the options of the commands of the same name:

    tfbert.train(tfbert.TrainConfig(train=("messages.csv",), output="saved_models/messages"))
    tfbert.score("saved_models/messages/1", ["inbox.csv"], output="predictions.csv")
    tfbert.evaluate("predictions.csv", label="label", output="report")

`compare` says which of two tables of predictions is better, `explain` what each word of a text adds to an answer;
`export_model` writes a trained model in 16 bits for GPUs;
`search` and `repeat` train with several options and seeds. Three more make the encoders: `pretrain`, `distill_encoder`,
and `train` with a `TeachingConfig`.

Reading order: errors, config, data (tables to rows to tf.data), text (rows to tokens), encoders (tokens to hidden
states), tasks (hidden states to answers), training, export, scoring, report, jobs (all of these put together), serving
(a REST server), cli. Imports point the same way only. Importing `tfbert` loads no TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfbert.config import TrainConfig as TrainConfig
    from tfbert.config_reading import build_config as build_config
    from tfbert.data.tables import TableFormat as TableFormat
    from tfbert.data.tables import open_table as open_table
    from tfbert.encoders.sources import load_encoder as load_encoder
    from tfbert.errors import (
        ConfigError as ConfigError,
    )
    from tfbert.errors import (
        DataError as DataError,
    )
    from tfbert.errors import (
        ModelError as ModelError,
    )
    from tfbert.errors import (
        UserError as UserError,
    )
    from tfbert.jobs.compare import compare as compare
    from tfbert.jobs.distill_classifier_options import TeachingConfig as TeachingConfig
    from tfbert.jobs.distill_encoder import distill_encoder as distill_encoder
    from tfbert.jobs.distill_encoder_options import DistillEncoderConfig as DistillEncoderConfig
    from tfbert.jobs.evaluate import evaluate as evaluate
    from tfbert.jobs.explain import explain as explain
    from tfbert.jobs.export_model import export_model as export_model
    from tfbert.jobs.fill_mask import fill_mask as fill_mask
    from tfbert.jobs.pretrain import pretrain as pretrain
    from tfbert.jobs.pretrain_options import PretrainConfig as PretrainConfig
    from tfbert.jobs.score import score as score
    from tfbert.jobs.search import search as search
    from tfbert.jobs.seeds import repeat as repeat
    from tfbert.jobs.train import train as train
    from tfbert.scoring.scorer import Scorer as Scorer
    from tfbert.serving.server import serve as serve

_HOME = {
    "ConfigError": "tfbert.errors",
    "DataError": "tfbert.errors",
    "DistillEncoderConfig": "tfbert.jobs.distill_encoder_options",
    "ModelError": "tfbert.errors",
    "PretrainConfig": "tfbert.jobs.pretrain_options",
    "Scorer": "tfbert.scoring.scorer",
    "TableFormat": "tfbert.data.tables",
    "TeachingConfig": "tfbert.jobs.distill_classifier_options",
    "TrainConfig": "tfbert.config",
    "UserError": "tfbert.errors",
    "build_config": "tfbert.config_reading",
    "compare": "tfbert.jobs.compare",
    "distill_encoder": "tfbert.jobs.distill_encoder",
    "evaluate": "tfbert.jobs.evaluate",
    "explain": "tfbert.jobs.explain",
    "export_model": "tfbert.jobs.export_model",
    "fill_mask": "tfbert.jobs.fill_mask",
    "load_encoder": "tfbert.encoders.sources",
    "open_table": "tfbert.data.tables",
    "pretrain": "tfbert.jobs.pretrain",
    "repeat": "tfbert.jobs.seeds",
    "score": "tfbert.jobs.score",
    "search": "tfbert.jobs.search",
    "serve": "tfbert.serving.server",
    "train": "tfbert.jobs.train",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tfbert' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
