"""Distances against known values and other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp

from abound.stats import distances
from abound.stats.distances import kolmogorov_smirnov, nearest, total_variation


def test_total_variation_of_known_shares():
    assert total_variation(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 3) == pytest.approx(0.25)
    assert total_variation(np.array([0, 0]), np.array([1, 2]), 3) == 1.0


def test_kolmogorov_smirnov_as_scipy_has_it():
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 40, 200), rng.integers(5, 45, 130)
    assert kolmogorov_smirnov(a, b, 50) == pytest.approx(ks_2samp(a, b).statistic)


def test_more_nulls_are_a_distance():
    assert kolmogorov_smirnov(np.array([0, 0, 1, 2]), np.array([1, 1, 2, 2]), 3) == 0.5


@pytest.mark.parametrize("cells", [40, 12_000_000])
def test_nearest_and_second_nearest_by_brute_force(monkeypatch, cells):
    monkeypatch.setattr(distances, "_BLOCK_CELLS", cells)
    rng = np.random.default_rng(1)
    query, base = rng.normal(size=(50, 4)), rng.normal(size=(70, 4))
    found = nearest(query, base)
    table = np.sort(cdist(query, base), axis=1)
    np.testing.assert_allclose(found.first, table[:, 0])
    np.testing.assert_allclose(found.second, table[:, 1])
    assert (found.nearest == cdist(query, base).argmin(axis=1)).all()


def test_tiny_distances_between_long_vectors_are_exact():
    base = np.array([[1000.0, 1000.0], [1001.0, 1000.0]])
    found = nearest(base[:1] + np.array([[1e-9, 0.0]]), base)
    assert found.first[0] == pytest.approx(1e-9, rel=1e-3)
    assert found.second[0] == pytest.approx(1.0)


def test_the_second_neighbour_is_of_another_group_and_own_rows_are_passed_over():
    base = np.array([[0.0], [0.1], [0.2], [5.0], [9.0]])
    groups = np.array([1, 1, 2, 2, 3])
    found = nearest(np.array([[0.0]]), base, base_groups=groups)
    assert found.second[0] == pytest.approx(0.2)
    left_out = nearest(base, base, base_groups=groups, query_groups=groups)
    np.testing.assert_allclose(left_out.first, [0.2, 0.1, 0.1, 4.0, 4.0])
    assert left_out.nearest.tolist() == [2, 2, 1, 4, 3]


def test_no_base_row_is_left():
    found = nearest(np.zeros((2, 1)), np.zeros((1, 1)), base_groups=np.array([4]), query_groups=np.array([4, 5]))
    assert found.first.tolist() == [np.inf, 0.0]
    assert found.nearest.tolist() == [-1, 0]
    assert np.isinf(found.second).all()
    assert np.isinf(nearest(np.zeros((2, 1)), np.zeros((0, 1))).first).all()
