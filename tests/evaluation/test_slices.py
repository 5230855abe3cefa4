from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import made_up_multi, made_up_numbers, made_up_rows

from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.results import OTHER_VALUES, compute_results
from tfbert.evaluation.slices import BY_LENGTH, LENGTH_NAMES, SHOWN_VALUES, TRACKED_VALUES, length_names


def sliced(task, rows, cells, *, texts=None):
    """The results with a column `channel` of these cells."""
    evaluator = build_evaluator(task, getattr(rows, "labels", ()), slices=("channel",))
    size = len(rows.truth)
    values = rows.values[:, np.newaxis] if task == "regression" else rows.probabilities
    truth = rows.truth.astype(np.float32) if task == "multi-label" else rows.truth
    places = [("in.csv", 2)] * size
    evaluator.add(
        values,
        truth=truth,
        predicted=getattr(rows, "predicted", None),
        texts=texts or ["x"] * size,
        places=places,
        slices={"channel": cells},
    )
    return compute_results(evaluator.finish())


def test_each_value_has_the_macro_f1_of_its_rows():
    rows = made_up_rows(("a", "b", "c"), 900)
    cells = np.array(["mail", "phone", "web"])[np.arange(900) % 3 * (np.arange(900) % 2)]
    found = sliced("single-label", rows, cells.tolist()).slices["channel"]
    assert [slice.value for slice in found] == ["mail", "phone", "web"]
    for slice in found:
        chosen = cells == slice.value
        expected = sk.f1_score(rows.truth[chosen], rows.predicted[chosen], average="macro")
        assert slice.rows == chosen.sum()
        assert slice.measure.value == pytest.approx(expected)
        assert slice.measure.low < expected < slice.measure.high


def test_small_slices_have_wider_intervals():
    rows = made_up_rows(("a", "b"), 1_000)
    few, many = sliced("single-label", rows, ["few" if row < 50 else "many" for row in range(1_000)]).slices["channel"][
        ::-1
    ]
    assert few.measure.high - few.measure.low > 2 * (many.measure.high - many.measure.low)


def test_multi_label_slices_count_rows_without_labels():
    rows = made_up_multi(("a", "b"), 400)
    cells = ["odd" if row % 2 else "even" for row in range(400)]
    results = sliced("multi-label", rows, cells)
    for start, slice in enumerate(results.slices["channel"]):
        truth, predicted = rows.truth[start::2], rows.predicted[start::2]
        assert (slice.value, slice.rows) == (["even", "odd"][start], 200)
        assert slice.measure.value == pytest.approx(sk.f1_score(truth, predicted, average="macro"))


def test_regression_slices_have_the_root_mean_squared_error():
    rows = made_up_numbers(300)
    results = sliced("regression", rows, ["a" if row < 100 else "b" for row in range(300)])
    assert results.slice_metric == "rmse"
    (b, a) = results.slices["channel"]
    assert a.measure.value == pytest.approx(sk.root_mean_squared_error(rows.truth[:100], rows.values[:100]))
    assert (a.rows, b.rows) == (100, 200)


@pytest.mark.parametrize("values", [SHOWN_VALUES + 5, 4 * TRACKED_VALUES])
def test_values_beyond_the_most_frequent_are_taken_together(values):
    rows = made_up_rows(("a", "b"), 6_000)
    found = sliced("single-label", rows, [f"v{row % values}" for row in range(6_000)]).slices["channel"]
    assert len(found) == SHOWN_VALUES + 1
    assert found[-1].value == OTHER_VALUES
    assert sum(slice.rows for slice in found) == 6_000


def test_a_value_named_like_those_taken_together_is_counted_apart():
    rows = made_up_rows(("a", "b"), 600)
    results = sliced("single-label", rows, [OTHER_VALUES if row < 100 else f"v{row % 50}" for row in range(600)])
    found = {slice.value: slice.rows for slice in results.slices["channel"]}
    assert found[f"{OTHER_VALUES} (value)"] == 100
    assert sum(found.values()) == sum(slice["rows"] for slice in results.to_json()["slices"]["channel"].values()) == 600


def test_text_lengths_are_slices_in_the_order_of_length():
    rows = made_up_rows(("a", "b"), 200)
    texts = ["x" * (10 if row % 2 else 100) for row in range(200)]
    found = sliced("single-label", rows, ["c"] * 200, texts=texts).slices[BY_LENGTH]
    assert [(slice.value, slice.rows) for slice in found] == [("1 to 16", 100), ("65 to 128", 100)]


def test_length_bins_hold_their_names():
    lengths = np.array([0, 1, 16, 17, 32, 33, 4_096, 4_097, 10**6])
    assert length_names(lengths) == [
        "1 to 16", "1 to 16", "1 to 16", "17 to 32", "17 to 32", "33 to 64", "2,049 to 4,096", "4,097 and more",
        "4,097 and more",
    ]  # fmt: skip
    assert len(set(LENGTH_NAMES)) == len(LENGTH_NAMES)


def test_metrics_json_has_every_number_with_its_interval():
    results = sliced("single-label", made_up_rows(("a", "b", "c"), 300), ["x"] * 300)
    written = results.to_json()
    assert written["accuracy"] == results.metrics["accuracy"].value
    assert written["intervals"]["accuracy"] == [results.metrics["accuracy"].low, results.metrics["accuracy"].high]
    assert written["resamples"] == 1_000
    assert written["rows"] == 300
    label = written["labels"]["a"]
    assert label["rows"] == label["true_positives"] + label["false_negatives"]
    assert label["predicted"] == label["true_positives"] + label["false_positives"]
    assert label["f1"]["interval"][0] < label["f1"]["value"] < label["f1"]["interval"][1]
    assert written["slices"]["channel"]["x"]["rows"] == 300
    assert written["slices"]["channel"]["x"]["macro_f1"] == pytest.approx(written["macro_f1"])
