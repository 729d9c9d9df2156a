"""The slice search: planted slices are found once, chance is not, and the sums are those of counting by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from abound.stats.dealing import beyond, chance_of, deals, residuals
from abound.stats.lattice import Axis, blocks, choices, inside
from abound.stats.slicing import largest, normal_scale, weak_slices


def axes(n, seed, ordered=3, plain=(2, 4, 7)):
    rng = np.random.default_rng(seed)
    out = [Axis(rng.integers(0, 6, n), 6, 6) for _ in range(ordered)]
    return out + [Axis(rng.integers(-1, s, n), s) for s in plain]


def coin(n, seed, share=0.1):
    return (np.random.default_rng([seed, 1]).random(n) < share).astype(float)


def found(made, loss, seed=0, **more):
    return weak_slices(made, loss, rng=np.random.default_rng(seed), **more)


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_sums_are_those_of_a_mask(terms):
    made = axes(400, 0)
    loss = np.random.default_rng(1).random(400)
    seen = 0
    for block in blocks(choices(made, 20), terms, np.column_stack([np.ones(400), loss])):
        for place in range(0, len(block.sums), 7):
            hold = inside(made, block.conditions(place))
            assert block.sums[place] == pytest.approx([hold.sum(), loss[hold].sum()])
            seen += 1
    assert seen > 10


def test_choices_are_all_ranges_and_all_levels_with_enough_rows():
    ordered, plain = choices([Axis(np.arange(40) // 10, 5, 4), Axis(np.repeat([0, 1, 2], [30, 6, 4]), 3)], 5)
    ranges = [(i, j) for i, j in itertools.combinations_with_replacement(range(4), 2) if j - i < 3]
    assert ordered.spans == tuple(ranges)
    assert plain.spans == ((0, 0), (1, 1))


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_slice_is_found_once_and_in_its_own_words(seed):
    made = axes(4000, seed)
    truth = ((0, 1, 3), (4, 2, 2))
    hold, rng = inside(made, truth), np.random.default_rng(seed)
    loss = np.where(hold & (rng.random(4000) < 0.25), 1.0, coin(4000, seed))
    made = [*made, Axis(made[4].codes.copy(), made[4].size)]  # the same column under another name
    search = found(made, loss)
    assert [w.conditions for w in search.slices] == [truth]
    assert search.slices[0].p_value <= 0.05
    assert search.searched > 5000


def test_two_slices_are_found_one_after_the_other():
    made = axes(6000, 5)
    first, second = inside(made, [(3, 1, 1), (0, 0, 1)]), inside(made, [(5, 6, 6)])
    loss = np.where((first | second) & (np.random.default_rng(0).random(6000) < 0.4), 1.0, coin(6000, 5))
    search = found(made, loss)
    assert {w.conditions for w in search.slices} == {((0, 0, 1), (3, 1, 1)), ((5, 6, 6),)}
    later = search.slices[1]
    assert (later.aside == inside(made, search.slices[0].conditions)).all()


def test_chance_is_named_at_its_level():
    """At alpha .2 a table with nothing to find shows a slice once in five times; 40 tables, limit far above 8."""
    alarms = 0
    for seed in range(40):
        made = axes(500, 100 + seed, ordered=2, plain=(3, 5))
        alarms += bool(found(made, coin(500, 100 + seed, 0.07), seed, alpha=0.2, draws=59).slices)
    assert alarms <= 14


def test_strata_explain_what_they_explain():
    n = 6000
    made = axes(n, 7)
    rng = np.random.default_rng(7)
    stratum = np.where(made[3].codes == 1, rng.integers(2, 6, n), rng.integers(0, 4, n))
    loss = (rng.random(n) < np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.45])[stratum]).astype(float)
    assert found(made, loss).slices
    assert not found(made, loss, strata=stratum).slices
    hold = inside(made, [(0, 2, 3), (5, 1, 1)])
    worse = np.where(hold & (rng.random(n) < 0.3), 1.0, loss)
    (weak, *_) = found(made, worse, strata=stratum).slices
    assert weak.conditions == ((0, 2, 3), (5, 1, 1))


def test_rows_of_one_group_are_not_taken_for_many():
    """A column that is constant in each group, and an error that is too: plain permutation is fooled."""
    fooled = alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(60), 20)
        made = [Axis(rng.integers(0, 3, 60)[group], 3) for _ in range(4)]
        loss = (rng.random(1200) < rng.choice([0.02, 0.5], 60)[group]).astype(float)
        fooled += bool(found(made, loss).slices)
        alarms += bool(found(made, loss, groups=group).slices)
    assert fooled >= 8
    assert alarms <= 3


def test_deals_keep_strata_and_group_spread():
    rng = np.random.default_rng(0)
    strata, loss = rng.integers(0, 3, 300), rng.random(300)
    r = residuals(loss, strata)
    dealt = deals(r, None, 5, rng)
    for s in range(3):
        assert np.allclose(np.sort(dealt[strata == s], axis=0), np.sort(r.values[strata == s])[:, None])
    group = np.repeat(np.arange(30), 10)
    mixed = deals(residuals(loss), group, 3, rng)
    spread = np.bincount(group, weights=residuals(loss).values).var()
    assert np.bincount(group, weights=mixed[:, 0]).var() == pytest.approx(spread, rel=0.8)
    assert np.allclose(deals(residuals(loss), np.arange(300), 2, rng).sum(axis=0), 0)


def test_p_on_other_rows_is_uniform_without_an_effect():
    p = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        loss = (rng.random(200) < 0.1).astype(float)
        p.append(chance_of(loss, rng.random(200) < 0.3, strata=None, groups=None, draws=99, rng=rng))
    assert np.mean(np.array(p) <= 0.1) <= 0.2
    hold = np.arange(200) < 50
    args = {"strata": None, "groups": None, "draws": 199, "rng": np.random.default_rng(0)}
    assert chance_of(hold * 1.0, hold, **args) == pytest.approx(1 / 200)


def test_excess_has_an_interval_over_groups():
    rng = np.random.default_rng(0)
    hold = np.arange(400) < 100
    loss = (rng.random(400) < np.where(hold, 0.5, 0.1)).astype(float)
    more, low, high = beyond(loss, hold, None)
    assert more == pytest.approx(loss[hold].mean() - loss[~hold].mean())
    assert 0 < low < more < high
    wide = beyond(np.repeat(loss, 5), np.repeat(hold, 5), np.repeat(np.arange(400), 5))
    assert wide[2] - wide[1] == pytest.approx(high - low, rel=1e-6)
    assert np.isinf(beyond(loss, np.arange(400) == 3, None)[1])


def test_normal_scale_is_right_for_a_gamma_tail():
    from scipy.stats import gamma, norm

    shape = 9.0
    x = gamma.isf([0.3, 1e-2, 1e-5], shape)
    z, skew = (x - shape) / np.sqrt(shape), np.full(3, 2 / np.sqrt(shape))
    assert normal_scale(z, skew) == pytest.approx(norm.isf([0.3, 1e-2, 1e-5]), abs=0.05)
    assert normal_scale(np.array([1.7]), np.zeros(1)) == pytest.approx([1.7], abs=1e-4)


def test_null_from_elsewhere_and_same_seed_same_slices():
    made, loss = axes(800, 3), coin(800, 3)
    loss[inside(made, [(3, 0, 0), (0, 0, 2)])] = 1.0
    top = largest(made, loss)
    assert found(made, loss, null=np.tile(top[:, None] - 1, 99)).slices
    assert not found(made, loss, null=np.tile(top[:, None] + 1, 99)).slices
    one, other = found(made, loss, 4), found(made, loss, 4)
    assert [w.conditions for w in one.slices] == [w.conditions for w in other.slices]
    assert one.limits == other.limits
    assert not found(made, np.zeros(800)).slices
    assert not found(made, loss, draws=2).slices


@pytest.mark.parametrize("truth", [((0, 9, 11),), ((0, 7, 13), (2, 3, 9)), ((1, 5, 16), (3, 1, 1))])
def test_cuts_are_sharpened_between_those_of_the_search(truth):
    """Of 24 levels conjunctions are searched at every fourth: what is found fits the rows planted all the same."""
    rng = np.random.default_rng(11)
    starts = tuple(range(0, 24, 4))
    made = [Axis(rng.integers(0, 24, 6000), 24, 24, starts) for _ in range(3)] + [Axis(rng.integers(0, 4, 6000), 4)]
    hold = inside(made, truth)
    loss = np.where(hold & (rng.random(6000) < 0.35), 1.0, coin(6000, 11))
    (weak,) = found(made, loss).slices
    mask = inside(made, weak.conditions)
    assert (mask & hold).sum() > 0.85 * (mask | hold).sum()
    assert [c[0] for c in weak.conditions] == [c[0] for c in truth]
