from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sklearn.metrics as sk
from labelled_rows import made_up_multi, made_up_numbers, made_up_rows, rows_of

from tfbert.evaluation import resampling
from tfbert.evaluation.evaluator import build_evaluator
from tfbert.evaluation.groups import GROUPS, Dealer, add_rows, draw_weights, resample
from tfbert.evaluation.intervals import intervals
from tfbert.evaluation.metrics import compute_metrics
from tfbert.evaluation.shares import f1_intervals, share_interval

EVERY = {
    "binary": made_up_rows(("ham", "spam"), 700),
    "three labels": made_up_rows(("a", "b", "c"), 700),
    "multi-label": made_up_multi(("a", "b", "c", "d"), 700),
    "regression": made_up_numbers(700),
}


def bootstrap(compute, arrays, *, resamples=600):
    """A plain bootstrap of the rows: the 95 % interval of what scikit-learn or scipy computes on each resample."""
    random = np.random.default_rng(1)
    rows = len(arrays[0])
    draws = [
        compute(*(array[chosen] for array in arrays))
        for chosen in (random.integers(rows, size=rows) for _ in range(resamples))
    ]
    return np.quantile(draws, [0.025, 0.975])


def macro_auc(truth, scores):
    return np.mean([sk.roc_auc_score(truth == label, scores[:, label]) for label in range(scores.shape[1])])


def macro_average_precision(truth, scores):
    return sk.average_precision_score(truth, scores, average="macro")


@pytest.mark.parametrize(
    ("case", "name", "compute"),
    [
        ("three labels", "macro_f1", lambda truth, scores: sk.f1_score(truth, scores.argmax(axis=1), average="macro")),
        ("three labels", "matthews_correlation", lambda t, s: sk.matthews_corrcoef(t, s.argmax(axis=1))),
        ("three labels", "log_loss", lambda t, s: sk.log_loss(t, s / s.sum(axis=1, keepdims=True), labels=[0, 1, 2])),
        ("three labels", "roc_auc", macro_auc),
        ("binary", "average_precision", lambda truth, scores: sk.average_precision_score(truth, scores[:, 1])),
    ],
)
def test_an_interval_is_that_of_a_plain_bootstrap_of_the_rows(case, name, compute):
    rows = EVERY[case]
    expected = bootstrap(compute, [rows.truth, rows.probabilities.astype(np.float64)])
    # Both know an interval's ends to about 5 % of its width.
    np.testing.assert_allclose(intervals(rows.evaluation)[name], expected, atol=0.12 * np.ptp(expected))


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("macro_f1", lambda truth, predicted, scores: sk.f1_score(truth, predicted, average="macro")),
        ("micro_recall", lambda truth, predicted, scores: sk.recall_score(truth, predicted, average="micro")),
        ("hamming_loss", lambda truth, predicted, scores: sk.hamming_loss(truth, predicted)),
        ("macro_average_precision", lambda truth, predicted, scores: macro_average_precision(truth, scores)),
    ],
)
def test_labels_that_share_rows_vary_together_as_in_a_plain_bootstrap(name, compute):
    rows = EVERY["multi-label"]
    expected = bootstrap(compute, [rows.truth, rows.predicted, rows.probabilities], resamples=300)
    np.testing.assert_allclose(intervals(rows.evaluation)[name], expected, atol=0.15 * np.ptp(expected))


@pytest.mark.parametrize("name", ["pearson", "spearman", "rmse", "r2"])
def test_a_regressions_intervals_are_those_of_a_plain_bootstrap(name):
    from scipy.stats import pearsonr, spearmanr

    rows = EVERY["regression"]
    compute = {
        "pearson": lambda x, y: pearsonr(x, y).statistic,
        "spearman": lambda x, y: spearmanr(x, y).statistic,
        "rmse": lambda x, y: sk.root_mean_squared_error(y, x),
        "r2": lambda x, y: sk.r2_score(y, x),
    }[name]
    expected = bootstrap(compute, [rows.values.astype(np.float64), rows.truth], resamples=300)
    np.testing.assert_allclose(intervals(rows.evaluation)[name], expected, atol=0.15 * np.ptp(expected))


def test_spearman_of_more_rows_than_are_ranked_anew_has_the_width_of_fishers_interval():
    rows = made_up_numbers(9_000)
    low, high = intervals(rows.evaluation)["spearman"]
    value = compute_metrics(rows.evaluation)["spearman"]
    # Bonett and Wright 2000: the variance of the z-transformed rank correlation is (1 + r^2 / 2) / (n - 3).
    half = 1.96 * math.sqrt((1 + value**2 / 2) / (9_000 - 3))
    expected = [math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)]
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.2)
    assert (low + high) / 2 == pytest.approx(value, abs=(high - low) / 10)


@pytest.mark.parametrize("case", EVERY)
def test_every_metric_lies_in_its_interval(case):
    evaluation = EVERY[case].evaluation
    metrics = compute_metrics(evaluation)
    found = intervals(evaluation, metrics=metrics)
    assert found.keys() == metrics.keys()
    for name, (low, high) in found.items():
        assert low < metrics[name] < high, name


def test_rare_labels_that_a_resample_lacks_do_not_drag_its_means_down():
    truth = np.eye(20, dtype=bool)[np.arange(40) % 20]
    predicted = truth.copy()
    predicted[0] = False  # one of two rows of the first label is missed
    evaluator = build_evaluator("multi-label", [f"label {number}" for number in range(20)])
    evaluator.add(
        predicted * np.float32(0.8) + np.float32(0.1),
        truth=truth.astype(np.float32),
        predicted=predicted,
        texts=["x"] * 40,
        places=[("f", 2)] * 40,
    )
    evaluation = evaluator.finish()
    metrics, found = compute_metrics(evaluation), intervals(evaluation)
    for name in ("macro_f1", "macro_recall", "macro_precision"):
        low, high = found[name]
        assert (np.isnan(low) and metrics[name] == 1) or (0.9 < low <= metrics[name] <= high), name


