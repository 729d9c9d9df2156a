"""Maximal uncovered patterns: equal to brute force, scores as defined, significance as promised."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from abound.stats import patterns as p


def brute_force(codes, cards, tau, terms):
    """Every pattern that is uncovered while all its parents are covered, by the definition."""

    def rows(pattern):
        fixed = [(i, v) for i, v in enumerate(pattern) if v >= 0]
        return int(np.all([codes[:, i] == v for i, v in fixed], axis=0).sum()) if fixed else len(codes)

    out = {}
    for pattern in itertools.product(*[range(-1, c) for c in cards]):
        places = [i for i, v in enumerate(pattern) if v >= 0]
        if not 1 <= len(places) <= terms or rows(pattern) >= tau:
            continue
        parents = [tuple(-1 if i == j else v for j, v in enumerate(pattern)) for i in places]
        if all(rows(parent) >= tau for parent in parents):
            out[pattern] = rows(pattern)
    return out


def random_table(seed):
    rng = np.random.default_rng(seed)
    cards = rng.integers(1, 4, int(rng.integers(1, 6))).tolist()
    codes = np.stack([rng.integers(0, c, 40) for c in cards], axis=1)
    return codes[: int(rng.integers(4, 41))].astype(np.int16), cards, int(rng.integers(1, 4))


def paths(codes, cards, tau, terms, ordered=None):
    """The same search by blocks of attributes (up to three terms) and by the cube of all patterns."""
    ways = [p._by_level, p._by_cube] if terms <= 3 else [p._by_cube]
    ordered = tuple(ordered or [0] * len(cards))
    return [way(codes, p._Search(tuple(cards), ordered, len(codes), tau, 0.0), terms) for way in ways]


@pytest.mark.parametrize("seed", range(0, 100, 20))
def test_equal_to_brute_force(seed):
    for s in range(seed, seed + 20):
        codes, cards, tau = random_table(s)
        for terms in (1, 2, 3, len(cards) + 1):
            truth = brute_force(codes, cards, tau, terms)
            for holes in paths(codes, cards, tau, terms):
                found = {tuple(map(int, q)): int(c) for q, c in zip(holes.patterns, holes.counts, strict=True)}
                assert found == truth


def test_cube_and_levels_give_the_same_scores():
    rng = np.random.default_rng(3)
    cards = [2, 3, 4, 2]
    codes = np.stack([np.minimum(rng.geometric(0.5, 60) - 1, c - 1) for c in cards], axis=1)
    a, b = paths(codes, cards, 2, 3, ordered=[0, 3, 3, 0])
    left, right = (np.lexsort(h.patterns.T) for h in (a, b))
    assert len(a.counts) > 10
    np.testing.assert_array_equal(a.patterns[left], b.patterns[right])
    for name in ("counts", "expected", "surprise", "siblings"):
        np.testing.assert_allclose(getattr(a, name)[left], getattr(b, name)[right])


def test_scores_by_hand():
    # 3 x 3 levels, 100 rows a cell but the last, which is empty: E by independence, all siblings full.
    codes = np.array([c for c in itertools.product(range(3), range(3)) if c != (2, 2) for _ in range(100)])
    holes = p.uncovered(codes, [3, 3])
    assert holes.patterns.tolist() == [[2, 2]]
    assert holes.expected[0] == pytest.approx(800 * 0.25 * 0.25)
    fill = math.sqrt(100 / (800 * 0.25 * 3 / 8))
    assert fill > 1  # more rows than expected, which counts as full
    assert holes.siblings[0] == pytest.approx((2.25 / 2.5) ** 2)
    assert holes.score[0] == pytest.approx((2.25 / 2.5) ** 6 * math.log1p(holes.surprise[0]))


def test_a_sibling_with_few_of_its_rows_fills_little():
    # Only one row of the cell beside the hole, where 25 are due.
    counts = {(0, 0): 49, (0, 1): 1, (1, 0): 50, (1, 1): 0}
    codes = np.array([c for c, k in counts.items() for _ in range(k)])
    holes = p.uncovered(codes, [2, 2])
    expected = 50 * 1 / 100  # of (0, 1), which counts because a row is there
    above, beside = min(1.0, math.sqrt(1 / expected)), min(1.0, math.sqrt(50 / (50 * 99 / 100)))
    assert holes.siblings[0] == pytest.approx((above + 0.25) / 1.5 * (beside + 0.25) / 1.5)


def test_on_a_scale_near_levels_weigh_more_and_null_nothing():
    weight = p.nearness(5, 4)
    assert weight[1].tolist() == [1, 0, 1, 0.5, 0]
    assert weight[0].tolist() == [0, 1, 0.5, 0.25, 0]
    assert weight[4].tolist() == [1, 1, 1, 1, 0]
    assert p.nearness(3, 0).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_a_hole_inside_a_band_ranks_above_the_corners_that_no_row_reaches():
    rng = np.random.default_rng(0)
    hidden = rng.uniform(0, 6, 20_000)
    codes = np.stack([np.clip(hidden + rng.uniform(-1.2, 1.2, 20_000), 0, 5.9).astype(int) for _ in "ab"], axis=1)
    codes = codes[~((codes[:, 0] == 3) & (codes[:, 1] == 2))]
    holes = p.uncovered(codes, [6, 6], ordered=[6, 6])
    assert len(holes.counts) > 5
    assert holes.patterns[holes.ranked()[0]].tolist() == [3, 2]


def test_level_without_rows_is_a_one_term_hole():
    codes = np.zeros((50, 1), dtype=np.int16)
    holes = p.uncovered(codes, [3], least=1e9)
    assert holes.patterns.ravel().tolist() == [1, 2]
    assert holes.expected == pytest.approx([50 / 3, 50 / 3])


def test_least_leaves_out_only_dull_holes():
    codes, cards, tau = random_table(7)
    everything = p.uncovered(codes, cards, tau=tau)
    for terms in (3, 4):
        some = p.uncovered(codes, cards, tau=tau, terms=terms, least=1.0)
        assert ((some.expected >= 1.0) | ((some.patterns >= 0).sum(axis=1) == 1)).all()
    assert len(some.counts) < len(everything.counts)


def test_cells_counts_patterns():
    assert p.cells([2, 3, 4], 1) == 9
    assert p.cells([2, 3, 4], 2) == 9 + 6 + 8 + 12
    assert p.cells([2, 3, 4], 3) == 35 + 24


def test_what_is_left_is_chance_at_the_rate_asked_for():
    # Of 1,000 patterns, 20 true ones stand out; Bonferroni would need a surprise of log(1000 / .05) = 9.9 of each.
    surprise = np.concatenate([np.full(20, 8.0), np.linspace(0, 6, 100)])
    chance = p.accidental(surprise, 1000, 0.05)
    assert not chance[:20].any()
    assert chance[20:].all()
    assert p.accidental(np.array([9.8]), 1000, 0.05).tolist() == [True]
    assert p.accidental(np.array([10.0]), 1000, 0.05).tolist() == [False]
    assert p.accidental(np.zeros(0), 1000, 0.05).tolist() == []


def test_ranking_is_by_score_then_fixed():
    holes = p.Holes(
        np.array([[1, 0], [0, 1], [-1, 1]], dtype=np.int16), np.zeros(3, dtype=np.int64), np.ones(3),
        np.array([5.0, 5.0, 50.0]), np.array([0.5, 0.5, 0.6]),
    )  # fmt: skip
    assert holes.ranked().tolist() == [2, 1, 0]
    assert p.uncovered(np.zeros((9, 0)), []).ranked().tolist() == []


def test_poisson_surprise_is_the_tail():
    e = np.array([0.0, 0.5, 3.0])
    np.testing.assert_allclose(p._poisson(e, 1), e)
    np.testing.assert_allclose(p._poisson(e, 3), -np.log(np.exp(-e) * (1 + e + e**2 / 2)), atol=1e-12)
    np.testing.assert_allclose(p._poisson(np.array([5000.0]), 1), 5000.0)
    np.testing.assert_allclose(p._poisson(np.array([5000.0]), 3), 5000 - np.log(1 + 5000 + 5000**2 / 2), rtol=1e-6)


def test_cube_too_large_is_refused():
    with pytest.raises(ValueError, match="cells"):
        p.uncovered(np.zeros((5, 20), dtype=np.int16), [5] * 20, terms=4)


def test_mutual_information_of_a_copy_is_its_entropy_and_of_noise_nothing():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 5000), rng.integers(0, 4, 5000)
    assert p.mutual_information(a, 4, a, 4) == pytest.approx(math.log(4), abs=0.01)
    assert abs(p.mutual_information(a, 4, b, 4)) < 0.002


@pytest.mark.slow
def test_a_million_rows():
    rng = np.random.default_rng(0)
    n = 1_000_000
    binary = np.stack([rng.random(n) < q for q in rng.uniform(0.02, 0.5, 15)], axis=1).astype(np.int16)
    start = time.process_time()
    p.uncovered(binary, [2] * 15, terms=15)
    assert time.process_time() - start < 4
    cards = rng.integers(2, 11, 15).tolist()
    mixed = np.stack([rng.integers(0, c, n) for c in cards], axis=1).astype(np.int16)
    start = time.process_time()
    p.uncovered(mixed, cards, terms=3)
    assert time.process_time() - start < 9
