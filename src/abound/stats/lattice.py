"""Sums over every conjunction of conditions on a few columns: all levels and, where they are in order, all ranges.

The rows that share one level of each column of a subset are a cell. One pass over the rows gives the cells' sums
(of many vectors at once, so that a permutation test costs one pass as well); the sums of ranges follow from those
of the cells by one small matrix product a column. Nothing is sampled and nothing is guessed: with cells of a few
columns, counting everything is cheaper than pruning by bounds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Condition = tuple[int, int, int]  # axis, first level, last level (equal but for ranges)


@dataclass(frozen=True)
class Axis:
    """One column: a level for each row (-1: none). The first `ordered` levels are in order and may be joined.

    `starts` are the levels at which the ranges of conjunctions begin in the full search (the first is 0; empty: at
    every level); the levels between them are for single conditions and for sharpening what was found.
    """

    codes: Ints
    size: int
    ordered: int = 0
    starts: tuple[int, ...] = ()

    def take(self, rows: Ints) -> Axis:
        """The axis for some of the rows."""
        return Axis(self.codes[rows], self.size, self.ordered, self.starts)


@dataclass(frozen=True)
class Choices:
    """The conditions on one axis that enough rows satisfy: (first, last) of each, over levels that were kept.

    `codes` are places among the kept levels (`width` for all others); `pick` (conditions, kept levels + 1) is 1
    where a condition holds, None where each condition is one kept level. Levels between two starts are one.
    """

    axis: int
    spans: tuple[tuple[int, int], ...]
    codes: Ints
    width: int
    pick: Floats | None


def choices(axes: Sequence[Axis], support: int, *, fine: bool = False) -> list[Choices]:
    """The conditions of each axis that at least `support` rows satisfy; a range may hold levels with fewer.

    Ranges begin and end at `starts`, or with `fine` at any level.
    """
    out = []
    for place, axis in enumerate(axes):
        count = np.bincount(axis.codes[axis.codes >= 0], minlength=axis.size)
        starts = axis.starts if axis.starts and not fine else tuple(range(axis.ordered))
        ends = [*(s - 1 for s in starts[1:]), axis.ordered - 1]
        ranges = [(a, b) for i, a in enumerate(starts) for b in ends[i:] if b - a < axis.ordered - 1]
        spans = [
            s for s in [*ranges, *((v, v) for v in range(axis.ordered, axis.size))] if _rows(count, s) >= support
        ]
        if not spans:
            continue
        part = np.arange(axis.size)
        part[: axis.ordered] = np.repeat(starts, np.diff([*starts, axis.ordered])) if starts else 0
        kept = sorted({int(part[v]) for a, b in spans for v in range(a, b + 1)})
        new = np.full(axis.size + 1, len(kept))
        new[: axis.size] = [kept.index(v) if v in kept else len(kept) for v in part.tolist()]
        pick = None
        if spans != [(v, v) for v in kept]:
            pick = np.zeros((len(spans), len(kept) + 1))
            for row, (a, b) in enumerate(spans):
                pick[row, new[a] : new[b] + 1] = 1.0
        out.append(Choices(place, tuple(spans), new[axis.codes], len(kept), pick))
    return out


def _rows(count: Ints, span: tuple[int, int]) -> int:
    return int(count[span[0] : span[1] + 1].sum())


@dataclass(frozen=True)
class Block:
    """The conjunctions over one subset of axes: `sums` (conjunctions, vectors), in the order of `spans` crossed."""

    axes: tuple[Choices, ...]
    sums: Floats

    def conditions(self, place: int) -> tuple[Condition, ...]:
        """What conjunction number `place` says."""
        where = np.unravel_index(place, [len(c.spans) for c in self.axes])
        return tuple((c.axis, *c.spans[int(i)]) for c, i in zip(self.axes, where, strict=True))


def blocks(axes: Sequence[Choices], terms: int, vectors: Floats) -> Iterator[Block]:
    """The sums of `vectors` (rows, vectors) over all conjunctions of `terms` conditions, subset by subset."""
    for subset in itertools.combinations(axes, terms):
        shape = [c.width + 1 for c in subset]
        cell = subset[0].codes
        for c in subset[1:]:
            cell = cell * (c.width + 1) + c.codes
        sums: Any = cell_sums(cell, int(np.prod(shape)), vectors).reshape(*shape, -1)
        for place, c in enumerate(subset):
            if c.pick is None:
                sums = np.take(sums, np.arange(c.width), axis=place)
            else:
                sums = np.moveaxis(np.tensordot(c.pick, sums, axes=(1, place)), 0, place)
        yield Block(subset, np.ascontiguousarray(sums).reshape(-1, vectors.shape[1]))


def cell_sums(cell: Ints, cells: int, vectors: Floats) -> Floats:
    """For each cell the sums of the vectors over its rows: (cells, vectors), rows added in their order."""
    from scipy.sparse import csc_matrix

    n = len(cell)
    member = csc_matrix((np.ones(n), cell, np.arange(n + 1)), shape=(cells, n))
    return np.asarray(member @ vectors)


def inside(axes: Sequence[Axis], conditions: Sequence[Condition]) -> Bools:
    """The rows for which all conditions hold."""
    hold = np.ones(len(axes[0].codes) if axes else 0, dtype=bool)
    for axis, first, last in conditions:
        hold &= (axes[axis].codes >= first) & (axes[axis].codes <= last)
    return hold
