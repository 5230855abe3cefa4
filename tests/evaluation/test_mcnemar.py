from __future__ import annotations

import numpy as np
import pytest

from tfbert.evaluation.mcnemar import mcnemar_test


def rights(both: int, first_only: int, second_only: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.repeat([True, True, False, False], [both, first_only, second_only, neither])
    second = np.repeat([True, False, True, False], [both, first_only, second_only, neither])
    return first, second


# From statsmodels 0.15.0: mcnemar([[both, first_only], [second_only, neither]], exact=True).pvalue
GOLDEN = [
    ((794, 86, 150, 570), 3.7159361395713866e-05),  # Agresti, Categorical Data Analysis: approval of a prime minister
    ((59, 6, 16, 80), 0.052478790283203125),
    ((101, 121, 59, 33), 4.4344492637551645e-06),
    ((12000, 1730, 1621, 331), 0.06207040388191469),
    ((10, 0, 9, 2), 0.00390625),
    ((500, 40, 40, 20), 1.0),
    ((0, 0, 1, 0), 1.0),
]


@pytest.mark.parametrize(("counts", "p"), GOLDEN)
def test_the_p_is_that_of_statsmodels(counts, p):
    test = mcnemar_test(*rights(*counts))
    assert (test.both, test.first_only, test.second_only, test.neither) == counts
    assert test.p == pytest.approx(p, rel=1e-10)


def test_the_p_is_the_share_of_coin_tosses_at_least_so_uneven():
    # 1 of 6: (C(6,0) + C(6,1)) / 2^6 = 7 / 64, on both sides
    assert mcnemar_test(*rights(9, 1, 5, 3)).p == pytest.approx(2 * 7 / 64)


def test_models_that_are_right_on_the_same_rows_do_not_differ():
    assert mcnemar_test(*rights(5, 0, 0, 5)).p == 1


def test_two_equal_models_are_rarely_called_different():
    random = np.random.default_rng(0)
    called = 0
    for _ in range(2000):
        first, second = random.random((2, 300)) < 0.8
        called += mcnemar_test(first, second).p < 0.05
    # An exact test of counts stays below its level: at most 5 %, and with some 96 rows that differ not far below.
    assert 0.02 < called / 2000 <= 0.05
