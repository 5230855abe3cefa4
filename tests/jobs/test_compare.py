from __future__ import annotations

import csv
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from predicted_tables import TASKS, made_up, write_scored

import tfbert
from tfbert.errors import ConfigError, DataError
from tfbert.evaluation import comparison_bootstrap
from tfbert.jobs import matching
from tfbert.jobs.compare import compare
from tfbert.jobs.evaluate import evaluate


def two_tables(folder: Path, name: str = "single-label", **changes) -> tuple[str, str]:
    """Predictions of two models for the same rows; changes are options of the second table."""
    labels, first, second = made_up(name)
    given = {"labels": labels, "values": second} | changes
    return (
        str(write_scored(folder / "first.csv", TASKS[name], labels=labels, values=first)),
        str(write_scored(folder / "second.csv", TASKS[name], **given)),
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", TASKS)
def test_both_models_have_the_metrics_that_evaluating_each_has(tmp_path: Path, name: str) -> None:
    tables = two_tables(tmp_path, name)
    compared = compare(*tables, label="label", output=tmp_path / "report")
    for side, path in zip(("first", "second"), tables, strict=True):
        alone = evaluate(path, label="label", output=tmp_path / f"{side}.report")
        expected = {metric: measure.value for metric, measure in alone.items()}
        found = {metric: getattr(it, side) for metric, it in compared.metrics.items()}
        assert found == pytest.approx(expected, rel=1e-6)
    assert compared.rows == 60
    assert (compared.task, compared.mcnemar is not None) == (name, name == "single-label")


@pytest.mark.parametrize("name", TASKS)
def test_every_row_that_differs_is_in_the_file_with_both_answers(tmp_path: Path, name: str) -> None:
    tables = two_tables(tmp_path, name)
    compared = compare(*tables, label="label", output=tmp_path / "report")
    column = {"single-label": "predicted_label", "multi-label": "predicted_labels", "regression": "predicted_value"}
    pairs = zip(*map(read_csv, map(Path, tables)), strict=True)
    expected = [(one, other) for one, other in pairs if one[column[name]] != other[column[name]]]
    written = read_csv(tmp_path / "report" / "disagreements.csv")
    assert len(written) == len(expected) == sum(compared.disagreements.values()) > 0
    for row, (one, other) in zip(written, expected, strict=True):
        assert (row["text"], row["label"]) == (one["text"], one["label"])
        assert row[f"first_{column[name]}"] == one[column[name]]
        assert row[f"second_{column[name]}"] == other[column[name]]
    counts = {kind: sum(row["closer"] == kind for row in written) for kind in ("first", "second", "neither")}
    assert counts == compared.disagreements


def test_who_is_closer_is_who_is_right_or_less_wrong(tmp_path: Path) -> None:
    several = TASKS["multi-label"]
    labels, first, second = ["a|b", "a|b", "a", "b"], [[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0]], []
    second = [[1, 0, 0], [1, 0, 1], [0, 0, 1], [1, 0, 0]]
    tables = [
        str(write_scored(tmp_path / f"{number}.csv", several, labels=labels, values=np.array(values)))
        for number, values in enumerate((first, second))
    ]
    compared = compare(*tables, label="label", output=tmp_path / "report")
    # exact against one missing; none against one right and one wrong: as far off; the same; alike
    closer = [row["closer"] for row in read_csv(tmp_path / "report" / "disagreements.csv")]
    assert closer == ["first", "neither", "neither"]
    assert compared.disagreements == {"first": 1, "second": 0, "neither": 2}


def test_the_score_of_a_disagreement_is_that_of_the_decided_label(tmp_path: Path) -> None:
    compare(*two_tables(tmp_path), label="label", output=tmp_path / "report")
    by_text = {row["text"]: row for row in read_csv(tmp_path / "second.csv")}
    for row in read_csv(tmp_path / "report" / "disagreements.csv"):
        assert row["second_predicted_score"] == by_text[row["text"]]["predicted_score"]


@pytest.mark.parametrize("name", TASKS)
def test_matching_by_key_finds_what_matching_by_order_finds(tmp_path: Path, name: str) -> None:
    labels, first, second = made_up(name)
    ids = [f"id {row}" for row in range(60)]
    path = write_scored(tmp_path / "a.csv", TASKS[name], labels=labels, values=first, carried={"id": ids})
    order = np.random.default_rng(1).permutation(60)
    mixed = {"id": [ids[row] for row in order], "text": [f"text {row}" for row in order]}
    shuffled = write_scored(
        tmp_path / "b.parquet", TASKS[name], labels=[labels[row] for row in order], values=second[order], carried=mixed
    )
    ordered = write_scored(tmp_path / "c.jsonl", TASKS[name], labels=labels, values=second, carried={"id": ids})
    by_key = compare(str(path), str(shuffled), label="label", key="id", output=tmp_path / "keyed")
    by_place = compare(str(path), str(ordered), label="label", output=tmp_path / "placed")
    for metric, difference in by_place.metrics.items():
        assert by_key.metrics[metric].value == pytest.approx(difference.value, abs=1e-9)
    assert by_key.disagreements == by_place.disagreements
    assert by_key.mcnemar == by_place.mcnemar


def test_rows_that_one_table_has_alone_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    header = "id,text,label,predicted_label,predicted_score,probability_a,probability_b\n"
    rows = [f"{number},t,{label},a,0.6,0.6,0.4\n" for number, label in enumerate("abab?a")]
    (tmp_path / "a.csv").write_text(header + "".join(rows[:5]) + "too,few\n")
    (tmp_path / "b.csv").write_text(header + "".join(rows[1:]))
    compared = compare(
        str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), label="label", key="id", output=tmp_path / "report"
    )
    assert compared.rows == 3
    assert compared.left_out == {
        "with a label that the models do not know": 1,
        "only in the first table": 1,
        "only in the second table": 1,
        "that could not be read": 1,
    }
    assert "1 rows only in the first table are left out" in caplog.messages


