"""Numbers as tokens and back, so that what comes out never rests on fewer than k persons.

A number that at least k persons have is a point and comes out as it is. The others are grouped, in their order,
until each group has k persons; from a group comes a number drawn uniformly about the group's mean with the group's
spread (half width sqrt(3) sd), one decimal finer than the data are, so that it equals no number of the data. The
ends of a column are such groups: no extreme value comes out. Points and groups are the pieces; a token is a run of
neighbouring pieces of about equal mass, which is all that a network sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GROUPS = 400  # at most so many groups a column, so that long columns stay small
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class ValueMap:
    """The pieces of one column in order of value. Arrays have one entry a piece.

    `low` and `high` are equal for a point; `top` is the largest number of a group (a point: itself), by which
    numbers find their group; `share` the rows; `token` the token of the piece, from 0, never falling. `decimals` is
    -1 for numbers of more than six decimals.
    """

    low: Floats
    high: Floats
    top: Floats
    share: Floats
    token: Ints
    decimals: int
    fine: bool  # whether groups give numbers between those of the data

    @property
    def tokens(self) -> int:
        """How many tokens there are; 0 where no number may come out."""
        return int(self.token[-1]) + 1 if len(self.token) else 0


def fit_values(values: Floats, persons: Ints, k: int, tokens: int, fine: bool = True) -> ValueMap:
    """The map of one column: `values` (float64, no nan) of `persons` (any integers), with about `tokens` tokens."""
    distinct, place, count = np.unique(values, return_inverse=True, return_counts=True)
    pairs = np.unique(np.column_stack([place, persons]), axis=0)
    holders = np.bincount(pairs[:, 0], minlength=len(distinct))
    points = holders >= k
    group = _groups(place, persons, points, count, k)
    decimals = _decimals(distinct)
    rows = [(v, v, v, c) for v, c in zip(distinct[points], count[points], strict=True)]
    for g in range(int(group.max(initial=-1)) + 1):
        inside = group == g
        weight, own = count[inside].astype(np.float64), distinct[inside]
        # The outermost number of a group moves neither its mean nor its spread: it may be one person's, far off.
        ends = (own[1], own[-2]) if len(own) > 3 else (own[0], own[-1])
        near = np.clip(own, *ends)
        mean = float(np.average(near, weights=weight))
        half = float(np.sqrt(3.0 * np.average((near - mean) ** 2, weights=weight)))
        # Two equal ends would be read as a point, so a group of one number gets a width of one step.
        low, high = max(mean - half, ends[0]), min(mean + half, ends[1])
        if low == high:
            high = np.nextafter(low, np.inf)
        rows.append((low, high, own[-1], int(weight.sum())))
    if not rows:
        none = np.zeros(0)
        return ValueMap(none, none, none, none, none.astype(np.int64), decimals, fine)
    table = np.array(sorted(rows, key=lambda r: (r[0] + r[1], r[2])), dtype=np.float64)
    low, high, top, mass = (np.ascontiguousarray(c) for c in table.T)
    return ValueMap(low, high, top, mass / mass.sum(), _tokens(mass, tokens), decimals, fine)


def _groups(place: Ints, persons: Ints, points: NDArray[np.bool_], count: Ints, k: int) -> Ints:
    """Each distinct number's group; -1 for points, and for all where the others have too few persons."""
    group = np.full(len(points), -1, dtype=np.int64)
    rare = np.flatnonzero(~points)
    if not len(rare):
        return group
    least = max(k, int(count[rare].sum()) // _GROUPS)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(points) + 1))
    seen: set[int] = set()
    rows, now, first = 0, 0, 0
    for i, v in enumerate(rare):
        seen.update(persons[order[starts[v] : starts[v + 1]]].tolist())
        rows += int(count[v])
        if len(seen) >= k and rows >= least:
            group[rare[first : i + 1]] = now
            seen, rows, now, first = set(), 0, now + 1, i + 1
    if now and first < len(rare):
        group[rare[first:]] = now - 1
    return group


def _tokens(mass: Floats, tokens: int) -> Ints:
    """Tokens of about equal mass; a piece of more than that has a token of its own."""
    big = mass >= mass.sum() / tokens
    rest = np.where(big, 0.0, mass)
    wanted = max(1, tokens - int(big.sum()))
    run = np.floor((np.cumsum(rest) - rest / 2) * wanted / max(rest.sum(), 1.0))
    start = big.copy()
    start[1:] |= big[:-1] | (run[1:] != run[:-1])
    start[0] = False
    return np.asarray(np.cumsum(start), dtype=np.int64)


def _decimals(distinct: Floats) -> int:
    """The fewest decimals that give every number, up to the noise of 32-bit floats; -1 where six do not."""
    for d in range(_DECIMALS + 1):
        scaled = distinct * 10.0**d
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled))):
            return d
    return -1


