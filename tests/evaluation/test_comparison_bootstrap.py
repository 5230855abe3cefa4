from __future__ import annotations

import numpy as np
import pytest
from compared_models import MADE_UP, single_label
from scipy.stats import bootstrap
from sklearn.metrics import f1_score, mean_squared_error

from tfbert.evaluation import comparison_bootstrap
from tfbert.evaluation.comparison_bootstrap import RESAMPLES, Difference, draw_weights, measure_differences
from tfbert.evaluation.comparison_measures import measure_of
from tfbert.tasks.answers import Answers


def differences(task: str, truth: np.ndarray, *answers: Answers) -> dict[str, Difference]:
    first, second = (measure_of(task, truth=truth, answers=one) for one in answers)
    return measure_differences(first, second, rows=len(truth))


def test_a_thousand_draws_of_all_rows_are_made_the_same_each_time():
    drawn = np.concatenate(list(draw_weights(50)))
    assert drawn.shape == (RESAMPLES, 50)
    assert (drawn.sum(axis=1) == 50).all()
    assert (drawn == np.concatenate(list(draw_weights(50)))).all()
    # each row stands in a draw Binomial(50, 1/50) times: mean 1, variance 0.98
    assert drawn.mean() == 1
    assert drawn.var() == pytest.approx(0.98, abs=0.02)


def test_how_many_draws_are_held_at_once_changes_nothing(monkeypatch):
    rows = MADE_UP["single-label"](60)
    whole = differences("single-label", *rows)
    monkeypatch.setattr(comparison_bootstrap, "DRAWN_AT_ONCE", 60 * 7)
    in_parts = differences("single-label", *rows)
    for name, difference in whole.items():
        assert (in_parts[name].low, in_parts[name].high) == pytest.approx((difference.low, difference.high), rel=1e-12)


@pytest.mark.parametrize("metric", ["macro_f1", "accuracy"])
def test_the_interval_is_that_of_scipys_paired_bootstrap(metric):
    truth, first, second = single_label(250, skills=(0.7, 0.8))

    def statistic(truth, one, other):
        if metric == "accuracy":
            return (other == truth).mean() - (one == truth).mean()
        return f1_score(truth, other, average="macro") - f1_score(truth, one, average="macro")

    theirs = bootstrap(
        (truth, first.predicted, second.predicted), statistic, paired=True, vectorized=False, n_resamples=1000,
        method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    ours = differences("single-label", truth, first, second)[metric]
    # Both have the noise of a thousand draws: the ends of an interval of this width are known to about 5 % of it.
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.1 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.1 * width)


def test_errors_of_a_regression_have_scipys_interval_too():
    truth, first, second = MADE_UP["regression"](250)

    def statistic(truth, one, other):
        return mean_squared_error(truth, other) - mean_squared_error(truth, one)

    theirs = bootstrap(
        (truth, first.values[:, 0], second.values[:, 0]), statistic, paired=True, vectorized=False, n_resamples=1000,
        method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    ours = differences("regression", truth, first, second)["mse"]
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * width)


@pytest.mark.parametrize("task", MADE_UP)
def test_a_model_does_not_differ_from_itself(task):
    truth, first, _ = MADE_UP[task](80)
    for difference in differences(task, truth, first, first).values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
        assert not difference.sure


@pytest.mark.parametrize("task", MADE_UP)
def test_exchanging_the_models_turns_every_difference(task):
    truth, first, second = MADE_UP[task](80)
    there, back = differences(task, truth, first, second), differences(task, truth, second, first)
    for name, difference in there.items():
        turned = back[name]
        assert (turned.value, turned.low, turned.high) == pytest.approx(
            (-difference.value, -difference.high, -difference.low)
        )


def test_pairing_makes_the_interval_narrower_when_the_same_rows_are_hard():
    random = np.random.default_rng(0)
    truth, hard = np.zeros(400, int), random.random(400) < 0.3
    one, other = (np.where(hard ^ (random.random(400) < 0.02), 1, 0) for _ in range(2))
    answers = [Answers(np.eye(2, dtype=np.float32)[predicted], predicted) for predicted in (one, other)]
    paired = differences("single-label", truth, *answers)["accuracy"]
    # apart, each share has a deviation of sqrt(p (1 - p) / n), the difference sqrt(2) times it
    apart = 2 * 1.96 * np.sqrt(2 * 0.3 * 0.7 / 400)
    assert paired.high - paired.low < apart / 2


def test_a_metric_that_is_not_defined_has_no_interval():
    truth = np.zeros(20, int)
    _, first, second = single_label(20, labels=2)
    found = differences("single-label", truth, first, second)["roc_auc"]
    assert np.isnan([found.first, found.second, found.low, found.high]).all()
    assert not found.sure


@pytest.mark.parametrize("rows", [1, 5])
def test_rows_on_which_the_two_always_differ_alike_give_no_interval(rows):
    truth, first, second = np.zeros(rows, int), *(
        Answers(np.full((rows, 2), 0.5, np.float32), np.full(rows, predicted)) for predicted in (0, 1)
    )  # fmt: skip
    found = differences("single-label", truth, first, second)["accuracy"]
    assert (found.first, found.second, found.value) == (1, 0, -1)
    assert np.isnan([found.low, found.high]).all()
    assert not found.sure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "metric"), [("single-label", "macro_f1"), ("regression", "rmse"), ("multi-label", "macro_f1")]
)
def test_two_equal_models_are_called_different_about_one_time_in_twenty(task, metric):
    called = 0
    for seed in range(400):
        truth, first, second = equal_models(task, seed)
        called += differences(task, truth, first, second)[metric].sure
    # 5 % of 400 are 20 with a deviation of 4.4: four of them on either side
    assert 2 < called < 38


def equal_models(task: str, seed: int):
    random = np.random.default_rng(seed)
    if task != "regression":
        return MADE_UP[task](150, seed=seed)
    truth = random.normal(0, 1, 150)
    values = (truth + random.normal(0, 0.5, (2, 150))).astype(np.float32)
    return truth, *(Answers(one.reshape(-1, 1), None) for one in values)
