from __future__ import annotations

import datetime
import decimal
import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from tfbert.data.tables import TableFormat
from tfbert.errors import ConfigError, DataError, ModelError
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.calling import OURS
from tfbert.scoring.cores import count_cores
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer
from tfbert.scoring.spark import score
from tfbert.scoring.spark_worker import PlacedModel, load_model
from tfbert.scoring.windows import WINDOW_ROWS

pytest.importorskip("pyspark", reason="the extra is not installed: pip install 'tfbert[spark]'")
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TEXTS = ["Where is my parcel?", None, "refund pls", "", "THE APP CRASHES again 😡", " \t", "word " * 300, "naïve café"]
EMPTY = "empty text in column 'text'"


@pytest.fixture(scope="module")
def scorer(trained: TrainedModel) -> Scorer:
    return Scorer(trained.folder)


def table(spark: SparkSession, texts: list[str | None]) -> DataFrame:
    schema = StructType([StructField("text", StringType())])
    return spark.createDataFrame([(text,) for text in texts], schema).coalesce(1)


def test_rows_get_the_probabilities_and_the_reject_reasons_of_the_local_command(
    spark: SparkSession, scorer: Scorer, tmp_path: Path
) -> None:
    parquet.write_table(pyarrow.table({"text": TEXTS}), tmp_path / "in.parquet")
    score_tables(
        scorer, [str(tmp_path / "in.parquet")], output=str(tmp_path / "out.parquet"), texts={"text": "text"},
        table_format=TableFormat(),
    )  # fmt: skip
    scored = score(spark.read.parquet(str(tmp_path / "in.parquet")), scorer.folder).toArrow().to_pylist()
    local = parquet.read_table(tmp_path / "out.parquet")
    predictions = [row for row in scored if row.pop("reject_reason") is None]
    assert [row["text"] for row in scored] == TEXTS
    assert [row["predicted_label"] for row in predictions] == local["predicted_label"].to_pylist()
    for name in local.column_names[2:]:
        np.testing.assert_allclose([row[name] for row in predictions], local[name].to_numpy(), atol=1e-6)


def test_the_new_columns_have_the_names_and_types_of_the_local_command(
    spark: SparkSession, scorer: Scorer, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("text\nfine\n")
    score_tables(
        scorer, [str(tmp_path / "in.csv")], output=str(tmp_path / "out.parquet"), texts={"text": "text"},
        table_format=TableFormat(),
    )  # fmt: skip
    local = spark.read.parquet(str(tmp_path / "out.parquet"))
    assert score(table(spark, ["fine"]), scorer.folder).dtypes == [*local.dtypes, ("reject_reason", "string")]


def test_a_rejected_row_has_its_reason_and_no_prediction(spark: SparkSession, scorer: Scorer) -> None:
    rows = score(table(spark, TEXTS), scorer.folder, max_field_bytes=100).toArrow().to_pylist()
    long = "a field over 100 bytes in column 'text'"
    assert [row["reject_reason"] for row in rows] == [None, EMPTY, None, EMPTY, None, EMPTY, long, None]
    for row in rows:
        new = [row[name] for name in row if name not in ("text", "reject_reason")]
        assert [value is None for value in new] == [row["reject_reason"] is not None] * (
            2 + len(scorer.manifest.labels)
        )


def test_pairs_get_the_values_and_the_reject_reasons_of_the_local_command(
    spark: SparkSession, random_model: Callable[..., Path], tmp_path: Path
) -> None:
    folder = random_model("regression", text_pair="other")
    columns = {"text": ["is it late?", "is it late?", "crashes", None, "crashes"], "other": ["yes", "no", "", "x", "x"]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet")
    frame = spark.read.parquet(str(tmp_path / "in.parquet")).withColumnRenamed("other", "answer")
    rows = score(frame, folder, text_pair="answer").toArrow().to_pylist()
    assert [row["reject_reason"] for row in rows] == [
        None, None, "empty text in column 'answer'", "empty text in column 'text'", None
    ]  # fmt: skip
    expected = Scorer(folder).score(["is it late?", "is it late?", "crashes"], ["yes", "no", "x"])[:, 0]
    found = [row["predicted_value"] for row in rows if row["reject_reason"] is None]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(DataError) as error:
        score(frame, folder)
    assert str(error.value) == (
        "expected a column named 'other', found columns text, answer; name the text column with text_pair="
    )


def test_entities_are_json_text_and_null_for_a_reject(spark: SparkSession, random_model: Callable[..., Path]) -> None:
    folder, texts = random_model("tagging"), ["the old house in the city", "", "ann  and café"]
    rows = [row.asDict() for row in score(table(spark, texts), folder).collect()]
    scorer = Scorer(folder)
    expected = scorer.task.prediction_rows(scorer.score([texts[0], texts[2]]), texts=[texts[0], texts[2]])
    places = [[(one["start"], one["end"], one["type"]) for one in items] for (items,) in expected]
    found = [row["predicted_entities"] for row in rows]
    assert found[1] is None
    assert [[(one["start"], one["end"], one["type"]) for one in json.loads(cell)] for cell in found if cell] == places


def test_text_that_is_not_utf8_is_rejected(spark: SparkSession, scorer: Scorer, tmp_path: Path) -> None:
    content = pyarrow.array([b"fine", b"caf\xe9 noir"]).view(pyarrow.string())
    parquet.write_table(pyarrow.table({"text": content}), tmp_path / "in.parquet")
    found = score(spark.read.parquet(str(tmp_path / "in.parquet")), scorer.folder).select("reject_reason").collect()
    assert [row[0] for row in found] == [None, "bytes that are not utf-8, first at byte 4"]


def test_columns_of_every_type_are_carried_unchanged(spark: SparkSession, scorer: Scorer) -> None:
    values: dict[str, Any] = {
        "id": 7,
        "when": datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.UTC).replace(tzinfo=None),
        "day": datetime.date(1582, 10, 4),
        "price": decimal.Decimal("12.3400"),
        "raw": bytearray(b"\x00\xff"),
        "words": ["a", None],
        "counts": {"a": 1},
        "text": "fine",
        "nothing": None,
        "a `dotted.name`": 1.5,
    }
    types = ["bigint", "timestamp", "date", "decimal(10,4)", "binary", "array<string>", "map<string,int>"]
    types += ["string", "string", "double"]
    schema = ", ".join(f"`{name.replace('`', '``')}` {kind}" for name, kind in zip(values, types, strict=True))
    df = spark.createDataFrame([tuple(values.values())], schema)
    scored = score(df, scorer.folder)
    assert scored.columns[: len(values)] == df.columns
    assert scored.schema[: len(values)] == df.schema[:]
    assert scored.collect()[0][: len(values)] == df.collect()[0]


def test_more_rows_than_a_window_keep_their_order(spark: SparkSession, scorer: Scorer) -> None:
    texts = [f"order {number % 50} {'late ' * (number % 7)}" for number in range(2 * WINDOW_ROWS + 1)]
    scored = score(table(spark, texts), scorer.folder).toArrow()
    assert scored["text"].to_pylist() == texts
    expected = dict(zip(texts, scorer.score(texts), strict=True))
    names = [f"probability_{label}" for label in scorer.manifest.labels]
    found = np.stack([scored[name].to_numpy() for name in names], axis=1)
    np.testing.assert_allclose(found, [expected[text] for text in texts], atol=1e-6)


def test_no_rows_give_no_rows(spark: SparkSession, scorer: Scorer) -> None:
    assert score(table(spark, []), scorer.folder).collect() == []


def test_the_model_may_lie_in_an_archive_that_spark_ships(spark: SparkSession, scorer: Scorer, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "messages"), "gztar", scorer.folder.parent)
    spark.sparkContext.addArchive(f"{archive}#shipped")
    assert score(table(spark, ["fine"]), "shipped/1").where("reject_reason is null").count() == 1


