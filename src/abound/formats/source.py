"""A table as it is stored, before anything is known about its columns: the one shape that every reader gives.

Text (CSV) and typed tables (Parquet, Arrow, frames) differ in one way only: cells of text are trimmed, words such
as "NA" are missing, and every type has still to be found. Rows come in batches, so that a file larger than the
memory can be looked through, and as a lazy frame, so that it can stay on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from abound.errors import InputError

MISSING = ("", "NA", "N/A", "n/a", "?", "null", "NULL", "NaN", "nan", "None")
LARGE_BYTES = 200_000_000  # above this a table stays on the disk
LARGE_CELLS = LARGE_BYTES // 8
MAX_CELLS = 500_000_000
MAX_COLUMNS = 100_000
BATCH_ROWS = 1_000_000


@dataclass(frozen=True)
class Source:
    """Rows of one table. `name` is what messages call it; `dtypes` are the stored types, in column order.

    `text`: the cells are untyped text. `batches` yields the rows in order; `scan` is the same table, lazily.
    `large`: do not hold it in memory. `levels`: declared levels of a column (an ordered or closed list of them).
    """

    name: str
    dtypes: Mapping[str, pl.DataType]
    batches: Callable[[], Iterator[pl.DataFrame]]
    scan: Callable[[], pl.LazyFrame]
    text: bool = False
    large: bool = False
    decimal_comma: bool = False
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def strip(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Every text cell without the white space around it."""
    return frame.select(pl.all().str.strip_chars())


def drop_words(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Trimmed text with the words for "missing" made null."""
    return frame.select(pl.when(~pl.all().is_in(MISSING)).then(pl.all()))


def drop_empty(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that hold any value."""
    return frame.filter(pl.any_horizontal(pl.all().is_not_null()))


def clean(source: Source, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Text cells trimmed and their missing words null, rows without any value left out; typed tables as is."""
    return drop_empty(drop_words(strip(frame))) if source.text else frame


def check_size(name: str, rows: int, columns: int, file_bytes: int | None = None) -> None:
    """Refuse a table that declares more cells than can be meant, before anything is decoded.

    A Parquet file of 91 kB can unpack to 160 MB, and one of a few MB to more than any memory. Over 50 million
    cells, more than 100 cells a byte is such a file; over MAX_CELLS no file is read.
    """
    cells = rows * columns
    if columns > MAX_COLUMNS:
        raise InputError(
            f"{name} has {columns:,} columns and at most {MAX_COLUMNS:,} are read: select the ones you need"
        )
    if cells > MAX_CELLS:
        raise InputError(
            f"{name} declares {rows:,} rows x {columns:,} columns, more than the {MAX_CELLS:,} cells that are "
            "read: take a sample of its rows, or only the columns you need"
        )
    if file_bytes is not None and cells > 50_000_000 and cells > 100 * file_bytes:
        raise InputError(
            f"{name} declares {cells:,} cells in {file_bytes:,} bytes, as a file made to exhaust the memory does: "
            "if you trust it, take a sample of its rows first"
        )
