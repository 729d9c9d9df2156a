"""Which combinations of levels never occur, and which of those absences are surprising.

A pattern fixes the level of some attributes and leaves the others open (-1, "any"). It is *covered* if at least
`tau` rows match it. A maximal uncovered pattern (MUP) is uncovered while every pattern with one level fewer is
covered: it is the shortest statement of a hole (Asudeh, Jin and Jagadish, "Assessing and remedying coverage for a
given dataset", ICDE 2019, arXiv 1810.06742).

Most holes are dull: rare levels rarely meet, and some levels cannot meet. A hole is ranked by

    sibling coverage^3 * log(1 + E)

where E is the count to expect from the pattern's parts, and sibling coverage says how far the cells beside it,
which differ in one attribute, are filled: a lone empty cell among full ones is a hole in the data, a whole empty
block is how the world is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CUBE_CELLS = 20_000_000


@dataclass(frozen=True)
class Holes:
    """Maximal uncovered patterns: `patterns` is int16 (m, attributes), -1 for "any"; the rest has length m."""

    patterns: NDArray[np.int16]
    counts: Ints  # rows that match
    expected: Floats  # E, rows
    siblings: Floats  # sibling coverage, in (0, 1)

    @property
    def score(self) -> Floats:
        """Sibling coverage^3 * log(1 + E)."""
        return np.asarray(self.siblings**3 * np.log1p(self.expected))

    def ranked(self) -> Ints:
        """Positions by falling score; ties by fewer terms, then by the pattern itself, so the order is fixed."""
        terms = (self.patterns >= 0).sum(axis=1)
        keys = [*self.patterns.T[::-1], terms, -np.round(self.score, 12)]
        return np.asarray(np.lexsort(keys)) if len(terms) else np.zeros(0, dtype=np.int64)


def cells(cards: Sequence[int], terms: int) -> int:
    """How many patterns with 1 to `terms` fixed attributes there are."""
    ways = [1] + [0] * terms
    for card in cards:
        for t in range(terms, 0, -1):
            ways[t] += ways[t - 1] * card
    return sum(ways[1:])


def surprising(tau: int, examined: int, alpha: float = 0.05) -> float:
    """The smallest E for which fewer than `tau` rows is surprising when `examined` patterns are looked at.

    Solves P(Poisson(E) < tau) = alpha / examined (Bonferroni), by bisection; rows.
    """
    limit = alpha / max(examined, 1)
    low, high = 0.0, 40.0 + 4.0 * tau - 2.0 * math.log(limit)
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(math.exp(k * math.log(middle) - middle - math.lgamma(k + 1)) for k in range(tau))
        low, high = (middle, high) if below > limit else (low, middle)
    return high


def uncovered(
    codes: NDArray[Any], cards: Sequence[int], *, tau: int = 1, terms: int = 3, least: float = 0.0
) -> Holes:
    """All MUPs with at most `terms` fixed attributes and E >= `least`.

    `codes` (rows, attributes) holds levels 0..card-1. Levels that no row has are found as one-term patterns,
    whatever `least` is. Up to three terms are counted subset by subset; more need the dense cube of all patterns.
    Raises ValueError where that cube would pass 20 million cells.
    """
    if len(cards) == 0:
        return _join([], 0)
    if codes.shape[0] < tau:
        total = codes.shape[0]
        return _join([(np.full((1, len(cards)), -1), np.array([total]), np.ones(1) * tau, np.ones(1))], len(cards))
    if terms <= 3:
        return _by_level(codes, cards, tau, terms, least)
    size = math.prod(c + 1 for c in cards)
    if size > CUBE_CELLS:
        raise ValueError(f"patterns of {terms} terms over {len(cards)} attributes need {size} cells")
    return _by_cube(codes, cards, tau, terms, least)


def distinct(codes: NDArray[Any], cards: Sequence[int]) -> tuple[NDArray[Any], Floats | None]:
    """Distinct rows and how often each occurs; the rows as they are (and None) where few repeat."""
    size = math.prod(cards)
    if size > 2**62 or codes.shape[0] == 0:
        return codes, None
    key = np.zeros(codes.shape[0], dtype=np.int64)
    for i, card in enumerate(cards):
        key *= card
        key += codes[:, i]
    if size <= 1 << 22:
        count = np.bincount(key, minlength=size)
        found = np.flatnonzero(count)
        count = count[found]
    else:
        found, count = np.unique(key, return_counts=True)
    if len(found) > 0.7 * codes.shape[0]:
        return codes, None
    out = np.empty((len(found), len(cards)), dtype=codes.dtype)
    for i in range(len(cards) - 1, -1, -1):
        found, out[:, i] = np.divmod(found, cards[i])
    return out, count.astype(np.float64)


def mutual_information(codes: NDArray[Any], card: int, labels: NDArray[Any], classes: int) -> float:
    """Mutual information (nats) between an attribute's levels and labels, less its bias (Miller and Madow)."""
    table = np.bincount(codes.astype(np.int64) * classes + labels, minlength=card * classes).astype(np.float64)
    total = table.sum()
    joint = table.reshape(card, classes) / total
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    bias = ((rows > 0).sum() - 1) * ((columns > 0).sum() - 1) / (2 * total)
    return _entropy(rows) + _entropy(columns) - _entropy(joint.ravel()) - float(bias)


