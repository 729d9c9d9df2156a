"""Weights that make one sample count like another: the ratio of densities, from a classifier's log odds.

A classifier trained on equal numbers of both sets has, at a row, the odds p2(x) / p1(x) (Sugiyama et al. 2012), so
rows of the second set weighted by p1 / p2 count like the first. Weights are clipped, since a few rows with large
weights are worth no more than a few rows (Kish 1965).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CLIP = (0.1, 10.0)
LEAST_EFFECTIVE = 0.3
_SUPPORT = 0.05
_ENOUGH = 40  # rows of a stratum from which it has a threshold of its own


class Ratio(NamedTuple):
    """`weights` of the second set's rows: mean 1 among rows in the first set's support, 0 outside it.

    `accepted`: share in support (.95 if alike). `lacking`: share of the first set's rows that lie where the second
    set is thinner than at 95 % of its own rows (.05 if alike).
    """

    weights: Floats
    accepted: float
    lacking: float


def density_ratio(first: Floats, second: Floats, of_first: Ints, of_second: Ints) -> Ratio:
    """From log odds of being of the second set, held out, for rows of both sets and their strata.

    Out of support: a ratio p1 / p2 below the 5th percentile of the first set's own rows in that stratum.
    """
    low, high = float(np.quantile(first, 1 - _SUPPORT)), float(np.quantile(second, _SUPPORT))
    inside, lacking = second <= low, first < high
    weights = np.clip(np.exp(-second), *CLIP)
    for s in np.unique(of_second):
        mine, real = of_second == s, of_first == s
        if min(mine.sum(), real.sum()) >= _ENOUGH:
            inside[mine] = second[mine] <= np.quantile(first[real], 1 - _SUPPORT)
            lacking[real] = first[real] < np.quantile(second[mine], _SUPPORT)
        if (mine & inside).any():
            weights[mine] /= weights[mine & inside].mean()
    return Ratio(np.where(inside, weights, 0.0), float(inside.mean()), float(lacking.mean()))


def effective_share(weights: Floats) -> float:
    """How many equally weighted rows the rows with positive weight are worth, as a share of these (Kish 1965)."""
    kept = weights[weights > 0]
    return float(kept.sum() ** 2 / (len(kept) * (kept**2).sum())) if len(kept) else 0.0


def tempered(weights: Floats, least: float = LEAST_EFFECTIVE) -> Floats:
    """Weights to the largest power up to 1 whose effective share is `least`; clipped, mean 1 where positive."""
    kept = weights > 0
    if not kept.any():
        return np.asarray(weights, dtype=np.float64)
    power = 1.0
    while effective_share(np.where(kept, weights, 1.0)[kept] ** power) < least and power > 0.05:
        power -= 0.05
    out = np.where(kept, np.clip(np.where(kept, weights, 1.0) ** power, *CLIP), 0.0)
    return np.asarray(out / out[kept].mean())
