from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet
from stand_in import score_alone

from tfbert.data.tables import TableFormat
from tfbert.errors import ConfigError, DataError
from tfbert.scoring.inputs import expand_inputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tables, and what must not be taken for one."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.csv").write_text("text\nfrom b\n")
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"text\nfrom a\n"))
    (folder / "c.jsonl").write_text('{"text": "from c"}\n')
    (folder / "sub" / "d.csv").write_text("text\nfrom d\n")
    for name in ("README.md", "_SUCCESS", ".b.csv.crc"):
        (folder / name).write_text("")
    return folder


def expanded(*names: object, **options: str) -> list[str]:
    return expand_inputs([str(name) for name in names], table_format=TableFormat(**options))


def texts(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def test_a_folder_is_its_tables_sorted_and_says_what_it_skips(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="tfbert"):
        assert expanded(folder) == [f"{folder}/a.csv.gz", f"{folder}/b.csv", f"{folder}/c.jsonl"]
    assert caplog.messages == [f"skipped in {folder}, no tables by their names: README.md, sub"]
    assert expanded(folder, format="csv")[0] == f"{folder}/README.md"


def test_patterns_are_sorted_and_may_name_folders(folder: Path) -> None:
    assert expanded(f"{folder}/[ab].csv*") == [f"{folder}/a.csv.gz", f"{folder}/b.csv"]
    assert expanded(f"{folder}/s*", f"{folder}/b.csv") == [f"{folder}/sub/d.csv", f"{folder}/b.csv"]
    assert expanded(f"{folder}/**/*.csv") == [f"{folder}/b.csv", f"{folder}/sub/d.csv"]
    (folder / "[x].csv").touch()
    assert expanded(f"{folder}/[x].csv") == [f"{folder}/[x].csv"]
    assert expanded("-") == ["-"]


def test_a_folder_of_tables_in_several_formats_is_scored_in_order(folder: Path, tmp_path: Path) -> None:
    summary = score_alone(folder, tmp_path / "out.csv")
    assert texts(tmp_path / "out.csv") == ["from a", "from b", "from c"]
    assert summary.inputs == expanded(folder)


def test_a_column_of_numbers_in_one_file_and_text_in_another_is_carried(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": ["a"], "n": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("text,n\nb,02\n")
    for suffix in ("csv", "parquet"):
        for order in (("a.parquet", "b.csv"), ("b.csv", "a.parquet")):
            inputs = [tmp_path / name for name in order]
            score_alone(inputs, tmp_path / f"out.{suffix}", force=True)
    assert parquet.read_table(tmp_path / "out.parquet")["n"].to_pylist() == ["02", "1"]


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["DIR/none*.csv"], DataError,
         "expected files that match a pattern, found none for DIR/none*.csv; check the pattern and the folder"),
        (["DIR/b.csv", "DIR/*.csv"], ConfigError,
         "expected each input once, found DIR/b.csv after DIR/b.csv; leave one out"),
        (["DIR/empty"], DataError,
         "expected files whose names end in .csv, .tsv, .jsonl, .ndjson, .parquet, .conll (and perhaps .gz, .bz2, .xz, "
         ".zst), found none in the folder DIR/empty; check the folder, or name the format with --format"),
    ],
)  # fmt: skip
def test_names_that_stand_for_no_list_of_files_are_refused(
    folder: Path, names: list[str], error: type[Exception], message: str
) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(error) as raised:
        expanded(*(name.replace("DIR", str(folder)) for name in names))
    assert str(raised.value) == message.replace("DIR", str(folder))


def test_an_input_is_found_twice_through_a_link(folder: Path) -> None:
    os.symlink(folder / "b.csv", folder / "e.csv")
    with pytest.raises(
        ConfigError, match=r"^expected each input once, found .*/e\.csv after .*/b\.csv; leave one out$"
    ):
        expanded(f"{folder}/*.csv")