def test_labels_in_another_order_are_the_same_labels(tmp_path: Path) -> None:
    from tfbert.data.labels import Labels
    from tfbert.tasks.single_label import SingleLabel

    labels, _, values = made_up("single-label")
    ours = write_scored(tmp_path / "a.csv", TASKS["single-label"], labels=labels, values=values)
    turned = SingleLabel(Labels(("c", "a", "b")))
    theirs = write_scored(tmp_path / "b.csv", turned, labels=labels, values=values[:, [2, 0, 1]])
    compared = compare(str(ours), str(theirs), label="label", output=tmp_path / "report")
    assert sum(compared.disagreements.values()) == 0
    assert all(difference.value == pytest.approx(0, abs=1e-9) for difference in compared.metrics.values())


def test_two_models_in_one_table_are_told_apart_by_their_prefixes(tmp_path: Path) -> None:
    labels, first, second = made_up("single-label")
    task = TASKS["single-label"]
    write_scored(tmp_path / "a.csv", task, labels=labels, values=first, prefix="a_")
    # What scoring the output of the first with the second model writes.
    rows = read_csv(tmp_path / "a.csv")
    carried = {name: [row[name] for row in rows] for name in rows[0]}
    both = str(write_scored(tmp_path / "b.csv", task, labels=labels, values=second, prefix="b_", carried=carried))
    for one in (both, str(tmp_path / "a.csv")):
        compared = compare(one, both, label="label", prefixes=("a_", "b_"), output=tmp_path / "report", force=True)
        assert compared.metrics["accuracy"].first < compared.metrics["accuracy"].second
        assert list(read_csv(tmp_path / "report" / "disagreements.csv")[0])[:3] == [
            "text",
            "label",
            "first_predicted_label",
        ]


def test_the_numbers_of_the_page_are_in_a_file_too(tmp_path: Path) -> None:
    compared = compare(*two_tables(tmp_path), label="label", output=tmp_path / "report")
    numbers = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert numbers["rows"] == 60
    for name, difference in compared.metrics.items():
        found = numbers["metrics"][name]
        assert found["difference"] == pytest.approx(found["second"] - found["first"])
        assert (found["low"], found["high"]) == (difference.low, difference.high)
    assert numbers["mcnemar"]["p"] == compared.mcnemar.p
    assert numbers["intervals"] == {"method": "paired bootstrap", "confidence": 0.95, "resamples": 1000, "seed": 0}
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.html", "metrics.json", "disagreements.csv", "differences.svg", "label_differences.svg"
    }  # fmt: skip


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    tables = two_tables(tmp_path)
    for name in ("one", "two"):
        compare(*tables, label="label", output=tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_progress_is_told_of_rows_and_draws(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    compare(
        *two_tables(tmp_path),
        label="label",
        output=tmp_path / "report",
        progress=lambda what, done, total: told.append((what, done, total)),
    )
    assert told == [("reading rows", 60, None), ("drawing rows", 1000, 1000)]


def changed(labels: list[str], row: int, label: str) -> list[str]:
    return [*labels[:row], label, *labels[row + 1 :]]


SINGLE = made_up("single-label")


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        (
            {"labels": changed(SINGLE[0], 3, "?")},
            {},
            "expected the same rows in the same order, with the same 'label', found '{third}' ({first}, line 5) and "
            "'?' ({second}, line 5); score both models on the same table, or match the rows with --key",
        ),
        (
            {"labels": SINGLE[0][:-1], "values": SINGLE[2][:-1]},
            {},
            "expected two tables of the same rows, found {first}, which goes on where the other ends; "
            "score both on the same table, or match the rows with --key",
        ),
        (
            {"labels": changed(SINGLE[0], 3, "?")},
            {"key": "text"},
            "expected the same true label in both tables for 'text' 'text 3', found '{third}' ({first}) and '?' "
            "({second}, line 5); check --key and --label",
        ),
        (
            {"carried": {"text": ["text 0"] * 60}},
            {"key": "text"},
            "expected each value of 'text' once in a table, found 'text 0' again ({second}, line 3); "
            "name another column with --key, or leave --key out to match the rows by their order",
        ),
        (
            {"carried": {"text": [f"other {row}" for row in range(60)]}},
            {"key": "text"},
            "expected labels that the models know (a, b, c) in column 'label', "
            "found none in 0 rows that both tables have; check --label, and --key when it is given",
        ),
        (
            {},
            {"key": "id"},
            "expected a column named 'id', found columns text, label, predicted_label, predicted_score, probability_a, "
            "probability_b, probability_c ({first}); name the column with --key",
        ),
        (
            {"carried": {"closer": ["x"] * 60}},
            {},
            "expected columns with names that the rows of disagreements do not need, "
            "found a column named 'closer' ({second}); rename it",
        ),
    ],
)
def test_tables_that_cannot_be_compared_are_refused(tmp_path: Path, changes: dict, options: dict, message: str) -> None:
    first, second = two_tables(tmp_path, **changes)
    with pytest.raises(DataError) as error:
        compare(first, second, label="label", output=tmp_path / "report", **options)
    assert str(error.value) == message.format(first=first, second=second, third=SINGLE[0][3])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.csv", "second.csv"]  # no report, nothing partial


