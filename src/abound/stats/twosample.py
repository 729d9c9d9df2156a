"""Are two samples from one distribution? Limits from real-against-real draws, and a classifier test that is exact.

The classifier test (Lopez-Paz & Oquab 2017, C2ST) asks how well held-out rows of two sets are told apart. With
ordinary cross-validation the folds' scores are not independent: each fold's labels help to train the model that
judges the others, and the folds' chance deviations then point the same way (with two folds and one column their
correlation is 2 / pi). Permuting labels over out-of-fold scores ignores that and rejects too often; permuting
before training is right but fits every model again each time. Here the blocks come in an order and each is
judged by a model of the blocks before it only (prequential, Dawid 1984; sequential two-sample tests, Podkopaev &
Ramdas 2023). Given everything earlier, the labels of a block are exchangeable when the sets are alike, so its rank
sum has the permutation distribution whatever the model learned; deviations of different blocks are uncorrelated and
their variances add up. The price is smaller training sets than cross-validation has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_EULER = 0.5772156649


def upper_limit(draws: Floats, level: float) -> float:
    """The value that a further draw exceeds with probability `level`, from the mean and spread of `draws`.

    A Gumbel tail is assumed: it is what the largest of several distances tends to, and heavier than the tail of a
    mean of distances. Few draws are enough, unlike for an empirical quantile.
    """
    k = len(draws)
    spread = float(draws.std(ddof=1)) * np.sqrt(1 + 1 / k) if k > 1 else 0.0
    quantile = (-np.log(-np.log1p(-level)) - _EULER) * np.sqrt(6) / np.pi
    return float(draws.mean() + spread * quantile)


class Worst(NamedTuple):
    """Distances judged together: mean of each over the draws, limit of each, and which exceed it, worst first."""

    mean: Floats
    limit: Floats
    excess: Floats  # distance in spreads above the mean; the limit is at the same excess for all
    over: Ints
    largest: int


def judge_largest(values: Floats, draws: Floats, level: float, floor: float) -> Worst:
    """Which of many distances are too large, with probability `level` of naming any when nothing differs.

    `draws` (draws, distances) are real against real. Each distance is measured in its own spreads above its own
    mean, and the limit is that of the largest such excess. `floor` is the smallest spread that is believed (one row
    in a thousand moves a distance by .001, also where no draw happened to show it).
    """
    k = len(draws)
    mean = draws.mean(axis=0)
    spread = np.maximum(draws.std(axis=0, ddof=1), floor)
    excess = (values - mean) / spread
    # Each draw is set against the other draws, as the values are: against all, itself among them, it looks smaller.
    others = (k * mean - draws) / (k - 1)
    squares = (k - 1) * draws.var(axis=0, ddof=1) - (draws - mean) ** 2 * k / (k - 1)
    apart = np.maximum(np.sqrt(np.maximum(squares, 0.0) / (k - 2)), floor)
    allowed = upper_limit(((draws - others) / apart).max(axis=1), level)
    order = np.argsort(-excess, kind="stable")
    return Worst(mean, mean + allowed * spread, excess, order[excess[order] > allowed], int(order[0]))


class Part(NamedTuple):
    """One block of one stratum: scores of rows that the scoring model never saw, which set each row is of."""

    scores: Floats
    second: NDArray[np.bool_]
    clusters: Ints  # rows of one cluster are not independent


class HeldOut(NamedTuple):
    """An AUC over parts with its standard error, and its standard error if the sets are alike.

    `freedom` are the degrees of freedom of both errors (infinite unless rows come in clusters); `rows` are the rows
    judged, of the first and of the second set.
    """

    auc: float
    error: float
    null_error: float
    freedom: float
    rows: tuple[int, int]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided, within [0, 1]."""
        from scipy.stats import t

        half = float(t.ppf(0.5 + level / 2, self.freedom)) * self.error
        return max(0.0, self.auc - half), min(1.0, self.auc + half)

    def p_value(self) -> float:
        """One-sided: how often alike sets are told apart as well."""
        from scipy.stats import t

        return float(t.sf((self.auc - 0.5) / self.null_error, self.freedom)) if self.null_error > 0 else 1.0

    def at_most(self, level: float = 0.95) -> float:
        """One-sided upper confidence limit of the AUC: the closeness that is certified."""
        from scipy.stats import t

        # With few rows or none apart the observed error may vanish; alike sets show the least that is believed.
        return min(1.0, self.auc + float(t.ppf(level, self.freedom)) * max(self.error, self.null_error))

    def limit(self, alpha: float) -> float:
        """The AUC that alike sets exceed with probability `alpha`."""
        from scipy.stats import t

        return min(1.0, 0.5 + float(t.isf(alpha, self.freedom)) * self.null_error)


