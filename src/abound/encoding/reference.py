"""The set of rows that train is compared with: a file of the same columns, or the tuning rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.dataset import Dataset
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    import polars as pl


def reference_set(path: str | None, train: Dataset, tune: Dataset) -> tuple[Dataset, str]:
    """The reference and what to call it: a table at `path` (or a folder that `Dataset.save` wrote), else tune.

    The file is read with train's schema. Refusal where either set has no rows; InputError where the path is not
    readable or its columns are others.
    """
    if path is None:
        other, name = tune, "the tuning rows"
    else:
        other, name = _read(path, train), f"the rows of {Path(path).name}"
    if not len(train) or not len(other):
        raise Refusal(f"{'the training part' if not len(train) else name} has no rows to compare")
    return other, name


def _read(path: str, train: Dataset) -> Dataset:
    folder = Path(path).expanduser()
    if (folder / "dataset.json").is_file():
        other = Dataset.load(folder)
    else:
        kinds = (registry.create("kind", name) for name in registry.names("kind"))
        kind = next((k for k in kinds if k.sniff(path)), None)
        if kind is None:
            raise InputError(f"{path} is no table that can be read: give a CSV, Parquet or Arrow file")
        other = kind.read(path, schema=train.schema)
    gone = [c for c in train.main.columns if not c.startswith("_") and c not in other.main.columns]
    if gone:
        raise InputError(f"{path} has no column {gone[0]!r}, which the training rows have: add it")
    return other


def joined(train: Dataset, other: Dataset, names: list[str]) -> pl.DataFrame:
    """The columns of both sets, train's rows first."""
    import polars as pl

    return pl.concat([train.main.select(names), other.main.select(names)], how="vertical_relaxed")


def rows_to_match(rows: int, total: int, share: float) -> int:
    """How many of `total` rows must be of a kind, others unchanged, for it to have that share; at least 1."""
    if share >= 1:
        return max(1, total)
    return max(1, math.ceil(share * (total - rows) / (1 - share) - 1e-9))
