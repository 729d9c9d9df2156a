"""Vehicles of the scene language as models: body styles, lengths, texts."""

from __future__ import annotations

from typing import Literal

import numpy as np

from abound.render.models.model import Model
from abound.render.models.vehicle import KINDS, vehicle

STYLES: dict[str, dict[str, float]] = {  # how often each style of a kind is drawn
    "car": {"hatchback": 5, "sedan": 4, "estate": 3, "suv": 4, "minivan": 2,
            "sports_car": 0.5, "pickup": 0.7, "taxi": 0.6},
    "van": {"van": 3, "minibus": 1}, "truck": {"truck": 3, "tipper": 1, "flatbed": 1}, "bus": {"bus": 3, "coach": 1},
    "bicycle": {"bicycle": 2, "racing_bicycle": 1, "step_through_bicycle": 1},
    "motorcycle": {"motorcycle": 2, "tourer": 1}, "debris": {},
}  # fmt: skip
_COLOURED = ("hatchback", "sedan", "estate", "suv", "minivan", "sports_car", "pickup")


def make(
    kind: str, rng: np.random.Generator, length: float | None = None, colour: str | None = None,
    text: str | None = None, detail: Literal["high", "low"] = "high", style: str | None = None,
) -> Model:  # fmt: skip
    """A vehicle of a kind of the scene language; `length` in metres, its other sizes in proportion."""
    if style is None:
        shares = STYLES.get(kind, {kind: 1.0})
        names = [n for n in shares if colour is None or kind != "car" or n in _COLOURED]
        weights = np.array([shares[n] for n in names])
        style = str(names[int(rng.choice(len(names), p=weights / weights.sum()))])
    long, wide, high = KINDS[style][2]
    size = None
    if length is not None:
        grow = (length / long) ** 0.5 if kind in ("truck", "bus", "van", "fire_engine") else length / long
        size = {"length": length, "width": min(wide * grow, 2.95), "height": min(high * grow, 3.95)}
    texts = {} if text is None else {"side" if kind in ("truck", "van", "bus") else "plate": text}
    return vehicle(style, colour=colour, size=size, texts=texts, detail=detail, rng=rng)
