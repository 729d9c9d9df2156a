"""Assets: files that cells point to. A path never leaves its dataset's folder, and the digest covers the bytes."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from abound.core.artifact import file_digest
from abound.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Schema


def asset_path(folder: Path, value: str) -> Path:
    """The file that an asset cell names; InputError where it is missing or outside the folder."""
    root = folder.resolve()
    if "\0" in value:
        raise InputError(f"the asset path {value!r} holds a null character")
    path = (root / value).resolve()
    if not path.is_relative_to(root):
        raise InputError(f"the asset path {value!r} leaves the dataset's folder {root}")
    if not path.is_file():
        raise InputError(f"the asset {value!r} is missing under {root}")
    return path


def path_columns(schema: Schema, frames: Mapping[str, pl.DataFrame]) -> dict[str, list[str]]:
    """For each table, its asset columns that hold paths (others hold the bytes themselves)."""
    import polars as pl

    found = {
        name: [c for c in schema.tables[name].names(kinds=("asset",)) if frame.schema.get(c) == pl.String]
        for name, frame in frames.items()
    }
    return {name: columns for name, columns in sorted(found.items()) if columns}


def assets_digest(folder: Path, paths: list[str]) -> str:
    """SHA-256 over the digests of these files, in this order."""
    import hashlib

    total = hashlib.sha256()
    for value in paths:
        path = asset_path(folder, value)
        stat = path.stat()
        total.update(_file_digest(path, stat.st_size, stat.st_mtime_ns).encode())
    return total.hexdigest()


@lru_cache(maxsize=1_000_000)
def _file_digest(path: Path, size: int, mtime_ns: int) -> str:
    """Subsets of one dataset share their files, so each is read once unless it changes."""
    return file_digest(path)


def one_asset_folder(left: Dataset, right: Dataset) -> tuple[Dataset, Dataset]:
    """Both datasets with asset paths that are relative to one folder: the nearest one above both of theirs.

    Raises InputError where a path leaves its own folder: seen from the common one it might no longer.
    """
    if left.assets is None or right.assets is None or left.assets.resolve() == right.assets.resolve():
        return left, right
    root = Path(os.path.commonpath([left.assets.resolve(), right.assets.resolve()]))
    return _under(left, left.assets, root), _under(right, right.assets, root)


def _under(data: Dataset, folder: Path, root: Path) -> Dataset:
    import polars as pl

    prefix = folder.resolve().relative_to(root).as_posix() + "/"
    tables = dict(data.tables)
    frames = {name: data.table(name) for name in tables}
    for name, columns in path_columns(data.schema, frames).items():
        for value in {v for c in columns for v in frames[name][c].drop_nulls().unique()}:
            asset_path(folder, value)
        moved = [(pl.lit(prefix) + pl.col(c)).alias(c) for c in columns]
        tables[name] = frames[name].with_columns(moved).lazy()
    return replace(data, tables=tables, assets=root)
