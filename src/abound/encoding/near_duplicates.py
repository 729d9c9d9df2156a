"""Main rows that are the same case twice: their cells, and the rows below them, as codes and scaled numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from abound.core.recipe import NearDuplicates
from abound.encoding.vectors import as_numbers
from abound.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Ints = NDArray[np.int64]


def near_duplicates(data: Dataset, how: NearDuplicates) -> Ints:
    """A set number for each main row; int64 (rows,). Rows of one set are the same case and must not part.

    "exact": equal in all features (ids and targets are none), whatever chance says. "auto": equal, or near, where
    chance would not make rows agree (see `stats.duplicates`). "none": every row is its own. Rows with related rows
    below them, assets or arrays must agree in those as well, and are compared for equality only. InputError for
    another word.
    """
    from abound.stats.duplicates import duplicate_sets, equal_sets

    if how not in get_args(NearDuplicates):
        raise InputError(f"near_duplicates is {how!r}: {did_you_mean(how, get_args(NearDuplicates))}")
    table, n = data.schema.main_table, len(data)
    features = [table.column(c) for c in table.names("feature", "sensitive") if c in data.main.columns]
    features = [c for c in features if c.kind != "id"]
    whole = _below(data) + [_hashed(data.main[c.name]) for c in features if c.kind in ("asset", "array")]
    numeric = [c.name for c in features if c.kind in ("number", "time")]
    coded = [c.name for c in features if c.kind in ("category", "bool", "text")]
    if how == "none" or not n or not (whole or numeric or coded):
        return np.arange(n, dtype=np.int64)
    codes = [_codes(data.main[c]) for c in coded]
    if how == "exact":
        return equal_sets(np.column_stack(codes + whole + [_codes(data.main[c]) for c in numeric]))
    numbers = [_scaled(as_numbers(data.main[c])) for c in numeric]
    return duplicate_sets(
        np.column_stack(codes) if codes else np.zeros((n, 0), dtype=np.int64),
        np.column_stack(numbers) if numbers else np.zeros((n, 0)),
        np.column_stack(whole) if whole else None,
    )


def _codes(series: pl.Series) -> Ints:
    """A code for each distinct value; null is 0."""
    return series.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """In units of the spread of the middle half (as a standard deviation), or of all where half are equal."""
    seen = values[~np.isnan(values)]
    if not len(seen):
        return values
    low, middle, high = (float(v) for v in np.quantile(seen, (0.25, 0.5, 0.75)))
    scale = (high - low) / 1.349 or float(seen.std()) or 1.0
    return np.asarray((values - middle) / scale)


def _hashed(series: pl.Series) -> Ints:
    """Codes of values that have no order, such as arrays and bytes."""
    return series.hash(seed=0).rank("dense").fill_null(0).to_numpy().astype(np.int64)


def _below(data: Dataset) -> list[Ints]:
    """For each table below the main one, a code of the rows that belong to each main row."""
    main = data.schema.main
    return [_codes(_digest(data, link.child, link.column, main)) for link in data.schema.children(main)]


def _digest(data: Dataset, child: str, column: str, parent: str) -> pl.Series:
    """For each row of `parent`, a sum of hashes of its rows of `child` and of all below them; 0 without any."""
    import polars as pl

    frame, schema = data.table(child), data.schema
    kept = [c.name for c in schema.tables[child].columns if c.role != "key" and c.kind != "id"]
    one = pl.Series("row", [1], dtype=pl.UInt64).new_from_index(0, frame.height)
    own = frame.select(kept).hash_rows(seed=0) if kept else one
    parts = [own] + [_digest(data, link.child, link.column, child) for link in schema.children(child)]
    hashed = pl.DataFrame([s.alias(f"{i}") for i, s in enumerate(parts)]).hash_rows(seed=0)
    sums = pl.DataFrame({"key": frame[column], "sum": hashed}).group_by("key").agg(pl.col("sum").sum())
    key = schema.tables[parent].key
    assert key is not None, "the schema refuses a parent without a key"
    keys = pl.DataFrame({"key": data.table(parent)[key]})
    return keys.join(sums, on="key", how="left", maintain_order="left")["sum"].fill_null(0)
