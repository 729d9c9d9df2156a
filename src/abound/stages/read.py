"""read: any table to a Dataset, with no option needed. What was guessed or left out is in the dataset's notes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from abound.core import registry
from abound.core.dataset import Dataset
from abound.core.schema import Schema
from abound.errors import InputError


def read(
    source: Any,
    *,
    target: str | None = None,
    positive: str | int | float | bool | None = None,
    group: str | None = None,
    sensitive: Iterable[str] = (),
    ignore: Iterable[str] = (),
    categories: Iterable[str] = (),
    schema: Schema | Path | str | None = None,
    table: str | None = None,
) -> Dataset:
    """Read a table and find out what its columns are.

    `source`: path of a CSV, TSV, TXT (divided by , ; tab or |, also gzipped), Parquet or Arrow file; a pandas or
    polars frame, a pyarrow table, a dict of columns; or a Dataset, which is given back as it is where nothing else
    is asked for. Records (persons and their events): a mapping as `abound.formats.record_mapping` describes it (a
    dict, or its YAML file), a MEDS folder or a folder of OMOP tables.

    `target`: the column to predict, or a condition such as "price > 650000", which becomes a yes/no column of that
    name (the columns that it reads are then ignored). Text, bools, whole numbers with at most 20 values and other
    numbers with two are classes, all other numbers are predicted as numbers; rows without a target are dropped.
    `positive`: the class of interest; the rarest by default. `group`: rows with one value of it never part.
    `sensitive`, `ignore`, `categories`: names of columns (`categories`: also numbers or texts that would not be
    taken for categories). `schema`: a Schema or its YAML file, which then decides instead of the guess. `table`:
    the name of the main table ("rows").

    Numbers are Float64 or Int64 without NaN, categories and text String, times Datetime("us") (UTC where they had a
    zone). In text files "", NA, N/A, ?, null, NaN and None are missing. Files above 200 MB are looked through in
    parts and stay on the disk until they are used. Raises InputError (SchemaError for a schema that contradicts the
    data, UnknownName for a name that is not there), each one sentence with file, column and fix.
    """
    from abound.formats.roles import listed

    options: dict[str, Any] = {
        "target": target, "positive": positive, "group": group, "schema": schema, "table": table,
        "sensitive": listed(sensitive), "ignore": listed(ignore), "categories": listed(categories),
    }  # fmt: skip
    asked = {name: value for name, value in options.items() if value is not None and value != ()}
    if isinstance(source, Dataset) and not asked:
        return source
    if isinstance(source, str) and "://" in source:
        raise InputError(f"{source} is an address: download the file first and give its path")
    for name in registry.names("kind"):
        kind = registry.create("kind", name)
        if kind.sniff(source):
            data: Dataset = kind.read(source, **asked)
            return data
    raise InputError(
        f"a {type(source).__name__} is no table that can be read: give a path, a pandas or polars frame, a pyarrow "
        "table or a dict of columns"
    )
