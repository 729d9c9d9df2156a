"""Frames that are in memory already: pandas, polars, Arrow, a dict of columns, or whatever speaks Arrow.

The package of the frame is never imported to recognise it: its class says where it comes from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from abound.core.registry import require
from abound.errors import InputError
from abound.formats.source import Source, check_size
from abound.formats.typed import flatten


def frame_library(source: Any) -> str | None:
    """ "polars", "pandas", "arrow" or "dict" for a frame of that kind, None for anything else."""
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return "polars"
    if isinstance(source, Mapping):
        return "dict"
    home = type(source).__module__.partition(".")[0]
    if home == "pandas" and type(source).__name__ == "DataFrame":
        return "pandas"
    if home == "pyarrow" or hasattr(source, "__arrow_c_stream__"):
        return "arrow" if not type(source).__name__.endswith("Series") else None
    return None


def open_frame(source: Any) -> Source:
    """A frame as a Source; InputError where names repeat or a column mixes types."""
    library = frame_library(source)
    name = {"dict": "the dict of columns", "arrow": "the Arrow table"}.get(library or "", f"the {library} frame")
    notes: tuple[str, ...] = ()
    if library == "pandas":
        frame, notes = _from_pandas(name, source)
    elif library == "polars":
        frame = source.collect() if isinstance(source, pl.LazyFrame) else source
    elif library == "dict":
        frame = _from_dict(name, source)
    else:
        frame = _from_arrow(name, source)
    _check_names(name, frame.columns)
    check_size(name, frame.height, frame.width)
    dtypes, select, levels, left_out = flatten(frame.schema)
    flat = frame.select(select)

    def batches() -> Iterator[pl.DataFrame]:
        yield flat

    return Source(name, dtypes, batches, flat.lazy, levels=levels, notes=notes + left_out)


def _from_pandas(name: str, source: Any) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if source.columns.nlevels > 1:
        raise InputError(f"{name} has several levels of column names: flatten them to one name a column")
    columns = [str(c) for c in source.columns]
    _check_names(name, columns)
    require("pyarrow", "pandas")
    notes: tuple[str, ...] = ()
    index = source.index
    if index.nlevels > 1 or index.name is not None:
        notes = (f"the index {index.names} is left out: call reset_index() first to keep it as columns",)
    out = {c: _pandas_column(name, c, source.iloc[:, i]) for i, c in enumerate(columns)}
    return pl.DataFrame(out), notes


def _pandas_column(name: str, column: str, series: Any) -> pl.Series:
    try:
        made: Any = pl.from_pandas(series, nan_to_null=True)  # whose type depends on the stubs that are installed
        named: pl.Series = made.alias(column)
        return named
    except Exception as error:  # pyarrow and polars raise their own types for what they cannot convert
        kinds = Counter(type(v).__name__ for v in series.dropna().iloc[:100_000])
        raise InputError(_mixed(name, column, kinds, f"df[{column!r}].astype(str)")) from error


def _from_dict(name: str, source: Mapping[Any, Any]) -> pl.DataFrame:
    columns = [str(c) for c in source]
    _check_names(name, columns)
    lengths = {
        c: len(v) for c, v in zip(columns, source.values(), strict=True) if isinstance(v, Sequence | pl.Series)
    }
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise InputError(
            f"{name} has {lengths[short]} values in {short!r} and {lengths[long]} in {long!r}: give each column "
            "as many values as there are rows"
        )
    out = {}
    for column, values in zip(columns, source.values(), strict=True):
        try:
            out[column] = pl.Series(column, values)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            kinds = Counter(type(v).__name__ for v in values if v is not None)
            raise InputError(_mixed(name, column, kinds, "[str(v) for v in values]")) from error
    try:
        return pl.DataFrame(out)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{name} is not a table: {str(error).splitlines()[0]}") from error


def _from_arrow(name: str, source: Any) -> pl.DataFrame:
    columns = getattr(source, "column_names", None) or getattr(getattr(source, "schema", None), "names", None) or ()
    _check_names(name, [str(c) for c in columns])
    try:
        frame = pl.DataFrame(source)
    except (TypeError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{name} cannot be read ({reason}): convert it with pyarrow.table or to_pandas") from error
    return frame


def _check_names(name: str, columns: list[str]) -> None:
    twice = [c for c, n in Counter(columns).items() if n > 1]
    if twice:
        places = [i + 1 for i, c in enumerate(columns) if c == twice[0]]
        raise InputError(
            f"{name} has the column {twice[0]!r} twice (places {places[0]} and {places[1]}): rename one of them"
        )
    empty = [i + 1 for i, c in enumerate(columns) if not c.strip()]
    if empty:
        raise InputError(f"{name} has no name for column {empty[0]}: name it")


def _mixed(name: str, column: str, kinds: Counter[str], fix: str) -> str:
    shown = " and ".join(f"{n:,} {kind}" for kind, n in kinds.most_common(3))
    return f"{name} mixes types in the column {column!r} ({shown}): make them one type, for example {fix}"
