"""Rows equal to other rows, rows too close to one row, and rows closer to one set than to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
_ANCHOR = 10  # real ratios below which the tail is extended
_TAIL_POWER = 1.5


def row_words(codes: Ints, rng: np.random.Generator) -> Words:
    """A random 64-bit word for every cell of a coded table (rows, columns); a row's sum is its name (Zobrist 1970).

    Sums wrap around; leaving a column out is a subtraction. Two different rows share a name with chance 2**-64.
    """
    out = np.empty(codes.shape, dtype=np.uint64)
    for j in range(codes.shape[1]):
        words = rng.integers(0, 2**64, int(codes[:, j].max(initial=0)) + 1, dtype=np.uint64)
        out[:, j] = words[codes[:, j]]
    return out


def has_twin(names: Words, owners: Ints | None) -> NDArray[np.bool_]:
    """Which rows equal a row of another owner (each row its own owner by default)."""
    _, pattern = np.unique(names, return_inverse=True)
    if owners is None:
        return np.asarray(np.bincount(pattern)[pattern] > 1)
    pairs = np.unique(np.column_stack([pattern, owners]), axis=0)
    return np.asarray(np.bincount(pairs[:, 0])[pattern] > 1)


def twin_rate(words: Words, codes: Ints, owners: Ints | None, weights: Floats) -> tuple[float, float]:
    """How often a real row equals an independent one, as (rate, effective number of rows it rests on).

    Where no two rows are equal the rate is estimated from rows that are equal but for one column, times the chance
    that two rows agree in that column: the largest over columns (effective number 0 marks such an estimate).
    """
    names = words.sum(axis=1, dtype=np.uint64)
    share = weights / weights.sum()
    rate = float(share @ has_twin(names, owners))
    if rate > 0:
        return rate, float(1 / (share**2).sum())
    best = 0.0
    for j in range(words.shape[1]):
        almost = float(share @ has_twin(names - words[:, j], owners))
        if almost > 0:
            agree = float(((np.bincount(codes[:, j]) / len(codes)) ** 2).sum())
            best = max(best, almost * agree)
    return best, 0.0


def twins_expected(rate: float, rests_on: float, rows: int, level: float) -> int:
    """The number of equal rows that `rows` real rows exceed with probability `level`.

    Beta-binomial: the rate is itself uncertain. Equal rows come in pairs, so half as many are independent.
    """
    from scipy.stats import betabinom, poisson

    if rate == 0:
        return 0
    if rests_on == 0:
        return int(poisson.ppf(1 - level, rate * rows))
    independent = rests_on / 2
    hits = rate * independent
    return int(betabinom.ppf(1 - level, rows, hits + 0.5, independent - hits + 0.5))


def closeness_p_values(ratios: Floats, calibration: Floats) -> Floats:
    """For each ratio d1 / d2 the share of independent real rows with one as small (conformal, Bates et al. 2023).

    Where density varies smoothly, the ratio of the distances to the nearest and to the second nearest row has the
    distribution function x ** k, k the local dimension, whatever the density: a copy with noise stands out in a
    dense and in a sparse region alike. Below the tenth smallest real ratio, where counting says little, k = 1.5 is
    assumed: between rows that differ in one free number (1) and in two. On real tables of 15 to 30 columns the
    lower end of the ratios behaves like that, because the closest pairs agree in all columns but one or two.
    """
    known = np.sort(calibration)
    m = len(known)
    p = (1 + np.searchsorted(known, ratios, side="right")) / (m + 1)
    anchor = known[_ANCHOR - 1] if m >= _ANCHOR else 0.0
    if anchor > 0:
        low = ratios < anchor
        p[low] = np.minimum(p[low], (_ANCHOR + 1) / (m + 1) * (ratios[low] / anchor) ** _TAIL_POWER)
    return p


def false_share_limit(p_values: Floats, share: float) -> float:
    """The p up to which rows are named such that on average at most `share` of those named are named wrongly.

    Benjamini and Hochberg (1995). Never below share / rows: the p at which a single row would be named.
    """
    n = len(p_values)
    ranked = np.sort(p_values)
    good = np.flatnonzero(ranked <= share * np.arange(1, n + 1) / n)
    return share * (int(good[-1]) + 1 if len(good) else 1) / max(1, n)


def ratios(first: Floats, second: Floats) -> Floats:
    """d1 / d2, 1 where there is no second neighbour or both are at distance 0."""
    out = np.ones(len(first))
    known = np.isfinite(second) & (second > 0)
    out[known] = first[known] / second[known]
    return out


def closer_share(to_first: Floats, to_second: Floats) -> float:
    """Share of rows nearer to the first set than to the second; a tie counts half."""
    slack = 1e-9
    return float(((to_first < to_second - slack) + 0.5 * (np.abs(to_first - to_second) <= slack)).mean())
