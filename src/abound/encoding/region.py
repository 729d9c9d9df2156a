"""Conditions on made columns: which of them a generator can read, and what they leave of the unit interval.

Where columns are made independently, drawing each from its own region is exact: the rows that rejection would keep,
with the same distribution, without rejecting any. Terms are always evaluated by `Term.expr`, here by bisection on
the column's positions, so a condition means the same before and after the rows are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.slice import Has, Slice, Term
from abound.encoding.grid import at_positions
from abound.encoding.uniform import ColumnMap, decode_values
from abound.errors import WhereRefused, did_you_mean

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Interval = tuple[float, float]

_RISING = (">", ">=")
_PROBES = 513


def readable_terms(where: Slice | None, table: str, made: Sequence[str]) -> tuple[Term, ...]:
    """The terms of a condition, each on a column in `made`; WhereRefused with the reason where one is not."""
    if where is None:
        return ()
    if where.on != table:
        raise WhereRefused(f"the condition is on table {where.on!r} and this generator makes rows of {table!r}")
    out = []
    for term in where.terms:
        if isinstance(term, Has):
            raise WhereRefused(
                f"{term}: this generator makes a single table and cannot count rows of {term.table!r}"
            )
        column = term.column.removeprefix(f"{table}.") if term.column not in made else term.column
        if column not in made:
            raise WhereRefused(
                f"the condition reads {column!r}, which this generator does not make: {did_you_mean(column, made)}"
            )
        out.append(term.model_copy(update={"column": column}))
    return tuple(out)


def holds(frame: pl.DataFrame, terms: Sequence[Term]) -> NDArray[np.bool_]:
    """Which rows satisfy all terms."""
    import polars as pl

    if not terms:
        return np.ones(frame.height, dtype=bool)
    tests = [t.expr(frame.schema[t.column]) for t in terms]
    return np.asarray(frame.select(pl.all_horizontal(tests).alias("hold"))["hold"].to_numpy(), dtype=bool)


@dataclass(frozen=True)
class Region:
    """The part of a column that terms leave: `null` is a share of rows, the intervals lie among the values."""

    null: float
    start: Floats
    length: Floats
    missing: float

    @property
    def mass(self) -> float:
        """Probability of the terms. Exact but for "!=" on a bin of numbers, which is left to rejection."""
        return self.null + (1.0 - self.missing) * float(self.length.sum())


def region(fitted: ColumnMap, terms: Sequence[Term]) -> Region:
    """What the terms, all on this column, leave of it."""
    null = 0.0 if any(t.op != "isnull" for t in terms) else fitted.missing
    start, length = fitted.cuts[:-1], np.diff(fitted.cuts)
    if not terms:
        return Region(null, start, length, fitted.missing)
    none = np.zeros(0)
    if not fitted.pieces or any(t.op == "isnull" for t in terms):
        return Region(null, none, none, fitted.missing)
    passed = fitted.point.copy()
    middle = decode_values(fitted, (start + length / 2)[passed], np.zeros(int(passed.sum()), dtype=bool))
    passed[passed] = holds(middle.alias(terms[0].column).to_frame(), terms)
    starts, lengths = [start[passed]], [length[passed]]
    if fitted.levels is None and not fitted.point.all():
        for low, high in _intervals(fitted, terms):
            ends = [_inside(fitted, end) for end in (low, high)]
            kept = ~fitted.point & (ends[1] > ends[0])
            starts.append((start + length * ends[0])[kept])
            lengths.append((length * (ends[1] - ends[0]))[kept])
    return Region(null, np.concatenate(starts), np.concatenate(lengths), fitted.missing)


def _inside(fitted: ColumnMap, end: float) -> Floats:
    """For each bin, the point of the bin at which a position lies (0 below it, 1 above it)."""
    width = np.where(fitted.point, 1.0, fitted.high - fitted.low)
    place = np.clip((np.clip(end, fitted.low, fitted.high) - fitted.low) / width, 0.0, 1.0)
    return np.asarray(place ** (1.0 / fitted.bend))


def _intervals(fitted: ColumnMap, terms: Sequence[Term]) -> list[Interval]:
    """The positions at which all terms hold, as disjoint intervals."""
    found: list[Interval] = [(-math.inf, math.inf)]
    for term in terms:
        parts = _of_term(fitted, term)
        both = [(max(a, c), min(b, d)) for a, b in found for c, d in parts]
        found = [(a, b) for a, b in both if a < b]
    return found


def _of_term(fitted: ColumnMap, term: Term) -> list[Interval]:
    half = 0.0 if fitted.grid is None else 0.5
    if term.op in ("<", "<="):
        return [(-math.inf, _edge(fitted, term) + half)]
    if term.op in _RISING:
        return [(_edge(fitted, term) - half, math.inf)]
    if term.op not in ("==", "in"):
        return [(-math.inf, math.inf)]
    values = term.value if isinstance(term.value, tuple) else (term.value,)
    ends = []
    for value in values:
        first, last = (term.model_copy(update={"op": op, "value": value}) for op in (">=", "<="))
        ends.append((_edge(fitted, first) - half, _edge(fitted, last) + half))
    return sorted({(low, high) for low, high in ends if low < high})


def _edge(fitted: ColumnMap, term: Term) -> float:
    """The last position at which a falling comparison holds, or the first at which a rising one does."""
    low, high = float(np.floor(fitted.low[0])), float(np.ceil(fitted.high[-1]))
    rising = term.op in _RISING
    while True:
        probes = np.linspace(low, high, _PROBES)
        if fitted.grid is not None:
            probes = np.unique(np.rint(probes))
        values = at_positions(probes, fitted.grid, fitted.dtype, term.column)
        passed = holds(values.to_frame(), (term,))
        if not passed.any():
            return math.inf if rising else -math.inf
        place = int(passed.argmax()) if rising else len(passed) - 1 - int(passed[::-1].argmax())
        outer = place - 1 if rising else place + 1
        if not 0 <= outer < len(probes):
            return float(probes[place])
        near = sorted((float(probes[place]), float(probes[outer])))
        if near == [low, high]:
            return float(probes[place])
        low, high = near


def draw(fitted: ColumnMap, part: Region, points: Floats) -> pl.Series:
    """Values of the region for uniform `points` of [0, 1)."""
    scaled = points * part.mass
    null = scaled < part.null
    ends = np.cumsum(part.length)
    if not len(ends):
        return decode_values(fitted, np.zeros(len(points)), np.ones(len(points), dtype=bool))
    along = np.where(null, 0.0, (scaled - part.null) / max(1.0 - part.missing, np.finfo(float).tiny))
    which = np.minimum(np.searchsorted(ends, along, side="right"), len(ends) - 1)
    offset = np.clip(along - (ends[which] - part.length[which]), 0.0, part.length[which])
    return decode_values(fitted, part.start[which] + offset, null)
