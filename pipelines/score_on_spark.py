"""A folder of tables scored on a cluster of Spark, in one pass:

    spark-submit pipelines/score_on_spark.py /models/messages/1 inbox/ scored/ --format csv --text message

reads CSV, TSV or Parquet and writes a Parquet table in two partitions, `scored/rejected=false` (all columns and the
predictions) and `scored/rejected=true` (with `reject_reason`, and the raw record of a malformed row). Both appear in
one commit: without `scored/_SUCCESS` there is no result. docs/spark.md has the rest: how model and package are shipped,
how many tasks and threads, and where Spark reads text otherwise than `tfbert score`.
"""

from __future__ import annotations

import argparse
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql.functions import col, count, lit
from pyspark.sql.types import StringType, StructField, StructType

from tfbert.scoring.spark import score

RAW = "_corrupt_record"  # Spark's name for the record of a row with too few or too many fields
# As `tfbert score` reads them: CSV with doubled quotes and line ends inside quotes, so that one task reads a file; TSV
# literally, so that many can.
READING: dict[str, dict[str, Any]] = {
    "csv": {"sep": ",", "quote": '"', "escape": '"', "multiLine": True},
    "tsv": {"sep": "\t", "quote": ""},
}


def read_folder(spark: SparkSession, folder: str, *, table_format: str) -> DataFrame:
    """The rows of all files, with a column `RAW`: the record of a malformed row, else empty."""
    if table_format == "parquet":
        return spark.read.parquet(folder).withColumn(RAW, lit(""))
    reader = spark.read.options(header=True, enforceSchema=False, **READING[table_format])
    columns = reader.csv(folder).columns
    schema = StructType([StructField(name, StringType()) for name in [*columns, RAW]])
    # Spark reads an empty field as null.
    return reader.option("columnNameOfCorruptRecord", RAW).schema(schema).csv(folder).na.fill("")


def main() -> None:
    """Read, score, write, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a version folder, on every machine; or a path inside a shipped archive")
    parser.add_argument("input", help="a folder of tables with the same columns")
    parser.add_argument("output", help="a new folder")
    parser.add_argument("--format", choices=["csv", "tsv", "parquet"], default="csv")
    parser.add_argument("--text", help="the text column; without, as in training")
    parser.add_argument("--text-pair", help="the column of second texts, of a model of pairs; without, as in training")
    parser.add_argument("--tasks", type=int, help="spread the rows over so many tasks; without, as they were read")
    asked = parser.parse_args()

    spark = SparkSession.builder.appName("tfbert score").getOrCreate()
    table = read_folder(spark, asked.input, table_format=asked.format)
    whole, malformed = table.where(col(RAW) == "").drop(RAW), table.where(col(RAW) != "")
    if asked.tasks:
        whole = whole.repartition(asked.tasks)
    scored = score(whole, asked.model, text=asked.text, text_pair=asked.text_pair)
    malformed = malformed.withColumn("reject_reason", lit(f"expected {len(whole.columns)} columns"))
    counts = Observation()
    every_row = scored.unionByName(malformed, allowMissingColumns=True).observe(
        counts, count(lit(1)).alias("read"), count("reject_reason").alias("rejected")
    )
    every_row.withColumn("rejected", col("reject_reason").isNotNull()).write.partitionBy("rejected").parquet(
        asked.output
    )
    read, rejected = counts.get["read"], counts.get["rejected"]
    print(f"{read} rows read = {read - rejected} scored + {rejected} rejected: {asked.output}")


if __name__ == "__main__":
    main()
