"""Rates of two sets of rows compared at equal standing: what a covariate explains is taken out first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CUTS = (0.5, 0.8, 0.9, 0.95, 0.98)  # of the second set's covariate; finer where positives are


@dataclass(frozen=True)
class Excess:
    """`first` and `second`: the rates, the second standardised to the first set; `error` of their difference."""

    first: float
    second: float
    error: float

    @property
    def value(self) -> float:
        """How much higher the first rate is."""
        return self.first - self.second

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Normal interval, within -1 and 1."""
        from scipy.stats import norm

        half = float(norm.ppf(0.5 + level / 2)) * self.error
        return max(-1.0, self.value - half), min(1.0, self.value + half)


def positives(scores: Floats, calm: Floats, rate: float) -> Floats:
    """1 for scores above the threshold that a share `rate` of `calm` scores exceeds, 0 below it; float64.

    Scores at the threshold count by the part that makes the rate exact: trees give many rows one score.
    """
    ordered = np.sort(calm)[::-1]
    threshold = ordered[min(int(rate * len(ordered)), len(ordered) - 1)]
    above, at = float((calm > threshold).mean()), float((calm == threshold).mean())
    return np.where(scores > threshold, 1.0, np.where(scores == threshold, (rate - above) / at, 0.0))


def standing(scores: Floats, among: Floats) -> Floats:
    """The share of `among` below each score, ties half; 0 to 1."""
    ordered = np.sort(among)
    low, high = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    return np.asarray((low + high) / (2.0 * len(ordered)))


def matched_excess(first: Floats, at: Floats, second: Floats, among: Floats, least: int = 15) -> Excess:
    """The mean of `first` above that of `second`, within bins of a covariate (`at` and `among`) and averaged by
    the rows of `first` (direct standardisation).

    Bins are quantiles of the second set, joined with the next higher one while they hold under `least` of its rows.
    A rate's variance is taken at (hits + 1) / (n + 2), so that few rows without a hit do not look certain.
    """
    edges: list[float] = []
    for cut in np.quantile(among, _CUTS).tolist():
        inside = (among > (edges[-1] if edges else -np.inf)) & (among <= cut)
        if inside.sum() >= least and (among > cut).sum() >= least:
            edges.append(cut)
    mine, theirs = np.searchsorted(edges, at, side="left"), np.searchsorted(edges, among, side="left")
    second_rate, variance = 0.0, 0.0
    for b in np.unique(mine):
        a, c = first[mine == b], second[theirs == b]
        weight = len(a) / len(first)
        second_rate += weight * float(c.mean())
        variance += weight**2 * (_variance(a) + _variance(c))
    return Excess(float(first.mean()), second_rate, float(np.sqrt(variance)))


def paired_excess(first: Floats, second: Floats) -> Excess:
    """The mean of `first` above that of `second`, values in 0..1 of the same rows in the same order.

    One row of difference is added to the variance, so that few rows without a difference do not look certain.
    """
    n, apart = len(first), first - second
    square = (float((apart**2).sum()) + 1) / (n + 1) - float(apart.mean()) ** 2
    return Excess(float(first.mean()), float(second.mean()), float(np.sqrt(square / n)))


def _variance(values: Floats) -> float:
    """Of the mean of values in 0..1."""
    share = (float(values.sum()) + 1) / (len(values) + 2)
    return share * (1 - share) / len(values)
