"""Rows of a mixed table as vectors, for distances and for classifiers that compare two sets of rows.

A number (time, or the length of a text) becomes arcsinh((x - median) / scale): linear near the middle, logarithmic
in the tails, smooth everywhere. A quantile map would be flat between training values and steep at values that many
rows share, so that the smallest noise on a copied row could move it far. A missing number is the median beside an
indicator. A category or bool is one-hot with rare levels pooled, scaled so that different levels are at distance 1.
With `grain`, each number also carries how round it is (decimals, trailing zeros, whole seconds, hours or days),
because made values often betray themselves there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.core.model import digest_of

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Column

Floats = NDArray[np.float64]
_LEVEL = 2**-0.5  # two one-hot vectors of this height are at distance 1
_DECIMALS = range(6, -4, -1)
_MISSING, _GRAIN, _VALUE = "missing", "grain", "value"
_SECONDS = (1.0, 60.0, 3600.0, 86400.0)


class Feature(NamedTuple):
    """One output column: the table's column that it comes from, and what it says of it (value, missing, grain)."""

    column: str
    what: str


@dataclass(frozen=True)
class VectorPart:
    """How one column is encoded: `levels` of a category, or the median and scale of a number."""

    name: str
    levels: tuple[str, ...] | None
    middle: float = 0.0
    scale: float = 1.0
    grain: bool = False

    def features(self) -> list[Feature]:
        """The output columns, in order."""
        if self.levels is not None:
            return [Feature(self.name, _VALUE)] * (len(self.levels) + 1) + [Feature(self.name, _MISSING)]
        tail = [Feature(self.name, _GRAIN)] if self.grain else []
        return [Feature(self.name, _VALUE), Feature(self.name, _MISSING), *tail]


@dataclass(frozen=True)
class Vectors:
    """A fitted encoding."""

    parts: tuple[VectorPart, ...]

    @property
    def features(self) -> list[Feature]:
        """What each output column says."""
        return [f for p in self.parts for f in p.features()]

    @property
    def digest(self) -> str:
        """SHA-256 of everything that was learned."""
        return digest_of([asdict(p) for p in self.parts])

    def encode(self, frame: pl.DataFrame) -> Floats:
        """A float64 matrix (rows, features) without nan; an unknown level counts as one of the pooled ones."""
        blocks = [
            _levels(frame[p.name], p) if p.levels is not None else _number(frame[p.name], p) for p in self.parts
        ]
        return np.hstack(blocks) if blocks else np.zeros((frame.height, 0))


def fit_vectors(
    frame: pl.DataFrame,
    columns: Sequence[Column],
    *,
    grain: bool = False,
    max_levels: int = 32,
    least: float = 0.005,
) -> Vectors:
    """Learn medians, scales and levels from the rows of `frame` (the training rows, unless both sides are judged).

    A level is kept if at least `least` of the rows have it (and two rows at the least), up to `max_levels`, most
    frequent first. Ids, assets and arrays are left out. The scale is the interquartile range of a normal
    distribution's standard deviation, or the standard deviation where half the values are equal.
    """
    parts = []
    for c in columns:
        if c.kind in ("category", "bool"):
            parts.append(VectorPart(c.name, kept_levels(frame[c.name], max_levels, least)))
        elif c.kind in ("number", "time", "text"):
            middle, scale = _centre(as_numbers(frame[c.name]))
            parts.append(VectorPart(c.name, None, middle, scale, grain and c.kind != "text"))
    return Vectors(tuple(parts))


def kept_levels(series: pl.Series, most: int, least: float) -> tuple[str, ...]:
    """The most frequent levels as text, ties by name: at most `most`, each with a share of `least` and two rows."""
    import polars as pl

    text = series.drop_nulls().cast(pl.String)
    counts = text.value_counts(name="rows").sort(["rows", text.name], descending=[True, False]).head(most)
    return tuple(counts.filter(pl.col("rows") >= max(2.0, least * len(series)))[text.name].to_list())


def level_codes(series: pl.Series, levels: Sequence[str]) -> NDArray[np.int64]:
    """0 for null, 1.. for the levels in order, one more than the last for every other value."""
    import polars as pl

    known = {level: i + 1 for i, level in enumerate(levels)}
    text = series.cast(pl.String)
    codes = text.replace_strict(known, default=len(levels) + 1, return_dtype=pl.Int64)
    return np.where(text.is_null().to_numpy(), 0, codes.fill_null(0).to_numpy()).astype(np.int64)


def as_numbers(series: pl.Series) -> Floats:
    """Numbers as they are, times in seconds, text by its length; nan for null and for what is not finite."""
    import polars as pl

    if series.dtype.is_temporal():
        values = series.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64) / 1e6
    elif series.dtype == pl.String:
        values = series.str.len_chars().cast(pl.Float64)
    else:
        values = series.cast(pl.Float64)
    out = values.fill_null(float("nan")).to_numpy().astype(np.float64)
    return np.asarray(np.where(np.isfinite(out), out, np.nan))


def roundness(values: Floats, time: bool) -> Floats:
    """How round each value is. Numbers: decimals needed, 7 for more than six, -1 to -3 for trailing zeros.

    Times (in seconds): 0 for a fraction of a second, then whole seconds, minutes, hours, days (4). nan and zero: 0.
    """
    seen = np.where(np.isnan(values), 0.0, values)
    if time:
        return np.asarray(sum((np.mod(seen, unit) == 0).astype(np.float64) for unit in _SECONDS))
    out = np.full(len(seen), 7.0)
    slack = 1e-9 * np.maximum(1.0, np.abs(seen))
    for digits in _DECIMALS:
        out[np.abs(np.round(seen, digits) - seen) <= slack] = digits
    return np.asarray(np.where(seen == 0, 0.0, out))


def _centre(values: Floats) -> tuple[float, float]:
    seen = values[~np.isnan(values)]
    if not len(seen):
        return 0.0, 1.0
    low, middle, high = (float(q) for q in np.quantile(seen, (0.25, 0.5, 0.75)))
    scale = (high - low) / 1.349 or float(seen.std())
    return middle, scale if scale > 0 else 1.0


def _number(series: pl.Series, part: VectorPart) -> Floats:
    values = as_numbers(series)
    missing = np.isnan(values)
    out: list[Any] = [np.arcsinh((np.where(missing, part.middle, values) - part.middle) / part.scale), missing]
    if part.grain:
        out.append(roundness(values, series.dtype.is_temporal()) / 2.0)
    return np.column_stack(out).astype(np.float64)


def _levels(series: pl.Series, part: VectorPart) -> Floats:
    """One column a level, one for all others, and one for null."""
    assert part.levels is not None, "only called for categories"
    code = level_codes(series, part.levels)
    out = np.zeros((len(code), len(part.levels) + 2))
    out[np.arange(len(code)), np.where(code == 0, len(part.levels) + 1, code - 1)] = _LEVEL
    return out
