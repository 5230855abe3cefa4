from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_in import LABELS, StandIn, score_alone, write_dirty_table

from tfbert.data.tables import Reject, Row, TableFormat, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.scoring import windows
from tfbert.scoring.journal import open_journal
from tfbert.scoring.reject_limit import ENOUGH_ROWS, parse_reject_limit
from tfbert.scoring.run import Run
from tfbert.scoring.windows import cut_windows

# Every record once, in order


DIRT = st.lists(
    st.sampled_from([b"a", b"word ", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\xc5\xbc", b"\xff", b'","', b"\t"]),
    max_size=80,
).map(b"".join)


@settings(max_examples=150)
@given(DIRT, st.sampled_from(["csv", "tsv", "jsonl", "parquet"]), st.integers(1, 7), st.sampled_from([64, 1 << 20]))
def test_every_record_of_a_dirty_table_is_in_one_output_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, dirt: bytes, suffix: str, window_rows: int, max_field_bytes: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    source, output = folder / "dirty.csv", folder / f"dirty.out.{suffix}"
    source.write_bytes(b"text,k\n" + dirt)
    table_format = TableFormat(max_field_bytes=max_field_bytes)
    with open_table(source, text_columns=("text",), table_format=table_format) as table:
        records = list(table)
    summary = score_alone(source, output, force=True, window_rows=window_rows, table_format=table_format)
    with open_table(folder / "dirty.out.rejects.csv") as table:
        rejects = [record.values for record in table]
    assert summary.rows_read == len(records) == summary.rows_scored + summary.rows_rejected
    assert len(rejects) == summary.rows_rejected
    bad = {int(line) for _, line, _, _ in rejects}
    assert [int(line) for _, line, _, _ in rejects] == sorted(bad)
    assert bad >= {record.line for record in records if isinstance(record, Reject)}
    scored = []
    if summary.rows_scored:  # a JSON Lines file without rows cannot name its columns
        with open_table(output) as table:
            scored = [record.values for record in table]
    good = [record for record in records if isinstance(record, Row) and record.line not in bad]
    assert [values[:2] for values in scored] == [record.values for record in good]
    if suffix != "tsv":  # a literal TSV cannot hold every row
        assert bad == {record.line for record in records if isinstance(record, Reject)}


class Loser(StandIn):
    """Loses the last row of every window."""

    task = SimpleNamespace(
        prediction_columns=StandIn.task.prediction_columns,
        prediction_rows=lambda probabilities, texts: StandIn.task.prediction_rows(probabilities, texts=texts)[:-1],
    )


def test_a_lost_row_is_noticed_before_anything_is_published(tmp_path: Path) -> None:
    outputs = SimpleNamespace(rows_written={"output": 7, "rejects": 2}.get, commit=dict, kept=None)
    with open_journal(str(tmp_path / "out.csv"), kept=False) as journal:
        run = Run(StandIn(), outputs, journal=journal, at_texts=(0,), observe=None)  # type: ignore[arg-type]
        run.commit(rows_read=10)
        with pytest.raises(RuntimeError) as error:
            run.complete(rows_read=10)
    assert str(error.value) == "10 rows read, but 7 scored + 2 rejected; nothing was published"
    from tfbert.scoring.job import score_tables

    table = write_dirty_table(tmp_path / "in.csv", rows=5)
    with pytest.raises(ValueError, match="shorter than"):
        score_tables(
            Loser(), [str(table)], output=str(tmp_path / "out.csv"), texts={"text": "text"}, table_format=TableFormat()
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_windows_of_long_rows_are_short_and_end_where_the_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW_CHARACTERS", 100)
    records = [Row("f", n, ("x" * (60 if 3 <= n <= 6 else 1),)) for n in range(1, 21)]
    cut = list(cut_windows(iter(records), start=0, rows=8))
    assert [len(window) for window in cut] == [4, 2, 2, 8, 4]
    for number in range(1, len(cut)):  # going on at any window's end gives the same windows
        start = sum(map(len, cut[:number]))
        assert list(cut_windows(iter(records[start:]), start=start, rows=8)) == cut[number:]


# Limits


def checked(text: str, *, rejected: int, read: int, at_end: bool = False) -> bool:
    """Whether a limit lets a job go on."""
    try:
        parse_reject_limit(text).check(rejected=rejected, read=read, last=None, at_end=at_end)
    except DataError:
        return False
    return True


def test_a_number_is_tested_at_once_and_a_share_when_enough_rows_were_read_or_at_the_end() -> None:
    assert checked("3", rejected=3, read=3)
    assert not checked("3", rejected=4, read=4)
    assert not checked("0", rejected=1, read=10**9)
    assert checked("1%", rejected=9_000, read=ENOUGH_ROWS - 1)
    assert not checked("1%", rejected=101, read=ENOUGH_ROWS)
    assert not checked("1%", rejected=2, read=100, at_end=True)
    assert checked("1%", rejected=1, read=100, at_end=True)
    assert checked("100%", rejected=5, read=5, at_end=True)
    assert checked("0%", rejected=0, read=0, at_end=True)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "101%", "5 %", "many", "%"])
def test_other_words_for_a_limit_are_refused(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_reject_limit(text)
    assert str(error.value) == (
        f"expected a number of rows or a share of them, found {text!r}; write --max-rejects 100 or --max-rejects 0.5%"
    )


def test_a_share_of_rejects_fails_a_short_job_at_its_end(tmp_path: Path) -> None:
    table = write_dirty_table(tmp_path / "in.csv", rows=37)
    with pytest.raises(DataError, match=r"^expected at most 5% rejected rows, found 3 of 37, the last: "):
        score_alone(table, tmp_path / "out.csv", max_rejects=parse_reject_limit("5%"))
    assert not (tmp_path / "out.csv").exists()


def test_spreadsheet_safe_holds_for_predictions_and_rejects(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,n\n=1+1,-1.5\n=2,,\n")
    score_alone(tmp_path / "in.csv", tmp_path / "out.csv", spreadsheet_safe=True)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert (rows[0]["text"], rows[0]["n"]) == ("'=1+1", "-1.5")
    assert next(csv.DictReader(io.StringIO((tmp_path / "out.rejects.csv").read_text())))["raw"] == "'=2,,"


def test_an_empty_table_gives_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n")
    summary = score_alone(tmp_path / "in.csv", tmp_path / "out.csv")
    assert (summary.rows_read, summary.rows_per_second) == (0, 0)
    assert (tmp_path / "out.csv").read_text() == (
        f"text,predicted_label,predicted_score,{','.join(f'probability_{label}' for label in LABELS)}\n"
    )
