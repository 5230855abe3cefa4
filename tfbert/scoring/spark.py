"""Scoring a DataFrame of Spark with an exported model, on all machines of a cluster; needs `pip install tfbert[spark]`.

    from tfbert.scoring import spark
    scored = spark.score(df, "/models/messages/1", text="message")
    predictions, rejects = scored.where("reject_reason IS NULL"), scored.where("reject_reason IS NOT NULL")

This module checks and plans on the driver; `spark_worker` does the work. docs/spark.md says how the model and the
package come to the machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfbert.data.formats import TableFormat
from tfbert.data.records import Column, RowChecks
from tfbert.errors import ConfigError, DataError
from tfbert.row_texts import text_flag
from tfbert.scoring.calling import OURS, Calling
from tfbert.scoring.given_texts import choose_columns
from tfbert.scoring.loading import load_scorer
from tfbert.scoring.spark_worker import PlacedModel, ScorePartition, new_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def score(
    df: DataFrame,
    model: str | Path,
    *,
    text: str | None = None,
    text_pair: str | None = None,
    endings: Sequence[str] = (),
    prefix: str = "",
    max_field_bytes: int = TableFormat.max_field_bytes,
    calling: Calling = OURS,
) -> DataFrame:
    """The input's columns, then those of the predictions as `tfbert score` writes them, then `reject_reason`.

    `reject_reason` is null in a row that was scored. A row without usable text has the reason there, in the words of
    the local command, and null predictions. Order and partitions of the rows stay. As ever with Spark nothing is
    computed before an action asks for it, and two actions compute it twice.

    Args:
        df: what to score; the text columns hold strings.
        model: a version folder, such as `/models/messages/1`, under the same path on the driver and on every machine;
            or a relative path inside an archive that Spark ships (`--archives`, `SparkContext.addArchive`).
        text: the text column; None takes the name it had in training.
        text_pair: the column of second texts, of a model of pairs; None takes the name it had in training.
        endings: the columns of the endings, of a choice; none takes the names they had in training.
        prefix: put before the names of the new columns.
        max_field_bytes: a row with a longer text (in bytes of UTF-8) is rejected.
        calling: how to call a SavedModel that `tfbert train` did not write.

    Raises:
        DataError: there is no such column, or it does not hold strings.
        ConfigError: pairs of texts for a model of single ones, or a new column that has the name of another.
        ModelError: there is no readable model on the driver. When computing, as the cause of Spark's error: none on a
            machine, or another than the driver's.
    """
    from pyspark.sql.types import FloatType, LongType, StringType, StructField, StructType

    placed, folder = _place(str(model), calling=calling)
    scorer = load_scorer(folder, calling=calling)
    texts = choose_columns(scorer.manifest, text=text, text_pair=text_pair, endings=endings)
    for name, column in texts.items():
        _check_text(df, column, argument=f"{text_flag(name).strip('-').replace('-', '_')}=")
    added = new_columns(scorer.task, prefix=prefix)
    case_sensitive = df.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    _check_names(df.columns, added, case_sensitive=case_sensitive)
    types = {"text": StringType(), "float": FloatType(), "int": LongType(), "any": StringType()}
    partition = ScorePartition(
        PlacedModel(placed, shipped=placed != folder, digest=scorer.digest, calling=calling),
        at_texts=tuple(df.columns.index(column) for column in texts.values()),
        checks=RowChecks(tuple(texts.values()), tuple(enumerate(texts.values())), max_field_bytes),
        prefix=prefix,
    )
    fields = [StructField(column.name, types[column.kind]) for column in added]
    numbered = df.toDF(*(f"c{number}" for number in range(len(df.columns))))  # mapInArrow takes no name with a dot
    return numbered.mapInArrow(partition, StructType([*df.schema.fields, *fields]))


def _place(model: str, *, calling: Calling) -> tuple[str, str]:
    """A model's path as the workers find it, and its folder on the driver; they differ when Spark has shipped it."""
    from pyspark import SparkFiles

    path = Path(model)
    if not path.is_absolute() and not path.exists() and Path(shipped := SparkFiles.get(model)).exists():
        return model, shipped
    return str(path.absolute()), str(path.absolute())


def _check_text(df: DataFrame, text: str, *, argument: str) -> None:
    from pyspark.sql.types import StringType

    if text not in df.columns:
        raise DataError(
            f"a column named '{text}'",
            found=f"columns {', '.join(df.columns)}",
            fix=f"name the text column with {argument}",
        )
    if not isinstance(kind := df.schema[text].dataType, StringType):
        raise DataError(
            f"strings in column '{text}'",
            found=f"values of type {kind.simpleString()}",
            fix=f'cast it: df.withColumn("{text}", df["{text}"].cast("string"))',
        )


def _check_names(columns: list[str], added: list[Column], *, case_sensitive: bool) -> None:
    """See that Spark can tell every new column from the others; as a rule it does not look at case."""
    seen = {name if case_sensitive else name.lower(): f"'{name}' of the DataFrame" for name in columns}
    for column in added:
        key = column.name if case_sensitive else column.name.lower()
        if key in seen:
            raise ConfigError(
                "new columns with names of their own",
                found=f"'{column.name}' beside {seen[key]}",
                fix='pass a prefix such as prefix="bert_", or set spark.sql.caseSensitive if only case differs',
            )
        seen[key] = f"'{column.name}' of another label"
