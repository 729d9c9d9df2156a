"""Which combinations of levels never occur, and which of those absences are surprising.

A pattern fixes the level of some attributes and leaves the others open (-1, "any"). It is *covered* if at least
`tau` rows match it. A maximal uncovered pattern (MUP) is uncovered while every pattern with one level fewer is
covered: it is the shortest statement of a hole (Asudeh, Jin and Jagadish, "Assessing and remedying coverage for a
given dataset", ICDE 2019, arXiv 1810.06742).

Most holes are dull: rare levels rarely meet, and some levels cannot meet. A hole is ranked by

    sibling coverage^3 * log(1 + surprise)

where the surprise is -log P(so few rows) given the pattern's parts (`abound.stats.absence`), and sibling coverage
says how far the cells beside it, which differ in one attribute, are filled: a lone empty cell among full ones is a
hole in the data, a whole empty block is how the world is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abound.stats.absence import absence
from abound.stats.counting import at, blocks, counts, pattern_cube, strides_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CUBE_CELLS = 20_000_000
_Subset = tuple[int, ...]
_Part = tuple[NDArray[Any], NDArray[Any], Floats, Floats, Floats]


@dataclass(frozen=True)
class Holes:
    """Maximal uncovered patterns: `patterns` is int16 (m, attributes), -1 for "any"; the rest has length m."""

    patterns: NDArray[np.int16]
    counts: Ints  # rows that match
    expected: Floats  # rows to expect from the pattern's parts
    surprise: Floats  # -log P(fewer than tau rows), nats
    siblings: Floats  # sibling coverage, in (0, 1)

    @property
    def score(self) -> Floats:
        """Sibling coverage^3 * log(1 + surprise)."""
        return np.asarray(self.siblings**3 * np.log1p(self.surprise))

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


def accidental(surprise: Floats, examined: int, alpha: float) -> NDArray[np.bool_]:
    """Which holes are left out so that at most a share `alpha` of the others is expected to be chance.

    Benjamini and Hochberg (1995): of `examined` patterns, the k most surprising count if the k-th has a surprise of
    at least log(examined / (alpha k)), in nats. Where nothing is amiss, anything at all is listed with probability
    `alpha` at most. Holes set aside beforehand for another reason do not harm: they only make k smaller.
    """
    order = np.argsort(-surprise, kind="stable")
    limit = math.log(max(examined, 1) / alpha) - np.log(np.arange(1, len(order) + 1))
    enough = np.flatnonzero(surprise[order] >= limit)
    out = np.ones(len(order), dtype=bool)
    out[order[: enough[-1] + 1 if len(enough) else 0]] = False
    return out


def uncovered(
    codes: NDArray[Any], cards: Sequence[int], *, tau: int = 1, terms: int = 3, least: float = 0.0,
    ordered: Sequence[int] | None = None,
) -> Holes:  # fmt: skip
    """All MUPs with at most `terms` fixed attributes and a surprise of at least `least`.

    `codes` (rows, attributes) holds levels 0..card-1, of which the first `ordered` lie on a scale (0: none do).
    Levels that no row has are found as one-term patterns, whatever `least` is. Up to three terms are counted in
    blocks of attributes; more need the dense cube of all patterns. Raises ValueError where that cube would pass 20
    million cells.
    """
    if len(cards) == 0:
        return _join([], 0)
    if codes.shape[0] < tau:
        one = np.ones(1)
        total = np.array([codes.shape[0]])
        return _join([(np.full((1, len(cards)), -1), total, one * tau, one * tau, one)], len(cards))
    search = _Search(tuple(cards), tuple(ordered or [0] * len(cards)), codes.shape[0], tau, least)
    if terms <= 3:
        return _by_level(codes, search, terms)
    size = math.prod(c + 1 for c in cards)
    if size > CUBE_CELLS:
        raise ValueError(f"patterns of {terms} terms over {len(cards)} attributes need {size} cells")
    return _by_cube(codes, search, terms)


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


def _by_level(codes: NDArray[Any], search: _Search, terms: int) -> Holes:
    """Count every subset of up to three attributes, block by block."""
    cards = search.cards
    columns = [np.ascontiguousarray(codes[:, i]) for i in range(len(cards))]
    for block, new in blocks(cards, min(terms, len(cards))):
        cube = counts(columns, cards, block)
        for subset in new:
            away = tuple(a for a, i in enumerate(block) if i not in subset)
            search.visit(subset, cube.sum(axis=away) if away else cube)
    return _join(search.parts, len(cards))


@dataclass
class _Search:
    """Counts of subsets as they come in, and the holes found in them."""

    cards: tuple[int, ...]
    ordered: tuple[int, ...]
    total: int
    tau: int
    least: float
    margins: dict[_Subset, Ints] = field(default_factory=dict)  # counts of one and two attributes
    parts: list[_Part] = field(default_factory=list)

    def visit(self, subset: _Subset, count: Ints) -> None:
        """Look at a subset after its parents; an uncovered cell is maximal if each of them is covered."""
        if subset in self.margins:
            return
        hole = count < self.tau
        for axis in range(len(subset) if len(subset) > 1 else 0):
            parent = subset[:axis] + subset[axis + 1 :]
            self.visit(parent, count.sum(axis=axis))
            hole &= np.expand_dims(self.margins[parent] >= self.tau, axis)
        if len(subset) < 3:
            self.margins[subset] = count
        found = np.argwhere(hole)
        if len(found):
            patterns = np.full((len(found), len(self.cards)), -1, dtype=np.int16)
            patterns[:, list(subset)] = found
            strides = dict(zip(subset, strides_of(count.shape), strict=True))
            self.keep(subset, patterns, count.ravel(), strides)

    def keep(
        self, subset: _Subset | None, patterns: NDArray[np.int16], flat: NDArray[Any], strides: dict[int, int],
        places: Ints | None = None,
    ) -> None:  # fmt: skip
        """Judge patterns (all of `subset`, or of four and more terms) and keep the surprising ones."""
        if places is None:
            places = sum((patterns[:, i].astype(np.int64) * s for i, s in strides.items()), np.zeros(1, np.int64))
        logs = _log_expected(patterns, self.margins, self.total, self.cards)
        if subset is None:
            expected = np.exp(logs)
            surprise = _poisson(expected, self.tau)
        elif len(subset) == 1:
            expected = np.exp(logs)
            surprise = np.maximum(_poisson(expected, self.tau), self.least)
        else:
            expected, surprise = self._absence(subset, patterns)
        some = surprise >= self.least
        if not some.any():
            return
        patterns, places, logs = patterns[some], places[some], logs[some]
        siblings = self._siblings(patterns, places, logs, flat, strides)
        self.parts.append((patterns, flat[places], expected[some], surprise[some], siblings))

    def _absence(self, subset: _Subset, patterns: NDArray[np.int16]) -> tuple[Floats, Floats]:
        def rows(part: _Subset) -> NDArray[Any]:
            return self.margins[part][tuple(patterns[:, i] for i in part)]

        pairs = itertools.combinations(subset, 2) if len(subset) == 3 else ()
        return absence(self.total, [rows((i,)) for i in subset], [rows(p) for p in pairs], self.tau)

    def _siblings(
        self, patterns: NDArray[np.int16], places: Ints, logs: Floats, flat: NDArray[Any], strides: dict[int, int]
    ) -> Floats:
        """Product over the attributes of (fill of the siblings + 1/4) / (weight of the siblings + 1/2).

        Siblings of a pattern differ from it in that attribute only; those that neither hold rows nor are expected
        to (E >= 2 tau) have no weight. One that is covered is filled to sqrt(rows / E), at most 1: a few rows where
        hundreds were due speak for a boundary, not for a lone hole. A factor stays below 1.
        """
        out = np.ones(len(patterns))
        for j, stride in strides.items():
            here = np.flatnonzero(patterns[:, j] >= 0)
            if not len(here):
                continue
            own = patterns[here, j].astype(np.int64)
            count = flat[places[here][:, None] + (np.arange(self.cards[j]) - own[:, None]) * stride]
            tilt = _tilt(patterns[here], j, self.margins, self.total)
            with np.errstate(divide="ignore", invalid="ignore"):
                expected = np.exp((logs[here] - tilt[np.arange(len(here)), own])[:, None] + tilt)
                fill = np.where(count >= self.tau, np.sqrt(np.minimum(count / expected, 1.0)), 0.0)
            weight = nearness(self.cards[j], self.ordered[j])[own]
            weight = weight * ((count >= self.tau) | (expected >= 2 * self.tau))
            out[here] *= ((fill * weight).sum(axis=1) + 0.25) / (weight.sum(axis=1) + 0.5)
        return out


def nearness(card: int, ordered: int) -> Floats:
    """Weight of level v as a sibling of level u, as [u, v]; 0 for a level itself.

    The first `ordered` levels lie on a scale: 1 for the next one, half of that for each step further, 0 for a level
    off the scale (null). All other siblings weigh 1.
    """
    level = np.arange(card)
    away = np.abs(level - level[:, None])
    out = np.where(away > 0, 1.0, 0.0)
    on = level < ordered
    out[on] = np.where(on & (away[on] > 0), 0.5 ** (away[on] - 1.0), 0.0)
    return np.asarray(out)


def _poisson(expected: Floats, tau: int) -> Floats:
    """-log P(Poisson(expected) < tau), nats; by its largest term alone where that is below the smallest number."""
    from scipy.special import gammaincc

    with np.errstate(divide="ignore", invalid="ignore"):
        tail = -np.log(gammaincc(tau, expected))
        largest = expected - ((tau - 1) * np.log(expected) if tau > 1 else 0.0) + math.lgamma(tau)
    return np.asarray(np.where(np.isfinite(tail), tail, largest))


def _by_cube(codes: NDArray[Any], search: _Search, terms: int) -> Holes:
    """Count every pattern at once in an array with one slot more per axis, "any"; compare each with its parents."""
    cards, d = search.cards, len(search.cards)
    cube = pattern_cube(codes, cards)
    low = cube < search.tau
    hole = low.copy()
    for axis, card in enumerate(cards):
        fixed = at(d, {axis: slice(0, card)})
        hole[fixed] &= ~low[at(d, {axis: slice(card, card + 1)})]
    places = np.flatnonzero(hole)
    del low, hole
    found = np.stack(np.unravel_index(places, cube.shape), axis=1).astype(np.int16)
    found[found == np.array(cards)] = -1
    fixed_terms = (found >= 0).sum(axis=1)
    for t in (1, 2):
        for s in itertools.combinations(range(d), t):
            spot = {i: slice(0, c) if i in s else c for i, c in enumerate(cards)}
            search.margins[s] = np.asarray(cube[at(d, spot)]).astype(np.int64)
    strides = dict(enumerate(strides_of(cube.shape)))
    flat = cube.ravel()
    asked = (fixed_terms > 0) & (fixed_terms <= terms)
    for subset, where in _by_subset(found, np.flatnonzero(asked & (fixed_terms <= 3))):
        here = {i: strides[i] for i in subset}
        search.keep(subset, found[where], flat, here, places[where])
    large = asked & (fixed_terms > 3)
    if large.any():
        search.keep(None, found[large], flat, strides, places[large])
    return _join(search.parts, d)


def _by_subset(patterns: NDArray[Any], rows: Ints) -> list[tuple[_Subset, Ints]]:
    """Those rows of `patterns`, grouped by which attributes they fix, in the order of the subsets."""
    if len(rows) == 0:
        return []
    kinds, which = np.unique(patterns[rows] >= 0, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel(), minlength=len(kinds)))[:-1]
    groups = np.split(rows[order], ends)
    return [(tuple(np.flatnonzero(k).tolist()), g) for k, g in zip(kinds, groups, strict=True)]


def _log_expected(
    patterns: NDArray[np.int16], margins: dict[_Subset, Ints], total: int, cards: Sequence[int]
) -> Floats:
    """log of the rows to expect from parts.

    One attribute: all levels equally common. Two: independence. Three and more: what the pairs imply,
    N * prod p_ij / prod p_i^(t-2) (Kirkwood's superposition).
    """
    terms = (patterns >= 0).sum(axis=1)
    used = np.flatnonzero((patterns >= 0).any(axis=0)).tolist()
    out: Floats = np.full(len(patterns), math.log(total))
    with np.errstate(divide="ignore"):
        for i in used:
            here = patterns[:, i] >= 0
            share = np.log(margins[(i,)] / total)[patterns[:, i]]
            power = np.where(terms == 2, 1, 2 - terms)
            out += np.where(here & (terms > 1), power * share, 0.0)
            out -= np.where(here & (terms == 1), math.log(cards[i]), 0.0)
        for i, j in itertools.combinations(used, 2):
            rows = np.flatnonzero((patterns[:, i] >= 0) & (patterns[:, j] >= 0) & (terms > 2))
            out[rows] += np.log(margins[i, j] / total)[patterns[rows, i], patterns[rows, j]]
    return out


def _tilt(patterns: NDArray[np.int16], j: int, margins: dict[_Subset, Ints], total: int) -> Floats:
    """The part of log E that depends on the level of attribute j, for each of its levels: (m, card)."""
    terms = (patterns >= 0).sum(axis=1)[:, None]
    with np.errstate(divide="ignore"):
        own = np.log(margins[(j,)] / total)
        power = np.where(terms == 1, 0, np.where(terms == 2, 1, 2 - terms))
        # A level that no row has: log 0, whatever the sign of its power, as its pairs are empty too.
        out = np.where(
            np.isfinite(own), power * np.where(np.isfinite(own), own, 0.0), np.where(power, -np.inf, 0.0)
        )
        for i in np.flatnonzero((patterns >= 0).any(axis=0)).tolist():
            if i == j:
                continue
            table = np.log(margins[min(i, j), max(i, j)] / total)
            here = np.flatnonzero((patterns[:, i] >= 0) & (terms[:, 0] > 2))
            out[here] += (table if i < j else table.T)[patterns[here, i]]
    return np.asarray(out)


def _join(parts: list[_Part], d: int) -> Holes:
    if not parts:
        zero = np.zeros(0)
        return Holes(np.zeros((0, d), dtype=np.int16), np.zeros(0, dtype=np.int64), zero, zero, zero)
    patterns, counts, *rest = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Holes(patterns.astype(np.int16), counts.astype(np.int64), *rest)
