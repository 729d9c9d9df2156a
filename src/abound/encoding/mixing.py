"""What every mixer does: leave out what the audit drops, and put synthetic rows behind the real ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from abound.core.dataset import WEIGHT
from abound.errors import InputError, SchemaError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.audit import Audit
    from abound.core.dataset import Dataset

ORIGIN = "_origin"


def kept(synth: Dataset, train: Dataset, audit: Audit) -> tuple[Dataset, int]:
    """The synthetic rows that the audit does not drop, and how many it drops.

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
    left = synth.take(np.setdiff1d(np.arange(len(synth)), drop)) if len(drop) else synth
    return left, len(drop)


def weighted(synth: Dataset, factor: float) -> Dataset:
    """The rows with their weights times `factor`; as they are where it is 1."""
    import polars as pl

    if factor == 1.0:
        return synth
    frame = synth.main.with_columns(pl.Series(WEIGHT, factor * synth.weights()))
    return synth.with_table(synth.schema.main, frame)


def behind(train: Dataset, synth: Dataset, note: str) -> Dataset:
    """All real rows, then the synthetic ones, with `_origin` filled in and the note added."""
    mixed = _with_origin(train, "real").concat_with(_with_origin(synth, "synthetic"))
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
