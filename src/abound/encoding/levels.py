"""Columns as a few named levels: the attributes over which combinations are counted, and the words for each.

A category or bool has its levels (declared ones also where no row has them), a number with few values has its
values, any other number is cut into bins that hold equal shares of the rows (or, where a person declared its lowest
and highest value, into bins of equal width over that range, so that a part of the range never seen is a hole).
Nulls are a level of their own where they occur.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abound.core.slice import Term

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.schema import Column

FEW_VALUES = 10


@dataclass(frozen=True)
class Levels:
    """The levels of one column. `terms[i]` says level i in the column's own values; `null` is the null level.

    Either `values` lists what each level is, or `cuts` holds the lower edges of all bins but the first.
    """

    column: str
    terms: tuple[tuple[Term, ...], ...]
    values: tuple[Any, ...] = ()
    cuts: tuple[float, ...] = ()
    null: int | None = None

    def __len__(self) -> int:
        return len(self.terms)

    def codes(self, series: pl.Series) -> np.ndarray[Any, Any]:
        """The level of each value (int16); -1 for a value that is none of them."""
        import numpy as np
        import polars as pl

        gone = -1 if self.null is None else self.null
        if self.values:
            mapping = {v: i for i, v in enumerate(self.values)}
            out = series.replace_strict(mapping, default=-1, return_dtype=pl.Int16)
            return out.zip_with(series.is_not_null(), pl.Series([gone], dtype=pl.Int16)).to_numpy().copy()
        numbers = series.cast(pl.Float64).fill_null(math.nan).to_numpy()
        code = np.searchsorted(np.array(self.cuts), numbers, side="right").astype(np.int16)
        return np.where(np.isnan(numbers), np.int16(gone), code)


def levels_of(column: Column, series: pl.Series, *, bins: int = 4, most: int = 50) -> Levels | str:
    """The levels of a column as `series` (the training values) shows them, or why it has none of use."""
    if column.kind not in ("category", "bool", "number"):
        return f"{column.kind} columns have no levels to combine"
    seen = series.drop_nulls().unique().sort()
    if len(seen) == 0:
        return "it is empty"
    nulls = series.null_count() > 0
    if column.kind == "number" and column.declared and column.low is not None and column.high is not None:
        return _cut(column, _even_cuts(column, column.low, column.high, bins), nulls)
    if column.kind == "number" and len(seen) > FEW_VALUES:
        return _cut(column, _equal_cuts(column, series, bins), nulls)
    values = seen.to_list()
    if column.kind == "category":
        allowed = column.domain or ()
        if column.declared:
            values = [*allowed, *(v for v in values if v not in set(allowed))]
        if len(values) > most:
            return f"it has {len(values)} levels, more than {most}"
    if len(values) + nulls < 2:
        return "it has one value only"
    return _listed(column, values, nulls)


def _listed(column: Column, values: list[Any], nulls: bool) -> Levels:
    terms: list[tuple[Term, ...]] = [(Term(column=column.name, op="==", value=v),) for v in values]
    return _with_null(column, terms, nulls, values=tuple(values))


def _cut(column: Column, cuts: list[float], nulls: bool) -> Levels | str:
    if not cuts:
        return "it has one value only"
    shown = [int(c) if column.integer else c for c in cuts]
    lower = [Term(column=column.name, op=">=", value=c) for c in shown]
    upper = [Term(column=column.name, op="<", value=c) for c in shown]
    inner: list[tuple[Term, ...]] = [
        (Term(column=column.name, op="==", value=a.value),) if column.integer and c == d + 1 else (a, b)
        for a, b, d, c in zip(lower[:-1], upper[1:], cuts[:-1], cuts[1:], strict=True)
    ]
    terms = [(upper[0],), *inner, (lower[-1],)]
    return _with_null(column, terms, nulls, cuts=tuple(cuts))


def _with_null(column: Column, terms: list[tuple[Term, ...]], nulls: bool, **kind: Any) -> Levels:
    null = len(terms) if nulls else None
    if nulls:
        terms = [*terms, (Term(column=column.name, op="isnull"),)]
    return Levels(column.name, tuple(terms), null=null, **kind)


def _even_cuts(column: Column, low: float, high: float, bins: int) -> list[float]:
    edges = [low + (high - low) * i / bins for i in range(1, bins)]
    return sorted({float(math.ceil(e)) if column.integer else e for e in edges})


def _equal_cuts(column: Column, series: pl.Series, bins: int) -> list[float]:
    """Edges that give each bin about an equal share of what is left; a value above its share has a bin of its own.

    An edge may move, by up to 5 % of a share, to the roundest number there (it reads well and is no row's value),
    but not beside a heavy value.
    """
    import numpy as np

    values, counts = np.unique(series.drop_nulls().to_numpy().astype(np.float64), return_counts=True)
    total = np.cumsum(counts)
    cuts: list[float] = []
    start, rows = 0, int(total[-1])
    while len(cuts) < bins - 1 and start < len(values) - 1:
        done = total[start - 1] if start else 0
        share = (rows - done) / (bins - len(cuts))
        best = start + int(np.abs(total[start:-1] - done - share).argmin())
        heavy = counts[best : best + 2].max() > share / 2
        slack = 0.0 if heavy else 0.05 * share
        near = start + np.flatnonzero(np.abs(total[start:-1] - total[best]) <= slack)
        cut = _roundest(values[near[0]], values[near[-1] + 1], column.integer)
        cuts.append(cut)
        start = int(np.searchsorted(values, cut))
    return cuts


def _roundest(low: float, high: float, integer: bool) -> float:
    """The number with the fewest digits in (low, high], a whole one for integers."""
    for digits in range(1, 18):
        candidate = float(f"{(low + high) / 2:.{digits}g}")
        if low < candidate <= high and (not integer or candidate.is_integer()):
            return candidate
    return float(high)
