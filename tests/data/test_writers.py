from __future__ import annotations

import datetime
import decimal
import io
import json
import math
import os
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tfbert.data.cells import shortest_float
from tfbert.data.partial import partial_path
from tfbert.data.tables import Reject, Row, TableFormat, open_table
from tfbert.data.writers import REJECT_COLUMNS, Column, open_writer
from tfbert.errors import ConfigError, DataError

SUFFIXES = [".csv", ".tsv", ".jsonl", ".parquet", ".csv.gz", ".tsv.bz2", ".jsonl.xz", ".csv.zst"]


def write(path, columns, rows, **options):
    with open_writer(path, columns, force=True, **options) as writer:
        writer.write(rows)
        writer.publish()


def read_values(path, **options):
    with open_table(path, table_format=TableFormat(**options)) as table:
        return table.columns, [record.values for record in table if isinstance(record, Row)]


# What is written is read

anything = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",\n\r\t\ufeff\0'))
literal = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"))
names = st.lists(anything.map(lambda name: "n" + name), min_size=1, max_size=4, unique=True)


def table_of(cells, *, named, min_size=0):
    def rows(header):
        width = len(header)
        return st.tuples(
            st.just(header), st.lists(st.lists(cells, min_size=width, max_size=width).map(tuple), min_size=min_size)
        )

    return named.flatmap(rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".csv.gz"])
@given(table=table_of(anything, named=names, min_size=1))
@example(table=(["n"], [("",), ("\ufeff",), ('"',)]))
@settings(max_examples=60)
def test_any_text_makes_the_round_trip(tmp_path_factory, suffix, table):
    header, rows = table
    path = tmp_path_factory.getbasetemp() / f"trip{suffix}"
    write(path, [Column(name) for name in header], rows)
    assert read_values(path) == (tuple(header), rows)


def test_an_empty_json_lines_output_cannot_name_its_columns(tmp_path):
    write(tmp_path / "t.jsonl", [Column("text")], [])
    with pytest.raises(DataError, match="found no columns"):
        read_values(tmp_path / "t.jsonl")