def test_models_of_other_tasks_or_labels_are_refused(tmp_path: Path) -> None:
    first, _ = two_tables(tmp_path)
    labels, values, _ = made_up("multi-label")
    several = str(write_scored(tmp_path / "several.csv", TASKS["multi-label"], labels=labels, values=values))
    with pytest.raises(DataError) as error:
        compare(first, several, label="label", output=tmp_path / "report")
    assert str(error.value) == (
        "expected two tables of predictions for the same task, "
        f"found single-label ({first}) and multi-label ({several}); compare models of one task"
    )
    two = tmp_path / "two.csv"
    two.write_text("text,label,predicted_label,predicted_score,probability_a,probability_z\nt,a,a,0.6,0.6,0.4\n")
    with pytest.raises(DataError) as error:
        compare(first, str(two), label="label", output=tmp_path / "report")
    assert str(error.value) == (
        f"expected the labels a, b, c, which {first} has, in both tables, found a, z ({two}); "
        "compare models of the same labels"
    )


def test_a_row_that_cannot_be_read_breaks_the_order(tmp_path: Path) -> None:
    first, second = two_tables(tmp_path)
    lines = Path(first).read_text().splitlines(keepends=True)
    Path(first).write_text("".join([*lines[:4], "only,three,cells\n", *lines[5:]]))
    with pytest.raises(DataError) as error:
        compare(first, second, label="label", output=tmp_path / "report")
    assert str(error.value) == (
        "expected rows that can be read, when tables are matched by the order of their rows, "
        f"found expected 7 columns, found 3 ({first}, line 5); mend the row, or match the rows with --key"
    )


def test_a_report_replaces_another_only_when_asked_and_never_the_predictions(tmp_path: Path) -> None:
    first, second = two_tables(tmp_path)
    with pytest.raises(ConfigError, match=r"^expected a folder of its own for the report"):
        compare(first, second, label="label", output=tmp_path)
    compare(first, second, label="label", output=tmp_path / "report")
    before = (tmp_path / "report" / "report.html").read_bytes()
    with pytest.raises(ConfigError, match=r"^expected a new report folder, found .*report, which exists; rename"):
        compare(second, first, label="label", output=tmp_path / "report")
    assert (tmp_path / "report" / "report.html").read_bytes() == before
    compare(second, first, label="label", output=tmp_path / "report", force=True)
    assert (tmp_path / "report" / "report.html").read_bytes() != before
    assert not (tmp_path / "report" / ".partial").exists()


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "id"])
def test_texts_are_not_kept_in_memory(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "WINDOW_ROWS", 100)
    monkeypatch.setattr(comparison_bootstrap, "DRAWN_AT_ONCE", 1 << 14)
    labels, first, second = made_up("single-label", 1000)
    long = {"text": ["x" * 30_000] * 1000, "id": [str(row) for row in range(1000)]}  # 30 MB
    tables = [
        str(write_scored(tmp_path / f"{at}.csv", TASKS["single-label"], labels=labels, values=values, carried=long))
        for at, values in enumerate((first, second))
    ]
    compare(*two_tables(tmp_path), label="label", output=tmp_path / "report")  # imports what there is to import
    tracemalloc.start()
    try:
        compare(*tables, label="label", key=key, output=tmp_path / "long.report")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 15e6


def test_it_is_one_of_the_packages_functions() -> None:
    assert tfbert.compare is compare