def _entropy(shares: Floats) -> float:
    some = shares[shares > 0]
    return -float((some * np.log(some)).sum())


_Part = tuple[NDArray[Any], NDArray[Any], Floats, Floats]
_Subset = tuple[int, ...]


def _by_level(codes: NDArray[Any], cards: Sequence[int], tau: int, terms: int, least: float) -> Holes:
    """Count every subset of up to three attributes; an uncovered cell is maximal if its parents are covered."""
    total = codes.shape[0]
    rows, weight = distinct(codes, cards)
    columns = [np.ascontiguousarray(rows[:, i]) for i in range(len(cards))]
    margins: dict[_Subset, Ints] = {}
    parts: list[_Part] = []
    keys: dict[_Subset, Ints] = {(): np.zeros(len(rows), dtype=np.int64)}
    for t in range(1, min(terms, len(cards)) + 1):
        for subset in itertools.combinations(range(len(cards)), t):
            head, last = subset[:-1], subset[-1]
            if head not in keys:  # one key at a time: those of the subsets that share a head
                keys = {(): keys[()], head: _key(columns, cards, head)}
            key = keys[head] * cards[last] + columns[last]
            shape = tuple(cards[i] for i in subset)
            count = np.bincount(key, weights=weight, minlength=math.prod(shape)).astype(np.int64).reshape(shape)
            if t < 3:
                margins[subset] = count
            hole = _maximal(subset, count, margins, tau)
            parts += _scored(subset, count, hole, margins, total, tau, least, len(cards))
    return _join(parts, len(cards))


def _maximal(subset: _Subset, count: Ints, margins: dict[_Subset, Ints], tau: int) -> NDArray[np.bool_]:
    """Cells that are uncovered while each parent, the count without one of the attributes, is covered."""
    hole = count < tau
    for axis in range(len(subset) if len(subset) > 1 else 0):
        parent = margins[subset[:axis] + subset[axis + 1 :]]
        hole &= np.expand_dims(parent >= tau, axis)
    return hole


def _key(columns: list[NDArray[Any]], cards: Sequence[int], subset: _Subset) -> Ints:
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for i in subset:
        key *= cards[i]
        key += columns[i]
    return key


def _by_cube(codes: NDArray[Any], cards: Sequence[int], tau: int, terms: int, least: float) -> Holes:
    """Count every pattern at once in an array with one slot more per axis, "any"; compare each with its parents."""
    cube = pattern_cube(codes, cards)
    low = cube < tau
    hole = low.copy()
    for axis, card in enumerate(cards):
        fixed = _at(len(cards), {axis: slice(0, card)})
        hole[fixed] &= ~low[_at(len(cards), {axis: slice(card, card + 1)})]
    found = np.argwhere(hole)
    found[found == np.array(cards)] = -1
    fixed = (found >= 0).sum(axis=1)
    found = found[(fixed >= 1) & (fixed <= terms)]

    def counts(subset: _Subset) -> Ints:
        spot = {i: slice(0, c) if i in subset else c for i, c in enumerate(cards)}
        return np.asarray(cube[_at(len(cards), spot)]).astype(np.int64)

    margins = {s: counts(s) for t in (1, 2) for s in itertools.combinations(range(len(cards)), t)}
    found = found[_expected_at(found, margins, codes.shape[0]) >= least * (1 - 1e-9)]
    parts: list[_Part] = []
    for subset, places in _by_subset(found):
        here = np.zeros(tuple(cards[i] for i in subset), dtype=bool)
        here[tuple(places[:, list(subset)].T)] = True
        parts += _scored(subset, counts(subset), here, margins, codes.shape[0], tau, least, len(cards))
    return _join(parts, len(cards))


def pattern_cube(codes: NDArray[Any], cards: Sequence[int]) -> NDArray[np.int32]:
    """Counts of all patterns: an int32 array of shape (card + 1, ...) whose last slot on each axis is "any"."""
    d = len(cards)
    cube = np.zeros(tuple(c + 1 for c in cards), dtype=np.int32)
    rows, weight = distinct(codes, cards)
    key = _key([rows[:, i] for i in range(d)], cards, tuple(range(d)))
    full = np.bincount(key, weights=weight, minlength=math.prod(cards))
    cube[_at(d, {i: slice(0, c) for i, c in enumerate(cards)})] = full.reshape(tuple(cards))
    for axis, card in enumerate(cards):
        rest = {i: slice(0, c) for i, c in enumerate(cards) if i > axis}
        inside, total = _at(d, {**rest, axis: slice(0, card)}), _at(d, {**rest, axis: card})
        cube[total] = cube[inside].sum(axis=axis, dtype=np.int32)
    return cube