@given(table_of(anything, named=names))
def test_any_text_makes_the_round_trip_in_quoted_tsv(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "trip.tsv"
    write(path, [Column(name) for name in table[0]], table[1], quoting="minimal")
    assert read_values(path, quoting="minimal") == (tuple(table[0]), table[1])


@given(table_of(anything, named=st.lists(literal.map(lambda name: "n" + name), min_size=1, max_size=3, unique=True)))
def test_literal_tsv_refuses_just_what_it_cannot_hold(tmp_path_factory, table):
    header, rows = table
    path = tmp_path_factory.getbasetemp() / "literal.tsv"
    with open_writer(path, [Column(name) for name in header], force=True) as writer:
        fit = [row for row in rows if writer.refuses(row) is None]
        writer.write(fit)
        writer.publish()
    assert read_values(path)[1] == fit
    refused = [row for row in rows if any(c in "".join(row) for c in "\t\n\r") or row == ("",)]
    assert [row for row in rows if row not in fit] == refused


def test_a_refusal_names_the_column_and_looks_at_the_values_given():
    with open_writer("-", [Column("id"), Column("text"), Column("score", "float")], table_format="tsv") as writer:
        assert writer.refuses(("1", "fine")) is None
        assert writer.refuses(("1", "a\tb")) == (
            "a delimiter or line end in column 'text', which the output cannot hold without quotes"
        )
    with open_writer("-", [Column("text")], table_format="tsv") as writer:
        assert writer.refuses(("",)) == ("an empty value in column 'text', which the output cannot hold without quotes")


def test_files_are_written_byte_for_byte_like_this(tmp_path):
    columns = [Column("id", "any"), Column("text"), Column("score", "float")]
    rows = [
        (1, 'a, "b"\r\n', 0.1),
        (None, None, np.float32(1e-7)),
        (True, "ż\u2028", math.nan),
        ([1, {"é": None}], "", 1),
    ]
    write(tmp_path / "t.csv", columns, rows)
    assert (tmp_path / "t.csv").read_bytes().decode() == (
        'id,text,score\n1,"a, ""b""\r\n",0.1\n,,1e-07\ntrue,ż\u2028,\n"[1, {""é"": null}]",,1.0\n'
    )
    write(tmp_path / "t.jsonl", columns, rows)
    assert (tmp_path / "t.jsonl").read_bytes().decode() == (
        '{"id": 1, "text": "a, \\"b\\"\\r\\n", "score": 0.1}\n'
        '{"id": null, "text": null, "score": 1e-07}\n'
        '{"id": true, "text": "ż\u2028", "score": null}\n'
        '{"id": [1, {"é": null}], "text": "", "score": 1.0}\n'
    )
    write(tmp_path / "t.parquet", columns, [(v, t, None if i == 2 else s) for i, (v, t, s) in enumerate(rows)])
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.column("id").to_pylist() == ["1", None, "true", '[1, {"é": null}]']
    assert table.column("score").type == pyarrow.float32()


def test_json_lines_have_null_for_numbers_that_json_does_not_have(tmp_path):
    write(tmp_path / "t.jsonl", [Column("x", "any"), Column("p", "float")], [({"a": [math.nan, 1.5]}, math.inf)])
    assert (tmp_path / "t.jsonl").read_text() == '{"x": {"a": [null, 1.5]}, "p": null}\n'


@given(st.floats(width=32, allow_nan=False, allow_subnormal=False))
@example(0.1)
@example(16777216.0)
@example(1.1754943508222875e-38)
def test_floats_are_the_shortest_that_read_back_to_the_same_float32(value):
    short = shortest_float(value)
    assert struct.pack("f", short) == struct.pack("f", value)
    assert repr(short) == repr(float(str(np.float32(value))))  # numpy's shortest digits, by another algorithm


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_probabilities_read_back_to_the_same_float32(tmp_path, suffix):
    values = np.random.default_rng(0).random(5_000, np.float32) ** 8
    path = tmp_path / f"p{suffix}"
    write(path, [Column("id"), Column("p", "float")], [("x", value) for value in values])
    assert [np.float32(p) for _, p in read_values(path)[1]] == values.tolist()


def test_parquet_columns_keep_their_types_from_input_to_output(tmp_path):
    now = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)
    columns = {
        "i": pyarrow.array([1, None], pyarrow.int16()),
        "f": pyarrow.array([0.1, math.inf]),
        "b": pyarrow.array([True, None]),
        "t": pyarrow.array([now, None], pyarrow.timestamp("us", "Europe/Warsaw")),
        "d": pyarrow.array([now.date(), None]),
        "m": pyarrow.array([decimal.Decimal("1.50"), None]),
        "x": pyarrow.array([b"\xff", None]),
        "l": pyarrow.array([["a"], None]),
        "s": pyarrow.array([{"k": 1}, None]),
        "p": pyarrow.array([[("k", 1)], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "c": pyarrow.array(["red", None]).dictionary_encode(),
        "n": pyarrow.array([["red"], None], pyarrow.list_(pyarrow.dictionary(pyarrow.int8(), pyarrow.string()))),
    }
    table = pyarrow.table(columns)
    parquet.write_table(table, tmp_path / "in.parquet")
    with open_table(tmp_path / "in.parquet") as source:
        schema, rows = source.schema, [record.values for record in source]
    write(tmp_path / "out.parquet", schema, rows)
    copy = parquet.read_table(tmp_path / "out.parquet")
    assert copy.drop_columns(["c", "n"]).equals(table.drop_columns(["c", "n"]))
    assert copy["c"].to_pylist() == ["red", None]
    assert copy["n"].to_pylist() == ['["red"]', None]
    assert rows[0][3] == now.replace(tzinfo=datetime.UTC)
    write(tmp_path / "out.csv", schema, rows)
    assert read_values(tmp_path / "out.csv")[1][0] == (
        "1", "0.1", "true", rows[0][3].isoformat(), "2024-02-29", "1.50", "ff",
        '["a"]', '{"k": 1}', '[["k", 1]]', "red", '["red"]',
    )  # fmt: skip


def test_spreadsheet_safe_cells_do_not_run_and_numbers_stay_numbers(tmp_path):
    columns = [Column("=name"), Column("x", "any"), Column("p", "float")]
    cells = ["=1+1", "@SUM(A1)", "+48 123", "-1+cmd|' /C calc'!A0", "\tx", "\r=1", "\n=1", "\uff1d1", "\uff0da"]
    harmless = ["", "a=1", "-1.5", "+.5e-3", "-7", "'=1", " =1", "é"]
    rows = [(cell, -3, -0.5) for cell in [*cells, *harmless]]
    for name, quoting in (("t.csv", "auto"), ("t.tsv", "minimal")):
        path = tmp_path / name
        write(path, columns, rows, quoting=quoting, spreadsheet_safe=True)
        names, values = read_values(path, quoting="minimal")
        assert names == ("'=name", "x", "p")
        assert [row[0] for row in values] == [*(f"'{cell}" for cell in cells), *harmless]
        assert {row[1:] for row in values} == {("-3", "-0.5")}
    write(tmp_path / "t.csv", columns, rows)
    assert read_values(tmp_path / "t.csv")[1][0][0] == "=1+1"
    write(tmp_path / "t.jsonl", columns, rows, spreadsheet_safe=True)  # no spreadsheet opens it
    assert read_values(tmp_path / "t.jsonl")[1][0][0] == "=1+1"


def test_rejects_are_a_csv_like_any_other(tmp_path):
    rejects = [Reject("in.csv", 3, "unterminated quote", '1,"open\r'), Reject("in.csv", 9, "empty text", "")]
    write(tmp_path / "rejects.csv", REJECT_COLUMNS, rejects)
    assert read_values(tmp_path / "rejects.csv") == (
        ("file", "line", "reason", "raw"),
        [("in.csv", "3", "unterminated quote", '1,"open\r'), ("in.csv", "9", "empty text", "")],
    )


# Resuming

COLUMNS = [Column("id", "any"), Column("text"), Column("p", "float")]
ROWS = [(n, f'text, "{n}"' * (n % 7) + "ż", (n + 1) / 3001) for n in range(3000)]
TSV_ROWS = [(n, text.replace("\t", " "), p) for n, text, p in ROWS]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_killed_after_any_commit_and_resumed_it_is_the_same_file(tmp_path, suffix):
    cuts = [0, 1, 700, 700, 2999, 3000]
    whole, path = tmp_path / f"whole{suffix}", tmp_path / f"resumed{suffix}"
    with open_writer(whole, COLUMNS) as writer:
        for start, end in zip([0, *cuts], [*cuts, 3000], strict=True):
            writer.write(ROWS[start:end])
            writer.commit()
        writer.publish()
    for kills in ([0], [2], [4, 5], [0, 1, 2, 3, 4, 5]):
        position, start = None, 0
        for step, end in enumerate(cuts):
            with open_writer(path, COLUMNS, position=position, force=True) as writer:
                writer.write(ROWS[start:end])
                position, start = writer.commit(), end
                if step in kills:
                    writer.write(ROWS[end : end + 500])  # never committed
            with open(partial_path(path), "ab") as partial:
                partial.write(random.Random(step).randbytes(100))  # half a write
        with open_writer(path, COLUMNS, position=position, force=True) as writer:
            writer.publish()
        assert path.read_bytes() == whole.read_bytes()
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, whole.name])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_how_rows_are_grouped_in_calls_changes_nothing(tmp_path, suffix):
    rows = ROWS * 20  # several blocks, and three row groups of Parquet
    one, many = tmp_path / f"one{suffix}", tmp_path / f"many{suffix}"
    write(one, COLUMNS, rows)
    with open_writer(many, COLUMNS) as writer:
        for start in range(0, len(rows), 977):
            writer.write(iter(rows[start : start + 977]))
        writer.write([])
        writer.publish()
    assert one.read_bytes() == many.read_bytes()
    values = read_values(one)[1]
    assert [(int(n), text) for n, text, _ in values] == [(n, text) for n, text, _ in rows]
    if suffix == ".parquet":
        metadata = parquet.read_metadata(one)
        assert [metadata.row_group(i).num_rows for i in range(3)] == [20_000] * 3


