"""A person's events over time as one small chart, drawn alike for real and synthetic people.

The panels (which codes, in which order), the axis of time and the axis of each code are the same in every chart and
come from both sides together, so none of them tells the side. A value beyond its axis is a triangle at the edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abound.formats.inspection_items import decimals_of, event_table, time_column
from abound.formats.inspection_pictures import address
from abound.formats.svg import Scale, element, places_of, ticks

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset

    Ints = np.ndarray[Any, np.dtype[np.int64]]

MOST_PANELS = 10
MOST_POINTS = 400  # of one code in one chart
WIDTH, LEFT, RIGHT = 360.0, 8.0, 352.0
PANEL, LANE, FOOT = 46.0, 20.0, 20.0
_CENTRAL = (0.005, 0.995)
_MOST_DECIMALS = 3
_INK, _SOFT, _RULE, _MARK = "#1b1f24", "#525a64", "#d5d9df", "#005a9c"


@dataclass(frozen=True)
class Panel:
    """One code: its axis of values (None: it has none) and the decimals of its numbers."""

    code: str
    low: float | None
    high: float | None
    places: int


def timelines(real: Dataset, synth: Dataset, rows: tuple[Ints, Ints]) -> tuple[list[str], list[str]]:
    """A chart for each main row at these positions of each side, as data addresses of SVG pictures."""
    import polars as pl

    events = [_events(side.take(at)) for side, at in zip((real, synth), rows, strict=True)]
    both = pl.concat(events)
    panels, span = _panels(both), _span(both)
    clock = _clock(real)
    made = []
    for frame, at in zip(events, rows, strict=True):
        parts = {int(k[0]): part for k, part in frame.partition_by("owner", as_dict=True).items()}
        none = frame.clear()
        made.append([_chart(parts.get(i, none), panels, span, clock) for i in range(len(at))])
    return made[0], made[1]


def _clock(data: Dataset) -> str:
    """What the axis of time counts."""
    name = event_table(data.schema)
    time = time_column(data.schema, name) if name else None
    assert name is not None, "such data is shown as rows"
    assert time is not None, "an event table has a time"
    dated = data.table(name).schema[time].is_temporal()
    return "days from the first event" if dated else time.replace("_", " ")


def _events(data: Dataset) -> pl.DataFrame:
    """owner (place of the main row), hours or number of the time, code, value; one row an event and value."""
    import polars as pl

    schema = data.schema
    name = event_table(schema)
    assert name is not None, "such data is shown as rows"
    link = schema.parent_link(name)
    time = time_column(schema, name)
    assert link is not None
    assert time is not None
    frame = data.table(name)
    key = schema.main_table.key
    assert key is not None, "a parent has a key"
    keys = data.main[key]
    owner = frame[link.column].replace_strict(keys, pl.int_range(len(keys), eager=True), default=None)
    frame = frame.with_columns(owner.alias("_owner")).filter(pl.col("_owner").is_not_null())
    table = schema.tables[name]
    numbers = [n for n in table.names("feature", "target", "sensitive", kinds=("number",)) if n != time]
    codes = table.names("event") or table.names("feature", kinds=("category",))
    when = pl.col(time)
    if frame.schema[time].is_temporal():
        # Charts start where a person's events do, so that dates of another year tell nothing.
        when = (when - when.min().over("_owner")).dt.total_seconds() / 86_400
    fixed = [pl.col("_owner").alias("owner"), when.cast(pl.Float64).alias("time")]
    if codes:
        value = pl.col(numbers[0]).cast(pl.Float64) if numbers else pl.lit(None, pl.Float64)
        return frame.select(*fixed, pl.col(codes[0]).cast(pl.String).alias("code"), value.alias("value"))
    wide = [
        frame.select(*fixed, pl.lit(n).alias("code"), pl.col(n).cast(pl.Float64).alias("value")).drop_nulls()
        for n in numbers
    ]
    return pl.concat(wide) if wide else frame.select(
        *fixed, pl.lit("event").alias("code"), pl.lit(None, pl.Float64).alias("value")
    )  # fmt: skip


def _panels(events: pl.DataFrame) -> list[Panel]:
    """The codes that most people have, then the most frequent; each with the axis of 99 % of its values."""
    import polars as pl

    ranked = (
        events.filter(pl.col("code").is_not_null())
        .group_by("code")
        .agg(pl.col("owner").n_unique().alias("people"), pl.len().alias("n"))
        .sort(["people", "n", "code"], descending=[True, True, False])
        .head(MOST_PANELS)
    )
    out = []
    for code in ranked["code"].sort():
        values = events.filter(pl.col("code") == code)["value"].drop_nulls()
        if values.is_empty():
            out.append(Panel(code, None, None, 0))
            continue
        low, high = _round_ends(*(float(values.quantile(q) or 0.0) for q in _CENTRAL))
        out.append(Panel(code, low, high, min(decimals_of([low, high]), _MOST_DECIMALS)))
    return out


def _round_ends(low: float, high: float) -> tuple[float, float]:
    """The range widened to two digits of its width: 7.31 to 182.4 becomes 0 to 190."""
    width = high - low or max(abs(low), 1.0) * 0.1
    step: float = 10.0 ** (math.floor(math.log10(width)) - 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return first * step, (last if last > first else first + 1) * step


def _span(events: pl.DataFrame) -> tuple[float, float]:
    times = events["time"].drop_nulls()
    low, high = (float(times.min() or 0.0), float(times.max() or 0.0)) if len(times) else (0.0, 1.0)  # type: ignore[arg-type]
    return low, high if high > low else low + 1.0


def _chart(events: pl.DataFrame, panels: list[Panel], span: tuple[float, float], clock: str) -> str:
    import polars as pl

    across = Scale(*span, LEFT, RIGHT)
    body, y = [], 2.0
    for panel in panels:
        mine = events.filter(pl.col("code") == panel.code).sort("time").head(MOST_POINTS)
        points = list(zip(mine["time"].to_list(), mine["value"].to_list(), strict=True))
        height = LANE if panel.low is None else PANEL
        body += _panel(panel, points, across, y, height)
        y += height
    marks = ticks(across, 6)
    places = places_of(marks)
    for value in marks:
        x = across(value)
        body.append(element("line", x1=x, y1=2.0, x2=x, y2=y, stroke=_RULE, stroke_width=0.5))
        body.append(_words(x, y + 11, f"{value:,.{places}f}", "middle", _SOFT))
    kinds = events["code"].n_unique() if not events.is_empty() else 0
    shown = f"{events.height:,} events of {kinds} kinds; across: {clock}"
    body.append(_words(LEFT, y + 21, shown, "start", _SOFT))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {y + FOOT + 6:.0f}" '
    head += f'width="{2 * WIDTH:.0f}" font-family="system-ui, sans-serif" font-size="9">'
    text = (
        head + f'<rect width="{WIDTH:.0f}" height="{y + FOOT + 6:.0f}" fill="#ffffff"/>' + "".join(body) + "</svg>"
    )
    return address(text.encode(), "svg+xml")


def _words(x: float, y: float, text: str, anchor: str, colour: str) -> str:
    return element("text", text, x=x, y=y, text_anchor=anchor, fill=colour)


def _panel(
    panel: Panel, points: list[tuple[float, float | None]], across: Scale, top: float, height: float
) -> list[str]:
    """One code: its name, the ends of its axis, the values joined by a thin line."""
    out = [element("line", x1=LEFT, y1=top + height, x2=RIGHT, y2=top + height, stroke=_RULE, stroke_width=0.8)]
    name = panel.code.replace("_", " ")
    out.append(_words(LEFT, top + 10, name if len(name) <= 34 else name[:33] + "…", "start", _INK))
    if panel.low is None or panel.high is None:
        bars = [t for t, _ in points if t is not None]
        return out + [
            element(
                "line", x1=across(t), y1=top + 11, x2=across(t), y2=top + height - 2, stroke=_MARK, stroke_width=1.6
            )
            for t in bars
        ]
    up = Scale(panel.low, panel.high, top + height - 5, top + 17)
    ends = f"{panel.low:,.{panel.places}f} to {panel.high:,.{panel.places}f}"
    out.append(_words(RIGHT, top + 10, ends, "end", _SOFT))
    known = [(t, v) for t, v in points if t is not None and v is not None and math.isfinite(v)]
    if len(known) > 1:
        path = " ".join(f"{across(t):.1f},{up(v):.1f}" for t, v in known)
        # Written out: an attribute of `element` ends after 600 characters.
        out.append(f'<polyline points="{path}" fill="none" stroke="{_MARK}" stroke-width="0.7" opacity="0.55"/>')
    for t, v in known:
        x, y = across(t), up(v)
        if panel.low <= v <= panel.high:
            out.append(element("circle", cx=x, cy=y, r=1.5, fill=_MARK))
        else:
            tip = 3.0 if v < panel.low else -3.0
            corners = f"{x - 2.5:.1f},{y:.1f} {x + 2.5:.1f},{y:.1f} {x:.1f},{y + tip:.1f}"
            out.append(element("polygon", points=corners, fill=_INK))
    return out
