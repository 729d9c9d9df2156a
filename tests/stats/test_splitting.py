import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abound.stats.splitting import (
    draw_rows,
    draw_strata,
    folds_by_group,
    part_by_group,
    part_by_time,
    raked,
    spared,
)


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


def test_draw_strata_keeps_groups_whole_and_fills_with_small_ones():
    rng = np.random.default_rng(0)
    groups = np.r_[np.repeat(np.arange(30), 3), np.arange(30, 130)]
    strata = rng.integers(0, 3, len(groups))
    rows = draw_strata(strata, groups, {0: 20, 1: 25}, rng)
    assert np.bincount(strata[rows], minlength=3).tolist() == [20, 25, 0]
    assert not set(groups[rows]) & set(np.delete(groups, rows))
    assert len(draw_strata(np.zeros(9, dtype=np.int64), np.zeros(9), {0: 5}, rng)) == 0


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


@given(st.integers(20, 150), st.integers(2, 30), st.integers(2, 12), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_nothing_outside_the_latest_part_is_later_than_its_border(n, g, times, seed):
    rng = np.random.default_rng(seed)
    groups, time = rng.integers(0, g, n), rng.integers(0, times, n).astype(float)
    part = part_by_time(rng.integers(0, 2, n), groups.tolist(), time, 0.3, {1: 5})
    last = {one: time[groups == one].max() for one in set(groups)}
    if len(set(last.values())) == 1:
        assert not part.any()
        return
    assert part.any()
    assert not set(groups[part]) & set(groups[~part])
    assert not (~part).any() or time[~part].max() < min(last[one] for one in set(groups[part]))


def test_a_slice_gets_what_it_needs_but_never_more_than_half():
    rng = np.random.default_rng(3)
    strata, slices = np.zeros(3000, int), np.zeros((3000, 2), bool)
    slices[:200, 0] = slices[150:180, 1] = True
    part = part_by_group(strata, None, 0.3, {}, rng, slices, 90)
    assert 90 <= slices[part, 0].sum() <= 100
    assert slices[part, 1].sum() <= 15
    assert part.sum() == 900


def test_few_groups_still_give_every_part_one():
    groups = [0] * 90 + [1, 2, 3, 4]
    part = part_by_group(np.zeros(94, int), groups, 0.3, {}, np.random.default_rng(0), least=1, leave=3)
    assert 1 <= part.sum() <= 2


def test_raked_weights_restore_every_share():
    rng = np.random.default_rng(4)
    wholes = [rng.integers(0, 3, 5000), rng.integers(0, 2, 5000), (rng.random(5000) < 0.05).astype(int)]
    part = rng.random(5000) < np.where(wholes[2] == 1, 0.8, 0.2 + 0.2 * wholes[1])
    weights = raked([w[part] for w in wholes], wholes)
    for whole in wholes:
        here = np.bincount(whole[part], weights=weights) / part.sum()
        assert here == pytest.approx(np.bincount(whole) / 5000, abs=1e-6)


def test_spared_leaves_half_and_twenty():
    assert [spared(u) for u in (0, 20, 30, 40, 100)] == [0, 0, 10, 20, 50]