def test_parquet_pages_do_not_depend_on_how_rows_came(tmp_path):
    rows = [(n, f"{n} " * 40, 0.5) for n in range(25_000)]  # several pages of 1 MiB in a row group
    one, many = tmp_path / "one.parquet", tmp_path / "many.parquet"
    write(one, COLUMNS, rows)
    with open_writer(many, COLUMNS) as writer:
        for start in range(0, len(rows), 977):
            writer.write(rows[start : start + 977])
        writer.publish()
    assert one.read_bytes() == many.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_nothing_is_visible_before_publishing_and_nothing_hidden_is_left_after(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    with open_writer(path, [Column("text")]) as writer:
        writer.write([("a",)])
        writer.commit()
        assert os.listdir(tmp_path) == [f".t{suffix}.partial"]
        writer.publish()
        writer.discard()  # too late to have an effect
    assert os.listdir(tmp_path) == [path.name]
    with open_writer(path, [Column("text")], force=True) as writer:
        writer.write([("b",)])
        writer.discard()
    assert os.listdir(tmp_path) == [path.name]
    assert read_values(path)[1] == [("a",)]


def test_standard_output_takes_rows_at_once_and_reports_no_position(monkeypatch):
    output = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", output)
    with open_writer("-", [Column("text")]) as writer:
        writer.write([("a",)])
        assert writer.commit() == 0
        writer.write([("b",)])
        writer.publish()
        writer.discard()
    assert output.buffer.getvalue() == b"text\na\nb\n"
    with open_writer("-", [Column("text")], table_format="jsonl") as writer:
        writer.write([("c",)])
        writer.publish()
    assert json.loads(output.buffer.getvalue().splitlines()[-1]) == {"text": "c"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_name_that_is_not_utf8_is_written_and_read(tmp_path, suffix):
    path = f"{tmp_path}/caf\udce9{suffix}"
    write(path, [Column("text")], [("a",)])
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9" + suffix.encode()]
    assert read_values(path) == (("text",), [("a",)])


# Two runs, full disks, readers that go away


def test_an_output_is_written_by_one_run_at_a_time(tmp_path):
    path = tmp_path / "t.csv"
    with open_writer(path, [Column("text")]) as first:
        first.write([("a",)])
        position = first.commit()
        for options in ({}, {"position": position}):
            with pytest.raises(ConfigError) as raised:
                open_writer(path, [Column("text")], flag="--rejects", **options)
            assert str(raised.value) == (
                f"expected an output that no other run is writing, found {path}, which one is writing; "
                "wait for its end or choose another with --rejects"
            )
        first.write([("b",)])
        first.publish()
    assert read_values(path)[1] == [("a",), ("b",)]
    write(path, [Column("text")], [("c",)])
    assert read_values(path)[1] == [("c",)]


RACE = """
import sys
from tfbert.data.writers import Column, open_writer
from tfbert.errors import ConfigError
for _ in range(300):
    try:
        with open_writer(sys.argv[1], [Column("text")], force=True) as writer:
            writer.write([(sys.argv[2] * 50,)] * 20)
            writer.publish()
    except ConfigError as error:
        assert "no other run" in str(error), error
"""


def test_runs_that_race_for_an_output_leave_that_of_one(tmp_path):
    path = tmp_path / "t.csv"
    runs = [subprocess.Popen([sys.executable, "-c", RACE, path, letter]) for letter in "ab"]
    assert [run.wait() for run in runs] == [0, 0]
    assert path.read_text() in {f"text\n{letter * 50}" + f"\n{letter * 50}" * 19 + "\n" for letter in "ab"}
    assert os.listdir(tmp_path) == ["t.csv"]


# The limit holds for a whole process, pytest's own log too: each of these runs in a process of its own.
# Past the limit a write is refused with EFBIG; a full disk differs in the reason.
FULL_DISK = """
import random, resource, sys
from tfbert.data.writers import Column, open_writer
from tfbert.errors import ConfigError

noise = random.Random(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
with open_writer(sys.argv[1], [Column("text")]) as writer:
    try:
        for _ in range(10):
            writer.write([(noise.randbytes(1000).hex(),)])
            writer.commit()
    except ConfigError as error:
        print(error, end="")
    writer.discard()
"""
FULL_AT_PUBLISHING = """
import resource, sys
from tfbert.data.writers import Column, open_writer
from tfbert.errors import ConfigError

with open_writer(sys.argv[1], [Column(f"c{number}") for number in range(50)]) as writer:
    writer.write([[str(number) for number in range(50)]])
    position = writer.commit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (position, position))
    try:
        writer.publish()
    except ConfigError as error:
        print(error, end="")
"""


def output_of(script: str, path: Path) -> str:
    return subprocess.run([sys.executable, "-c", script, path], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_the_disk_refuses_is_an_error_in_one_line(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    assert output_of(FULL_DISK, path) == (
        f"expected an output that can be written, found {path} (File too large); choose another with --output"
    )
    assert os.listdir(tmp_path) == []


def test_what_the_disk_refuses_when_parquet_is_published_leaves_the_rows(tmp_path):
    message = output_of(FULL_AT_PUBLISHING, tmp_path / "t.parquet")
    assert re.search(r"t\.parquet \(.*File too large", message)
    assert os.listdir(tmp_path) == [".t.parquet.partial"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_is_an_error_and_a_closed_one_a_broken_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO("/dev/full", "w")))
    with open_writer("-", [Column("text")]) as writer, pytest.raises(ConfigError) as raised:
        writer.commit()
    assert str(raised.value) == (
        "expected an output that can be written, found standard output (No space left on device); "
        "make room or choose another with --output"
    )
    reader, end = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(end, "w")))
    with open_writer("-", [Column("text")]) as writer, pytest.raises(BrokenPipeError):
        writer.commit()


# Errors, word for word; DIR stands for the folder


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("there.csv", {}, ConfigError,
         "expected a new output file, found DIR/there.csv, which exists; add --force to replace it"),
        ("no/out.csv", {}, ConfigError,
         ("expected an output that can be written, found DIR/no/out.csv (No such file or directory); "
         "choose another with --output")),
        ("no/out.csv", {"flag": "--rejects"}, ConfigError,
         ("expected an output that can be written, found DIR/no/out.csv (No such file or directory); "
         "choose another with --rejects")),
        ("folder", {"force": True, "table_format": "csv"}, ConfigError,
         "expected a new output file, found the folder DIR/folder; name a file with --output"),
        ("pipe.csv", {"force": True}, ConfigError,
         "expected a new output file, found DIR/pipe.csv, which is no ordinary file; name a file with --output"),
        ("r.parquet", {"table_format": "csv", "flag": "--rejects"}, ConfigError,
         "expected a name that fits csv, found DIR/r.parquet, whose suffix means parquet; "
         "choose another with --rejects"),
        ("out.xls", {}, ConfigError,
         ("expected a name that ends in .csv, .tsv, .jsonl, .ndjson, .parquet (and perhaps .gz, .bz2, .xz, .zst), "
         "found DIR/out.xls; choose another with --output")),
        ("out.parquet.gz", {}, ConfigError,
         "expected a file NAME.parquet for Parquet, found DIR/out.parquet.gz; name such a file with --output"),
        ("out.csv", {"position": 5}, DataError,
         ("expected a partial output of 5 bytes or more to go on with, found no file DIR/.out.csv.partial; "
         "start anew with --force")),
        ("short.csv", {"position": 5}, DataError,
         "expected a partial output of 5 bytes or more to go on with, found 3 bytes; start anew with --force"),
        ("out.tsv", {}, ConfigError,
         "expected column names that fit between delimiters, found 'a\\tb'; add --quoting minimal"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(tmp_path, name, options, error, message):
    Path(tmp_path / "there.csv").touch()
    Path(tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    partial_path(tmp_path / "short.csv").write_bytes(b"a\n1")
    with pytest.raises(error) as raised:
        open_writer(tmp_path / name, [Column("a\tb")], **options)
    assert str(raised.value) == message.replace("DIR", str(tmp_path))
