"""Losses dealt to the rows anew: what slices look like if they have nothing to do with the error.

Strata hold rows that may be compared: losses are exchanged within a stratum only (one stratum: the loss is compared
with that of all other rows; strata of equal confidence: with that of rows on which a model is as sure). Rows of one
group are alike, so exchanging them freely would make chance look smaller than it is. A loss is therefore divided
into its group's mean and the rest; the means are dealt among groups of about the same size, the rest among rows.
For groups of one row this is the ordinary permutation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
LARGEST = 0.5  # more than half of the rows are the rule, not a slice


@dataclass(frozen=True)
class Residuals:
    """`values`: each row's loss less its stratum's mean; size, variance and third moment of each stratum."""

    values: Floats
    strata: Ints
    sizes: Floats
    variances: Floats
    thirds: Floats


def residuals(loss: Floats, strata: Ints | None = None) -> Residuals:
    """Losses about their stratum's mean. A stratum of one row has variance 0: nothing is compared there."""
    place = np.zeros(len(loss), dtype=np.int64) if strata is None else strata
    sizes = np.bincount(place).astype(np.float64)
    held = np.maximum(sizes, 1.0)
    values = loss - (np.bincount(place, weights=loss) / held)[place]
    variances = np.bincount(place, weights=values**2) / np.maximum(held - 1, 1.0)
    return Residuals(values, place, sizes, variances, np.bincount(place, weights=values**3) / held)


def standard(sums: Floats, r: Residuals, support: int) -> tuple[Ints, Floats, Floats]:
    """Places of the slices of a fit size, their standardised sums (slices, 1 + draws), and their skewness."""
    strata = len(r.sizes)
    rows = sums[:, :strata].sum(axis=1)
    kept = np.flatnonzero((rows >= support) & (rows <= LARGEST * r.sizes.sum()))
    counts = sums[kept, :strata]
    share = counts / np.maximum(r.sizes, 1.0)
    variance = (counts * (1 - share)) @ r.variances
    third = (counts * (1 - share) * (1 - 2 * share)) @ r.thirds
    some = variance > 1e-12 * max(1.0, float(r.variances.max(initial=0.0)))
    kept, variance, third = kept[some], variance[some], third[some]
    return kept, sums[kept, strata:] / np.sqrt(variance)[:, None], third / variance**1.5


def normal_scale(z: Floats, skew: Floats) -> Floats:
    """Standardised sums with that skewness as normal quantiles (Wilson and Hilferty 1931, for a gamma variable)."""
    g = np.where(np.abs(skew) < 1e-6, 1e-6, skew)
    return np.asarray(6 / g * (np.cbrt(np.maximum(1 + g * z / 2, 0.0)) - 1) + g / 6)


def deals(r: Residuals, groups: Ints | None, draws: int, rng: np.random.Generator) -> Floats:
    """`draws` rearrangements of the residuals, one a column: (rows, draws)."""
    n = len(r.values)
    order = np.argsort(r.strata, kind="stable")
    out = np.empty((n, draws))
    own, shared = r.values, None
    if groups is not None:
        size = np.bincount(groups).astype(np.float64)
        shared = np.bincount(groups, weights=r.values) / np.maximum(size, 1.0)
        own = r.values - shared[groups]
        about = np.floor(np.log2(np.maximum(size, 1.0)))
        alike = np.argsort(about, kind="stable")
    for k in range(draws):
        out[order, k] = own[np.lexsort((rng.random(n), r.strata))]
        if groups is not None and shared is not None:
            mixed = np.empty(len(shared))
            mixed[alike] = shared[np.lexsort((rng.random(len(shared)), about))]
            out[:, k] += mixed[groups]
    return out


def chance_of(
    loss: Floats, hold: Bools, *, strata: Ints | None, groups: Ints | None, draws: int, rng: np.random.Generator
) -> float:
    """One-sided p that the rows of `hold` have that much more loss than others of their strata, by permutation.

    (1 + draws at least as large) / (1 + draws) is a valid p-value for any number of draws (Phipson and Smyth 2010).
    """
    r = residuals(loss, strata)
    seen = float(r.values[hold].sum())
    dealt = deals(r, groups, draws, rng)[hold].sum(axis=0)
    return float((1 + (dealt >= seen - 1e-9).sum()) / (1 + draws))


def beyond(loss: Floats, hold: Bools, groups: Ints | None, level: float = 0.95) -> tuple[float, float, float]:
    """Mean loss inside `hold` less that outside, with its interval; whole groups are the units of its error.

    Infinite limits where there are fewer than two units on a side.
    """
    from scipy.stats import norm

    a, b = int(hold.sum()), int((~hold).sum())
    if not a or not b:
        return float("nan"), -np.inf, np.inf
    first, second = float(loss[hold].mean()), float(loss[~hold].mean())
    pull = np.where(hold, (loss - first) / a, -(loss - second) / b)
    unit = np.arange(len(loss)) if groups is None else groups
    units = len(np.unique(unit))
    if min(len(np.unique(unit[hold])), len(np.unique(unit[~hold]))) < 2:
        return first - second, -np.inf, np.inf
    error = np.sqrt((np.bincount(unit, weights=pull) ** 2).sum() * units / (units - 1))
    half = float(norm.ppf(0.5 + level / 2) * error)
    return first - second, first - second - half, first - second + half
