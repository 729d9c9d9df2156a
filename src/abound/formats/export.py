"""A dataset given back as the caller knows it: its own frame type, its own column types, CSV and Parquet files.

A spreadsheet runs a text cell that starts with = + - @ or a control character as a formula, so such cells are
written with an apostrophe before them (OWASP, CSV injection); numbers are left as they are.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from abound.core.artifact import write_bytes
from abound.core.dataset import Dataset, table_bytes
from abound.core.registry import require
from abound.core.schema import Column
from abound.errors import InputError
from abound.formats.frames import frame_library
from abound.formats.typed import stored_type

_FORMULA = r"^[=+\-@\t\r\n]"
_LIBRARIES = ("polars", "pandas", "arrow", "dict")


def to_frame(data: Dataset, like: Any = None, *, table: str | None = None) -> Any:
    """One table (the main one by default) as a frame, in the types in which the data was stored.

    `like`: "polars" (default), "pandas", "arrow", "dict", or a frame whose library, and for pandas whose column
    types, are taken over. A column with new values that its stored type cannot hold (a negative number under UInt8)
    keeps the wider type of the schema. Columns outside the schema (names with _) come last, as they are. Raises
    InputError for another `like`, MissingExtra where pandas or pyarrow is not installed.
    """
    library = like if isinstance(like, str) else "polars" if like is None else frame_library(like)
    if library not in _LIBRARIES:
        raise InputError(
            f"cannot make a frame like {like!r}: choose one of {', '.join(_LIBRARIES)}, or give a frame"
        )
    frame = stored_frame(data, table)
    if library == "polars":
        return frame
    if library == "dict":
        return frame.to_dict(as_series=False)
    require("pyarrow", "pandas")
    if library == "arrow":
        return frame.to_arrow()
    require("pandas", "pandas")
    out = frame.to_pandas()
    return out if isinstance(like, str) else _pandas_types(out, like)


def stored_frame(data: Dataset, table: str | None = None) -> pl.DataFrame:
    """One table as a Polars frame in its stored types."""
    frame = data.table(table)
    columns = {c.name: c for c in data.schema.tables[table or data.schema.main].columns}
    known = [stored_column(frame[n], columns[n]) for n in frame.columns if n in columns]
    return pl.DataFrame([*known, *(frame[n] for n in frame.columns if n not in columns)])


def stored_column(values: pl.Series, column: Column) -> pl.Series:
    """A column in its stored type; unchanged where it has none, or where a value does not fit it."""
    if column.stored is None:
        return values
    kind, _, written = column.stored.partition(" ")
    if kind == "String":
        return _as_text(values, written)
    to = stored_type(column.stored, column.domain or ())
    try:
        return values.to_frame().select(_restore(pl.col(values.name), values.dtype, to)).to_series()
    except pl.exceptions.PolarsError:
        return values  # new values are outside the stored type, and the schema's own type holds them


def _as_text(values: pl.Series, written: str) -> pl.Series:
    """Text as it was written: times in their format, numbers with a decimal comma."""
    if values.dtype.is_temporal() and written:
        return values.dt.to_string(written.replace("%#z", "+00:00"))
    text = values.cast(pl.String)
    return text.str.replace(".", ",", literal=True) if written == "," else text


def _restore(col: pl.Expr, dtype: pl.DataType, to: pl.DataType) -> pl.Expr:
    if isinstance(to, pl.Datetime) and to.time_zone is not None:
        return col.dt.replace_time_zone("UTC").dt.convert_time_zone(to.time_zone).cast(to)
    if isinstance(to, pl.Duration):
        return (col * 1_000_000).round().cast(pl.Int64).cast(pl.Duration("us")).cast(to)
    if isinstance(to, pl.Time):
        return (col * 1_000_000_000).round().cast(pl.Int64).cast(pl.Time)
    if isinstance(to, pl.Boolean) and dtype.is_(pl.String):
        return col.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    if to.is_temporal() and dtype.is_(pl.String):
        return col.str.to_datetime().cast(to)
    return col.cast(to)


def _pandas_types(out: Any, like: Any) -> Any:
    """The pandas frame with the column types of `like` where its values fit; new levels join the categories."""
    import pandas as pd

    for name, dtype in like.dtypes.items():
        if name not in out.columns or out[name].dtype == dtype:
            continue
        if isinstance(dtype, pd.CategoricalDtype):
            new = [v for v in out[name].dropna().unique() if v not in set(dtype.categories)]
            dtype = pd.CategoricalDtype([*dtype.categories, *new], ordered=dtype.ordered)
        try:
            out[name] = out[name].astype(dtype)
        except (TypeError, ValueError, OverflowError):
            continue  # a missing value in a column that had none: the wider type stays
    return out


def write_csv(frame: pl.DataFrame, path: Path) -> bool:
    """Write a frame as UTF-8 CSV, atomically, with the same bytes for the same rows.

    Durations are written as seconds. Returns whether any cell or name was given an apostrophe against formulas, to
    be said beside the file.
    """
    safe, escaped = without_formulas(frame.with_columns(cs.duration().dt.total_microseconds() / 1_000_000))
    buffer = io.BytesIO()
    safe.write_csv(buffer)
    write_bytes(path, buffer.getvalue())
    return escaped


def write_parquet(frame: pl.DataFrame, path: Path) -> str:
    """Write a frame as Parquet, atomically, with the same bytes for the same rows; return its SHA-256."""
    return write_bytes(path, table_bytes(frame))


def without_formulas(frame: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """The frame with an apostrophe before each text cell that a spreadsheet would run, and if there was one."""
    texts = [n for n, dtype in frame.schema.items() if isinstance(dtype, pl.String | pl.Categorical | pl.Enum)]
    changed = []
    escaped = False
    for name in texts:
        values = frame[name].cast(pl.String)
        number = values.str.strip_chars().cast(pl.Float64, strict=False).is_not_null()
        risky = values.str.contains(_FORMULA) & ~number
        if risky.any():
            escaped = True
            changed.append(pl.select(pl.when(risky).then("'" + values).otherwise(values).alias(name)).to_series())
    names = {n: f"'{n}" for n in frame.columns if n[:1] in "=+-@\t\r\n" and n}
    return frame.with_columns(changed).rename(names), escaped or bool(names)
