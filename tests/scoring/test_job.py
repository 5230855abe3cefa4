from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfbert.data.tables import TableFormat, open_table
from tfbert.errors import ConfigError, DataError
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.job import score_tables
from tfbert.scoring.scorer import Scorer
from tfbert.scoring.summary import Summary


@pytest.fixture(scope="module")
def scorer(trained: TrainedModel) -> Scorer:
    return Scorer(trained.folder)


def run(scorer: Scorer, *inputs: Path, output: Path, **options: object) -> Summary:
    settings = {"texts": {"text": "text"}, "table_format": TableFormat(), **options}
    return score_tables(scorer, [str(path) for path in inputs], output=str(output), **settings)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_sample_inbox_is_scored_and_its_bad_rows_rejected_with_their_lines(
    scorer: Scorer, inbox: Path, tmp_path: Path
) -> None:
    summary = run(scorer, inbox, output=tmp_path / "out.csv", texts={"text": "message"})
    assert (summary.rows_read, summary.rows_scored, summary.rows_rejected) == (146, 132, 14)
    rejects = read(tmp_path / "out.rejects.csv")
    lines = [11, 23, 38, 45, 52, 67, 84, 109, 117, 124, 147, 156, 160, 178]  # listed in pipelines/sample/README.md
    assert [int(row["line"]) for row in rejects] == lines
    assert rejects[0]["reason"] == "empty text in column 'message'"
    assert rejects[1]["reason"] == "expected 5 columns, found 6"
    assert rejects[1]["raw"].startswith("M-0016,")
    assert json.loads((tmp_path / "out.summary.json").read_text())["rows_scored"] == 132


def test_input_columns_are_carried_unchanged_and_predictions_follow(
    scorer: Scorer, inbox: Path, tmp_path: Path
) -> None:
    run(scorer, inbox, output=tmp_path / "out.csv", texts={"text": "message"})
    with open_table(inbox, text_columns=("message",)) as table:
        rows = [record.values for record in table if hasattr(record, "values")]
    out = read(tmp_path / "out.csv")
    names = list(out[0])
    assert names[:7] == ["id", "received", "channel", "message", "priority", "predicted_label", "predicted_score"]
    assert names[7:] == [f"probability_{label}" for label in scorer.manifest.labels]
    assert [tuple(row.values())[:5] for row in out] == rows
    probabilities = scorer.score([row["message"] for row in out])
    written = np.array([[float(row[name]) for name in names[7:]] for row in out], np.float32)
    np.testing.assert_allclose(written, probabilities, atol=1e-6)
    assert [row["predicted_label"] for row in out] == [scorer.manifest.labels[i] for i in written.argmax(axis=1)]


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=30), st.binary(max_size=40))
def test_every_row_of_a_made_up_table_is_in_predictions_or_rejects_once_and_in_order(
    scorer: Scorer, tmp_path: Path, rows: list[list[str]], dirt: bytes
) -> None:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([["text", "number"], *([*row[:1], str(n), *row[1:2]] for n, row in enumerate(rows))])
    source = tmp_path / "in.csv"
    source.write_bytes(lines.getvalue().encode() + dirt)
    with open_table(source, text_columns=("text",)) as table:
        records = list(table)
    summary = run(scorer, source, output=tmp_path / "out.csv", force=True)
    scored, rejected = read(tmp_path / "out.csv"), read(tmp_path / "out.rejects.csv")
    good = [record.values for record in records if hasattr(record, "values")]
    bad = [(str(record.line), record.reason) for record in records if not hasattr(record, "values")]
    assert [(row["text"], row["number"]) for row in scored] == good
    assert [(row["line"], row["reason"]) for row in rejected] == bad
    assert summary.rows_read == len(records) == len(scored) + len(rejected)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_every_output_format_holds_the_same_rows(scorer: Scorer, tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text('text,id\n"a ""quoted"" word, and é",1\nplain,2\n', encoding="utf-8")
    run(scorer, source, output=tmp_path / f"out.{suffix}")
    with open_table(tmp_path / f"out.{suffix}") as table:
        rows = [record.values for record in table]
    assert [row[:2] for row in rows] == [('a "quoted" word, and é', "1"), ("plain", "2")]
    np.testing.assert_allclose(
        np.array([row[4:] for row in rows], np.float32), scorer.score([row[0] for row in rows]), atol=1e-6
    )


def test_several_inputs_become_one_output_in_their_order(scorer: Scorer, tmp_path: Path) -> None:
    for name, text in (("a.csv", "first"), ("b.csv", "second")):
        (tmp_path / name).write_text(f"text\n{text}\n")
    run(scorer, tmp_path / "b.csv", tmp_path / "a.csv", output=tmp_path / "out.csv")
    assert [row["text"] for row in read(tmp_path / "out.csv")] == ["second", "first"]


def test_a_row_that_the_output_cannot_hold_becomes_a_reject(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('text\nfine\n"two\nlines"\n')
    summary = run(scorer, tmp_path / "in.csv", output=tmp_path / "out.tsv")
    assert (summary.rows_scored, summary.rows_rejected) == (1, 1)
    assert read(tmp_path / "out.rejects.csv")[0]["reason"] == (
        "a delimiter or line end in column 'text', which the output cannot hold without quotes"
    )


def test_an_existing_output_needs_force(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nfine\n")
    run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv")
    with pytest.raises(ConfigError) as error:
        run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv")
    assert str(error.value) == (
        f"expected a new output, found {tmp_path / 'out.summary.json'}, which exists; "
        "rename the output, or add --force to replace it"
    )
    run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv", force=True)


def test_nothing_is_visible_when_scoring_fails(scorer: Scorer, tmp_path: Path) -> None:
    class PowerCut:
        def begin(self, columns: Sequence[str], file: str) -> None: ...

        def window(self, rows: list, probabilities: np.ndarray) -> None:
            raise RuntimeError("power cut")

    (tmp_path / "in.csv").write_text("text\nfine\n")
    with pytest.raises(RuntimeError, match="power cut"):
        run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv", observe=PowerCut())
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["in.csv"]
    run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv", force=True)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_clash_of_column_names_names_the_prefix(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,predicted_label\nfine,x\n")
    with pytest.raises(ConfigError) as error:
        run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv")
    assert str(error.value) == (
        "expected prediction columns with names of their own, found a column 'predicted_label' in the input; "
        "put a word before the new names with --prefix, such as --prefix bert_"
    )
    run(scorer, tmp_path / "in.csv", output=tmp_path / "out.csv", prefix="bert_")
    assert "bert_predicted_label" in read(tmp_path / "out.csv")[0]


def test_inputs_with_other_columns_are_refused_before_anything_is_scored(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,id\nfine,1\n")
    (tmp_path / "b.csv").write_text("id,text\n1,fine\n")
    with pytest.raises(DataError) as error:
        run(scorer, tmp_path / "a.csv", tmp_path / "b.csv", output=tmp_path / "out.csv")
    assert str(error.value) == (
        f"expected the columns of {tmp_path / 'a.csv'} (text, id) in every input, found columns id, text "
        f"({tmp_path / 'b.csv'}); score tables with other columns in a command of their own"
    )