@pytest.mark.slow
def test_intervals_hold_the_truth_in_about_95_of_100_tables():
    """100 tables of 150 rows from one population, whose own metrics are those of 100,000 rows."""
    population = made_up_rows(("ham", "spam"), 100_000, seed=7)
    names = ("accuracy", "macro_f1", "roc_auc", "average_precision", "log_loss", "positive_recall")
    exact = compute_metrics(population.evaluation)
    held = dict.fromkeys(names, 0)
    random = np.random.default_rng(0)
    for _ in range(100):
        chosen = random.integers(len(population.truth), size=150)
        rows = rows_of(population.truth[chosen], population.probabilities[chosen], labels=("ham", "spam"))
        found = intervals(rows.evaluation)
        for name in names:
            held[name] += found[name][0] <= exact[name] <= found[name][1]
    # 95 are expected, with a standard deviation of 2.2; percentile intervals of so few rows hold a little less.
    assert all(87 <= count <= 99 for count in held.values()), held


def test_the_vectorised_formulas_are_scikit_learns_metrics():
    for case in ("three labels", "multi-label"):
        evaluation = EVERY[case].evaluation
        metrics = compute_metrics(evaluation)
        whole = evaluation.outcomes.sum(axis=0)
        formulas = resampling.SINGLE_LABEL if case == "three labels" else resampling.multi_label(whole)
        assert formulas.keys() <= metrics.keys()
        for name, formula in formulas.items():
            assert formula(whole) == pytest.approx(metrics[name], rel=1e-12), name


def test_ranking_formulas_are_scikit_learns_on_binned_scores():
    random = np.random.default_rng(0)
    truth, scores = random.random(500) < 0.2, random.integers(0, 12, 500)
    bins = np.stack([np.bincount(scores[truth == side], minlength=12) for side in (False, True)], axis=-1)
    assert resampling.roc_auc(bins.astype(float)) == pytest.approx(sk.roc_auc_score(truth, scores))
    assert resampling.average_precision(bins.astype(float)) == pytest.approx(sk.average_precision_score(truth, scores))


def test_weighted_ranks_are_those_of_repeated_rows():
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    values, truth = random.integers(0, 9, 40), random.integers(0, 7, 40)
    weights = random.integers(0, 4, (5, 40))
    expected = [spearmanr(np.repeat(values, row), np.repeat(truth, row)).statistic for row in weights]
    ours = resampling.spearman(weights.astype(float), values=values, truth=truth)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_shares_have_wilsons_interval():
    from scipy.stats import binomtest

    for part, whole in ((7, 9), (0, 4), (1, 1), (123, 4567)):
        assert share_interval(part, whole) == pytest.approx(
            tuple(binomtest(part, whole).proportion_ci(method="wilson"))
        )
    low, high = share_interval(5, 5)
    assert 0.5 < low < 0.6
    assert high == 1
    assert share_interval(0, 5)[0] == 0
    assert all(map(math.isnan, share_interval(0, 0)))


def test_the_interval_of_f1_is_that_of_the_share_of_hits():
    # 8 hits of 13 rows that are so or predicted so: F1 is 16 / 21.
    low, high = f1_intervals(np.array(8), true=np.array(10), predicted=np.array(11))
    share = share_interval(8, 13)
    assert (low, high) == pytest.approx((2 * share[0] / (1 + share[0]), 2 * share[1] / (1 + share[1])))
    assert low < 16 / 21 < high


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [1, 2, 300])
def test_where_no_row_is_wrong_resampling_claims_nothing(rows):
    truth = np.arange(rows) % 2
    sure = rows_of(truth, np.eye(2)[truth] * 0.8 + 0.1)
    found = intervals(sure.evaluation)
    assert all(map(math.isnan, found["macro_f1"]))
    assert found["accuracy"][0] < 1
    assert found["accuracy"][1] == pytest.approx(1)


def test_the_first_rows_have_a_group_each_and_later_ones_are_spread():
    dealer = Dealer()
    first = np.concatenate([dealer.deal(100), dealer.deal(GROUPS)])
    assert first[:GROUPS].tolist() == list(range(GROUPS))
    later = np.bincount(dealer.deal(100_000), minlength=GROUPS)
    assert 300 < later.min() < later.max() < 500


def test_groups_hold_the_sums_of_their_rows():
    sums = np.zeros((GROUPS, 2))
    groups = np.array([3, 0, 3])
    add_rows(sums, np.array([[1.0, 2], [3, 4], [5, 6]]), groups)
    assert sums[3].tolist() == [6, 8]
    assert sums[0].tolist() == [3, 4]
    weights = draw_weights(np.bincount(groups, minlength=GROUPS))
    assert set(weights.sum(axis=1)) == {2}  # two groups with rows, two draws
    assert weights[:, 1].sum() == 0
    assert (resample(weights, sums) == weights[:, [0]] * [3, 4] + weights[:, [3]] * [6, 8]).all()


def test_the_same_rows_have_the_same_intervals():
    assert intervals(made_up_rows("abc", 300).evaluation) == intervals(made_up_rows("abc", 300).evaluation)


def test_degenerate_tables_have_intervals_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows in (1, 2, 3):
            intervals(made_up_rows(("a", "b", "c"), rows).evaluation)
            intervals(made_up_multi(("a", "b", "c"), rows).evaluation)
            intervals(made_up_numbers(rows).evaluation)
