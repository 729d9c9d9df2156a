"""tag: columns that say what is in the pixels and labels, so that finders see edge cases in image sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.errors import InputError, Refusal


def tag(data: Dataset, taggers: Sequence[str | Mapping[str, Any]] | None = None, *, seed: int = 0) -> Dataset:
    """The data with a column of the main table for each tagger.

    `taggers`: names, or {"name": ..., parameters}; None asks all of them, and notes those that do not fit the data
    with their reason. Raises Refusal where one that is named does not fit, InputError where its column is there.
    """
    ctx = Context(seed=seed).at("tag")
    asked = registry.names("tagger") if taggers is None else taggers
    frame, table, notes = data.main, data.schema.main_table, list(data.notes)
    columns = list(table.columns)
    for given in asked:
        params = {"name": given} if isinstance(given, str) else dict(given)
        name = str(params.pop("name", ""))
        try:
            made = registry.create("tagger", name, params).tag(data, ctx)
        except Refusal as refusal:
            if taggers is not None:
                raise
            notes.append(f"not tagged with {name}: {refusal}")
            continue
        for column, values in made:
            if any(c.name == column.name for c in columns):
                raise InputError(
                    f"the images have a column {column.name!r} already: leave out the tagger {name}, or rename it"
                )
            columns.append(column)
            frame = frame.with_columns(values.alias(column.name))
    schema = data.schema.with_columns(data.schema.main, tuple(columns))
    return replace(data.with_table(data.schema.main, frame, schema), notes=tuple(notes))
