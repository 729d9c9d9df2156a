"""Columns of two sets of rows as integer codes, so that their distributions are compared by counting.

Ranked: every distinct number keeps its own code, in order, for distances between distribution functions. Binned: a
few bins that hold equal shares of the first set, for tables of column pairs. Null is code 0 in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.encoding.vectors import as_numbers, kept_levels, level_codes

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Column

Ints = NDArray[np.int64]
_MOST_LEVELS = 200
_NUMBERS = ("number", "time", "text")


@dataclass(frozen=True)
class Coded:
    """One column: codes of the real and of the synthetic rows, their range (0 to `size` - 1), whether ordered."""

    name: str
    real: Ints
    synth: Ints
    size: int
    ordered: bool


def ranked(column: Column, real: pl.Series, synth: pl.Series) -> Coded:
    """A code for each distinct number, in order; levels by frequency, those beyond the 200 most frequent as one."""
    if column.kind not in _NUMBERS:
        return _levels(column, real, synth, _MOST_LEVELS)
    values = np.concatenate([as_numbers(real), as_numbers(synth)])
    missing = np.isnan(values)
    codes = np.zeros(len(values), dtype=np.int64)
    distinct, place = np.unique(values[~missing], return_inverse=True)
    codes[~missing] = place + 1
    return Coded(column.name, codes[: len(real)], codes[len(real) :], len(distinct) + 1, True)


def binned(column: Column, real: pl.Series, synth: pl.Series, bins: int) -> Coded:
    """At most `bins` bins with equal shares of the real rows, or the `bins` most frequent levels and the rest."""
    if column.kind not in _NUMBERS:
        return _levels(column, real, synth, bins)
    values = as_numbers(real)
    seen = values[~np.isnan(values)]
    edges = np.unique(np.quantile(seen, np.arange(1, bins) / bins)) if len(seen) else np.zeros(0)

    def code(numbers: NDArray[np.float64]) -> Ints:
        return np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers, side="right")).astype(np.int64)

    return Coded(column.name, code(values), code(as_numbers(synth)), len(edges) + 2, True)


def _levels(column: Column, real: pl.Series, synth: pl.Series, most: int) -> Coded:
    levels = kept_levels(real, most, 0.0)
    return Coded(column.name, level_codes(real, levels), level_codes(synth, levels), len(levels) + 2, False)