def encode_values(fitted: ValueMap, values: Floats) -> Ints:
    """The token of each number. One that no group holds (points only) is given the nearest point's."""
    point = fitted.low == fitted.high
    out = np.zeros(len(values), dtype=np.int64)
    if point.any():
        at, of = fitted.low[point], fitted.token[point]
        right = np.minimum(np.searchsorted(at, values), len(at) - 1)
        left = np.maximum(right - 1, 0)
        near = np.where(np.abs(at[left] - values) < np.abs(at[right] - values), left, right)
        out[:] = of[near]
        if point.all():
            return out
        known = at[near] == values
    else:
        known = np.zeros(len(values), dtype=bool)
    order = np.argsort(fitted.top[~point], kind="stable")
    tops, of = fitted.top[~point][order], fitted.token[~point][order]
    group = of[np.minimum(np.searchsorted(tops, values), len(tops) - 1)]
    return np.asarray(np.where(known, out, group), dtype=np.int64)


def decode_values(fitted: ValueMap, tokens: Ints, rng: np.random.Generator) -> Floats:
    """A number for each token: first a piece of it by its share, then a number of the piece."""
    piece = _pieces(fitted, tokens, rng.random(len(tokens)))
    low, high = fitted.low[piece], fitted.high[piece]
    along, digit = rng.random(len(tokens)), rng.integers(1, 10, len(tokens))
    drawn = low + along * (high - low)
    if fitted.decimals >= 0:
        step = 10.0**fitted.decimals
        whole = np.floor(drawn * step)
        drawn = (whole * 10 + digit) / (step * 10) if fitted.fine else np.rint(drawn * step) / step
    return np.asarray(np.where(low == high, low, drawn))


def _pieces(fitted: ValueMap, tokens: Ints, points: Floats) -> Ints:
    """The piece that each token's point of [0, 1) falls into."""
    ends = np.cumsum(fitted.share)
    first = np.searchsorted(fitted.token, np.arange(fitted.tokens + 1))
    edge = np.concatenate([[0.0], ends])[first]
    along = edge[tokens] + points * (edge[tokens + 1] - edge[tokens])
    piece = np.searchsorted(ends, along, side="right")
    return np.asarray(np.clip(piece, first[tokens], first[tokens + 1] - 1), dtype=np.int64)


def to_state(fitted: ValueMap) -> dict[str, Any]:
    """The map as JSON."""
    arrays = {n: getattr(fitted, n).tolist() for n in ("low", "high", "top", "share", "token")}
    return {**arrays, "decimals": fitted.decimals, "fine": fitted.fine}


def from_state(state: dict[str, Any]) -> ValueMap:
    """The map that `to_state` wrote."""
    low, high, top, share = (np.array(state[n], dtype=np.float64) for n in ("low", "high", "top", "share"))
    token = np.array(state["token"], dtype=np.int64)
    return ValueMap(low, high, top, share, token, state["decimals"], state["fine"])
