"""One column as the unit interval and back: the step that lets a generator work on ranks alone.

The interval is cut into pieces whose lengths are shares of the rows: one a category level, one an exact number that
many rows share, one a bin of other numbers. A value becomes a random point of its piece, so the points of a column
are uniform; a point becomes the level, the shared number, or a number interpolated inside the bin. A raw number is
therefore repeated only if at least max(5, 0.4 %) of the rows hold it, or if its grid leaves no other choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.encoding.grid import Grid, at_positions, find_grid, positions
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Column

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 100
_ROWS_A_BIN = 5  # fewer rows than this share no bin of their own, so that none can be told from the bin
_FREQUENT = 0.004
_LOPSIDED = 2.0  # standard errors by which a bin's mean must leave its middle before the bin is bent


@dataclass(frozen=True, eq=False)
class ColumnMap:
    """A fitted map. Arrays have one entry a piece; `cuts` has one more, from 0 to 1, without the nulls.

    `levels` for categories, else `low`, `high` (grid positions or numbers; equal for an exact number) and `bend`:
    inside a bin the value is low + (high - low) * p**bend, whose mean is the mean of the bin's rows.
    """

    name: str
    dtype: pl.DataType
    missing: float
    cuts: Floats
    levels: tuple[str, ...] | None
    low: Floats
    high: Floats
    bend: Floats
    grid: Grid | None

    @property
    def pieces(self) -> int:
        """How many pieces there are; 0 for a column without values."""
        return len(self.cuts) - 1

    @property
    def point(self) -> NDArray[np.bool_]:
        """Which pieces stand for one value."""
        return np.asarray(self.low == self.high)


def fit_column(series: pl.Series, column: Column, order: Sequence[str] = (), bins: int = BINS) -> ColumnMap:
    """Fit the map of one column. `order` lists category levels from low to high; others follow by frequency.

    Of a text column only texts that many rows share are kept; the others become missing. Refusal for arrays.
    """
    if column.kind in ("category", "bool", "text"):
        return _fit_levels(series, order, rare=column.kind != "text")
    if column.kind not in ("number", "time"):
        raise Refusal(f"the column {column.name!r} is of kind {column.kind}: ignore it, or use resample or swap")
    known = series.drop_nulls()
    missing = 1.0 - len(known) / len(series)
    if not len(known):
        return _nothing(series)
    grid = find_grid(known)
    place = positions(known, grid)
    mass, low, high, bend = _number_pieces(place, len(series), grid is not None, bins)
    ends = _declared(column, grid, known.dtype.is_numeric())
    low, high = np.clip(low, *ends), np.clip(high, *ends)
    return ColumnMap(series.name, series.dtype, missing, _cuts(mass), None, low, high, bend, grid)


def _fit_levels(series: pl.Series, order: Sequence[str], *, rare: bool) -> ColumnMap:
    counts = as_text(series.drop_nulls()).alias("level").value_counts(name="n")
    counts = counts.sort(["n", "level"], descending=[True, False])
    if not rare:
        counts = counts.filter(counts["n"] >= _frequent(len(series)))
    place = {level: i for i, level in enumerate(order)}
    rows = sorted(counts.rows(), key=lambda row: place.get(row[0], len(place)))
    if not rows:
        return _nothing(series)
    mass = np.array([n for _, n in rows], dtype=np.float64)
    none = np.zeros(len(rows))
    return ColumnMap(
        series.name, series.dtype, 1.0 - mass.sum() / len(series), _cuts(mass), tuple(level for level, _ in rows),
        none, none, none + 1.0, None,
    )  # fmt: skip


def _nothing(series: pl.Series) -> ColumnMap:
    none = np.zeros(0)
    return ColumnMap(series.name, series.dtype, 1.0, np.zeros(1), None, none, none, none, None)


def as_text(series: pl.Series) -> pl.Series:
    """Category or yes/no values as text ("true", "false")."""
    import polars as pl

    if series.dtype == pl.Boolean:
        return series.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    return series.cast(pl.String)


def _frequent(rows: int) -> int:
    return max(_ROWS_A_BIN, math.ceil(_FREQUENT * rows))


def _cuts(mass: Floats) -> Floats:
    ends = np.cumsum(mass)
    return np.concatenate([[0.0], ends[:-1] / ends[-1], [1.0]])


def _number_pieces(place: Floats, rows: int, on_grid: bool, bins: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Mass, low, high and bend of each piece. Bins hold about equal counts and never cross an exact number."""
    values, counts = np.unique(place, return_counts=True)
    exact = counts >= _frequent(rows)
    rest = np.where(exact, 0, counts)
    total = int(rest.sum())
    wanted = min(bins, max(1, total // _ROWS_A_BIN))
    bin_of = np.floor((np.cumsum(rest) - rest / 2) * wanted / max(total, 1))
    start = exact.copy()
    start[0] = True
    start[1:] |= exact[:-1] | (bin_of[1:] != bin_of[:-1])
    first = np.flatnonzero(start)
    last = np.append(first[1:], len(values)) - 1
    mass = np.add.reduceat(counts, first).astype(np.float64)
    mean = np.add.reduceat(counts * values, first) / mass
    edge = (values[last[:-1]] + values[first[1:]]) / 2
    half = 0.0
    if on_grid:
        half = 0.5
        edge = np.clip(np.floor(edge) + half, values[last[:-1]] + half, values[first[1:]] - half)
    low = np.concatenate([[values[0] - half], edge])
    high = np.concatenate([edge, [values[-1] + half]])
    exact = exact[first]
    low, high = np.where(exact, values[first], low), np.where(exact, values[first], high)
    return mass, low, high, _bend(low, high, mean, mass)


def _bend(low: Floats, high: Floats, mean: Floats, mass: Floats) -> Floats:
    """Exponents that give each bin its rows' mean, where that clearly is not the middle: E[p**b] = 1 / (b + 1)."""
    width = np.where(high > low, high - low, 1.0)
    middle = np.clip(np.where(high > low, (mean - low) / width, 0.5), 0.02, 0.98)
    lopsided = np.abs(middle - 0.5) * np.sqrt(12.0 * mass) > _LOPSIDED
    return np.where(lopsided, 1.0 / middle - 1.0, 1.0)


def _declared(column: Column, grid: Grid | None, is_number: bool) -> tuple[float, float]:
    """Declared bounds of a number column as positions."""
    ends = [-math.inf if column.low is None else column.low, math.inf if column.high is None else column.high]
    if not is_number:
        return -math.inf, math.inf
    if grid is None:
        return ends[0], ends[1]
    low, high = ((end * 10.0**grid.decimals - grid.origin) / grid.stride for end in ends)
    return (math.ceil(low) if math.isfinite(low) else low), (math.floor(high) if math.isfinite(high) else high)


def encode(fitted: ColumnMap, series: pl.Series, rng: np.random.Generator | None = None) -> Floats:
    """Points of [0, 1] for each row, nulls first. Ties are spread by `rng`, or put in the middle without one."""
    out = np.empty(len(series))
    null, _, point = value_points(fitted, series, rng)
    out[null] = fitted.missing * _within(int(null.sum()), rng)
    out[~null] = fitted.missing + (1.0 - fitted.missing) * point
    return out


def value_points(
    fitted: ColumnMap, series: pl.Series, rng: np.random.Generator | None = None
) -> tuple[NDArray[np.bool_], Ints, Floats]:
    """Which rows are missing and, for the others in order, their piece and their point among the values."""
    if fitted.levels is not None:
        piece, null = _level_codes(fitted.levels, series)
        inside = _within(len(piece), rng)
    elif fitted.pieces:
        null = series.is_null().to_numpy()
        piece, inside = _number_places(fitted, positions(series.drop_nulls(), fitted.grid), rng)
    else:
        return np.ones(len(series), dtype=bool), np.zeros(0, dtype=np.int64), np.zeros(0)
    return null, piece, fitted.cuts[piece] + inside * np.diff(fitted.cuts)[piece]


def _level_codes(levels: tuple[str, ...], series: pl.Series) -> tuple[Ints, NDArray[np.bool_]]:
    """Codes of the rows whose level is known, and which rows are not (missing, or a level never seen)."""
    import polars as pl

    codes = as_text(series).cast(pl.Enum(levels), strict=False).to_physical()
    return codes.drop_nulls().to_numpy().astype(np.int64), codes.is_null().to_numpy()


def _number_places(fitted: ColumnMap, place: Floats, rng: np.random.Generator | None) -> tuple[Ints, Floats]:
    """The piece of each value, and its point inside the piece."""
    piece = np.minimum(np.searchsorted(fitted.high, place, side="left"), fitted.pieces - 1)
    low, high = fitted.low[piece], fitted.high[piece]
    point = low == high
    width = np.where(point, 1.0, high - low)
    spread = _within(len(place), rng)
    half = 0.0 if fitted.grid is None else 0.5
    ends = [np.clip((place + side - low) / width, 0.0, 1.0) ** (1.0 / fitted.bend[piece]) for side in (-half, half)]
    return piece, np.where(point, spread, ends[0] + spread * (ends[1] - ends[0]))


def _within(n: int, rng: np.random.Generator | None) -> Floats:
    return np.full(n, 0.5) if rng is None else rng.random(n)


def decode(fitted: ColumnMap, points: Floats) -> pl.Series:
    """The values at points of [0, 1], those below the share of nulls missing."""
    null = points < fitted.missing
    if fitted.missing >= 1.0:
        return decode_values(fitted, np.zeros(len(points)), np.ones(len(points), dtype=bool))
    return decode_values(fitted, (points - fitted.missing) / (1.0 - fitted.missing), null)


def decode_values(fitted: ColumnMap, points: Floats, null: NDArray[np.bool_]) -> pl.Series:
    """The values at points of [0, 1] among the values alone; missing where `null`."""
    import polars as pl

    if not fitted.pieces:
        return pl.Series(fitted.name, [], dtype=fitted.dtype).extend_constant(None, len(points))
    points = np.where(null, 0.0, points)
    piece = np.clip(np.searchsorted(fitted.cuts, points, side="right") - 1, 0, fitted.pieces - 1)
    if fitted.levels is not None:
        levels = pl.Series(fitted.name, fitted.levels, dtype=pl.String)
        found = (levels == "true") if fitted.dtype == pl.Boolean else levels.cast(fitted.dtype)
        values = found.gather(piece)
    else:
        values = _numbers(fitted, piece, points)
    if not null.any():
        return values
    return pl.select(pl.when(pl.lit(pl.Series(~null))).then(pl.lit(values)).alias(fitted.name)).to_series()


def _numbers(fitted: ColumnMap, piece: Ints, points: Floats) -> pl.Series:
    low, high = fitted.low[piece], fitted.high[piece]
    length = np.diff(fitted.cuts)[piece]
    inside = np.clip((points - fitted.cuts[piece]) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    bend = fitted.bend[piece]
    bent = bend != 1.0
    inside[bent] **= bend[bent]
    place = low + (high - low) * inside
    if fitted.grid is not None:
        # An end of a bin lies half-way between two positions: rounding must not step into the neighbour.
        place = np.where(low == high, low, np.clip(np.rint(place), np.ceil(low), np.floor(high)))
    return at_positions(place, fitted.grid, fitted.dtype, fitted.name)


def to_state(fitted: ColumnMap) -> tuple[dict[str, Any], dict[str, Floats]]:
    """The map as JSON values and arrays; the type travels with the table's template."""
    grid = None if fitted.grid is None else list(vars(fitted.grid).values())
    info = {"name": fitted.name, "missing": fitted.missing, "levels": fitted.levels, "grid": grid}
    return info, {"cuts": fitted.cuts, "low": fitted.low, "high": fitted.high, "bend": fitted.bend}


def from_state(info: dict[str, Any], arrays: dict[str, Floats], dtype: pl.DataType) -> ColumnMap:
    """The map that `to_state` took apart."""
    levels = None if info["levels"] is None else tuple(info["levels"])
    grid = None if info["grid"] is None else Grid(*info["grid"])
    return ColumnMap(
        info["name"], dtype, info["missing"], arrays["cuts"], levels, arrays["low"], arrays["high"],
        arrays["bend"], grid,
    )  # fmt: skip
