from __future__ import annotations

import bz2
import contextlib
import csv
import encodings.aliases
import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tfbert.data.tables import Reject, Row, TableFormat, open_table
from tfbert.errors import ConfigError, DataError


def read(path, data=None, *, text=(), **options):
    """The columns and the records, without the file's name."""
    if data is not None:
        Path(path).write_bytes(data)
    with open_table(path, text_columns=text, table_format=TableFormat(**options)) as table:
        records = list(table)
    assert {record.file for record in records} <= {str(path)}
    return table.columns, [record[1:] for record in records]


@pytest.fixture
def path(tmp_path):
    return lambda name: tmp_path / name


def test_csv_has_quotes_doubled_quotes_newlines_and_stray_quotes(path):
    data = b'id,text\n1,"a, ""b"""\r\n\n2,"two\r\nlines"\n3,5" disk\n4,"x" y\n'
    assert read(path("t.csv"), data) == (
        ("id", "text"),
        [(2, ("1", 'a, "b"')), (4, ("2", "two\r\nlines")), (6, ("3", '5" disk')), (7, ("4", "x y"))],
    )


def test_tsv_is_literal_unless_quoting_is_asked_for(path):
    data = b'id\ttext\r\n1\t"a""b\r\n2\tx\ry\r\n'
    assert read(path("t.tsv"), data)[1] == [(2, ("1", '"a""b')), (3, ("2", "x\ry"))]
    assert read(path("q.tsv"), b'id\ttext\n1\t"a\t""b"\n', quoting="minimal")[1] == [(2, ("1", 'a\t"b'))]
    assert read(path("n.csv"), b'id,text\n1,"a\n', quoting="none")[1] == [(2, ("1", '"a'))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_is_not_part_of_the_first_name(path, encoding):
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    data = (mark + "text\nzażółć \ufeff\n").encode(encoding)
    assert read(path("t.csv"), data, encoding=encoding) == (("text",), [(2, ("zażółć \ufeff",))])
    assert read(path("b.csv"), b"\xef\xbb\xbftext\nx\n")[0] == ("text",)


def test_names_can_be_given_for_a_headerless_table_or_in_place_of_a_header(path):
    given_names = TableFormat(header=False, columns=("label", "text"))
    with open_table(_made(path("t.tsv"), b"ham\thello\n"), table_format=given_names) as table:
        assert table.columns == ("label", "text")
        assert list(table) == [Row(str(path("t.tsv")), 1, ("ham", "hello"))]
    assert read(path("u.csv"), b"a,b\n1,2\n", columns=("x", "y")) == (("x", "y"), [(2, ("1", "2"))])
    assert read(path("u.jsonl"), b'{"a": 1}\n', columns=("x",)) == (("x",), [(1, (1,))])


def test_a_dirty_first_row_of_a_headerless_table_is_a_reject(path):
    data = b"ham\thello\textra\nham\thello\n"
    assert read(path("t.tsv"), data, header=False, columns=("label", "text"))[1] == [
        (1, "expected 2 columns, found 3", "ham\thello\textra"),
        (2, ("ham", "hello")),
    ]


def _made(path, data):
    path.write_bytes(data)
    return path


# Rejects, one case a reason


@pytest.mark.parametrize(
    ("line", "reason", "raw"),
    [
        (b"1,a,b,c", "expected 2 columns, found 4", "1,a,b,c"),
        (b"1", "expected 2 columns, found 1", "1"),
        (b"\xc5\xbc,caf\xe9", "bytes that are not utf-8, first at byte 7", "ż,caf\\xe9"),
        (b"1,\xed\xa0\x80", "bytes that are not utf-8, first at byte 3", "1,\\xed\\xa0\\x80"),
        (b"1,", "empty text in column 'text'", "1,"),
        ("1, \u3000\x85".encode(), "empty text in column 'text'", "1, \u3000\x85"),
        (b"1," + b"x" * 65, "a field over 64 bytes in column 'text'", "1," + "x" * 65),
        ("ż".encode() * 33 + b",x", "a field over 64 bytes in column 'id'", "ż" * 33 + ",x"),
        (b"1," + b"x" * 1023, "a record over 1024 characters", "1," + "x" * 1023),
        (b'1,"open', "unterminated quote", '1,"open'),
        (b"1,a\rb", "carriage return outside quotes", "1,a\rb"),
    ],
)
def test_a_bad_csv_row_is_rejected_and_the_rest_is_read(path, line, reason, raw):
    data = b"id,text\n0,before\n" + line + b"\r\n2,after\n"
    _, records = read(path("t.csv"), data, text=("text",), max_field_bytes=64)
    assert records == [(2, ("0", "before")), (3, reason, raw), (4, ("2", "after"))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": 1', "invalid JSON: Expecting ',' delimiter at character 9"),
        (b"[" * 100_000, "invalid JSON: nested too deeply"),
        (b'{"id": ' + b"1" * 5000 + b"}", "invalid JSON: a number with too many digits"),
        (b'{"id": 1, "text": "\\ud800"}', "invalid JSON: half of a surrogate pair"),
        (b"[1]", "expected a JSON object, found an array"),
        (b'{"id": 1, "text": "x", "b": 0}', "unexpected key 'b'"),
        (b'{"id": 1, "text": "\xff"}', "bytes that are not utf-8, first at byte 20"),
        (b'{"id": 1}', "empty text in column 'text'"),
        (b'{"id": 1, "text": 3.5}', "expected text in column 'text', found a number"),
        (b'{"id": 1, "text": {}}', "expected text in column 'text', found an object"),
    ],
)
def test_a_bad_json_line_is_rejected_and_the_rest_is_read(path, line, reason):
    data = b'{"id": 0, "text": "before"}\n\n' + line + b'\n{"text": "\\ud83d\\ude00"}\n'
    columns, records = read(path("t.jsonl"), data, text=("text",))
    assert columns == ("id", "text")
    assert records == [
        (1, (0, "before")),
        (3, reason, line.decode("utf-8", "backslashreplace")[:10_000]),
        (4, (None, "😀")),
    ]


