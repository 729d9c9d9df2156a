"""The grid that a column's numbers lie on: whole dollars, cents, quarters, days.

A generated 449,873.27 betrays itself where every real price ends in 000, and a generated time of 03:12 where every
real one is midnight. So a column is mapped to positions on its own grid, and made values are rounded to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]

_DECIMALS = 6
_EVIDENCE = 3.0  # log10 of the odds that unrelated values would share a coarse step
_SPAN = 2**62
_MICROSECONDS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000)  # day, hour, minute, second, ms


@dataclass(frozen=True)
class Grid:
    """Values (origin + stride * position) / 10**decimals, positions 0 to `last`. Times count microseconds."""

    origin: int
    stride: int
    decimals: int
    last: int


def find_grid(values: pl.Series) -> Grid | None:
    """The grid of a null-free, non-empty number or time column; None where its numbers have no common step.

    The step is the greatest common divisor of the differences, if enough distinct values share it (m values all
    fall on multiples of g by chance with probability g**(2 - m)); otherwise one unit of the last decimal, or the
    longest calendar unit that all times fit. Refusal where whole numbers span more than 2**62.
    """
    units, decimals = _units(values)
    if units is None:
        return None
    low, high = int(units.min()), int(units.max())
    if high - low > _SPAN:
        raise Refusal(
            f"the column {values.name!r} spans {high - low} units, too far to be modelled as a number: "
            "declare it as an id or ignore it"
        )
    steps = np.unique(units - low)
    base = _calendar(units) if values.dtype.is_temporal() else 1
    common = int(np.gcd.reduce(steps)) if len(steps) > 1 else 0
    shared = common // base if common else 0
    stride = common if shared > 1 and (len(steps) - 2) * math.log10(shared) >= _EVIDENCE else base
    return Grid(low, stride, decimals, (high - low) // stride)


def _units(values: pl.Series) -> tuple[NDArray[np.int64] | None, int]:
    """The values as whole units, and how many decimals a unit stands for; (None, 0) without a last decimal."""
    import polars as pl

    if values.dtype.is_temporal():
        return values.cast(pl.Datetime("us")).to_physical().to_numpy().astype(np.int64), 0
    if values.dtype.is_integer():
        return values.to_numpy().astype(np.int64), 0
    numbers = values.to_numpy().astype(np.float64)
    for decimals in range(_DECIMALS + 1):
        units = np.rint(numbers * 10.0**decimals)
        if np.abs(units).max() >= 2.0**53:
            return None, 0
        if np.array_equal(units / 10.0**decimals, numbers):
            return units.astype(np.int64), decimals
    return None, 0


def _calendar(units: NDArray[np.int64]) -> int:
    """The longest unit, in microseconds, that every time is a whole number of."""
    return next((size for size in _MICROSECONDS if not (units % size).any()), 1)


def positions(values: pl.Series, grid: Grid | None) -> Floats:
    """Where null-free values lie: grid positions, or the numbers themselves without a grid. float64."""
    import polars as pl

    if grid is None:
        return values.to_numpy().astype(np.float64)
    if values.dtype.is_temporal():
        values = values.cast(pl.Datetime("us")).to_physical()
    if values.dtype.is_integer():
        return (values.to_numpy().astype(np.int64) - grid.origin) / grid.stride
    units = values.to_numpy().astype(np.float64) * 10.0**grid.decimals
    return np.rint((units - grid.origin) / grid.stride)


def at_positions(place: Floats, grid: Grid | None, dtype: pl.DataType, name: str) -> pl.Series:
    """The values at these positions, in the column's own type."""
    import polars as pl

    if grid is None:
        return pl.Series(name, place).cast(dtype)
    steps = np.clip(np.rint(place), 0, grid.last).astype(np.int64)
    units = grid.origin + grid.stride * steps
    if dtype.is_temporal():
        return pl.Series(name, units).cast(pl.Datetime("us")).cast(dtype)
    if dtype.is_integer():
        return pl.Series(name, units).cast(dtype)
    return pl.Series(name, units / 10.0**grid.decimals).cast(dtype)
