"""Real rows first, synthetic rows after them, less those that a check says to drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin
from abound.errors import InputError, SchemaError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.dataset import Dataset

ORIGIN = "_origin"


@plugin("mixer", accepts=("table", "records", "images", "scenes"))
class Append:
    """All real rows followed by the synthetic rows that the audit lets pass; weights stay as they are.

    Real rows are never left out: training on what is accumulated is safe where replacing rows by generated ones is
    not (Gerstgrasser et al., arXiv 2404.01413).
    """

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The joined rows with `_origin` filled in, and a note on how many were dropped.

        Raises SchemaError where the tables or column types differ, InputError where the audit names rows that the
        synthetic set does not have.
        """
        import numpy as np

        drop = np.array(audit.drop(), dtype=np.int64)
        if len(drop) and (drop.min() < 0 or drop.max() >= len(synth)):
            raise InputError(
                f"the audit drops row {int(drop.max())} of {len(synth)} synthetic rows: it belongs to another set"
            )
        _same_columns(synth, train)
        kept = synth.take(np.setdiff1d(np.arange(len(synth)), drop)) if len(drop) else synth
        real, made = _with_origin(train, "real"), _with_origin(kept, "synthetic")
        note = f"{len(kept):,} synthetic rows follow {len(train):,} real ones; the audit dropped {len(drop):,} rows"
        ctx.progress.note(note)
        return _renamed(real.concat_with(made), train, note)


def _renamed(mixed: Dataset, train: Dataset, note: str) -> Dataset:
    from dataclasses import replace

    return replace(mixed, origin="mixed", split=train.split, notes=(*train.notes, note))


def _with_origin(data: Dataset, word: str) -> Dataset:
    """The main table with `_origin`, filled with `word` where it is missing."""
    import polars as pl

    frame = data.main
    if ORIGIN in frame.columns:
        frame = frame.with_columns(pl.col(ORIGIN).fill_null(word))
    else:
        frame = frame.with_columns(pl.lit(word).alias(ORIGIN))
    return data.with_table(data.schema.main, frame)


def _same_columns(synth: Dataset, train: Dataset) -> None:
    """Refuse rows that would be joined with nulls or other types in place of the data's own columns."""
    for name, table in train.schema.tables.items():
        if name not in synth.schema.tables:
            raise SchemaError(f"the synthetic data has no table {name!r}: generate it from this training set")
        left, right = train.table(name).schema, synth.table(name).schema
        for column in (c.name for c in table.columns):
            _same_type(f"{name}.{column}", left.get(column), right.get(column))


def _same_type(name: str, real: pl.DataType | None, made: pl.DataType | None) -> None:
    if real is not None and made is None:
        raise SchemaError(f"the synthetic data has no column {name}: generate it from this training set")
    if real != made:
        raise SchemaError(f"the column {name} is {real} in the real and {made} in the synthetic data")