def _at(d: int, spot: dict[int, Any]) -> tuple[Any, ...]:
    return tuple(spot.get(i, slice(None)) for i in range(d))


def _by_subset(patterns: NDArray[Any]) -> list[tuple[_Subset, NDArray[Any]]]:
    """Patterns grouped by which attributes they fix, in the order of the subsets."""
    if len(patterns) == 0:
        return []
    fixed = patterns >= 0
    kinds, which = np.unique(fixed, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel(), minlength=len(kinds)))[:-1]
    groups = np.split(patterns[order], ends)
    return [(tuple(np.flatnonzero(k).tolist()), g) for k, g in zip(kinds, groups, strict=True)]


def _scored(
    subset: _Subset, count: Ints, hole: NDArray[np.bool_], margins: dict[_Subset, Ints], total: int, tau: int,
    least: float, d: int,
) -> list[_Part]:  # fmt: skip
    """The holes of one subset with E >= least, as patterns with their counts, E and sibling coverage."""
    if not hole.any():
        return []
    expected = expected_counts(subset, margins, total, count.shape)
    if len(subset) > 1:
        hole = hole & (expected >= least)
        if not hole.any():
            return []
    places = np.argwhere(hole)
    patterns = np.full((len(places), d), -1, dtype=np.int16)
    patterns[:, list(subset)] = places
    siblings = sibling_coverage(count, expected, tau)
    return [(patterns, count[hole], expected[hole], siblings[hole])]


def expected_counts(subset: _Subset, margins: dict[_Subset, Ints], total: int, shape: tuple[int, ...]) -> Floats:
    """E of each cell of a subset, from parts one order lower (rows).

    One attribute: all levels equally common. Two: independence. Three and more: what the pairs imply,
    N * prod p_ij / prod p_i^(t-2) (Kirkwood's superposition).
    """
    t = len(subset)
    if t == 1:
        return np.full(shape, total / shape[0])
    out: Floats = np.full(shape, float(total))
    for pair in itertools.combinations(range(t), 2) if t > 2 else ():
        share = margins[subset[pair[0]], subset[pair[1]]] / total
        out *= _spread(share, pair, t)
    for axis in range(t):
        single = margins[(subset[axis],)] / total
        with np.errstate(divide="ignore"):
            factor = single if t == 2 else np.where(single > 0, single, np.inf) ** float(2 - t)
        out *= _spread(factor, (axis,), t)
    return out


def _expected_at(patterns: NDArray[Any], margins: dict[_Subset, Ints], total: int) -> Floats:
    """E of single patterns, so that dull ones are left out before whole subsets are scored; one term gives inf."""
    terms = (patterns >= 0).sum(axis=1)
    out: Floats = np.full(len(patterns), math.log(total))
    with np.errstate(divide="ignore"):
        share = {s: np.log(count / total) for s, count in margins.items()}
    for subset, table in share.items():
        here = (patterns[:, list(subset)] >= 0).all(axis=1) & (terms != len(subset))
        power = np.where(terms == 2, 1, 2 - terms) if len(subset) == 1 else np.ones(len(terms))
        out[here] += power[here] * table[tuple(patterns[here][:, list(subset)].T)]
    out[terms == 1] = np.inf
    return np.asarray(np.exp(out))


def _spread(array: NDArray[Any], axes: tuple[int, ...], t: int) -> NDArray[Any]:
    shape = [1] * t
    for axis, size in zip(axes, array.shape, strict=True):
        shape[axis] = size
    return array.reshape(shape)


def sibling_coverage(count: Ints, expected: Floats, tau: int) -> Floats:
    """Product over the axes of (covered siblings + 1/4) / (siblings with E >= 2 tau, + 1/2).

    Siblings of a cell differ from it on that axis only. Those that are not expected to hold rows count on neither
    side, so a factor stays below 1.
    """
    due = expected >= 2 * tau
    seen = due & (count >= tau)
    out: Floats = np.ones(count.shape)
    for axis in range(count.ndim):
        n_due = due.sum(axis=axis, keepdims=True) - due
        n_seen = seen.sum(axis=axis, keepdims=True) - seen
        out *= (n_seen + 0.25) / (n_due + 0.5)
    return out


def _join(parts: list[_Part], d: int) -> Holes:
    if not parts:
        zero = np.zeros(0)
        return Holes(np.zeros((0, d), dtype=np.int16), np.zeros(0, dtype=np.int64), zero, zero)
    patterns, counts, expected, siblings = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Holes(patterns.astype(np.int16), counts.astype(np.int64), expected, siblings)
