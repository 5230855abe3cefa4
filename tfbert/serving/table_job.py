"""Scores one table for the page, in a process of its own: it can be ended at any time and leaves no memory behind.

    python -m tfbert.serving.table_job MODEL TABLE --texts JSON --most-rows N

Runs in the folder of the table, writes `predictions.csv` and `rejects.csv` there as `tfbert score` does, and prints a
line of JSON now and then: {"rows": ...}, {"done": ...}, and in the end {"scored": ..., "rejected": ...} or
{"error": ...}.
"""

from __future__ import annotations

import argparse
import json
import os
import threading

from tfbert.data.tables import TableFormat, count_records
from tfbert.errors import ConfigError, DataError
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer

SECONDS_BETWEEN_LINES = 0.2
NICENESS = 10  # requests come first


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("table")
    parser.add_argument("--texts", type=json.loads, required=True, help='columns: {"text": "message"}')
    parser.add_argument("--most-rows", type=int, required=True)
    arguments = parser.parse_args()
    os.nice(NICENESS)
    try:
        run(arguments.model, arguments.table, texts=arguments.texts, most_rows=arguments.most_rows)
    except (ConfigError, DataError) as error:
        tell(error=f"expected {error.expected}, found {error.found}")  # the fix is for the command line


def run(model: str, table: str, *, texts: dict[str, str], most_rows: int) -> None:
    """Score a table.

    Raises:
        ConfigError, DataError: it cannot be scored, or has too many rows.
    """
    rows = count_records(table)
    if rows > most_rows:
        raise DataError(f"at most {most_rows:,} rows on this page", found=f"{rows:,}", fix="score it with tfbert score")
    tell(rows=rows)
    scorer = Scorer(model)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SECONDS_BETWEEN_LINES):
            tell(done=min(rows, scorer.texts_computed + scorer.texts_repeated))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    summary = score_tables(
        scorer,
        [table],
        output="predictions.csv",
        texts=texts,
        rejects="rejects.csv",
        table_format=TableFormat(),
    )
    done.set()
    watcher.join()
    tell(scored=summary.rows_scored, rejected=summary.rows_rejected)


def tell(**facts: object) -> None:
    """Print a line of JSON."""
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
