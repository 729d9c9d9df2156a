"""Any vehicle by the name of its kind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from abound.errors import InputError, UnknownName
from abound.render.models import bicycle, bus, car, construction, emergency, farm, motorcycle, trailer, truck, van
from abound.render.models.model import Model, Size

Array = np.ndarray[Any, Any]

# kind: builder, Cityscapes class, length, width (over the mirrors) and height in metres
KINDS: dict[str, tuple[Any, str, Size]] = {
    **{kind: (car.car, "car", style.size) for kind, style in car.STYLES.items()},
    **{kind: (truck.truck, "truck", size) for kind, size in truck.SIZES.items()},
    **{kind: (bus.bus, "bus", size) for kind, size in bus.SIZES.items()},
    **{kind: (bicycle.bicycle, "bicycle", size) for kind, size in bicycle.SIZES.items()},
    **{kind: (motorcycle.motorcycle, "motorcycle", size) for kind, size in motorcycle.SIZES.items()},
    **{kind: (emergency.emergency, "truck" if kind == "fire_engine" else "car", size) for kind, size in emergency.SIZES.items()},
    **{kind: (construction.construction, "truck", size) for kind, size in construction.SIZES.items()},
    **{kind: (farm.tractor, "truck", size) for kind, size in farm.SIZES.items()},
    **{kind: (trailer.trailer, "caravan" if kind == "caravan" else "trailer", size) for kind, size in trailer.SIZES.items()},
    **{kind: (van.van, "car", style.size) for kind, style in van.STYLES.items()},
}


def vehicle(kind: str, *, colour: Any = None, size: Mapping[str, float] | None = None,
            texts: Mapping[str, Any] | None = None, detail: Literal["high", "low"] = "high",
            rng: np.random.Generator) -> Model:  # fmt: skip
    """x"""
    builder, semantic, usual = KINDS[kind]
    texts = dict(texts or {})
    texts.setdefault("plate", "AB 123")
    texts.setdefault("side", "FRESH BREAD")
    texts.setdefault("destination", "42 CENTRAL STATION")
    return builder(kind, colour, usual, texts, detail == "low", rng)
