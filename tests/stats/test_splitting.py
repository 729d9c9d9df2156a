import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abound.stats.splitting import draw_rows, folds_by_group, part_by_group


@given(st.integers(8, 120), st.integers(1, 20), st.integers(2, 5), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_groups_never_part(n, g, k, seed):
    rng = np.random.default_rng(seed)
    groups, strata = rng.integers(0, g, n).tolist(), rng.integers(0, 3, n)
    fold = folds_by_group(strata, groups, k, rng)
    part = part_by_group(strata, groups, 0.3, {0: 5}, rng)
    drawn = draw_rows(groups, n, n // 2, rng)
    inside = np.isin(np.arange(n), drawn)
    for group in set(groups):
        member = np.array(groups) == group
        assert len(set(fold[member])) == 1
        assert len(set(part[member])) == 1
        assert len(set(inside[member])) == 1


def test_strata_are_shared_out():
    rng = np.random.default_rng(0)
    strata = np.r_[np.zeros(900, int), np.ones(10, int)]
    fold = folds_by_group(strata, None, 5, rng)
    assert np.bincount(fold[strata == 1]).tolist() == [2] * 5
    part = part_by_group(strata, None, 0.3, {}, rng)
    assert part[strata == 1].sum() == 3
    assert part[strata == 0].sum() == 270


def test_a_rare_stratum_gets_what_it_needs_but_never_more_than_half():
    rng = np.random.default_rng(1)
    strata = np.r_[np.zeros(2000, int), np.ones(100, int)]
    assert part_by_group(strata, None, 0.2, {1: 40}, rng)[strata == 1].sum() == 40
    assert part_by_group(strata, None, 0.2, {1: 400}, rng)[strata == 1].sum() == 50
    lonely = np.r_[np.zeros(50, int), np.ones(1, int)]
    assert part_by_group(lonely, None, 0.3, {1: 10}, rng)[strata[:51] == 1].sum() == 0


def test_draw_rows_is_exact_without_groups():
    rows = draw_rows(None, 100, 30, np.random.default_rng(2))
    assert len(set(rows)) == 30
    assert (np.diff(rows) > 0).all()
    assert len(draw_rows(None, 10, 30, np.random.default_rng(2))) == 10


@pytest.mark.parametrize("seed", range(3))
def test_same_seed_same_parts(seed):
    strata = np.arange(60) % 3
    a, b = (folds_by_group(strata, None, 4, np.random.default_rng(seed)) for _ in range(2))
    assert (a == b).all()
