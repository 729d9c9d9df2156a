"""Which main rows must stay on one side of every split, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.recipe import NearDuplicates
from abound.encoding.near_duplicates import near_duplicates
from abound.stats.unionfind import joined, sizes

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """`of`: each main row's unit, numbered by first row. `reasons`: what joined rows; `notes`: for a person."""

    of: Ints
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many units there are."""
        return int(self.of.max(initial=-1)) + 1

    def groups(self, rows: Ints | None = None) -> list[int] | None:
        """The unit of each row (of those at `rows`), or None where every row of the data is one."""
        if self.count == len(self.of):
            return None
        found: list[int] = (self.of if rows is None else self.of[rows]).tolist()
        return found


def together(data: Dataset, how: NearDuplicates) -> Units:
    """Join rows of one group, rows that share a key, and near-duplicates (`how`) by union-find."""
    partitions = _keyed(data)
    reasons = list(partitions)
    same = near_duplicates(data, how)
    size = sizes(same)
    notes = []
    if (size > 1).any():
        rows, sets = int((size > 1).sum()), len(set(same[size > 1].tolist()))
        kind = "equal in all features" if how == "exact" else "equal or nearly so, beyond chance"
        notes.append(
            f"{rows:,} rows in {sets:,} sets are {kind}: they stay together in the split "
            "(split.near_duplicates: none parts them)"
        )
        reasons.append("near-duplicates")
    return Units(joined([*partitions.values(), same], len(data)), tuple(reasons), tuple(notes))


def _keyed(data: Dataset) -> dict[str, Ints]:
    """Partitions of the main rows by group and by shared keys; rows without a key are on their own."""
    schema, main = data.schema, data.schema.main
    out: dict[str, Ints] = {}
    if schema.group:
        # Rows without a group may all be one person's: they are one group here and in every other stage.
        out[f"group {schema.group}"] = np.maximum(_codes(data.main[schema.group]), 0)
    above = schema.parent_link(main)
    columns = [c for c in schema.main_table.names("key") if c != schema.main_table.key and c in data.main.columns]
    for name in dict.fromkeys([*columns, *([above.column] if above else [])]):
        out[f"key {name}"] = _codes(data.main[name])
    # Rows of the table above may in turn belong to one row further up.
    while above is not None and (further := schema.parent_link(above.parent)) is not None:
        name = f"{above.parent}.{further.column}"
        out[f"key {name}"] = _codes(data.view(main, [name]).to_series())
        above = further
    for child in schema.descendants(main):
        out |= _below(data, child)
    return out


def _below(data: Dataset, child: str) -> dict[str, Ints]:
    """Main rows that own rows with the same key in a table below: the main rows' own links do not count."""
    import polars as pl

    schema, table = data.schema, data.schema.tables[child]
    link = schema.parent_link(child)
    own = {table.key, link.column if link else None}
    out: dict[str, Ints] = {}
    for name in table.names("key"):
        if name in own:
            continue
        place = data.with_table(schema.main, data.main.with_columns(pl.int_range(pl.len()).alias("_place")))
        pairs = pl.DataFrame({"row": place.view(child, ["_place"]).to_series(), "key": data.table(child)[name]})
        out[f"key {child}.{name}"] = _linked(pairs.drop_nulls().unique(), len(data))
    return out


def _linked(pairs: pl.DataFrame, n: int) -> Ints:
    """Main rows joined by the keys that they have in common."""
    from abound.stats.unionfind import components

    codes = n + pairs["key"].rank("dense").to_numpy().astype(np.int64)
    edges = np.column_stack([pairs["row"].to_numpy().astype(np.int64), codes])
    return components(edges, n + int(codes.max(initial=n)) + 1)[:n]


def _codes(series: pl.Series) -> Ints:
    """A code (1..) for each distinct value, -1 for null."""
    import polars as pl

    return series.rank("dense").cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)
