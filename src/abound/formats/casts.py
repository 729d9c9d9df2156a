"""From stored cells to the canonical types of the schema: the last step of reading, strict, lazily or on frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from abound.core.schema import Column
from abound.core.slice import Slice
from abound.formats.forms import FormKind, as_words, parse
from abound.formats.source import Source, clean
from abound.formats.survey import Found

CONDITION_LEVELS = ("no", "yes")
_PARSED: dict[FormKind, pl.DataType] = {
    "integer": pl.Int64(), "number": pl.Float64(), "comma": pl.Float64(),
    "grouped": pl.Float64(), "bool": pl.Boolean(), "time": pl.Datetime("us"), "string": pl.String(),
}  # fmt: skip
_EMPTY: dict[str, pl.DataType] = {"number": pl.Float64(), "time": pl.Datetime("us"), "bool": pl.Boolean()}


@dataclass(frozen=True)
class Reading:
    """How a source becomes the main table: one expression a column, a condition target, the target to be filled."""

    source: Source
    columns: tuple[pl.Expr, ...]
    condition: tuple[str, Slice] | None = None  # name of the new column, and when it is "yes"
    condition_types: Mapping[str, pl.DataType] | None = None
    target: str | None = None

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The main table from stored rows: typed, with the condition target, without rows that lack a target."""
        out = clean(self.source, frame).select(self.columns)
        if self.condition is not None:
            name, slice_ = self.condition
            out = out.with_columns(condition_column(slice_, self.condition_types or {}).alias(name))
        return out if self.target is None else out.filter(pl.col(self.target).is_not_null())

    def batches(self) -> Iterator[pl.DataFrame]:
        """The main table in parts, in order."""
        for raw in self.source.batches():
            yield self.apply(raw.lazy()).collect()

    def lazy(self) -> pl.LazyFrame:
        """The main table: in memory, or over the file where the source is large."""
        if self.source.large:
            return self.apply(self.source.scan())
        parts = list(self.batches())
        return pl.concat(parts).rechunk().lazy()


def condition_column(slice_: Slice, dtypes: Mapping[str, pl.DataType]) -> pl.Expr:
    """ "yes" where the condition holds, "no" where it does not, null where a cell that it compares is missing."""
    terms = [t for t in slice_.terms if not hasattr(t, "table")]
    hold = pl.all_horizontal([t.expr(dtypes.get(t.column)) for t in terms])
    compared = [t.column for t in terms if t.op not in ("isnull", "notnull")]
    known = pl.all_horizontal([pl.col(c).is_not_null() for c in compared]) if compared else pl.lit(True)
    words = pl.when(hold).then(pl.lit("yes")).otherwise(pl.lit("no"))
    return pl.when(known).then(words)


def canonical_type(column: Column, found: Found) -> pl.DataType:
    """The Polars type of a column of the schema."""
    if column.kind == "number":
        return pl.Int64() if column.integer else pl.Float64()
    if column.kind in ("bool", "time"):
        return _EMPTY[column.kind]
    return pl.Int64() if column.kind == "id" and found.is_whole else pl.String()


def canonical(column: Column, found: Found) -> pl.Expr:
    """The expression that reads a column into its canonical type; a cell that does not fit is an error."""
    to = canonical_type(column, found)
    if found.form is None:
        return pl.col(found.name).cast(to)
    parsed = parse(found.form, found.name, found.dtype, strict=True)
    if to.is_(pl.String):
        return as_words(parsed, _PARSED[found.form.kind]).alias(column.name)
    return parsed.cast(to).alias(column.name)
