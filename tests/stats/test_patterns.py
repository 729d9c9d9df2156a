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


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_equal_to_brute_force(seed):
    for s in range(seed, seed + 20):
        codes, cards, tau = random_table(s)
        for terms in (1, 2, 3, len(cards) + 1):
            holes = p.uncovered(codes, cards, tau=tau, terms=terms)
            found = {tuple(map(int, q)): int(c) for q, c in zip(holes.patterns, holes.counts, strict=True)}
            assert found == brute_force(codes, cards, tau, terms)


def test_cube_and_levels_give_the_same_scores():
    rng = np.random.default_rng(3)
    cards = [2, 3, 4, 2]
    codes = np.stack([np.minimum(rng.geometric(0.5, 60) - 1, c - 1) for c in cards], axis=1)
    a, b = p._by_level(codes, cards, 2, 3, 0.0), p._by_cube(codes, cards, 2, 3, 0.0)
    left, right = (np.lexsort(h.patterns.T) for h in (a, b))
    assert len(a.counts) > 10
    np.testing.assert_array_equal(a.patterns[left], b.patterns[right])
    np.testing.assert_allclose(a.expected[left], b.expected[right])
    np.testing.assert_allclose(a.siblings[left], b.siblings[right])


def test_scores_by_hand():
    # 3 x 3 levels, 100 rows a cell but the last, which is empty: E by independence, all siblings covered.
    codes = np.array([c for c in itertools.product(range(3), range(3)) if c != (2, 2) for _ in range(100)])
    holes = p.uncovered(codes, [3, 3])
    assert holes.patterns.tolist() == [[2, 2]]
    assert holes.expected[0] == pytest.approx(800 * 0.25 * 0.25)
    assert holes.siblings[0] == pytest.approx((2.25 / 2.5) ** 2)
    assert holes.score[0] == pytest.approx((2.25 / 2.5) ** 6 * math.log(51))


def test_triples_expect_what_their_pairs_imply():
    # The third column is independent of the first two, which depend on each other.
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, 20000)
    b = np.where(rng.random(20000) < 0.8, a, 1 - a)
    codes = np.stack([a, b, rng.integers(0, 2, 20000)], axis=1)
    margins = {}
    for t in (1, 2):
        for s in itertools.combinations(range(3), t):
            margins[s] = np.bincount(p._key(list(codes.T), [2, 2, 2], s), minlength=2**t).reshape((2,) * t)
    expected = p.expected_counts((0, 1, 2), margins, 20000, (2, 2, 2))
    actual = np.bincount(p._key(list(codes.T), [2, 2, 2], (0, 1, 2)), minlength=8).reshape(2, 2, 2)
    np.testing.assert_allclose(expected, actual, rtol=0.1)


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


def test_surprising_solves_the_poisson_tail():
    assert p.surprising(1, 100) == pytest.approx(math.log(100 / 0.05), rel=1e-9)
    e = p.surprising(3, 50)
    assert math.exp(-e) * (1 + e + e**2 / 2) == pytest.approx(0.05 / 50, rel=1e-6)


def test_ranking_is_by_score_then_fixed():
    holes = p.Holes(
        np.array([[1, 0], [0, 1], [-1, 1]], dtype=np.int16), np.zeros(3, dtype=np.int64),
        np.array([5.0, 5.0, 50.0]), np.array([0.5, 0.5, 0.6]),
    )  # fmt: skip
    assert holes.ranked().tolist() == [2, 1, 0]
    assert p.uncovered(np.zeros((9, 0)), []).ranked().tolist() == []


def test_cube_too_large_is_refused():
    with pytest.raises(ValueError, match="cells"):
        p.uncovered(np.zeros((5, 20), dtype=np.int16), [5] * 20, terms=4)


def test_distinct_rows_keep_their_counts():
    rng = np.random.default_rng(1)
    for cards in ([2, 3, 2], [4000, 5000, 3]):
        codes = np.stack([rng.integers(0, min(c, 3), 500) for c in cards], axis=1).astype(np.int16)
        rows, weight = p.distinct(codes, cards)
        again, count = np.unique(codes, axis=0, return_counts=True)
        np.testing.assert_array_equal(rows, again)
        np.testing.assert_array_equal(weight, count)


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
    p.uncovered(binary, [2] * 15, terms=15, least=p.surprising(1, p.cells([2] * 15, 15)))
    assert time.process_time() - start < 4
    cards = rng.integers(2, 11, 15).tolist()
    mixed = np.stack([rng.integers(0, c, n) for c in cards], axis=1).astype(np.int16)
    start = time.process_time()
    p.uncovered(mixed, cards, terms=3)
    assert time.process_time() - start < 9
