"""Columns that taggers make."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from abound.core.protocols import Tag
from abound.core.schema import Column


def number(name: str, values: Sequence[float] | pl.Series) -> Tag:
    """A column of numbers."""
    return Column(name=name, kind="number"), pl.Series(name, values, dtype=pl.Float64)


def count(name: str, values: Sequence[int] | pl.Series) -> Tag:
    """A column of whole numbers."""
    return Column(name=name, kind="number", integer=True, stored="Int64"), pl.Series(name, values, dtype=pl.Int64)


def yes_no(name: str, values: Sequence[bool | None] | pl.Series) -> Tag:
    """A column of yes and no."""
    return Column(name=name, kind="bool"), pl.Series(name, values, dtype=pl.Boolean)


def level(name: str, values: Sequence[str] | pl.Series, levels: tuple[str, ...]) -> Tag:
    """A column of levels; `levels` are all that can occur, and say so, so that one that no image has is a hole."""
    return Column(name=name, kind="category", domain=levels, declared=True), pl.Series(
        name, values, dtype=pl.String
    )
