"""Whole tables through the column maps: what a generator starts from, what it hands back, and how it is stored."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.core.artifact import write_bytes, write_json
from abound.core.dataset import Dataset
from abound.core.labels import classes, codes
from abound.encoding.uniform import BINS, ColumnMap, fit_column, from_state, to_state
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

LEAST_CLASS = 10
_ARRAYS = ("cuts", "low", "high", "bend")


def single_table(train: Dataset, generator: str, least: int = 2) -> pl.DataFrame:
    """The rows a table generator may learn from, without provenance columns. Refusal where there are too few.

    From one row a model could only repeat that row, so two are the least.
    """
    if len(train.schema.tables) > 1:
        raise Refusal(
            f"{generator} makes single tables and this dataset has {len(train.schema.tables)} "
            f"({', '.join(sorted(train.schema.tables))}): use a generator for linked tables"
        )
    frame = train.main
    if frame.height < least:
        raise Refusal(f"{generator} needs at least {least} training row{'s' * (least > 1)} and got {frame.height}")
    return frame.select([c for c in frame.columns if not c.startswith("_")])


def modelled(train: Dataset, generator: str) -> list[str]:
    """Columns to model; Refusal where there are none."""
    names = [c for c in train.schema.main_table.modelled() if c in train.main.columns]
    if not names:
        raise Refusal(f"{generator} found no column to model: every column is a key, an id or ignored")
    return names


def template(train: Dataset, frame: pl.DataFrame) -> Dataset:
    """The dataset without its rows: schema, columns and types of what will be made."""
    return Dataset(train.schema, {train.schema.main: frame.clear().lazy()}, assets=train.assets, origin="synthetic")


def fill(empty: Dataset, made: Sequence[pl.Series], rows: int) -> Dataset:
    """A dataset of `rows` rows with the template's columns; those that were not made are missing."""
    import polars as pl

    have = {s.name: s for s in made}
    columns = [
        have[name].cast(dtype) if name in have else pl.Series(name, [], dtype=dtype).extend_constant(None, rows)
        for name, dtype in empty.main.schema.items()
    ]
    return empty.with_table(empty.schema.main, pl.DataFrame(columns))


def fit_maps(
    train: Dataset, frame: pl.DataFrame, names: Sequence[str], orders: Mapping[str, Sequence[str]] | None = None
) -> dict[str, ColumnMap]:
    """A map for each named column. `orders` gives category levels from low to high."""
    table = train.schema.main_table
    return {n: fit_column(frame[n], table.column(n), (orders or {}).get(n, ()), BINS) for n in names}


def classes_present(train: Dataset, generator: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Names of the classes that occur, and each row's index among them.

    Refusal for a regression, and for a class of fewer than ten rows: a model of it would repeat its rows.
    """
    if not train.schema.tasks:
        raise Refusal(f"{generator} with by_target needs a class target of its own, and none is declared")
    task = train.schema.task()
    if task.kind != "classification":
        raise Refusal(f"{generator} with by_target needs a class target and {task.targets[0]!r} is a number")
    names = classes(train.schema, task)
    present, index, counts = np.unique(codes(train, task), return_inverse=True, return_counts=True)
    rare = int(counts.argmin())
    if counts[rare] < LEAST_CLASS:
        raise Refusal(
            f"{generator} with by_target needs {LEAST_CLASS} rows a class and {task.targets[0]!r} = "
            f"{names[present[rare]]} has {counts[rare]}: set by_target to false, or use smote"
        )
    return [names[i] for i in present], index.astype(np.int64)


def save_maps(folder: Path, name: str, maps: Mapping[str, ColumnMap], arrays: Mapping[str, Any]) -> None:
    """Write maps, and further arrays beside them, as `name`.json and `name`.npz."""
    states = [to_state(m) for m in maps.values()]
    stored: dict[str, Any] = {f"{i}:{key}": s[1][key] for i, s in enumerate(states) for key in _ARRAYS}
    write_json(folder / f"{name}.json", [info for info, _ in states])
    buffer = io.BytesIO()
    np.savez(buffer, **stored, **arrays)
    write_bytes(folder / f"{name}.npz", buffer.getvalue())


def load_maps(folder: Path, name: str, empty: Dataset) -> tuple[dict[str, ColumnMap], dict[str, Any]]:
    """What `save_maps` wrote; types come from the template."""
    infos = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    dtypes = empty.main.schema
    maps = {}
    for i, info in enumerate(infos):
        own = {key: arrays.pop(f"{i}:{key}") for key in _ARRAYS}
        maps[info["name"]] = from_state(info, own, dtypes[info["name"]])
    return maps, arrays


def from_rows(rows: Dataset, made: pl.DataFrame, source: np.ndarray[Any, Any]) -> Dataset:
    """A synthetic dataset of rows that come from training rows; `_source` (Int64) holds their places in train."""
    import polars as pl

    made = made.with_columns(pl.Series("_source", source, dtype=pl.Int64))
    return Dataset(rows.schema, {rows.schema.main: made.lazy()}, assets=rows.assets, origin="synthetic")
