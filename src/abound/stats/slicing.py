"""Slices with more loss than the rest: conjunctions of a few conditions, searched in full, accepted one by one.

The statistic of a slice is the sum of its rows' losses about their strata's means in units of its standard
deviation when losses are dealt at random within strata (exact moments, finite population: the Mantel-Haenszel
form). Losses are skewed, and a few rows of them more so, so it is carried to a normal scale by Wilson and
Hilferty's cube root for a gamma variable of that skewness; without it the smallest slices would set the limit for
all others.

The limit for slices of t conditions is that of the largest statistic over *every* such slice of the search when
losses are dealt to rows at random (max-statistic permutation; Westfall and Young 1993), each number of conditions
with an equal share of `alpha` (Bonferroni), so that the few single conditions are not held to the limit of the many
triples. Under the hypothesis that the loss has nothing to do with the columns the observed losses are one more
deal, so any statistic is beyond its limit with probability `alpha` at most, however many slices there are and
however much they overlap. (With more than `wide` axes the triples are those of the axes that look best; deals use
the same axes, and the level then holds approximately.)

The rows of an accepted slice are set aside, and the search is repeated on the others with the same limit: fewer
rows and slices are left, so it is not too low. A second wording of the same rows, or a wider slice that owes its
loss to them, is then no longer remarkable. Before that its cuts are moved to where they fit best
(`abound.stats.sharpening`).

Anchors: SliceLine (Sagadeeva and Boehm, SIGMOD 2021) and Slice Finder (Chung et al., ICDE 2019), which rank slices;
here a slice must beat chance over the whole search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.stats.dealing import Residuals, deals, normal_scale, residuals, standard
from abound.stats.lattice import Axis, Block, Condition, blocks, choices, inside
from abound.stats.sharpening import sharpened

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Weak(NamedTuple):
    """One slice: its conditions, its statistic, p over the whole search, and the rows set aside before it."""

    conditions: tuple[Condition, ...]
    statistic: float
    p_value: float
    aside: Bools


@dataclass(frozen=True)
class Search:
    """Accepted slices in the order of acceptance, how many were searched, and the limit by number of conditions."""

    slices: tuple[Weak, ...]
    searched: int
    limits: tuple[float, ...]


class _Level(NamedTuple):
    """The best slice of a number of conditions, how many were looked at, and the largest statistic of each deal."""

    statistic: float
    conditions: tuple[Condition, ...]
    searched: int
    null: Floats


def weak_slices(
    axes: Sequence[Axis],
    loss: Floats,
    *,
    strata: Ints | None = None,
    groups: Ints | None = None,
    support: int = 30,
    terms: int = 3,
    alpha: float = 0.05,
    draws: int = 99,
    top: int = 10,
    wide: int = 16,
    null: Floats | None = None,
    rng: np.random.Generator,
) -> Search:
    """Slices of at least `support` rows with more loss than the other rows of their strata; at most `top`.

    `loss`, `strata` and `groups` have one entry a row. Where losses of neighbouring rows go together, deals do not
    say what chance does: give `null` (terms, draws), the results of `largest` on data with nothing to find. With
    alpha (draws + 1) below `terms` nothing can be accepted.
    """
    draws = draws if null is None else null.shape[1]
    dealing = null is None
    null = np.zeros((terms, draws)) if null is None else null
    aside = np.zeros(len(loss), dtype=bool)
    found: list[Weak] = []
    searched = 0
    while len(found) < top and (~aside).sum() >= 2 * support:
        rows = np.flatnonzero(~aside)
        part = [a.take(rows) for a in axes]
        r = residuals(loss[rows], None if strata is None else strata[rows])
        dealt = deals(r, None if groups is None else groups[rows], draws if dealing else 0, rng)
        levels = _search(part, r, dealt, support, terms, wide)
        null = np.array([level.null for level in levels]) if dealing else null
        searched, dealing = max(searched, sum(level.searched for level in levels)), False
        limits = _limits(null, alpha)
        beyond = [i for i, level in enumerate(levels) if level.conditions and level.statistic > limits[i]]
        if not beyond:
            break
        forms = [sharpened(part, r, levels[place].conditions, support, terms) for place in beyond]
        statistic, best = max(forms, key=lambda form: form[0] - limits[len(form[1]) - 1])
        p_value = min(_chance(levels[place].statistic, null[place]) for place in beyond)
        found.append(Weak(best, statistic, min(1.0, terms * p_value), aside.copy()))
        aside |= inside(axes, best)
    return Search(tuple(found), searched, tuple(_limits(null, alpha)))


def largest(
    axes: Sequence[Axis],
    loss: Floats,
    *,
    strata: Ints | None = None,
    support: int = 30,
    terms: int = 3,
    wide: int = 16,
) -> Floats:
    """The largest statistic by number of conditions: for null distributions from data instead of deals."""
    r = residuals(loss, strata)
    levels = _search(axes, r, np.zeros((len(loss), 0)), support, terms, wide)
    return np.array([level.statistic for level in levels])


def _chance(statistic: float, null: Floats) -> float:
    """p over all slices with that number of conditions (Phipson and Smyth 2010)."""
    return float((1 + (null >= statistic).sum()) / (1 + len(null)))


def _limits(null: Floats, alpha: float) -> list[float]:
    """For each number of conditions the smallest statistic that is significant (infinite with too few deals)."""
    levels, draws = null.shape
    above = int(alpha / levels * (draws + 1) + 1e-9)  # a significant statistic is among so many largest
    return [float(np.sort(row)[draws - above]) if 0 < above <= draws else np.inf for row in null]


def _search(axes: Sequence[Axis], r: Residuals, dealt: Floats, support: int, terms: int, wide: int) -> list[_Level]:
    """All slices, by number of conditions; from three on over the `wide` axes that look best so far.

    Single conditions are few, so their ranges begin and end at any level; those of conjunctions do so at `starts`.
    """
    single, made = choices(axes, support, fine=True), choices(axes, support)
    vectors = np.column_stack([np.eye(len(r.sizes))[r.strata], r.values, dealt])
    by_axis, out = np.zeros(len(axes)), []
    for t in range(1, terms + 1):
        if t > 2 and len(made) > wide:
            best = sorted(made, key=lambda c: (-by_axis[c.axis], c.axis))[:wide]
            made = sorted(best, key=lambda c: c.axis)
        out.append(_level(blocks(single if t == 1 else made, t, vectors), r, dealt.shape[1], support, by_axis))
    return out


def _level(over: Iterator[Block], r: Residuals, draws: int, support: int, by_axis: Floats) -> _Level:
    """The first slice with the largest statistic; raises `by_axis` to the largest statistic met on each axis."""
    conditions: tuple[Condition, ...] = ()
    top, searched, null = 0.0, 0, np.zeros(draws)
    for block in over:
        kept, z, skew = standard(block.sums, r, support)
        searched += len(kept)
        if not len(kept):
            continue
        seen = normal_scale(z[:, 0], skew)
        place = int(seen.argmax())
        for c in block.axes:
            by_axis[c.axis] = max(by_axis[c.axis], seen[place])
        if seen[place] > top + 1e-9:
            top, conditions = float(seen[place]), block.conditions(int(kept[place]))
        # On the normal scale a statistic is at most a little larger, and only where losses are skewed to the left.
        slices, draw = np.nonzero(z[:, 1:] > 0.8 * null)
        np.maximum.at(null, draw, normal_scale(z[slices, 1 + draw], skew[slices]))
    return _Level(top, conditions, searched, null)
