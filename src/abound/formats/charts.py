"""The report's charts, one function each. Every chart's description holds its numbers, so nothing is only drawn.

Rows are "label above bar": one layout for a wide screen, a phone and paper.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from abound.core.study import Estimate
from abound.formats.svg import (
    WIDTH,
    Scale,
    box,
    document,
    fit,
    line,
    mark,
    places_of,
    ticks,
    whisker,
    words,
)
from abound.formats.wording import claim_places, clean, decimals, number, short, span

_ROW = 41.0
_EDGE = 14.0
_LETTERS = 54  # of 12 user units that fit in one line


@dataclass(frozen=True)
class Bar:
    """One row of a forest plot. `kind` is the mark: candidate, control, best or reference."""

    label: str
    kind: str
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Level:
    """One row of the gap chart: how many rows there are (None: not shown) of how many wanted."""

    label: str
    have: int | None
    wanted: int


@dataclass(frozen=True)
class Point:
    """One point of the ratio curve."""

    label: str
    value: float
    low: float | None
    high: float | None


def forest(bars: Sequence[Bar], *, name: str, title: str, signed: bool) -> str:
    """Every arm's mean and interval on one axis. `signed`: differences, with a line at zero."""
    values = [v for b in bars for v in (b.mean, b.low, b.high)] + ([0.0] if signed else [])
    scale = fit(values, _EDGE, WIDTH - _EDGE)
    bottom = 6.0 + _ROW * len(bars)
    body = _axis(scale, 4.0, bottom)
    if signed:
        body.append(line(scale(0.0), 4.0, scale(0.0), bottom, "zero"))
    said = []
    for i, bar in enumerate(bars):
        figures = _figures(bar, signed)
        y = 6.0 + _ROW * i
        body.append(words(0.0, y + 13, clean(bar.label, _room(figures)), _weight(bar)))
        body.append(words(WIDTH, y + 13, figures, "value", "end"))
        body.append(whisker(scale, y + 27, bar.low, bar.high))
        body.append(mark(scale(bar.mean), y + 27, bar.kind))
        said.append(f"{bar.label}: {figures}")
    return document(body, name=name, title=title, desc="; ".join(said), width=WIDTH, height=bottom + 22)


def _room(figures: str) -> int:
    """Letters that a label may have beside figures at the other end of its line, with a gap between them."""
    return _LETTERS - len(figures) - 3


def _weight(bar: Bar) -> str:
    return "label strong" if bar.kind in ("candidate", "best") else "label"


def _figures(bar: Bar, signed: bool) -> str:
    return short(Estimate(mean=bar.mean, low=bar.low, high=bar.high), sign=signed)


def _axis(scale: Scale, top: float, bottom: float, *, signed: bool = False) -> list[str]:
    marks = ticks(scale)
    places = places_of(marks)
    out = [line(scale(t), top, scale(t), bottom, "grid") for t in marks]
    out += [line(scale.left, bottom, scale.right, bottom, "axis")]
    return out + [words(scale(t), bottom + 16, number(t, places, sign=signed), "tick", "middle") for t in marks]


def verdict_line(
    *, difference: float, low: float, high: float, margin: float, control: str, name: str, title: str
) -> str:
    """The main interval against zero (the best control) and the band that counts as no difference."""
    scale = fit((difference, low, high, margin, -margin, 0.0), _EDGE, WIDTH - _EDGE)
    places = claim_places(difference, low, high, margin)
    left, right = scale(-margin), scale(margin)
    body = [box(left, 24.0, right - left, 44.0, "band")]
    body += _axis(scale, 24.0, 68.0, signed=True)
    body.append(line(scale(0.0), 18.0, scale(0.0), 68.0, "zero"))
    body.append(whisker(scale, 46.0, low, high, "whisker thick"))
    body.append(mark(scale(difference), 46.0, "candidate", 8.0))
    body.append(words(0.0, 12.0, "\u2190 worse than the control", "tick"))
    body.append(words(WIDTH, 12.0, "better than the control \u2192", "tick", "end"))
    desc = (
        f"difference {number(difference, places, sign=True)}, interval {span(low, high, places, sign=True)}; "
        f"zero is {control}; the band of no difference is {number(-margin, places)} to +{number(margin, places)}"
    )
    return document(body, name=name, title=title, desc=desc, width=WIDTH, height=88.0)


