"""Exchanging the labels of two sets: differences of means for all exchanges at once, one level for several tests.

Every statistic here is a function of the difference of the two sets' mean vectors, so an exchange of labels costs
one row of a matrix product and no model is fitted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
LEAST_CLUSTERS = 200
_CELLS = 4_000_000


class Labels(NamedTuple):
    """Which rows are of the second set. Rows are compared within `stratum`; rows of one `cluster` stay together.

    Without clusters (None) labels are exchanged row by row, which is exact. With clusters each whole cluster keeps
    or changes its side: the variance of a difference of means is then that over clusters. That is right where
    clusters are many (`enough`), also if only one side has them (rows of known people beside generated rows).
    """

    second: Bools
    stratum: Ints
    cluster: Ints | None = None

    def clusters(self) -> int:
        """Clusters (rows where there are none) of the side that has fewer."""
        own = np.arange(len(self.second)) if self.cluster is None else self.cluster
        return min(len(np.unique(own[side])) for side in (self.second, ~self.second))

    def enough(self) -> bool:
        """Whether the level holds: with 50 to 100 clusters it was .10 in place of .05 in simulations."""
        return self.cluster is None or self.clusters() >= LEAST_CLUSTERS


def mean_differences(x: Floats, labels: Labels, draws: int, rng: np.random.Generator) -> Floats:
    """Second mean minus first mean of each column of `x`: (1 + draws, columns), the observed one in row 0.

    A stratum counts by its rows. Columns are centred within strata first, which changes no observed difference.
    """
    centred, weights = np.array(x, dtype=np.float64), np.zeros(len(x))
    places = [np.flatnonzero(labels.stratum == s) for s in np.unique(labels.stratum)]
    for rows in places:
        second = labels.second[rows]
        if second.all() or not second.any():
            continue
        sides = np.where(second, 1.0 / second.sum(), -1.0 / (~second).sum())
        weights[rows] = sides * len(rows) / len(x)
        centred[rows] -= centred[rows].mean(axis=0)
    out = [(weights @ centred)[None]]
    step = max(1, _CELLS // max(1, len(x)))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        out.append(_exchanged(weights, places, labels, size, rng) @ centred)
    return np.concatenate(out)


def _exchanged(weights: Floats, places: list[Ints], labels: Labels, size: int, rng: np.random.Generator) -> Floats:
    """`size` exchanges of the labels, as rows of signed weights."""
    cluster = labels.cluster
    if cluster is not None:
        from scipy.stats import t

        _, own = np.unique(cluster, return_inverse=True)
        free = max(2, labels.clusters() - 1)
        # Few clusters show too small a variance: by as much as a t interval is wider than a normal one.
        wider = float(t.ppf(0.975, free) / 1.96 * np.sqrt((free + 1) / free))
        sides = rng.integers(0, 2, size=(size, int(own.max(initial=0)) + 1)) * 2.0 - 1.0
        return np.asarray(sides[:, own] * weights * wider)
    out = np.empty((size, len(weights)))
    for rows in places:
        out[:, rows] = rng.permuted(np.tile(weights[rows], (size, 1)), axis=1)
    return out


def standardised(statistics: Floats) -> Floats:
    """Columns with mean 0 and spread 1 over all exchanges, the observed one among them; constant columns are 0."""
    spread = statistics.std(axis=0)
    return np.asarray((statistics - statistics.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def ranked_p_values(statistics: Floats) -> Floats:
    """For each exchange (row) and statistic (column): the share of exchanges with a value at least as large."""
    ordered = np.sort(statistics, axis=0)
    below = [np.searchsorted(ordered[:, k], statistics[:, k], side="left") for k in range(statistics.shape[1])]
    return np.asarray(1.0 - np.column_stack(below) / len(statistics))


def smallest_p_value(p_values: Floats, shares: Sequence[float]) -> float:
    """One p value for several tests: how often an exchange has as small a least p / share as the observed labels.

    Exact whatever the dependence of the tests (min-p; Westfall & Young 1993), and the more alike the tests are, the
    less is lost beside Bonferroni's correction. `shares` say how much each test may take of the level.
    """
    least = (p_values / np.asarray(shares, dtype=np.float64)).min(axis=1)
    return float((least <= least[0] * (1 + 1e-12)).mean())
