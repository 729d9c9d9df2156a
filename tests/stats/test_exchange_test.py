"""Exchanged labels: exact size, Hotelling's power, the planted column first, other differences by the kernel."""

from __future__ import annotations

import numpy as np
import pytest

from abound.stats.density_ratio import density_ratio, effective_share, tempered
from abound.stats.exchange_test import exchange_test
from abound.stats.hotelling import mean_test
from abound.stats.kernel import fourier_features
from abound.stats.permutation import Labels, mean_differences, ranked_p_values, smallest_p_value

NO_STRATA = np.zeros(400, dtype=np.int64)
SECOND = np.repeat([False, True], 200)


def run(x, seed, labels=None, draws=199):
    rng = np.random.default_rng(seed)
    return exchange_test(x, np.arange(x.shape[1]), labels or Labels(SECOND, NO_STRATA), draws=draws, rng=rng)


def test_it_rejects_alike_sets_at_its_level():
    rng = np.random.default_rng(0)
    p = [run(rng.normal(size=(400, 4)), s, draws=99).p_value for s in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_shifted_column_is_found_and_first():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 6)) @ np.linalg.cholesky(0.6 ** np.abs(np.subtract.outer(range(6), range(6)))).T
    x[SECOND, 4] += 0.5
    found = run(x, 0)
    assert found.p_value <= 0.01
    assert found.culprits(0.01)[0][0] == 4
    assert len(found.culprits(0.01)) == 1
    assert found.culprits(0.01)[0][1] > 0.6


def test_a_wider_spread_is_seen_by_the_kernel_alone():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 3)) * np.where(SECOND, 2.0, 1.0)[:, None]
    found = run(x, 0)
    assert found.kernel <= 0.01
    assert found.means > 0.02
    assert found.p_value <= 0.05


def test_t2_is_hotellings():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 5)) + SECOND[:, None] * 0.1
    differences = mean_differences(x, Labels(SECOND, NO_STRATA), 0, rng)
    total = float(mean_test(x, SECOND, NO_STRATA, np.arange(5)).total(differences)[0])
    first, second = x[~SECOND], x[SECOND]
    pooled = (np.cov(first.T) + np.cov(second.T)) / 2
    apart = first.mean(axis=0) - second.mean(axis=0)
    t2 = 100 * apart @ np.linalg.solve(pooled, apart)
    # The covariance around the common mean holds the shift too: t2 / (1 + t2 / (n - 2)), times n / (n - 2).
    assert total == pytest.approx(t2 / (1 + t2 / 398) * 400 / 398, rel=2e-3)


def test_a_difference_of_strata_is_no_difference_of_sets():
    rng = np.random.default_rng(4)
    stratum = np.tile(np.repeat([0, 1], 100), 2)
    x = rng.normal(size=(400, 3)) + 5.0 * stratum[:, None]
    assert run(x, 0, Labels(SECOND, stratum)).p_value > 0.05


def test_rows_of_one_cluster_change_sides_together():
    rng = np.random.default_rng(5)
    rejected = {True: 0, False: 0}
    for s in range(60):
        cluster = np.r_[np.arange(200) // 10, 1000 + np.arange(200)]
        x = rng.normal(size=(400, 2))
        x[:200] = 0.3 * x[:200] + rng.normal(size=(20, 2))[cluster[:200]]
        for known in (True, False):
            labels = Labels(SECOND, NO_STRATA, cluster if known else None)
            rejected[known] += run(x, s, labels, draws=99).means <= 0.05
    assert rejected[True] <= 8
    assert rejected[False] >= 25


def test_features_of_waves_approach_the_kernel():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(300, 3))
    waves = fourier_features(x, rng, widths=(1.0,), waves=4000)[0]
    squares = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    middle = np.median(squares[np.triu_indices(300, 1)])
    assert np.abs(waves @ waves.T - np.exp(-squares / (2 * middle))).max() < 0.1


def test_equal_tests_lose_nothing():
    rng = np.random.default_rng(7)
    one = rng.normal(size=500)
    p = ranked_p_values(np.column_stack([one, one]))
    assert smallest_p_value(p, (0.5, 0.5)) == pytest.approx(p[0, 0])


def test_weights_turn_one_density_into_the_other():
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=4000), rng.normal(0.7, size=4000)

    def odds(x):
        return 0.7 * x - 0.7**2 / 2

    none = np.zeros(4000, dtype=np.int64)
    found = density_ratio(odds(first), odds(second), none, none)
    assert 0.8 < found.accepted < 0.95
    kept = found.weights > 0
    assert np.average(second[kept], weights=found.weights[kept]) == pytest.approx(-0.1, abs=0.1)
    assert found.weights[kept].mean() == pytest.approx(1.0)


def test_weights_are_tempered_until_enough_rows_count():
    weights = np.r_[np.full(5, 10.0), np.full(95, 0.1), np.zeros(3)]
    assert effective_share(weights) < 0.3
    calm = tempered(weights)
    assert effective_share(calm) >= 0.3
    assert (calm[-3:] == 0).all()
    assert np.array_equal(tempered(np.ones(4)), np.ones(4))
