"""SVG by hand: a scale, axis ticks, marks and text. Every chart is a small, well-formed, self-contained element.

Colours come from the page's stylesheet through classes, so one chart serves light, dark and print. Marks differ in
shape as well as in colour. Lengths are in user units; charts are 360 wide so that they stay legible on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from abound.formats.wording import clean

WIDTH = 360.0
_NAMESPACE = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Scale:
    """Maps values in [low, high] to user units in [left, right]; values outside are clipped to the ends."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        """Place of a value; infinities go to the ends."""
        if math.isnan(value):
            return self.left
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)


def fit(values: Iterable[float | None], left: float, right: float, pad: float = 0.06) -> Scale:
    """A scale that holds every finite value with a little room at both ends."""
    known = [v for v in values if v is not None and math.isfinite(v)] or [0.0, 1.0]
    low, high = min(known), max(known)
    room = pad * (high - low) or 0.05 * max(abs(low), 1.0)
    return Scale(low - room, high + room, left, right)


def ticks(scale: Scale, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within the scale."""
    raw = (scale.high - scale.low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def places_of(values: Sequence[float]) -> int:
    """Decimals that tell neighbouring ticks apart."""
    if len(values) < 2:
        return 2
    return max(0, -math.floor(math.log10(values[1] - values[0]) + 1e-9))


def element(tag: str, text: str | None = None, **attributes: object) -> str:
    """One element. `class_` is written class, other underscores as hyphens; numbers get two decimals."""
    parts = [f"{_name(k)}={quoteattr(_value(v))}" for k, v in attributes.items() if v is not None]
    head = " ".join([tag, *parts])
    return f"<{head}/>" if text is None else f"<{head}>{escape(clean(text))}</{tag}>"


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return clean(str(value))


def document(body: Iterable[str], *, name: str, title: str, desc: str, width: float, height: float) -> str:
    """The svg element: an image to a screen reader, with a title and a description that holds the numbers."""
    head = (
        f'<svg xmlns="{_NAMESPACE}" viewBox="0 0 {_value(width)} {_value(height)}" role="img" class="chart" '
        f'aria-labelledby="{name}-t {name}-d">'
    )
    about = element("title", title, id=f"{name}-t") + f'<desc id="{name}-d">{escape(clean(desc, 4000))}</desc>'
    return head + about + "".join(body) + "</svg>"


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a style class."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def words(x: float, y: float, text: str, kind: str = "label", anchor: str = "start") -> str:
    """A line of text."""
    return element("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle; a negative width or height is drawn as zero."""
    return element("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=kind)


def mark(x: float, y: float, kind: str, size: float = 6.0) -> str:
    """A symbol by role: diamond candidate, disc control, ringed disc best control, hollow square reference."""
    if kind == "candidate":
        points = f"{_value(x)},{_value(y - size)} {_value(x + size)},{_value(y)} "
        points += f"{_value(x)},{_value(y + size)} {_value(x - size)},{_value(y)}"
        return element("polygon", points=points, class_="mark candidate")
    if kind == "reference":
        half = size - 1.0
        return element("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, class_="mark reference")
    disc = element("circle", cx=x, cy=y, r=size - 1.5, class_="mark control")
    ring = element("circle", cx=x, cy=y, r=size + 1.5, class_="ring") if kind == "best" else ""
    return disc + ring


def whisker(scale: Scale, y: float, low: float | None, high: float | None, kind: str = "whisker") -> str:
    """An interval with end caps; an unbounded end gets no cap."""
    if low is None or high is None:
        return ""
    parts = [line(scale(low), y, scale(high), y, kind)]
    parts += [line(scale(v), y - 4, scale(v), y + 4, kind) for v in (low, high) if math.isfinite(v)]
    return "".join(parts)