def rows_to_certify(auc: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Judged rows a side from which "the AUC is at most `auc`" is certified with probability `power` if it is .5.

    413 for .55 and 104 for .60: the error of the AUC of two alike sets of n rows is 1 / sqrt(6 n).
    """
    from scipy.stats import norm

    return int(np.ceil((norm.ppf(level) + norm.ppf(power)) ** 2 / (6 * (auc - 0.5) ** 2)))


def held_out_auc(parts: Sequence[Part], *, clustered: bool) -> HeldOut:
    """Combine the parts' AUCs, weighted by how precisely each is known.

    The null error is exact for the rank sum with ties, and the error is DeLong's (1988). With clusters, labels are
    not exchangeable row by row: the error is then that of sums over clusters (Obuchowski 1997) around the overall
    AUC, with the degrees of freedom of the side that has fewer clusters, and the larger error serves as null error.
    AUC .5 with no rows where no part holds rows of both sets.
    """
    kept: list[tuple[float, float, Floats, Part]] = []
    null, sizes = 0.0, np.zeros(2, dtype=np.int64)
    for part in parts:
        n1 = int(part.second.sum())
        n0 = len(part.second) - n1
        if min(n0, n1) > 0:
            auc, placed, variance = _rank_sum(part.scores, part.second)
            weight = n0 * n1 / (n0 + n1 + 1)
            null += weight**2 * variance
            kept.append((weight, auc, placed, part))
            sizes += np.array([n0, n1])
    if not kept:
        return HeldOut(0.5, 0.5, 0.5, np.inf, (0, 0))
    total = sum(k[0] for k in kept)
    value, null_error = sum(k[0] * k[1] for k in kept) / total, float(np.sqrt(null)) / total
    pulls = np.concatenate([_pulls(p.second, v, value if clustered else a) * w / total for w, a, v, p in kept])
    cluster = np.unique(np.concatenate([k[3].clusters for k in kept]), return_inverse=True)[1]
    error = float(np.sqrt((np.bincount(cluster, weights=pulls) ** 2).sum()))
    freedom = np.inf
    if clustered:
        second = np.concatenate([k[3].second for k in kept])
        fewer = min(len(np.unique(cluster[second])), len(np.unique(cluster[~second])))
        freedom = float(max(1, fewer - 1))
        error *= float(np.sqrt(1 + 1 / freedom))
        null_error = max(null_error, error)
    return HeldOut(float(value), error, null_error, freedom, (int(sizes[0]), int(sizes[1])))


def _pulls(second: NDArray[np.bool_], placed: Floats, centre: float) -> Floats:
    """How far each row pulls an AUC from its centre; n / (n - 1) makes up for a side's mean being estimated."""
    n1 = int(second.sum())
    side = np.where(second, n1, len(second) - n1)
    return np.asarray((placed - centre) / side * np.sqrt(side / np.maximum(side - 1, 1)))


def _rank_sum(scores: Floats, second: NDArray[np.bool_]) -> tuple[float, Floats, float]:
    """AUC, each row's placement (its share of won comparisons) and the permutation variance of the AUC."""
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    n1 = int(second.sum())
    n0, n = len(scores) - n1, len(scores)
    placed = np.empty(n)
    placed[second] = (ranks[second] - rankdata(scores[second])) / n0
    placed[~second] = 1 - (ranks[~second] - rankdata(scores[~second])) / n1
    _, ties = np.unique(scores, return_counts=True)
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (n * (n - 1))
    variance = (n + 1 - tied) / (12 * n0 * n1)
    return float(placed[second].mean()), placed, max(0.0, variance)
