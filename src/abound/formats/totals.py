"""Sums over batches: the range of every column of numbers, and levels counted again on the rows that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from abound.formats.forms import LONG


def recount(frames: Iterable[pl.DataFrame], columns: Sequence[str]) -> tuple[int, dict[str, dict[Any, int]]]:
    """Rows, and the count of each value of `columns` (nulls apart), over all frames."""
    rows = 0
    counts: dict[str, dict[Any, int]] = {c: {} for c in columns}
    for frame in frames:
        rows += frame.height
        for column, seen in counts.items():
            for value, count in frame[column].drop_nulls().value_counts().iter_rows():
                seen[value] = seen.get(value, 0) + count
    return rows, counts


def measure(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """For each column of numbers: low, high (None without values), whole, and how many values are infinite."""
    numbers = {n: dtype for n, dtype in frame.schema.items() if dtype.is_numeric()}
    exprs: list[pl.Expr] = []
    for place, (name, dtype) in enumerate(numbers.items()):
        col = pl.col(name)
        if dtype.is_float():
            finite = col.is_finite()
            infinite, whole = (~finite).sum(), ((col == col.floor()) & (col.abs() < LONG)).filter(finite).all()
            col = col.filter(finite)
        else:
            infinite, whole = pl.lit(0), pl.lit(True)
        parts = {"infinite": infinite, "whole": whole, "low": col.min(), "high": col.max()}
        exprs += [e.alias(f"{place} {what}") for what, e in parts.items()]
    row = frame.select(exprs).row(0, named=True) if exprs else {}
    return {n: {w: row[f"{i} {w}"] for w in ("infinite", "whole", "low", "high")} for i, n in enumerate(numbers)}
