"""Neighbours in mixed tables against the definition, computed the slow way."""

from __future__ import annotations

import numpy as np

from abound.stats import neighbours
from abound.stats.neighbours import majority, nearest_rows


def test_neighbours_are_the_nearest(monkeypatch):
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=(60, 3)), rng.integers(0, 3, (60, 2))
    slow = ((numbers[:, None] - numbers[None]) ** 2).sum(2) + 0.49 * (codes[:, None] != codes[None]).sum(2)
    np.fill_diagonal(slow, np.inf)
    wanted = np.argsort(slow, axis=1)[:, :5]
    assert (nearest_rows(numbers, codes, 0.7, 5) == wanted).all()
    monkeypatch.setattr(neighbours, "_BLOCK_CELLS", 60 * 7)
    assert (nearest_rows(numbers, codes, 0.7, 5) == wanted).all()


def test_majority_and_ties():
    codes = np.array([[1, 2, 2, 0, 2], [1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [0, 1, 2, 3, 4]])
    own = np.array([0, 2, 0, 9])
    chosen = majority(codes, own)
    assert codes[0, chosen[0]] == 2
    assert chosen[1] == -1, "the row's own level wins a tie"
    assert chosen[2] == 0, "then the nearest neighbour's"
    assert chosen[3] == 0