def test_rejected_parquet_rows_are_numbered_and_shown_as_json(path):
    strings = pyarrow.Array.from_buffers(  # Arrow lets invalid UTF-8 pass
        pyarrow.string(),
        4,
        [None, pyarrow.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\3\0\0\0"), pyarrow.py_buffer(b"a\xffb")],
    )
    days = pyarrow.array([0, 0, 1, 2], pyarrow.date32())
    parquet.write_table(pyarrow.table({"text": strings, "day": days}), path("t.parquet"))
    _, records = read(path("t.parquet"), text=("text",))
    assert [record[0] for record in records] == [1, 2, 3, 4]
    assert records[1] == (
        2, "bytes that are not utf-8, first at byte 1", '{"text": "\\xff", "day": "1970-01-01"}',
    )  # fmt: skip
    assert records[2][1:] == ("empty text in column 'text'", '{"text": "", "day": "1970-01-02"}')
    assert read(path("t.parquet"), text=("day",))[1][0][1] == "expected text in column 'day', found date"


def test_the_raw_text_of_a_reject_is_cut_to_ten_thousand_characters(path):
    _, [(_, reason, raw)] = read(path("t.csv"), b"text\na," + b"\xff" * 9_000 + b"\n", text=("text",))
    assert (reason, len(raw)) == ("bytes that are not utf-8, first at byte 3", 10_000)
    assert raw == ("a," + "\\xff" * 9_000)[:10_000]


def test_other_encodings_name_the_byte_too(path):
    assert read(path("t.csv"), b"a\ncaf\x81\n", encoding="cp1252")[1] == [
        (2, "bytes that are not cp1252, first at byte 4", "caf\\x81")
    ]
    half_pair = "a\nxy".encode("utf-16-le") + b"\x00\xd8"
    assert read(path("u.csv"), half_pair, encoding="utf-16-le")[1] == [
        (2, "bytes that are not utf-16-le, first at byte 5", "xy\\x00\\xd8")
    ]


def test_an_unterminated_quote_costs_one_row(path):
    data = b'a,b\n1,"open\n2,"fine, too"\n3,"two\nlines"\n4,"open again\n5,x\n'
    assert read(path("t.csv"), data)[1] == [
        (2, "unterminated quote", '1,"open'),
        (3, ("2", "fine, too")),
        (4, ("3", "two\nlines")),
        (6, "unterminated quote", '4,"open again'),
        (7, ("5", "x")),
    ]


def test_a_quote_open_past_the_size_bound_costs_one_row(path):
    data = b'a,b\n1,"open\n' + b"2,xxxxxxxx\n" * 500 + b'3,"\n'
    records = read(path("t.csv"), data, max_field_bytes=64)[1]
    assert records[0] == (2, "unterminated quote", '1,"open')
    assert records[1:-1] == [(line, ("2", "xxxxxxxx")) for line in range(3, 503)]


def test_many_open_quotes_take_linear_time(path):
    started = time.perf_counter()
    records = read(path("t.csv"), b"a,b,c\n" + b'a",x,"c\n' * 50_000)[1]
    assert len(records) == 50_000
    assert {record[1] for record in records[:-1]} == {"unterminated quote"}
    assert time.perf_counter() - started < 10  # about 0.3 s; rescanning to the end for each line takes an hour


# Every record exactly once, against a slow model of the grammar, character by character


def model_csv(data: bytes):
    """(line, fields or None) of every record, by the rules of `delimited`'s docstring."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()
    at, records = 0, []
    while at < len(lines):
        if lines[at] in ("", "\r"):
            at += 1
            continue
        fields, used = model_record(lines[at:], strict=True)
        if fields is None:
            fields, used = model_record(lines[at : at + 1], strict=False)[0], 1
        text = "\n".join(lines[at : at + used])
        records.append((at + 1, None if any(0xDC80 <= ord(c) <= 0xDCFF for c in text) else fields))
        at += used
    return records


def model_record(lines, *, strict):
    fields, field, state = [], "", "begin"
    for used, line in enumerate(lines, 1):
        for c in line:
            if state == "end":
                if c != "\r":
                    return None, used
            elif state == "quoted":
                state, field = ("quote", field) if c == '"' else (state, field + c)
            elif state == "quote" and c == '"':
                state, field = "quoted", field + c
            elif state in ("begin", "start") and c == '"':
                state = "quoted"
            elif c == ",":
                fields, field, state = [*fields, field], "", "start"
            elif c == "\r":
                fields, state = (fields if state == "begin" else [*fields, field]), "end"
            elif state == "quote" and strict:
                return None, used
            else:
                field, state = field + c, "in"
        if state == "quoted":
            field += "\n"
            continue
        return (fields if state == "end" else [*fields, field]), used
    return None, len(lines)


dirty = st.lists(
    st.sampled_from(
        [b"a", b",", b'"', b'""', b"\n", b"\r", b"\r\n", b"\xc5\xbc", b"\xff", b" ", b"\0", b'","', b"xy,"]
    ),
    max_size=40,
).map(b"".join)


@given(dirty)
@example(b'"a\n"b"\n')
@settings(max_examples=500)
def test_every_dirty_csv_record_is_a_row_or_a_reject_once_and_in_order(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "dirty.csv"
    _, records = read(path, b"h,k\n" + data)
    want = [(line + 1, fields if fields is not None and len(fields) == 2 else None) for line, fields in model_csv(data)]
    assert [(line, list(rest[0]) if len(rest) == 1 else None) for line, *rest in records] == want


@given(dirty, st.sampled_from(["tsv", "jsonl"]))
def test_every_dirty_line_is_a_row_or_a_reject_once_and_in_order(tmp_path_factory, data, name):
    path = tmp_path_factory.getbasetemp() / f"dirty.{name}"
    first = b"h\n" if name == "tsv" else b'{"h": 1}\n'
    _, records = read(path, first + data)
    records = records[1:] if name == "jsonl" else records
    want = [number for number, line in enumerate(data.split(b"\n"), 2) if line not in (b"", b"\r")]
    assert [record[0] for record in records] == want


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_csv_writes_is_read_as_csv_reads_it(tmp_path_factory, rows, end):
    path = tmp_path_factory.getbasetemp() / "clean.csv"
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["h", "k"], *rows])
    _, records = read(path, text.getvalue().encode())
    assert [list(values) for _, values in records] == list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1:]


@given(st.lists(st.text("ab ,;\tż\u2028\x0b\x0c\x1c\0", min_size=1), min_size=1))
def test_lines_without_quotes_are_split_as_csv_splits_them(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "plain.csv"
    wanted = [fields for fields in csv.reader(lines) if len(fields) == 2]
    _, records = read(path, "\n".join(["h,k", *lines]).encode())
    assert [list(record[1]) for record in records if len(record) == 2] == wanted


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1)),
    st.integers(1, 9),
)
def test_chunk_borders_do_not_matter(lines, size):
    from tfbert.data.lines import read_lines

    class Drip(io.BytesIO):
        def read1(self, _=-1):
            return self.read(size)

    data = Drip("\n".join(["h", *lines]).encode())
    assert list(read_lines(data, file="-", encoding="utf-8", limit=100)) == ["h", *lines]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_that_begins_with_a_byte_order_mark_needs_it(path, encoding):
    with pytest.raises(DataError) as error:
        read(path("t.csv"), b"a,b\n1,2\n", encoding=encoding)
    assert str(error.value) == (
        f"expected a byte-order mark, with which {encoding} begins, found none ({path('t.csv')}); "
        f"name the file's encoding with --encoding, perhaps {encoding}-le or utf-8"
    )


TEXT_ENCODINGS = sorted(set(encodings.aliases.aliases.values()) - {"utf_16", "utf_32"})


@pytest.mark.parametrize("encoding", [*TEXT_ENCODINGS, "idna", "punycode", "undefined", "unicode_escape"])
def test_any_bytes_in_any_encoding_are_rows_and_rejects_or_the_encoding_is_refused(path, encoding):
    data = b"head\n" + random.Random(0).randbytes(5_000)
    with contextlib.suppress(ConfigError, DataError):
        read(path("t.csv"), data, encoding=encoding, header=False, columns=("text",))


def test_a_named_pipe_is_read_as_it_is(path):
    for suffix, compress in (("", bytes), (".gz", gzip.compress)):
        pipe = path(f"t.csv{suffix}")
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(compress(b"a,b\n1,2\n"),))
        writer.start()
        assert read(pipe) == (("a", "b"), [(2, ("1", "2"))])
        writer.join()


def test_a_header_of_many_columns_takes_linear_time(path):
    names = ",".join(f"column {number}" for number in range(50_000))
    started = time.perf_counter()
    assert len(read(path("t.csv"), names.encode())[0]) == 50_000
    assert time.perf_counter() - started < 5  # about 0.1 s; counting each name among all takes a minute


# Compression and damage


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lambda data: lzma.compress(data, preset=0)),
        (".zst", lambda data: pyarrow.Codec("zstd").compress(data, asbytes=True)),
    ],
)
def test_compressed_tables_are_read_and_damage_is_named_with_the_last_good_line(path, suffix, compress):
    lines = b"".join(b"%d,%d\n" % (n, n * n % 9973) for n in range(150_000))
    name = path("t.csv" + suffix)
    assert len(read(name, compress(b"a,b\n" + lines) + compress(b"x,y\n"))[1]) == 150_001
    name.write_bytes(compress(b"a,b\n" + lines)[:-20])
    rows = []
    with pytest.raises(DataError) as error, open_table(name) as table:
        rows.extend(table)
    last = int(str(error.value).split("line ")[1].split()[0])
    assert last - 1 == len(rows)
    assert str(error.value) == (
        f"expected a whole, readable file, found damaged data after line {last} ({name}); copy or make the file again"
    )


def test_a_gzip_suffix_on_plain_text_is_an_error(path):
    with pytest.raises(DataError) as error:
        read(path("t.csv.gz"), b"a,b\n")
    assert str(error.value) == (
        f"expected a whole, readable file, found damaged data after line 0 ({path('t.csv.gz')}); "
        "copy or make the file again"
    )


# Errors, word for word; FILE stands for the path


@pytest.mark.parametrize(
    ("name", "data", "options", "error", "message"),
    [
        ("t.csv", None, {}, DataError, "expected a file to read, found nothing at FILE; check the path"),
        ("t.csv", "folder", {}, DataError, "expected a file to read, found the folder FILE; name a file in it"),
        ("t.csv", b"\n", {}, DataError, "expected a table, found no columns (FILE); check that the file is not empty"),
        ("t.jsonl", b"", {}, DataError, "expected a table, found no columns (FILE); check that the file is not empty"),
        ("t.jsonl", b"{}\n", {}, DataError,
         "expected a table, found no columns (FILE); check that the file is not empty"),
        ("t.tsv", b"", {"header": False, "columns": ("text",)}, DataError,
         "expected a table, found no columns (FILE); check that the file is not empty"),
        ("t.csv", b"id,msg\n", {}, DataError,
         ("expected a column named 'text', found columns id, msg (FILE); "
         "name the text column with --text, or all columns with --columns and perhaps --no-header")),
        ("t.csv", b"text,a,a\n", {}, DataError,
         "expected each column's name once, found 'a' twice (FILE); name all columns with --columns"),
        ("t.csv", b"text,caf\xe9\n", {}, DataError,
         ("expected a header row, found bytes that are not utf-8, first at byte 9 (FILE, line 1); "
         "check --encoding and --quoting")),
        ("t.csv", b'"text\n', {}, DataError,
         "expected a header row, found unterminated quote (FILE, line 1); check --encoding and --quoting"),
        ("t.docx", b"x", {}, DataError,
         ("expected a name that ends in .csv, .tsv, .jsonl, .ndjson, .parquet, .conll, .json "
         "(and perhaps .gz, .bz2, .xz, .zst), found FILE; name the format with --format")),
        ("t.csv", b"x", {"format": "excel"}, ConfigError,
         "expected a format of conll, csv, jsonl, parquet, squad, tsv, found 'excel'; choose one with --format"),
        ("t.csv", b"x", {"encoding": "utf-9"}, ConfigError,
         ("expected an encoding that Python knows, found 'utf-9'; "
         "name one such as utf-8, utf-16 or cp1252 with --encoding")),
        ("t.csv", b"x", {"encoding": "hex"}, ConfigError,
         ("expected an encoding that Python knows, found 'hex'; "
         "name one such as utf-8, utf-16 or cp1252 with --encoding")),
        ("t.csv", b"x", {"encoding": "idna"}, ConfigError,
         ("expected an encoding that Python knows, found 'idna'; "
         "name one such as utf-8, utf-16 or cp1252 with --encoding")),
        ("t.csv", b"x", {"encoding": "punycode"}, ConfigError,
         ("expected an encoding that Python knows, found 'punycode'; "
         "name one such as utf-8, utf-16 or cp1252 with --encoding")),
        ("t.csv", b"x", {"quoting": "all"}, ConfigError,
         "expected quoting auto, minimal or none, found 'all'; choose one with --quoting"),
        ("t.csv", b"text\n", {"header": False}, ConfigError,
         "expected names for the columns, found --no-header without them; name all with --columns"),
        ("t.jsonl", b"{}\n", {"header": False}, ConfigError,
         "expected --no-header with CSV or TSV only, found FILE, read as jsonl; leave it out"),
        ("t.csv", b"a,b\n", {"columns": ("text",)}, DataError,
         "expected 1 columns, as named by --columns, found 2: a, b (FILE); name as many columns as the file has"),
        ("t.tsv", b"a\tb\n", {"header": False, "columns": ("text",)}, DataError,
         ("expected 1 columns, as named by --columns, found 2 columns (FILE, line 1); "
         "name as many columns as the file has, or check --format and --quoting")),
        ("t.jsonl", b"a,b\n1,2\n", {}, DataError,
         ("expected a JSON object on each line, found none on the first 2; the first fault: "
         "invalid JSON: Expecting value at character 1 (FILE, line 1); "
         "check the file or name its format with --format")),
        ("t.parquet", b"a,b\n", {}, DataError,
         "expected a Parquet file, found another kind of file (FILE); check --format"),
        ("t.parquet.gz", b"", {}, DataError,
         "expected Parquet in a file, not compressed again, found FILE; save it to a file as it is"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(path, name, data, options, error, message):
    file = path(name)
    if data == "folder":
        file.mkdir()
    elif data is not None:
        file.write_bytes(data)
    with pytest.raises(error) as raised:
        read(file, text=("text",), **options)
    assert str(raised.value) == message.replace("FILE", str(file))


def test_damaged_parquet_is_named_with_the_last_good_row(path):
    parquet.write_table(pyarrow.table({"text": [str(n) for n in range(9000)]}), path("t.parquet"), row_group_size=3000)
    data = bytearray(path("t.parquet").read_bytes())
    middle = len(data) // 2
    data[middle - 3000 : middle + 3000] = bytes(6000)
    with pytest.raises(DataError, match=r"found damaged data after row \d+ "):
        read(path("t.parquet"), bytes(data))


def test_standard_input_needs_a_format(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    assert read("-", format="csv")[1] == [(2, ("1", "2"))]
    with pytest.raises(DataError) as error:
        read("-")
    assert "found standard input, which has no name; name the format with --format" in str(error.value)


def test_a_file_name_that_is_not_utf8_can_be_written_in_a_reject(tmp_path):
    file = f"{tmp_path}/caf\udce9.csv"
    Path(file).write_bytes(b"a\nb,c\n")
    with open_table(file) as table:
        [reject] = table
    assert isinstance(reject, Reject)
    assert reject.file == f"{tmp_path}/caf\\xe9.csv"


# Real tables; the counts are those of data/README.md

TWITTER = {"header": False, "columns": ("id", "label", "a", "text")}


@pytest.mark.parametrize(
    ("name", "text", "options", "rows", "rejects"),
    [
        ("sms/SMSSpamCollection", "text", {"format": "tsv", "header": False, "columns": ("label", "text")}, 5_574, []),
        ("gop/Sentiment.csv.gz", "text", {}, 13_871, []),
        ("twitter/dev.tsv.gz", "text", TWITTER, 15_838, [3053, 13_813]),
        ("twitter/test.tsv.gz", "tweet", {}, 15_680, [10_078, 13_341]),
        ("imdb/train_5k.csv.gz", "text", {}, 5_000, []),
    ],
)
def test_real_tables_are_read_whole(shared, name, text, options, rows, rejects):
    _, records = read(shared / "data" / name, text=(text,), **options)
    assert [record[0] for record in records if len(record) == 3] == rejects
    assert len(records) - len(rejects) == rows


PEAK = """
import json, sys
from tfbert.data.tables import TableFormat, open_table
with open_table(sys.argv[1]) as table:
    count = sum(1 for record in table)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([count, int(peak.split()[1])]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads peak memory from /proc")
@pytest.mark.parametrize("case", ["rows", "one line", "open quote"])
def test_memory_does_not_grow_with_the_file(path, case):
    row = b'17,"some words, and others",ham\n'
    line = {"rows": row, "one line": b"x" * 32, "open quote": b'1,"a,b\n' + row}[case]

    def peak(size):
        file = path(f"{size}.csv")
        file.write_bytes(b"id,text,label\n" + (b'0,"' if case == "open quote" else b"") + line * (size // len(line)))
        done = subprocess.run([sys.executable, "-c", PEAK, file], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)[1]

    small, large = peak(40_000_000 if case != "rows" else 1_000_000), peak(120_000_000)
    assert large < small * 1.05 + 1024
