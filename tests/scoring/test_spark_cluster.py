from __future__ import annotations

import csv
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfbert.data.tables import TableFormat
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer

pytest.importorskip("pyspark", reason="the extra is not installed: pip install 'tfbert[spark]'")
if not shutil.which("java"):
    pytest.skip("Spark needs Java 17: apt-get install openjdk-17-jre-headless", allow_module_level=True)

from spark_cluster import Cluster, open_cluster

pytestmark = pytest.mark.slow
RECIPE = Path(__file__).parents[2] / "pipelines" / "score_on_spark.py"
FILES, ROWS = 16, 300
JOB_SECONDS = 240


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, messages: Path) -> Path:
    """A folder of CSV files with columns id, text, my.note; texts hold quotes and line ends, some rows are broken."""
    folder = tmp_path_factory.mktemp("tables")
    with messages.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    for number in range(FILES):
        with (folder / f"{number:02}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["id", "text", "my.note"])
            for row in range(ROWS):
                key = number * ROWS + row
                text = "" if row == 7 else f'{texts[key % len(texts)]}\n"{key}"'
                writer.writerow([key, text, *([] if row == 11 else ["", "much"] if row == 13 else [""])])
    return folder


@pytest.fixture(scope="module")
def local(tables: Path, trained: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The local command's predictions."""
    output = tmp_path_factory.mktemp("local") / "out.parquet"
    summary = score_tables(
        Scorer(trained.folder), [str(tables)], output=str(output), texts={"text": "text"}, table_format=TableFormat()
    )
    assert (summary.rows_scored, summary.rows_rejected) == (FILES * (ROWS - 3), FILES * 3)
    return pd.read_parquet(output)


def check_equal(output: Path, local: pd.DataFrame) -> None:
    """Each row once: those that the local command scores with its predictions, the others as rejects."""
    assert (output / "_SUCCESS").exists()
    scored = pd.read_parquet(output / "rejected=false")
    scored = scored.iloc[scored["id"].astype(int).argsort()].reset_index(drop=True)
    text = ["id", "text", "my.note", "predicted_label"]
    pd.testing.assert_frame_equal(scored[text], local[text])
    numbers = local.columns[4:]
    np.testing.assert_allclose(scored[numbers], local[numbers], atol=1e-6)
    rejects = pd.read_parquet(output / "rejected=true")
    reasons = {7: "empty text in column 'text'", 11: "expected 3 columns", 13: "expected 3 columns"}
    expected = {str(file * ROWS + row): reason for file in range(FILES) for row, reason in reasons.items()}
    assert dict(zip(rejects["id"], rejects["reject_reason"], strict=True)) == expected
    assert len(rejects) == len(expected)


def finish(job: subprocess.Popen[str], output: Path) -> str:
    """Wait for a job; what it said on standard error."""
    try:
        printed, said = job.communicate(timeout=JOB_SECONDS)
    finally:
        job.kill()
    assert job.returncode == 0, said
    rows, rejects = FILES * ROWS, FILES * 3
    assert printed.splitlines()[-1] == f"{rows} rows read = {rows - rejects} scored + {rejects} rejected: {output}"
    return said


def test_two_workers_give_the_rows_of_the_local_command(
    tables: Path, local: pd.DataFrame, trained: TrainedModel, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "messages"), "gztar", trained.folder.parent)
    with open_cluster(tmp_path / "cluster", workers=2) as cluster:
        output = tmp_path / "scored"
        shipped = ("--archives", f"{archive}#shipped")
        job = cluster.submit(RECIPE, "shipped/1", str(tables), str(output), options=shipped)
        finish(job, output)
    check_equal(output, local)


def test_a_worker_that_dies_in_the_middle_of_the_job_changes_nothing(
    tables: Path, local: pd.DataFrame, trained: TrainedModel, tmp_path: Path
) -> None:
    output = tmp_path / "scored"
    with open_cluster(tmp_path / "cluster", workers=2) as cluster:
        job = cluster.submit(RECIPE, str(trained.folder), str(tables), str(output))
        done = kill_in_the_middle(cluster, job, output)
        said = finish(job, output)
    assert 0 < done < FILES
    assert "Lost executor" in said
    check_equal(output, local)


def kill_in_the_middle(cluster: Cluster, job: subprocess.Popen[str], output: Path) -> int:
    """Kill a worker when some tasks have been committed; how many had been."""
    limit = time.monotonic() + JOB_SECONDS
    while time.monotonic() < limit and job.poll() is None:
        if (done := len(list(output.glob("_temporary/0/task_*")))) >= 3:
            cluster.kill(0)
            return done
        time.sleep(0.01)
    pytest.fail("the job ended, or did not begin, before a worker could be killed")
