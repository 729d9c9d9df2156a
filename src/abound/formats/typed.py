"""Stored types that models do not know, made into ones they do, and back: one place for both directions.

Durations and times of day become seconds, times with a zone become UTC, closed lists of levels (Enum) become text
with declared levels. Lists, records and bytes have no place in a table of rows and are left out with a note.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

Flat = tuple[dict[str, pl.DataType], list[pl.Expr], dict[str, tuple[str, ...]], tuple[str, ...]]


def flatten(stored: Mapping[str, pl.DataType]) -> Flat:
    """Types kept, the expressions that select them, declared levels, and notes on what is left out."""
    dtypes: dict[str, pl.DataType] = {}
    levels: dict[str, tuple[str, ...]] = {}
    notes = []
    for name, dtype in stored.items():
        if dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Object):
            notes.append(f"{name!r} holds {_what(dtype)} and is left out: turn it into plain columns to use it")
            continue
        if isinstance(dtype, pl.Enum):
            levels[name] = tuple(dtype.categories.to_list())
        dtypes[name] = dtype
    return dtypes, [pl.col(n) for n in dtypes], levels, tuple(notes)


def _what(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List | pl.Array):
        return "lists"
    return {pl.Struct: "records", pl.Binary: "bytes"}.get(type(dtype), "Python objects")


def stored_name(dtype: pl.DataType) -> str:
    """The stored type as text for the schema, which `stored_type` reads."""
    if isinstance(dtype, pl.Datetime):
        return (
            f"Datetime({dtype.time_unit}, {dtype.time_zone})" if dtype.time_zone else f"Datetime({dtype.time_unit})"
        )
    if isinstance(dtype, pl.Duration):
        return f"Duration({dtype.time_unit})"
    if isinstance(dtype, pl.Decimal):
        return f"Decimal({dtype.precision}, {dtype.scale})"
    return type(dtype).__name__


def stored_type(text: str, levels: tuple[str, ...] = ()) -> pl.DataType:
    """The Polars type that `stored_name` wrote; String where the name is not one of its own."""
    name, _, rest = text.rstrip(")").partition("(")
    parts = [p.strip() for p in rest.split(",") if p.strip()]
    if name == "Datetime" and parts:
        return pl.Datetime(parts[0], parts[1] if len(parts) > 1 else None)  # type: ignore[arg-type]
    if name == "Duration" and parts:
        return pl.Duration(parts[0])  # type: ignore[arg-type]
    if name == "Decimal" and len(parts) == 2:
        return pl.Decimal(int(parts[0]) if parts[0] != "None" else None, int(parts[1]))
    if name == "Enum":
        return pl.Enum(levels)
    simple = {c.__name__: c for c in SIMPLE}.get(name, pl.String)
    return simple()


SIMPLE = (
    pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32,
    pl.Float64, pl.Boolean, pl.Date, pl.Time, pl.String, pl.Categorical, pl.Null,
)  # fmt: skip
