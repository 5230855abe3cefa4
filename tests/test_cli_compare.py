from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tfbert.cli import app
from tfbert.errors import ConfigError
from tfbert.jobs.compare import compare

HEADER = "id,text,label,predicted_label,predicted_score,probability_a,probability_b\n"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[str, str]:
    for name, predicted in (("one.csv", "aaaabbbb"), ("two.csv", "aaabbbbb")):
        cells = {"a": "a,0.75,0.75,0.25", "b": "b,0.75,0.25,0.75"}
        rows = [f"{row},text {row},{'ab'[row > 3]},{cells[label]}\n" for row, label in enumerate(predicted)]
        (tmp_path / name).write_text(HEADER + "".join(rows))
    return str(tmp_path / "one.csv"), str(tmp_path / "two.csv")


def run(*arguments: object):
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def test_differences_go_to_standard_output_as_a_table_and_sentences_to_standard_error(tables, tmp_path) -> None:
    done = run(*tables, "--label", "label", "--output", tmp_path / "report")
    assert done.exit_code == 0, done.output
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["metric", "first", "second", "difference", "low", "high"]
    assert lines[1][:4] == ["accuracy", "1.0000", "0.8750", "-0.1250"]
    found = compare(*tables, label="label", output=tmp_path / "again")
    assert [line[0] for line in lines[1:]] == list(found.metrics)
    assert done.stderr.splitlines() == [
        "drawing rows: 1000/1000 done",
        "Of 8 rows 1 (12.5%) get different answers: one.csv is right on 1 of them, two.csv on 0, neither on 0.",
        "These rows do not show which of the two is right more often. Were they equally good, 1 to 0 or something more "
        "uneven would come up in 100 of 100 such comparisons (McNemar's exact test, p = 1).",
        "Macro F1 is 1.000 for one.csv and 0.873 for two.csv; that may be chance "
        f"(95 % interval of the difference {found.metrics['macro_f1'].low:+.3f} to +0.000).",
        f"report: {tmp_path / 'report'}/report.html",
    ]


def test_every_option_reaches_the_job(tables, tmp_path) -> None:
    table = tmp_path / "both.txt"
    renamed = "number,body,truth,x_predicted_label,x_predicted_score,x_probability_a,x_probability_b"
    first = Path(tables[0]).read_text().splitlines()[1:]
    second = Path(tables[1]).read_text().splitlines()[1:]
    answers = [line.split(",", 3)[3] for line in second]
    rows = [f"{one},{other}" for one, other in zip(first, answers, strict=True)]
    table.write_text("\n".join([renamed + "," + ",".join(f"y{name[1:]}" for name in renamed.split(",")[3:]), *rows]))
    options = [
        "--label",
        "truth",
        "--text",
        "body",
        "--text-pair",
        "truth",
        "--key",
        "number",
        "--prefix",
        "x_",
        "--prefix",
        "y_",
    ]
    written = ["--format", "csv", "--quoting", "none", "--encoding", "latin-1"]
    for force in ([], ["--force"]):
        done = run(table, table, *options, *written, "--output", tmp_path / "report", *force)
        assert done.exit_code == 0, done.output
        assert "accuracy\t1.0000\t0.8750\t" in done.stdout
    assert "<bdi>text 3\na</bdi>" in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.csv"], "expected two tables of predictions, found 1: a.csv; compare models two by two"),
        (
            ["a.csv", "b.csv", "c.csv"],
            "expected two tables of predictions, found 3: a.csv, b.csv, c.csv; compare models two by two",
        ),
        (
            ["a.csv", "b.csv", "--prefix", "x", "--prefix", "y", "--prefix", "z"],
            "expected --prefix once or twice, found x, y, z; give one for each table",
        ),
    ],
)
def test_more_or_fewer_than_two_tables_is_an_error_in_words(arguments, message) -> None:
    done = run(*arguments, "--label", "label", "--output", "report")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == message
