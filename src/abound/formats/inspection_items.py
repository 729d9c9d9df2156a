"""Rows, pictures, clips and patient timelines as cards of an inspection page, both sides made in the same way.

A card is {cells: [[name, text]], label: [name, text] or null, image: data address or null}. Numbers have the
decimals that the real column needs, so that a synthetic 37.123456789 is not told by its digits; keys, asset names
and columns outside the schema are never shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from abound.core.dataset import Dataset
from abound.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.schema import Column, Schema

    Ints = np.ndarray[Any, np.dtype[np.int64]]

Shows = Literal["rows", "pictures", "clips", "timelines"]
Card = dict[str, Any]
MOST_CELLS = 40
_DIGITS = 4  # of a typical value
_MOST_DECIMALS = 6
_MOST_TEXT = 400


@dataclass(frozen=True)
class Pictures:
    """A folder of pictures without tables: paths under it, sorted."""

    folder: Path
    files: tuple[str, ...]

    def __len__(self) -> int:
        """Pictures in the folder."""
        return len(self.files)


Side = Dataset | Pictures


def shows(real: Side, synth: Side) -> Shows:
    """What an item is; InputError where the two sides hold different things."""
    kinds = [_kind(side) for side in (real, synth)]
    if kinds[0] == kinds[1]:
        return kinds[0]
    if set(kinds) == {"pictures", "clips"}:
        return "pictures"
    raise InputError(
        f"the real side holds {kinds[0]} and the synthetic side {kinds[1]}: both sides need the same kind of data"
    )


def _kind(side: Side) -> Shows:
    if isinstance(side, Pictures):
        return "pictures"
    schema = side.schema
    if schema.main == "clips" and "frames" in schema.tables:
        return "clips"
    if asset_column(schema) is not None:
        return "pictures"
    return "timelines" if event_table(schema) is not None else "rows"


def asset_column(schema: Schema) -> str | None:
    """The main table's column of pictures: its first asset that is no mask or source."""
    return next(iter(schema.main_table.names("feature", kinds=("asset",))), None)


def event_table(schema: Schema) -> str | None:
    """The first table below the main one whose rows have a time."""
    for link in schema.children(schema.main):
        if time_column(schema, link.child) is not None:
            return link.child
    return None


def time_column(schema: Schema, table: str) -> str | None:
    """The column of times of a table."""
    found = schema.tables[table]
    times = found.names("time", "order") or found.names("feature", kinds=("time",))
    return times[0] if times else None


def cards(real: Side, synth: Side, rows: tuple[Ints, Ints], width: int) -> tuple[list[Card], list[Card], list[str]]:
    """Cards of the real and of the synthetic rows at these positions, and notes for whoever made the page."""
    what = shows(real, synth)
    if what in ("pictures", "clips"):
        from abound.formats.inspection_pictures import picture_cards

        pictures, notes = picture_cards(real, synth, rows, width, moving=what == "clips")
        sides = []
        for side, at, images in zip((real, synth), rows, pictures, strict=True):
            texts: list[Card] = [{"cells": [], "label": None} for _ in at]
            if isinstance(side, Dataset) and what == "pictures" and _kind(side) == "pictures":
                texts = _texts(side.main[at], side.schema, _formats(side), cells=False)
            sides.append([{**t, "image": i} for t, i in zip(texts, images, strict=True)])
        if any((a["label"] is None) != (b["label"] is None) for a, b in zip(*sides, strict=True)):
            sides = [[{**card, "label": None} for card in side] for side in sides]
            notes.append("Only one side has labels, so none are shown.")
        return sides[0], sides[1], notes
    assert isinstance(real, Dataset), "folders of pictures are shown as pictures"
    assert isinstance(synth, Dataset), "folders of pictures are shown as pictures"
    formats = _formats(real)
    told = [_texts(side.main[at], real.schema, formats) for side, at in zip((real, synth), rows, strict=True)]
    charts: tuple[Sequence[str | None], Sequence[str | None]] = ([None] * len(rows[0]), [None] * len(rows[1]))
    if what == "timelines":
        from abound.formats.inspection_timelines import timelines

        charts = timelines(real, synth, rows)
    out = [[{**t, "image": i} for t, i in zip(*pair, strict=True)] for pair in zip(told, charts, strict=True)]
    left = len(_shown(real.schema)) - MOST_CELLS
    return out[0], out[1], [f"{left} further columns are not shown."] if left > 0 else []


def _label(schema: Schema) -> str | None:
    """The column that carries the label: the first target on the main table."""
    return next((t.targets[0] for t in schema.tasks if t.table == schema.main), None)


def _shown(schema: Schema) -> list[Column]:
    table, label = schema.main_table, _label(schema)
    columns = (table.column(n) for n in table.modelled() if n != label)
    return [c for c in columns if c.kind not in ("asset", "array", "id")]


def _texts(frame: pl.DataFrame, schema: Schema, formats: dict[str, int], cells: bool = True) -> list[Card]:
    """Cells and label of each row as text."""
    label = _label(schema)
    columns = [c for c in _shown(schema) if c.name in frame.columns][:MOST_CELLS] if cells else []
    target = schema.main_table.column(label) if label and label in frame.columns else None
    out: list[Card] = []
    for row in frame.iter_rows(named=True):
        shown = [[_name(c.name), _text(row[c.name], c, formats)] for c in columns]
        said = [_name(target.name), _text(row[target.name], target, formats)] if target else None
        out.append({"cells": shown, "label": said})
    return out


def _name(name: str) -> str:
    from abound.formats.wording import clean

    return clean(name.replace("_", " "), 80)


def _formats(real: Dataset) -> dict[str, int]:
    """Decimals of each number column; for times 1 where any has a time of day."""
    import polars as pl

    out = {}
    for column in real.schema.main_table.columns:
        if column.name not in real.main.columns:
            continue
        values = real.main[column.name].drop_nulls()
        if column.kind == "number" and values.dtype.is_float():
            out[column.name] = decimals_of(values.to_list())
        elif column.kind == "time" and values.dtype == pl.Datetime:
            out[column.name] = int((values.dt.truncate("1d") != values).any())
    return out


def decimals_of(values: Sequence[float]) -> int:
    """The decimals that these numbers were written with, but no more than show four digits of a typical one."""
    known = sorted(abs(v) for v in values if v is not None and math.isfinite(v))[:20_000]
    typical = known[len(known) // 2] if known else 1.0
    most = _DIGITS - 1 - math.floor(math.log10(typical)) if typical > 0 else 3
    most = min(max(most, 0), _MOST_DECIMALS)
    for places in range(most):
        if all(abs(v - round(v, places)) <= 1e-6 * max(1.0, abs(v)) for v in known):
            return places
    return most


def _text(value: Any, column: Column, formats: dict[str, int]) -> str:
    """One cell as both sides write it."""
    from abound.formats.wording import clean

    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.kind == "number" and isinstance(value, int | float):
        places = formats.get(column.name, 0)
        text = f"{value:,.{places}f}"
        return text.lstrip("-") if float(text.replace(",", "")) == 0 else text
    if column.kind == "time" and hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d %H:%M" if formats.get(column.name) else "%Y-%m-%d"))
    return clean(str(value), _MOST_TEXT)
