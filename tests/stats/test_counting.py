"""Blocks of attributes hold every subset once, and the cube holds the count of every pattern."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from abound.stats.counting import blocks, counts, pattern_cube, strides_of


@pytest.mark.parametrize("terms", [2, 3])
@pytest.mark.parametrize("most", [1, 100, 10_000])
def test_blocks_hold_every_subset_once(terms, most):
    cards = [2, 9, 4, 3, 5, 2, 7]
    made = list(blocks(cards, terms, most))
    new = [s for _, subsets in made for s in subsets]
    assert sorted(new) == list(itertools.combinations(range(7), terms))
    for block, subsets in made:
        assert all(set(s) <= set(block) for s in subsets)
        assert len(block) == terms or math.prod(cards[i] for i in block) <= most
    assert most < 10_000 or len(made) < len(new) / 2


def test_counts_and_the_cube_are_those_of_the_rows():
    rng = np.random.default_rng(0)
    cards = [2, 3, 4]
    codes = np.column_stack([rng.integers(0, c, 50) for c in cards]).astype(np.int16)
    cube = pattern_cube(codes, cards)
    assert cube.shape == (3, 4, 5)
    for pattern in itertools.product(*[range(-1, c) for c in cards]):
        place = tuple(c if v < 0 else v for v, c in zip(pattern, cards, strict=True))
        rows = np.logical_and.reduce(
            [np.ones(50, bool), *(codes[:, i] == v for i, v in enumerate(pattern) if v >= 0)]
        )
        assert cube[place] == cube.ravel()[np.dot(place, strides_of(cube.shape))] == rows.sum()
    pair = counts(list(codes.T), cards, (0, 2))
    np.testing.assert_array_equal(pair, cube[:2, 3, :4])