def gap_bars(levels: Sequence[Level], *, name: str, title: str) -> str:
    """What the data holds of what is wanted: the outline is the wanted number, the filled part is there."""
    body, said = [], []
    for i, level in enumerate(levels):
        y = _ROW * i
        have = "fewer than 5" if level.have is None else f"{level.have:,}"
        figures = f"{have} of {level.wanted:,} rows"
        share = 0.0 if not level.have else min(level.have / max(level.wanted, 1), 1.0)
        body.append(words(0.0, y + 13, clean(level.label, _room(figures))))
        body.append(words(WIDTH, y + 13, figures, "value", "end"))
        body.append(box(0.5, y + 20, WIDTH - 1, 12.0, "wanted"))
        body.append(box(0.5, y + 20, max(share * (WIDTH - 1), 2.0 if level.have else 0.0), 12.0, "have"))
        said.append(f"{clean(level.label, 120)}: {figures}")
    height = max(_ROW * len(levels), 1.0)
    return document(body, name=name, title=title, desc="; ".join(said), width=WIDTH, height=height)


def strip(
    *,
    value: float,
    low: float | None,
    high: float | None,
    reference: float | None,
    limit: float | None,
    band: tuple[float, float] | None,
    name: str,
    title: str,
) -> str:
    """One audit score (diamond) beside what real rows score (hollow square or band) and its limit (dashed)."""
    width = 200.0
    scale = fit((value, low, high, reference, limit, *(band or ())), 12.0, width - 12.0, pad=0.1)
    body = [line(12.0, 17.0, width - 12.0, 17.0, "axis")]
    if band is not None:
        body.append(box(scale(band[0]), 8.0, scale(band[1]) - scale(band[0]), 18.0, "band"))
    if limit is not None:
        body.append(line(scale(limit), 3.0, scale(limit), 31.0, "limit"))
    if reference is not None:
        body.append(mark(scale(reference), 17.0, "reference", 6.5))
    body.append(whisker(scale, 17.0, low, high))
    body.append(mark(scale(value), 17.0, "candidate", 6.0))
    places = decimals((value, low, high, reference, limit))
    said = [f"synthetic {number(value, places)}"]
    said += [f"interval {span(low, high, places)}"] if low is not None and high is not None else []
    said += [f"real rows {number(reference, places)}"] if reference is not None else []
    said += [f"limit {number(limit, places)}"] if limit is not None else []
    return document(body, name=name, title=title, desc=", ".join(said), width=width, height=34.0)


def curve(points: Sequence[Point], *, name: str, title: str) -> str:
    """The score at each setting that was tried, in order, with intervals where they are known."""
    left, right, top, bottom = 46.0, WIDTH - 16.0, 12.0, 168.0
    scale = fit([v for p in points for v in (p.value, p.low, p.high)], bottom, top)
    marks = ticks(scale)
    body = [line(left, scale(t), right, scale(t), "grid") for t in marks]
    body += [words(left - 6, scale(t) + 4, number(t, places_of(marks)), "tick", "end") for t in marks]
    step = (right - left) / max(len(points), 1)
    shared, labels = _shared([p.label for p in points])
    places = decimals([v for p in points for v in (p.value, p.low, p.high)])
    at = [left + step * (i + 0.5) for i in range(len(points))]
    known = [(x, p, t) for x, p, t in zip(at, points, labels, strict=True) if math.isfinite(p.value)]
    for (x1, a, _), (x2, b, _) in itertools.pairwise(known):
        body.append(line(x1, scale(a.value), x2, scale(b.value), "path"))
    said = []
    for x, p, label in known:
        if p.low is not None and p.high is not None:
            body.append(line(x, scale(p.low), x, scale(p.high), "whisker"))
        body.append(mark(x, scale(p.value), "candidate", 5.0))
        body.append(words(x, bottom + 18, clean(label, max(int(step / 6.5), 6)), "tick", "middle"))
        inside = span(p.low, p.high, places)
        said.append(f"{p.label}: {number(p.value, places)}" + (f" ({inside})" if inside else ""))
    body.append(words((left + right) / 2, bottom + 38, shared, "tick", "middle"))
    return document(body, name=name, title=title, desc="; ".join(said), width=WIDTH, height=bottom + 46)


def _shared(labels: Sequence[str]) -> tuple[str, list[str]]:
    """The first word that all labels have in common, for the axis, and what is left of each label."""
    firsts = {label.split(" ", 1)[0] for label in labels}
    if len(labels) < 2 or len(firsts) != 1 or not all(" " in label for label in labels):
        return "", list(labels)
    return firsts.pop(), [label.split(" ", 1)[1] for label in labels]
