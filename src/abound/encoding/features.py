"""Feature matrices for learners: one map per arm, fitted on that arm's own rows.

Two layouts. "codes": numbers as they are, category levels as integers, missing as nan, for models that split on
values. "dense": numbers standardised with missing as the mean beside a missing indicator, categories one-hot, for
models that add values up. Levels beyond the 40 most frequent are pooled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
Layout = Literal["codes", "dense", "onehot"]
MAX_LEVELS = 40
_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class FeatureColumn:
    """How one column is encoded. `levels` are category levels; numbers have a mean and a scale."""

    name: str
    levels: tuple[str, ...] | None
    mean: float
    scale: float
    has_null: bool


@dataclass(frozen=True)
class FeatureMap:
    """A fitted encoding. `categorical` marks the code columns that hold categories (layout "codes")."""

    table: str
    layout: Layout
    columns: tuple[FeatureColumn, ...]

    @property
    def names(self) -> list[str]:
        """A name for each output column."""
        out = []
        for c in self.columns:
            if c.levels is not None and self.layout != "codes":
                out += [f"{c.name}={level}" for level in (*c.levels, "(other)")]
            else:
                out.append(c.name)
                if self.layout == "dense" and c.has_null:
                    out.append(f"{c.name} missing")
        return out

    @property
    def categorical(self) -> list[bool]:
        """For layout "codes": which output columns are category codes."""
        return [c.levels is not None for c in self.columns]

    def encode(self, data: Dataset) -> Floats:
        """A float64 matrix (rows of the task's table, output columns)."""
        frame = data.table(self.table)
        codes = _codes(frame, {c.name: c.levels for c in self.columns if c.levels is not None})
        parts: list[Floats] = []
        for c in self.columns:
            if c.levels is None:
                parts.append(_number(frame[c.name], c, self.layout))
            elif self.layout == "codes":
                parts.append(codes[c.name][:, None])
            else:
                parts.append(_one_hot(codes[c.name], len(c.levels)))
        return np.hstack(parts) if parts else np.zeros((frame.height, 0))


def fit_features(data: Dataset, table: str, layout: Layout) -> FeatureMap:
    """Learn levels, means and scales from the rows of `data`. Ids, assets and constant columns carry nothing."""
    declared = data.schema.tables[table]
    frame = data.table(table)
    out = []
    for name in declared.features():
        column = declared.column(name)
        series = frame[name]
        if series.null_count() == frame.height:
            continue  # nothing was seen to learn from, and the boosting of scikit-learn cannot bin it
        if column.kind in ("category", "bool"):
            levels = _levels(series)
            out.append(FeatureColumn(name, levels, 0.0, 1.0, False))
        elif column.kind in ("number", "time", "text"):
            values = to_numbers(series)
            seen = values[~np.isnan(values)]
            mean = float(seen.mean()) if len(seen) else 0.0
            scale = float(seen.std()) if len(seen) else 1.0
            has_null = len(seen) < len(values)
            out.append(FeatureColumn(name, None, mean, scale if scale > 0 else 1.0, has_null))
    return FeatureMap(table, layout, tuple(out))


def to_numbers(series: pl.Series) -> Floats:
    """A column as float64 with nan for null: times in days, text by its length in characters."""
    import polars as pl

    if series.dtype.is_temporal():
        series = series.cast(pl.Datetime("us")).cast(pl.Int64) / _MICROSECONDS_A_DAY
    elif series.dtype == pl.String:
        series = series.str.len_chars()
    return series.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)


def _levels(series: pl.Series) -> tuple[str, ...]:
    """The most frequent levels, ties broken by name, listed by name."""
    import polars as pl

    text = series.drop_nulls().cast(pl.String)
    counts = text.value_counts(name="n").sort(["n", text.name], descending=[True, False])
    return tuple(sorted(counts[text.name].head(MAX_LEVELS).to_list()))


def _codes(frame: pl.DataFrame, levels: dict[str, tuple[str, ...]]) -> dict[str, Floats]:
    """For each category column its codes: nan for null, len(levels) for an unknown level.

    All columns in one query: on small tables the cost is that of starting a query, not that of its rows.
    """
    import polars as pl

    exprs = []
    for name, known in levels.items():
        text = pl.col(name).cast(pl.String)
        place = {level: float(i) for i, level in enumerate(known)}
        code = text.replace_strict(place, default=float(len(known)), return_dtype=pl.Float64)
        exprs.append(pl.when(text.is_null()).then(float("nan")).otherwise(code).alias(name))
    made = frame.select(exprs)
    return {name: made[name].to_numpy().astype(np.float64) for name in levels}


def _one_hot(code: Floats, levels: int) -> Floats:
    """One column a level and one for all other levels; a row of zeros for null."""
    out = np.zeros((len(code), levels + 1))
    present = ~np.isnan(code)
    out[np.flatnonzero(present), code[present].astype(np.int64)] = 1.0
    return out


def _number(series: pl.Series, column: FeatureColumn, layout: Layout) -> Floats:
    values = to_numbers(series)
    if layout != "dense":
        return values[:, None]
    missing = np.isnan(values)
    # Values far outside the training range would dominate a sum; ten standard deviations keep any real signal.
    scaled = np.clip((np.where(missing, column.mean, values) - column.mean) / column.scale, -10.0, 10.0)
    parts: list[Any] = [scaled]
    if column.has_null:
        parts.append(missing.astype(np.float64))
    return np.column_stack(parts)
