"""Nearest rows of mixed tables: squared distances of numbers plus a fixed penalty for each differing category."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BLOCK_CELLS = 4_000_000


def nearest_rows(numbers: NDArray[np.float64], codes: Ints, penalty: float, k: int) -> Ints:
    """The k nearest other rows of each row, nearest first; int64 (rows, k), k < rows.

    `numbers` (rows, p) and category `codes` (rows, c); the distance is the one of SMOTE-NC (Chawla et al. 2002).
    Works in blocks of rows of a fixed size, so memory stays bounded and equal input gives equal output.
    """
    rows = len(numbers)
    out = np.empty((rows, k), dtype=np.int64)
    squares = (numbers**2).sum(axis=1)
    step = max(1, _BLOCK_CELLS // max(rows, 1))
    for start in range(0, rows, step):
        part = slice(start, min(start + step, rows))
        distance: NDArray[Any] = squares[part, None] - 2.0 * numbers[part] @ numbers.T + squares[None, :]
        for c in range(codes.shape[1]):
            distance += penalty**2 * (codes[part, c, None] != codes[None, :, c])
        distance[np.arange(part.stop - start), np.arange(start, part.stop)] = np.inf
        near = np.argpartition(distance, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distance, near, axis=1), axis=1, kind="stable")
        out[part] = np.take_along_axis(near, order, axis=1)
    return out


def majority(codes: Ints, own: Ints) -> Ints:
    """For each row of neighbours' codes (rows, k), the place of one with the commonest code; -1 for the row's own.

    The own code wins a tie, then the nearest neighbour's. int64 (rows,).
    """
    votes = (codes[:, :, None] == codes[:, None, :]).sum(axis=2)
    most = votes.max(axis=1)
    own_votes = (codes == own[:, None]).sum(axis=1)
    return np.where(own_votes == most, -1, votes.argmax(axis=1)).astype(np.int64)
