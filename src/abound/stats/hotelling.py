"""Do two sets differ in their means? Hotelling's T2, and each column's part in it.

T2 is the squared difference of the means, measured by the covariance of the rows (Hotelling 1931). With the
covariance around the common mean it is a monotone function of the usual one and does not change when labels are
exchanged, so its permutation test is Hotelling's test without its normality. T2 is the best test of shifts in many
columns; for a shift in one of many the largest of the columns' own parts is better. A column has two: its own
difference, and what T2 loses without it, which is its difference from what the other columns foretell (Hall & Jin
2010; Cai, Liu & Xia 2014) and by far the larger one where columns are correlated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LEAST_SPREAD = 1e-9
_RIDGE = 1e-4


@dataclass(frozen=True, eq=False)
class MeanTest:
    """Features kept (`used`), their spread and inverse correlations, and the features of each owner among them."""

    used: Ints
    spread: Floats
    correlation: Floats
    inverse: Floats
    cells: tuple[Ints, ...]
    rows: float  # n0 n1 / (n0 + n1): what turns a squared difference into a chi-squared

    def total(self, differences: Floats) -> Floats:
        """T2 of each row of differences, (draws, features) as `mean_differences` gives them."""
        z = differences[:, self.used] / self.spread
        return np.asarray(self.rows * ((z @ self.inverse) * z).sum(axis=1))

    def own(self, differences: Floats) -> Floats:
        """(draws, owners): each owner's T2 alone, as a standard normal would be; 0 where it has no feature."""
        return self._parts(differences[:, self.used] / self.spread, self.correlation)

    def given_others(self, differences: Floats) -> Floats:
        """(draws, owners): what T2 loses without each owner, as a standard normal would be."""
        z = differences[:, self.used] / self.spread
        return self._parts(z @ self.inverse, self.inverse)

    def without(self, owner: int) -> MeanTest:
        """The test on the features of the others."""
        left = np.setdiff1d(np.arange(len(self.used)), self.cells[owner])
        gone = self.cells[owner]
        inverse = self.inverse[np.ix_(left, left)]
        if len(gone):
            # The inverse of a part of a matrix, from the inverse of the whole (Schur complement).
            across = self.inverse[np.ix_(left, gone)]
            inverse = inverse - across @ np.linalg.solve(self.inverse[np.ix_(gone, gone)], across.T)
        place = np.full(len(self.used), -1)
        place[left] = np.arange(len(left))
        cells = tuple(np.zeros(0, dtype=np.int64) if k == owner else place[c] for k, c in enumerate(self.cells))
        correlation = self.correlation[np.ix_(left, left)]
        return MeanTest(self.used[left], self.spread[left], correlation, inverse, cells, self.rows)

    def parts(self, differences: Floats) -> Floats:
        """(draws, owners): the larger of each owner's two parts; -inf where it has no feature."""
        found = np.maximum(self.own(differences), self.given_others(differences))
        found[:, [k for k, c in enumerate(self.cells) if not len(c)]] = -np.inf
        return found

    def share(self, differences: Floats, owner: int) -> float:
        """The part of the observed T2 that goes when the owner's features do."""
        z, cells = differences[0, self.used] / self.spread, self.cells[owner]
        if not len(cells):
            return 0.0
        pull = (z @ self.inverse)[cells]
        lost = self.rows * float(pull @ np.linalg.solve(self.inverse[np.ix_(cells, cells)], pull))
        return lost / max(float(self.total(differences[:1])[0]), 1e-12)

    def _parts(self, z: Floats, matrix: Floats) -> Floats:
        out = np.zeros((len(z), len(self.cells)))
        for owner, cells in enumerate(self.cells):
            if len(cells):
                block = matrix[np.ix_(cells, cells)]
                inverse = np.linalg.inv(block + _RIDGE * np.eye(len(cells)))
                square = self.rows * ((z[:, cells] @ inverse) * z[:, cells]).sum(axis=1)
                free = float(
                    np.trace(inverse @ block)
                )  # levels add up to one, so their rank is less than their number
                out[:, owner] = _as_normal(square, max(1.0, round(free)))
        return out


def mean_test(x: Floats, second: NDArray[np.bool_], stratum: Ints, owner: Ints) -> MeanTest:
    """Learn the common covariance within strata from all rows (n, features); `owner` says whose each feature is.

    The correlations are shrunk by the square of features per row (ridge; Chen et al. 2011), which is nothing where
    rows are many and keeps the inverse sound where features are.
    """
    centred = np.array(x, dtype=np.float64)
    for s in np.unique(stratum):
        centred[stratum == s] -= centred[stratum == s].mean(axis=0)
    spread = centred.std(axis=0)
    used = np.flatnonzero(spread > _LEAST_SPREAD)
    z = centred[:, used] / spread[used]
    n, p = len(x), len(used)
    ridge = min(0.5, (p / n) ** 2) + _RIDGE
    plain = z.T @ z / max(n, 1)
    shrunk = (1 - ridge) * plain + ridge * np.eye(p)
    cells = tuple(np.flatnonzero(owner[used] == k) for k in range(int(owner.max(initial=-1)) + 1))
    n1 = int(second.sum())
    return MeanTest(used, spread[used], plain, np.linalg.inv(shrunk), cells, n1 * (n - n1) / max(n, 1))


def _as_normal(square: Floats, free: float) -> Floats:
    """A chi-squared on the scale of a standard normal (Wilson & Hilferty 1931)."""
    return np.asarray(((square / free) ** (1 / 3) - (1 - 2 / (9 * free))) / np.sqrt(2 / (9 * free)))
