"""Parquet and Arrow files. Their footer says how much they hold, so a file that would fill the memory is refused
before anything is decoded; what is larger than LARGE_CELLS stays on the disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl

from abound.errors import InputError
from abound.formats.source import BATCH_ROWS, LARGE_CELLS, Source, check_size
from abound.formats.typed import flatten

_NAMES = {"parquet": "Parquet", "arrow": "Arrow"}


def open_columnar(path: Path, form: Literal["parquet", "arrow"]) -> Source:
    """A Parquet or Arrow IPC (Feather 2) file.

    Raises InputError for a damaged or truncated file, for one that declares more cells than are read, and for one
    without rows or columns. Columns of lists, records or bytes are left out, with a note.
    """
    name = str(path)
    with _damage(path, form):
        lazy = pl.scan_parquet(path, glob=False) if form == "parquet" else pl.scan_ipc(path, glob=False)
        stored = dict(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
    check_size(name, rows, len(stored), path.stat().st_size)
    dtypes, select, levels, notes = flatten(stored)
    flat = lazy.select(select)
    size = max(1, BATCH_ROWS // max(1, len(dtypes) // 20))

    def batches() -> Iterator[pl.DataFrame]:
        for start in range(0, rows, size):
            with _damage(path, form):
                frame = flat.slice(start, size).collect()
            yield frame

    large = rows * len(stored) > LARGE_CELLS
    return Source(name, dtypes, batches, lambda: flat, large=large, levels=levels, notes=notes)


@contextlib.contextmanager
def _damage(path: Path, form: str) -> Iterator[None]:
    """One sentence for whatever the decoder says of a file that is not whole."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).split("\n")[0][:200]
        raise InputError(
            f"{path} cannot be read as {_NAMES[form]}: it is damaged or cut short ({reason}); write it again"
        ) from None
