"""Columns as axes of a slice search, and what the search found as terms in the columns' own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.slice import Slice, Term
from abound.encoding.levels import Levels, levels_of
from abound.stats.lattice import Axis, Condition

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Table

_GONE = np.iinfo(np.int64).max  # groups of rows without a group


@dataclass(frozen=True)
class Axes:
    """The levels of each column used, and for each column left out the reason."""

    table: str
    levels: tuple[Levels, ...]
    ordered: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    left_out: tuple[str, ...]

    def of(self, frame: pl.DataFrame) -> list[Axis]:
        """The columns of `frame` as axes; a value that is no level is at none (-1)."""
        return [
            Axis(m.codes(frame[m.column]).astype(np.int64), len(m), ordered, starts)
            for m, ordered, starts in zip(self.levels, self.ordered, self.starts, strict=True)
        ]

    def slice(self, conditions: Sequence[Condition]) -> Slice:
        """What the conditions say, in the order of the columns."""
        return Slice(on=self.table, terms=tuple(t for a, i, j in sorted(conditions) for t in self._terms(a, i, j)))

    def _terms(self, axis: int, first: int, last: int) -> tuple[Term, ...]:
        m = self.levels[axis]
        if first == last:
            return m.terms[first]
        top = self.ordered[axis] - 1
        if m.values:
            edges = (("<=", m.values[last]) if last < top else None), ((">=", m.values[first]) if first else None)
        else:
            edges = (
                (("<", _edge(m, last)) if last < top else None),
                ((">=", _edge(m, first - 1)) if first else None),
            )
        return tuple(Term(column=m.column, op=e[0], value=e[1]) for e in reversed(edges) if e is not None)


def _edge(levels: Levels, place: int) -> Any:
    """A cut as the terms show it: whole where the column is."""
    cut = levels.cuts[place]
    shown = {t.value for terms in levels.terms for t in terms if isinstance(t.value, int)}
    return int(cut) if cut in shown else cut


def axes_of(
    table: Table, frame: pl.DataFrame, names: Sequence[str], *, bins: int, most: int, fine: int = 1
) -> Axes:
    """The columns of those names as the rows of `frame` show them, numbers in `bins` parts of equal share.

    Each part has about `fine` levels, so that what a search over the parts finds can be sharpened.
    """
    made, ordered, starts, out = [], [], [], []
    for name in names:
        levels = levels_of(table.column(name), frame[name], bins=bins * fine, most=most)
        if isinstance(levels, str):
            out.append(f"{name} ({levels})")
            continue
        made.append(levels)
        number = bool(levels.cuts) or table.column(name).kind == "number"
        ordered.append(len(levels) - (levels.null is not None) if number else 0)
        starts.append(_starts(levels.codes(frame[name]), ordered[-1], bins))
    return Axes(table.name, tuple(made), tuple(ordered), tuple(starts), tuple(out))


def _starts(codes: NDArray[Any], ordered: int, bins: int) -> tuple[int, ...]:
    """The levels that begin parts of about equal share."""
    if ordered <= bins:
        return tuple(range(ordered))
    before = np.cumsum(np.bincount(codes[(codes >= 0) & (codes < ordered)], minlength=ordered))
    wanted = before[-1] * np.arange(1, bins) / bins
    nearest = 1 + np.abs(before[:-1, None] - wanted).argmin(axis=0)
    return (0, *sorted({int(v) for v in nearest}))


def group_numbers(*parts: Dataset) -> list[NDArray[np.int64]] | None:
    """For each part a number for each row's group, the same in all parts; None where no group is declared.

    Rows without a group are one group each.
    """
    import polars as pl

    name = parts[0].schema.group
    if name is None:
        return None
    joined = pl.concat([p.main.select(pl.col(name).cast(pl.String)) for p in parts])[name]
    own = np.arange(len(joined), dtype=np.int64)
    place = joined.rank("dense").fill_null(_GONE).cast(pl.Int64).to_numpy().copy()
    none = joined.is_null().to_numpy()
    place[none] = len(joined) + own[none]
    numbers = np.unique(place, return_inverse=True)[1].astype(np.int64)
    return np.split(numbers, np.cumsum([len(p) for p in parts])[:-1])
