"""Equal rows are counted, close rows get honest p-values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from abound.stats.copies import (
    closeness_p_values,
    closer_share,
    false_share_limit,
    has_twin,
    ratios,
    row_words,
    twin_rate,
    twins_expected,
)
from abound.stats.distances import nearest


def test_equal_rows_share_a_name_and_no_others():
    codes = np.random.default_rng(0).integers(0, 4, (3000, 6))
    names = row_words(codes, np.random.default_rng(1)).sum(axis=1, dtype=np.uint64)
    assert len(np.unique(names)) == len(np.unique(codes, axis=0))
    _, pattern = np.unique(codes, axis=0, return_inverse=True)
    twins = np.bincount(pattern)[pattern] > 1
    assert (has_twin(names, None) == twins).all()


def test_twins_of_one_owner_do_not_count():
    names = np.array([1, 1, 2, 2, 3], dtype=np.uint64)
    assert has_twin(names, np.array([0, 0, 1, 2, 3])).tolist() == [False, False, True, True, False]


def test_the_rate_of_equal_rows_is_estimated_where_none_is_seen():
    rng = np.random.default_rng(2)
    codes = np.column_stack([rng.integers(0, 5, 300) for _ in range(7)])
    words = row_words(codes, rng)
    rate, rests_on = twin_rate(words, codes, None, np.ones(300))
    true = 300 / 5**7
    assert rests_on == 0
    assert true / 5 < rate < true * 5
    unique = np.column_stack([codes, np.arange(300)])
    assert twin_rate(row_words(unique, rng), unique, None, np.ones(300))[0] <= rate


def test_a_seen_rate_follows_the_weights():
    codes = np.array([[0], [0], [1], [2]])
    words = row_words(codes, np.random.default_rng(0))
    assert twin_rate(words, codes, None, np.ones(4)) == (0.5, 4.0)
    assert twin_rate(words, codes, None, np.array([1.0, 1.0, 0.0, 0.0]))[0] == 1.0


def test_more_equal_rows_than_expected_are_rare():
    rng = np.random.default_rng(3)
    over = 0
    for _ in range(500):
        seen = rng.binomial(300, 0.02) / 300  # of 600 real rows, in pairs
        over += rng.binomial(400, 0.02) > twins_expected(seen, 600, 400, 0.01)
    assert over <= 12
    assert twins_expected(0.0, 0, 1000, 0.01) == 0
    assert twins_expected(0.001, 0, 1000, 0.01) == 4


@pytest.mark.parametrize("dimensions", [2, 6])
def test_p_values_of_independent_rows_are_no_smaller_than_uniform(dimensions):
    rng = np.random.default_rng(4)
    base, real, more = (np.exp(rng.normal(size=(n, dimensions))) for n in (800, 800, 800))
    calm, mine = nearest(real, base), nearest(more, base)
    p = closeness_p_values(ratios(mine.first, mine.second), ratios(calm.first, calm.second))
    assert kstest(p, "uniform", alternative="greater").pvalue > 0.01
    assert false_share_limit(p, 0.05) < 0.001


def test_close_rows_stand_out_in_dense_and_sparse_regions():
    rng = np.random.default_rng(5)
    base, real, more = (np.exp(2 * rng.normal(size=(600, 3))) for _ in range(3))
    order = np.argsort(base[:, 0])
    copied = base[[*order[:5], *order[-5:]]]
    more[:10] = copied * (1 + 1e-4 * rng.normal(size=copied.shape))
    calm, mine = nearest(real, base), nearest(more, base)
    p = closeness_p_values(ratios(mine.first, mine.second), ratios(calm.first, calm.second))
    named = np.flatnonzero(p <= false_share_limit(p, 0.05))
    assert set(range(10)) <= set(named.tolist())
    assert len(named) <= 11


def test_the_false_share_is_that_of_benjamini_and_hochberg():
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205])
    assert (p <= false_share_limit(p, 0.05)).sum() == 2
    assert false_share_limit(np.array([0.9, 0.8]), 0.05) == pytest.approx(0.025)


def test_ratios_without_a_second_neighbour_are_one():
    assert ratios(np.array([0.0, 1.0, 0.0]), np.array([0.0, np.inf, 2.0])).tolist() == [1.0, 1.0, 0.0]


def test_ties_count_half():
    assert closer_share(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 1.0])) == pytest.approx(0.5)
