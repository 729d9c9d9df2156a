"""Synthetic rows beside real ones, coded and encoded for the search for copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.encoding.vectors import fit_vectors
from abound.stats.copies import row_words

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Real arrays hold training rows first (`train` of them), then held-out ones.

    `made`: positions in the synthetic set. `real_weights` share out the classes as the synthetic rows do.
    """

    made: Ints
    made_vectors: Floats
    made_words: NDArray[np.uint64]
    train: int
    real_vectors: Floats
    real_words: NDArray[np.uint64]
    real_codes: Ints
    real_classes: Ints
    real_weights: Floats
    groups: Ints | None


def rows_beside(made: Ints, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> Rows:
    """Code and encode all rows; the encoding is fitted on the training rows only."""
    import polars as pl

    table = train.schema.main_table
    columns = [table.column(n) for n in table.modelled()]
    names = [c.name for c in columns]
    real = pl.concat([train.main.select(names), reference.main.select(names)], how="vertical_relaxed")
    mine = synth.main.select(names)[made]
    vectors = fit_vectors(train.main, columns, max_levels=int(np.clip(1200 // len(columns), 4, 32)))
    codes = np.column_stack([_codes(real[n], mine[n]) for n in names])
    words = row_words(codes, ctx.rng("words"))
    groups = None
    if train.schema.group:
        owners = pl.concat([d.main[train.schema.group].cast(pl.String) for d in (train, reference)])
        groups = owners.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    of = _classes(train, mine, real)
    counts = [np.bincount(c, minlength=int(max(of[0].max(), of[1].max())) + 1) for c in of]
    weights = (counts[0] / np.maximum(counts[1], 1))[of[1]] / len(made) * len(real)
    # Classes without real rows cannot be weighted; real rows of all other classes then stand for them.
    weights = weights if weights.sum() > 0 else np.ones(len(real))
    split = len(real)
    return Rows(
        made=made,
        made_vectors=vectors.encode(mine),
        made_words=words[split:],
        train=len(train),
        real_vectors=vectors.encode(real),
        real_words=words[:split],
        real_codes=codes[:split],
        real_classes=of[1],
        real_weights=weights,
        groups=groups,
    )


def _codes(real: pl.Series, mine: pl.Series) -> Ints:
    """A code for each distinct value of one column, over both sets; null is 0."""
    import polars as pl

    dtype: Any = pl.Float64 if real.dtype.is_numeric() else pl.String if real.dtype == pl.Boolean else real.dtype
    both = pl.concat([real.cast(dtype), mine.cast(dtype)])
    return both.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def _classes(train: Dataset, mine: pl.DataFrame, real: pl.DataFrame) -> tuple[Ints, Ints]:
    """The class of each row as a code, or 0 for all where the first task has no classes."""
    import polars as pl

    schema = train.schema
    task = schema.tasks[0] if schema.tasks else None
    if task is None or task.kind != "classification" or task.table != schema.main:
        return np.zeros(len(mine), dtype=np.int64), np.zeros(len(real), dtype=np.int64)
    both = pl.concat([f[task.targets[0]].cast(pl.String) for f in (mine, real)])
    codes = both.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    return codes[: len(mine)], codes[len(mine) :]


def search_rows(rows: Rows) -> tuple[Ints, Ints]:
    """Training rows to search, and for each real row the search row that equals it (-1: none).

    Equal training rows count once, or the second neighbour of a copied twin would be as near as the first. With
    groups all rows stay: there the second neighbour belongs to another group.
    """
    if rows.groups is not None:
        return np.arange(rows.train), np.full(len(rows.real_codes), -1)
    names = rows.real_words.sum(axis=1, dtype=np.uint64)
    distinct, first = np.unique(names[: rows.train], return_index=True)
    order = np.argsort(first, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    spot = np.minimum(np.searchsorted(distinct, names), len(distinct) - 1)
    return first[order], np.where(distinct[spot] == names, place[spot], -1)
