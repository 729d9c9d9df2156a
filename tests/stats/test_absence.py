"""The probability of so few rows in a cell: equal to exact sums over all tables with the same simpler counts."""

from __future__ import annotations

from math import lgamma

import numpy as np
import pytest

from abound.stats.absence import absence


@pytest.mark.parametrize("tau", [1, 2, 5])
def test_two_levels_are_fishers_exact_test(tau):
    from scipy.stats import hypergeom

    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 999, (2, 300))
    expected, surprise = absence(1000, [a, b], [], tau)
    exact = -hypergeom.logcdf(tau - 1, 1000, a, b)
    np.testing.assert_allclose(expected, a * b / 1000)
    assert (surprise <= exact + 0.05).all()
    assert np.isinf(surprise[np.isinf(exact)]).all()  # where both levels must share more rows
    clear = (exact > 5) & np.isfinite(exact)
    np.testing.assert_allclose(surprise[clear], exact[clear], rtol=0.03)


def exact(total, one, two, tau):
    """-log P(x < tau) and the mean of x, by summing over every table."""
    (a, b, c), (ab, ac, bc) = one, two
    plus = (0, a - ab - ac, b - ab - bc, c - ac - bc)
    minus = (ab, ac, bc, total - a - b - c + ab + ac + bc)
    x = np.arange(max(-v for v in plus), min(minus) + 1)
    logs = np.array([-sum(lgamma(v + k + 1) for v in plus) - sum(lgamma(v - k + 1) for v in minus) for k in x])
    whole = np.logaddexp.reduce(logs)
    return whole - np.logaddexp.reduce(logs[x < tau], initial=-np.inf), (np.exp(logs - whole) * x).sum()


@pytest.mark.parametrize("tau", [1, 3])
def test_three_levels_are_the_exact_test_of_no_interaction(tau):
    rng = np.random.default_rng(1)
    clear = 0
    for _ in range(150):
        n = int(rng.integers(50, 2000))
        hidden, tilt = rng.normal(size=n), rng.normal(size=3)
        has = rng.random((n, 3)) < 1 / (1 + np.exp(-rng.normal(scale=1, size=3) - np.outer(hidden, tilt)))
        one = has.sum(axis=0)
        two = [(has[:, i] & has[:, j]).sum() for i, j in ((0, 1), (0, 2), (1, 2))]
        truth, mean = exact(n, one, two, tau)
        if not np.isfinite(truth):
            continue
        expected, surprise = absence(n, [v[None] for v in one], [v[None] for v in two], tau)
        assert expected[0] == pytest.approx(mean, abs=0.3)
        assert surprise[0] <= truth + 0.05
        clear += truth > 5
        assert truth <= 5 or surprise[0] == pytest.approx(truth, rel=0.05)
    assert clear > 30


def test_ten_rows_that_all_miss_a_common_level_are_no_accident():
    expected, surprise = absence(10_000, [np.array([10]), np.array([9500])], [])
    assert expected[0] == pytest.approx(9.5)
    assert surprise[0] > 28  # 10 * log(20); a Poisson count would say 9.5


def test_what_must_be_empty_is_no_surprise():
    # All 40 rows of the first level have the second, and none of those has the third.
    one, two = (40, 60, 30), (40, 0, 20)
    _, surprise = absence(100, [np.array([v]) for v in one], [np.array([v]) for v in two])
    assert surprise[0] == 0