def test_a_task_computes_on_the_cores_that_spark_gives_it(spark: SparkSession, scorer: Scorer) -> None:
    model = PlacedModel(str(scorer.folder), shipped=False, digest=scorer.digest, calling=OURS)

    def count(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        load_model(model)
        for _ in batches:
            yield pyarrow.record_batch({"cores": [count_cores()]})

    assert spark.range(1).mapInArrow(count, "cores bigint").collect()[0]["cores"] == 1  # spark.task.cpus


def test_a_python_worker_loads_a_model_once(scorer: Scorer) -> None:
    model = PlacedModel(str(scorer.folder), shipped=False, digest=scorer.digest, calling=OURS)
    assert load_model(pickle.loads(pickle.dumps(model))) is load_model(model)


def test_another_model_on_a_machine_is_refused(scorer: Scorer) -> None:
    with pytest.raises(ModelError) as error:
        load_model(PlacedModel(str(scorer.folder), shipped=False, digest="0" * 64, calling=OURS))
    assert str(error.value) == (
        "expected the driver's model (SHA-256 000000000000...) on every machine, "
        f"found another ({scorer.digest[:12]}...) in {scorer.folder}; "
        "put the same version on all machines, or let Spark ship it with --archives"
    )


def test_a_missing_text_column_is_named(spark: SparkSession, scorer: Scorer) -> None:
    with pytest.raises(DataError) as error:
        score(spark.createDataFrame([("a", 1)], "message string, id int"), scorer.folder)
    assert str(error.value) == (
        "expected a column named 'text', found columns message, id; name the text column with text="
    )


def test_a_text_column_without_strings_is_refused(spark: SparkSession, scorer: Scorer) -> None:
    with pytest.raises(DataError) as error:
        score(spark.range(1), scorer.folder, text="id")
    assert str(error.value) == (
        "expected strings in column 'id', found values of type bigint; "
        'cast it: df.withColumn("id", df["id"].cast("string"))'
    )


@pytest.mark.parametrize("name", ["predicted_label", "Predicted_Label", "reject_reason"])
def test_a_clash_of_column_names_names_the_prefix(spark: SparkSession, scorer: Scorer, name: str) -> None:
    df = spark.createDataFrame([("fine", "x")], f"text string, {name} string")
    with pytest.raises(ConfigError) as error:
        score(df, scorer.folder)
    assert str(error.value) == (
        f"expected new columns with names of their own, found '{name.lower()}' beside '{name}' of the DataFrame; "
        'pass a prefix such as prefix="bert_", or set spark.sql.caseSensitive if only case differs'
    )
    assert f"bert_{name.lower()}" in score(df, scorer.folder, prefix="bert_").columns


def test_a_missing_model_is_refused_before_anything_is_computed(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^expected a model exported by tfbert train, found no tfbert\.json in "):
        score(table(spark, ["fine"]), tmp_path)
