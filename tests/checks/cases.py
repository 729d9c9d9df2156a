"""Real rows in three independent parts, and ways to spoil the synthetic one."""

from __future__ import annotations

import numpy as np
import polars as pl

from abound.core.context import Context
from abound.core.dataset import Dataset
from tests.planted import mixed_table


def parts(
    synth: int = 300, train: int = 300, reference: int = 150, seed: int = 0
) -> tuple[Dataset, Dataset, Dataset]:
    """Independent rows of one distribution: the first part plays the synthetic set of a perfect generator."""
    full = mixed_table(synth + train + reference, seed=seed)
    places = np.split(np.arange(len(full)), [synth, synth + train])
    return full.take(places[0]), full.take(places[1]), full.take(places[2])


def put(data: Dataset, **columns: object) -> Dataset:
    """The dataset with columns replaced by expressions or series."""
    return data.with_table("rows", data.main.with_columns(**columns))


def replaced(data: Dataset, rows: list[int], by: pl.DataFrame) -> Dataset:
    """The dataset with the rows at these positions replaced by others, in order."""
    kept = data.main.with_row_index("place").filter(~pl.col("place").is_in(rows))
    new = by.with_columns(pl.Series("place", rows, dtype=pl.UInt32))
    return data.with_table("rows", pl.concat([kept, new.select(kept.columns)]).sort("place").drop("place"))


def grouped(data: Dataset, of: int) -> Dataset:
    """The dataset with a group column: `of` rows in a row belong to one person, who has one age and one job."""
    from abound.core.schema import Column

    person = pl.Series("person", [i // of for i in range(len(data))])
    first = pl.Series([i - i % of for i in range(len(data))])
    frame = data.main.with_columns(person, *(data.main[c].gather(first).alias(c) for c in ("age", "job", "since")))
    columns = (*data.schema.main_table.columns, Column(name="person", kind="id", role="group"))
    schema = data.schema.with_columns("rows", columns).model_copy(update={"group": "person"})
    return data.with_table("rows", frame, schema)


def context(seed: int = 0) -> Context:
    return Context(seed=seed)
