"""How improbable it is that so few rows fall in a cell, given everything that simpler counts say.

A cell of two or three levels is seen as one corner of a 2 x 2 (x 2) table: each level against all others. Under the
hypothesis that the levels meet freely (two), or meet as their pairs do (three: no interaction of third order), the
count x of the corner given all counts of fewer levels has the distribution

    P(x) ~ 1 / product of cell!      over the 4 (8) cells, each of which is an offset plus or minus x

for two levels the hypergeometric one (Fisher's exact test), for three the exact test of no three-way interaction
(Zelen 1971). A Poisson count with the same mean is far too forgiving where a level is common: ten rows that all
miss a level which 95 % of rows have are no accident, though under ten were expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def absence(
    total: int, singles: Sequence[NDArray[Any]], pairs: Sequence[NDArray[Any]], tau: int = 1
) -> tuple[Floats, Floats]:
    """(rows to expect, -log P(fewer than `tau` rows) in nats) of cells of two or three levels.

    `singles` holds the rows of each level (m,), `pairs` those of the pairs 01, 02, 12 of three levels (empty for
    two). The sum over x is Laplace's, the tail below `tau` that of a geometric series, which it cannot pass.
    """
    plus, minus = _corners(total, [np.asarray(s, float) for s in singles], [np.asarray(p, float) for p in pairs])
    low = np.maximum(0.0, -plus.min(axis=0))
    high = minus.min(axis=0)
    expected = _balance(plus, minus, low, high)
    whole = _log_sum(plus, minus, low, high, expected)
    with np.errstate(divide="ignore"):
        last = tau - 1.0
        steps = np.log(np.maximum(plus + last, 0)).sum(axis=0) - np.log(np.maximum(minus - last + 1, 0)).sum(axis=0)
        falls = (last < high) & (steps < 0)
        steps = np.where(falls, steps, -1.0)
        below = _log_weight(plus, minus, np.minimum(last, high)) - np.log(-np.expm1(steps))
    return expected, np.where(falls, np.maximum(whole - below, 0.0), 0.0)


def _corners(total: int, one: list[Floats], two: list[Floats]) -> tuple[Floats, Floats]:
    """Offsets of the cells that grow with x, and those of the cells that shrink."""
    if len(one) == 2:
        return np.stack([np.zeros(len(one[0])), total - one[0] - one[1]]), np.stack(one)
    a, b, c = one
    ab, ac, bc = two
    plus = np.stack([np.zeros(len(a)), a - ab - ac, b - ab - bc, c - ac - bc])
    return plus, np.stack([ab, ac, bc, total - a - b - c + ab + ac + bc])


def _balance(plus: Floats, minus: Floats, low: Floats, high: Floats) -> Floats:
    """The x at which the products of both kinds of cells are equal: no interaction. By bisection."""
    low, high = low.copy(), high.copy()
    with np.errstate(divide="ignore"):
        for _ in range(60):
            middle = (low + high) / 2
            more = np.log(np.maximum(minus - middle, 0)).sum(axis=0) > np.log(np.maximum(plus + middle, 0)).sum(
                axis=0
            )
            low, high = np.where(more, middle, low), np.where(more, high, middle)
    return (low + high) / 2


def _log_weight(plus: Floats, minus: Floats, x: Floats) -> Floats:
    from scipy.special import gammaln

    return np.asarray(-gammaln(plus + x + 1).sum(axis=0) - gammaln(minus - x + 1).sum(axis=0))


def _log_sum(plus: Floats, minus: Floats, low: Floats, high: Floats, middle: Floats) -> Floats:
    """log of the sum of all weights: the largest one times the width of the peak, if that passes one count."""
    top = np.maximum(
        _log_weight(plus, minus, np.clip(np.floor(middle), low, high)),
        _log_weight(plus, minus, np.clip(np.ceil(middle), low, high)),
    )
    with np.errstate(divide="ignore"):
        curve = (1 / np.maximum(plus + middle, 0)).sum(axis=0) + (1 / np.maximum(minus - middle, 0)).sum(axis=0)
        return np.asarray(top + np.maximum(0.5 * np.log(2 * np.pi / curve), 0.0))
