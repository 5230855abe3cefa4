from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import StandIn, Watch, score_alone, score_watched, write_dirty_table

from tfbert.data.tables import TableFormat
from tfbert.errors import ConfigError, DataError
from tfbert.scoring.reject_limit import parse_reject_limit

KILLED_JOB = Path(__file__).with_name("killed_job.py")


def killed_job(*arguments: object) -> str:
    """What the program prints."""
    command = [sys.executable, str(KILLED_JOB), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def outputs(folder: Path) -> dict[str, bytes]:
    """All files of a job but the summary, which has times in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if "summary" not in path.name}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dirty_table(tmp_path_factory.mktemp("table") / "in.csv", rows=1500)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    (tmp_path / "whole").mkdir()
    return tmp_path / "whole"


# Killed, and gone on with


@pytest.mark.parametrize(
    "suffix",
    ["csv", *(pytest.param(suffix, marks=pytest.mark.slow) for suffix in ("jsonl", "parquet", "csv.gz", "tsv.zst"))],
)
def test_a_job_killed_twenty_five_times_gives_the_bytes_of_one_never_killed(
    table: Path, tmp_path: Path, whole: Path, suffix: str
) -> None:
    score_watched(table, whole / f"out.{suffix}")
    (tmp_path / "killed").mkdir()
    resumed = killed_job("at-random", table, tmp_path / "killed" / f"out.{suffix}", 25, 1)
    assert int(resumed) > 10
    assert outputs(tmp_path / "killed") == outputs(whole)  # the report's rows and the folder's names, too


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl.gz"])
def test_a_job_that_dies_before_any_one_file_operation_gives_the_same_bytes(
    table: Path, tmp_path: Path, whole: Path, suffix: str
) -> None:
    short = write_dirty_table(tmp_path / "in.csv", rows=50)  # three windows
    score_watched(short, whole / f"out.{suffix}")
    (tmp_path / "killed").mkdir()
    steps = int(killed_job("at-every-step", short, tmp_path / "killed" / f"out.{suffix}"))
    assert steps > 20
    for step in range(1, steps + 1):
        assert outputs(tmp_path / "killed" / str(step)) == outputs(whole), step


class PowerCut(Exception):
    """Ends a job in a window."""


class Cut(StandIn):
    """Scores so many windows, and then no more."""

    def __init__(self, windows: int) -> None:
        self.windows = windows

    def score(self, texts):
        if not self.windows:
            raise PowerCut
        self.windows -= 1
        return super().score(texts)


def cut_after(windows: int, source: object, output: Path, **options: object) -> PowerCut:
    """A job that is cut short."""
    from tfbert.scoring.job import score_tables

    inputs = [str(path) for path in source] if isinstance(source, list) else [str(source)]
    settings = {"texts": {"text": "text"}, "table_format": TableFormat(), "window_rows": 20, **options}
    with pytest.raises(PowerCut) as raised:
        score_tables(Cut(windows), inputs, output=str(output), **settings)
    return raised.value


def test_what_is_left_behind_is_hidden_and_the_error_says_how_to_go_on(table: Path, tmp_path: Path) -> None:
    error = cut_after(3, table, tmp_path / "out.csv")
    assert sorted(os.listdir(tmp_path)) == [".out.csv.journal", ".out.csv.partial", ".out.rejects.csv.partial"]
    assert error.__notes__ == ["60 rows are done; the same command with --resume goes on after them"]


def test_a_job_cut_in_its_first_window_leaves_nothing(table: Path, tmp_path: Path) -> None:
    error = cut_after(0, table, tmp_path / "out.csv")
    assert os.listdir(tmp_path) == []
    assert not hasattr(error, "__notes__")


def test_a_resumed_job_counts_all_rows_and_scores_only_the_rest(table: Path, tmp_path: Path) -> None:
    cut_after(30, table, tmp_path / "out.csv")
    summary = score_alone(table, tmp_path / "out.csv", resume=True)
    alone = score_alone(table, tmp_path / "alone.csv")
    assert (summary.rows_read, summary.rows_scored, summary.rows_rejected, summary.tokens) == (
        alone.rows_read, alone.rows_scored, alone.rows_rejected, alone.tokens,
    )  # fmt: skip


def test_nothing_to_resume_is_a_new_job(table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="tfbert"):
        score_alone(table, tmp_path / "out.csv", resume=True)
    assert "nothing to resume: starting anew" in caplog.text
    with pytest.raises(ConfigError, match="which exists; rename the output, or add --force to replace it"):
        score_alone(table, tmp_path / "out.csv", resume=True)


def test_an_interrupted_job_is_neither_forgotten_nor_gone_on_with_unasked(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    cut_after(2, table, out)
    with pytest.raises(ConfigError) as error:
        score_alone(table, out)
    assert str(error.value) == (
        f"expected no interrupted run of the same output, found one with 40 rows done ({out}); "
        "add --resume to go on after them, or --force to start anew"
    )
    with pytest.raises(ConfigError, match=r"^expected --resume or --force, found both; leave one out$"):
        score_alone(table, out, resume=True, force=True)
    assert score_alone(table, out, force=True).rows_read == 1500
    assert sorted(os.listdir(tmp_path)) == ["out.csv", "out.rejects.csv", "out.summary.json"]


def test_force_given_to_the_interrupted_job_holds_for_the_resumed_one(table: Path, tmp_path: Path) -> None:
    score_alone(table, tmp_path / "out.csv")
    cut_after(2, table, tmp_path / "out.csv", force=True)
    assert score_alone(table, tmp_path / "out.csv", resume=True).rows_read == 1500


class Other(StandIn):
    digest = "1" * 64


def test_another_model_is_refused(table: Path, tmp_path: Path) -> None:
    from tfbert.scoring.job import score_tables

    cut_after(2, table, tmp_path / "out.csv")
    with pytest.raises(ConfigError) as error:
        score_tables(
            Other(), [str(table)], output=str(tmp_path / "out.csv"), texts={"text": "text"}, table_format=TableFormat(),
            window_rows=20, resume=True,
        )  # fmt: skip
    assert str(error.value) == (
        "expected the model stand-in/1 (SHA-256 000000000000...), with which the output was begun, "
        "found stand-in/1 (SHA-256 111111111111...); repeat the interrupted command, or start anew with --force"
    )


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"prefix": "x_"}, "--prefix '', with which the output was begun, found --prefix 'x_'"),
        ({"texts": {"text": "id"}}, "--text 'text', with which the output was begun, found --text 'id'"),
        ({"spreadsheet_safe": True}, "--spreadsheet-safe False, with which the output was begun, found "),
        ({"table_format": TableFormat(quoting="none")}, "--quoting 'auto', with which the output was begun, found "),
        ({"options": {"label": "id"}}, "--label None, with which the output was begun, found --label 'id'"),
        ({"window_rows": 10}, "window_rows 20, with which the output was begun, found window_rows 10"),
    ],
)
def test_other_options_are_refused_and_named(table: Path, tmp_path: Path, options: dict, difference: str) -> None:
    cut_after(2, table, tmp_path / "out.csv")
    with pytest.raises(ConfigError, match="^expected " + re.escape(difference)):
        score_alone(table, tmp_path / "out.csv", resume=True, **options)
    assert score_alone(table, tmp_path / "out.csv", resume=True).rows_read == 1500


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    table = write_dirty_table(tmp_path / "in.csv", rows=100)
    cut_after(2, table, tmp_path / "out.csv")
    size = table.stat().st_size
    with table.open("a") as file:
        file.write("one,more\n")
    with pytest.raises(ConfigError) as error:
        score_alone(table, tmp_path / "out.csv", resume=True)
    moment, head = r"[-0-9]{10} [:0-9]{8}\+00:00", r"head [0-9a-f]{12}\.\.\."
    assert re.fullmatch(
        rf"expected {re.escape(str(table))} as it was \({size} bytes of {moment}, {head}\), "
        rf"found a changed one \({size + 9} bytes of {moment}, {head}\); "
        "repeat the interrupted command, or start anew with --force",
        str(error.value),
    )


def test_other_inputs_are_refused(table: Path, tmp_path: Path) -> None:
    cut_after(2, table, tmp_path / "out.csv")
    other = write_dirty_table(tmp_path / "other.csv", rows=3)
    with pytest.raises(ConfigError, match=f"^expected the inputs with which the output was begun, {table}, found "):
        score_alone([table, other], tmp_path / "out.csv", resume=True)


def test_streams_cannot_be_resumed(table: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for source, output, found in (
        ("-", tmp_path / "out.csv", "standard input"),
        (tmp_path / "pipe.csv", tmp_path / "out.csv", tmp_path / "pipe.csv"),
        (table, "-", "standard output"),
    ):
        with pytest.raises(ConfigError) as error:
            score_alone(source, output, rejects=str(tmp_path / "r.csv"), resume=True)
        assert str(error.value) == f"expected files in and out with --resume, found {found}; leave --resume out"


def test_a_line_of_the_journal_that_a_crash_cut_short_does_not_count(table: Path, tmp_path: Path, whole: Path) -> None:
    score_alone(table, whole / "out.csv")
    for cut in (b"", b'{"rows_read": 10', b"\0" * 50, b"\n"):
        (tmp_path / "out").mkdir(exist_ok=True)
        cut_after(5, table, tmp_path / "out" / "out.csv", force=True)
        with (tmp_path / "out" / ".out.csv.journal").open("ab") as journal:
            journal.write(cut)
        score_alone(table, tmp_path / "out" / "out.csv", resume=True)
        assert outputs(tmp_path / "out") == outputs(whole)


def test_a_partial_output_that_is_gone_is_named(table: Path, tmp_path: Path) -> None:
    cut_after(2, table, tmp_path / "out.csv")
    (tmp_path / ".out.csv.partial").unlink()
    with pytest.raises(DataError, match=r"found no file .*/\.out\.csv\.partial; start anew with --force$"):
        score_alone(table, tmp_path / "out.csv", resume=True)


def test_a_job_cannot_be_watched_only_from_its_middle(table: Path, tmp_path: Path) -> None:
    cut_after(2, table, tmp_path / "out.csv")
    with pytest.raises(DataError, match=r"found no file .*/\.out\.probabilities\.partial; start anew with --force$"):
        score_watched(table, tmp_path / "out.csv", resume=True)


def test_forgetting_a_watched_job_leaves_nothing_of_it(table: Path, tmp_path: Path) -> None:
    cut_after(2, table, tmp_path / "out.csv", observe=Watch())
    assert (tmp_path / ".out.probabilities.partial").exists()
    score_alone(table, tmp_path / "out.csv", force=True)
    assert sorted(os.listdir(tmp_path)) == ["out.csv", "out.rejects.csv", "out.summary.json"]


def test_too_many_rejects_stop_the_job_and_a_higher_limit_goes_on(table: Path, tmp_path: Path, whole: Path) -> None:
    score_alone(table, whole / "out.csv")
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError) as error:
        score_alone(table, tmp_path / "out" / "out.csv", max_rejects=parse_reject_limit("3"))
    assert str(error.value) == (
        "expected at most 3 rejected rows, found 6 of 60, "
        f"the last: expected 2 columns, found 3 ({table}, line 52); raise --max-rejects"
    )
    assert error.value.exit_code == 3
    assert error.value.__notes__ == ["60 rows are done; the same command with --resume goes on after them"]
    score_alone(table, tmp_path / "out" / "out.csv", max_rejects=parse_reject_limit("500"), resume=True)
    assert outputs(tmp_path / "out") == outputs(whole)


# What ends a job


DISK = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from stand_in import score_watched
from tfbert.errors import ConfigError

limit = int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    score_watched(sys.argv[2], sys.argv[3], resume=True)
except ConfigError as error:
    print(error, *error.__notes__, sep="\\n", end="")
"""


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl.gz"])
def test_a_full_disk_leaves_a_job_to_go_on_with(table: Path, tmp_path: Path, whole: Path, suffix: str) -> None:
    score_watched(table, whole / f"out.{suffix}")
    out = tmp_path / "out" / f"out.{suffix}"
    out.parent.mkdir()
    script = [sys.executable, "-c", DISK, str(KILLED_JOB.parent), str(table), str(out), "9000"]
    printed = subprocess.run(script, check=True, capture_output=True, text=True).stdout.splitlines()
    assert re.fullmatch(
        r"expected an output that can be written, found .* \(File too large\); choose another with --(output|rejects)",
        printed[0],
    )
    assert re.fullmatch(r"[0-9]+ rows are done; the same command with --resume goes on after them", printed[1])
    assert not out.exists()
    score_watched(table, out, resume=True)
    assert outputs(out.parent) == outputs(whole)
