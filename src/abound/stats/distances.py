"""Distances between two samples of coded columns, and nearest rows by blocks of a matrix product."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_BLOCK_CELLS = 12_000_000
_CANDIDATES = 3


def total_variation(first: Ints, second: Ints, size: int) -> float:
    """Half the summed difference of two distributions over codes 0..size-1: 0 equal, 1 disjoint."""
    return float(np.abs(_shares(first, size) - _shares(second, size)).sum() / 2)


def kolmogorov_smirnov(first: Ints, second: Ints, size: int) -> float:
    """Largest difference of two distribution functions over ordered codes.

    Code 0 (null) lies below every value, so a difference in missing values counts as well.
    """
    return float(np.abs(np.cumsum(_shares(first, size) - _shares(second, size))).max(initial=0.0))


def _shares(codes: Ints, size: int) -> Floats:
    return np.bincount(codes, minlength=size) / max(1, len(codes))


class Neighbours(NamedTuple):
    """For each query row: distance to the nearest base row, to the nearest of another group, and which it is."""

    first: Floats
    second: Floats
    nearest: Ints


def nearest(
    query: Floats,
    base: Floats,
    *,
    base_groups: Ints | None = None,
    query_groups: Ints | None = None,
) -> Neighbours:
    """Euclidean neighbours. `second` belongs to another group of base rows than the nearest (each row its own
    group by default); base rows of the query's own group are passed over, so a row is never its own neighbour
    when `query_groups` is given. inf (index -1) where no base row is left.

    Blocks of float32 products pick three candidates, whose distances are then computed exactly: the product alone
    would lose distances below a thousandth of a vector's length. Needs 4 bytes times 12 million at a time.
    """
    n, m = len(query), len(base)
    groups = np.arange(m) if base_groups is None else base_groups
    small, length = base.astype(np.float32), (base**2).sum(axis=1).astype(np.float32)
    out = Neighbours(np.full(n, np.inf), np.full(n, np.inf), np.full(n, -1, dtype=np.int64))
    step = max(1, _BLOCK_CELLS // max(1, m))
    for start in range(0, n if m else 0, step):
        rows = slice(start, min(start + step, n))
        cells = length - 2.0 * (query[rows].astype(np.float32) @ small.T)
        if query_groups is not None:
            _pass_over(cells, query_groups[rows], groups)
        _best(cells, query[rows], base, groups, base_groups is not None, out, rows)
    return out


def _pass_over(cells: NDArray[np.float32], own: Ints, groups: Ints) -> None:
    """Put the base rows of each query's own group out of reach."""
    order = np.argsort(groups, kind="stable")
    low = np.searchsorted(groups[order], own, side="left")
    high = np.searchsorted(groups[order], own, side="right")
    for i in np.flatnonzero(high > low):
        cells[i, order[low[i] : high[i]]] = np.inf


def _best(
    cells: NDArray[np.float32],
    query: Floats,
    base: Floats,
    groups: Ints,
    grouped: bool,
    out: Neighbours,
    rows: slice,
) -> None:
    """Fill the rows of `out` from one block; `cells` is used up."""
    here = np.arange(len(cells))
    found, exact = [], []
    for _ in range(min(_CANDIDATES, cells.shape[1])):
        place = cells.argmin(axis=1)
        reachable = np.isfinite(cells[here, place])
        found.append(np.where(reachable, place, -1))
        exact.append(np.where(reachable, np.sqrt(((query - base[place]) ** 2).sum(axis=1)), np.inf))
        cells[here, place] = np.inf
        if grouped:
            _pass_over(cells, groups[place], groups)
    distance, index = np.column_stack(exact), np.column_stack(found)
    order = np.argsort(distance, axis=1, kind="stable")
    distance, index = np.take_along_axis(distance, order, 1), np.take_along_axis(index, order, 1)
    out.first[rows], out.nearest[rows] = distance[:, 0], index[:, 0]
    if distance.shape[1] > 1:
        out.second[rows] = distance[:, 1]
