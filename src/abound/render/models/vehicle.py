"""Any vehicle by the name of its kind: cars, vans, lorries, buses, cycles, emergency, machines, trailers."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from abound.errors import InputError, UnknownName
from abound.render.models import (
    bicycle,
    bus,
    car,
    construction,
    emergency,
    farm,
    motorcycle,
    scooter,
    trailer,
    truck,
    van,
)  # fmt: skip
from abound.render.models.model import Model, Size

Array = np.ndarray[Any, Any]
Builder = Callable[[str, Any, Size, dict[str, Any], bool, np.random.Generator], Model]
SIDES = ("length", "width", "height")


class Kind(NamedTuple):
    """What a name stands for."""

    build: Builder
    semantic: str  # Cityscapes class; it has none for machines and tractors, which count as trucks here
    size: Size  # usual length, width over the mirrors, height, metres


KINDS: dict[str, Kind] = {
    # Cityscapes counts pickups, whose load is apart from the driver, as trucks.
    **{k: Kind(car.car, "truck" if k == "pickup" else "car", s.size) for k, s in car.STYLES.items()},
    **{k: Kind(van.van, "car", s.size) for k, s in van.STYLES.items()},
    **{k: Kind(truck.truck, "truck", s) for k, s in truck.SIZES.items()},
    **{k: Kind(bus.bus, "bus", s) for k, s in bus.SIZES.items()},
    **{k: Kind(bicycle.bicycle, "bicycle", s) for k, s in bicycle.SIZES.items()},
    **{k: Kind(motorcycle.motorcycle, "motorcycle", s) for k, s in motorcycle.SIZES.items()},
    **{k: Kind(scooter.scooter, "motorcycle", s) for k, s in scooter.SIZES.items()},
    **{
        k: Kind(emergency.emergency, "truck" if k == "fire_engine" else "car", s)
        for k, s in emergency.SIZES.items()
    },
    **{k: Kind(construction.construction, "truck", s) for k, s in construction.SIZES.items()},
    **{k: Kind(farm.tractor, "truck", s) for k, s in farm.SIZES.items()},
    **{k: Kind(trailer.trailer, k if k == "caravan" else "trailer", s) for k, s in trailer.SIZES.items()},
}
FIRMS = (
    "NORDWIND", "FRESH BREAD", "HARBOUR LINES", "GREEN GROCER", "ATLAS MOVERS", "RIVER FREIGHT", "SUNRISE FOODS",
    "OAK & SONS", "CITY PARCEL", "BLUE RIDGE", "MILLER ELECTRIC", "POLAR ICE",
)  # fmt: skip
STOPS = ("12 HARBOUR", "42 CENTRAL STATION", "7 OLD TOWN", "103 AIRPORT", "N5 UNIVERSITY", "28 MARKET SQUARE")
WRITTEN = {
    "police_car": "POLICE", "ambulance": "AMBULANCE", "fire_engine": "FIRE & RESCUE", "excavator": "TERRA 220",
    "wheel_loader": "TERRA L9", "road_roller": "TERRA R12", "bus": "CITY LINES", "caravan": "", "car_trailer": "",
}  # fmt: skip
TEXTS = ("plate", "side", "destination")


def vehicle(
    kind: str, *, colour: Any = None, size: Mapping[str, float] | None = None, texts: Mapping[str,
        Any] | None = None,
    detail: Literal["high", "low"] = "high", rng: np.random.Generator,
) -> Model:  # fmt: skip
    """A vehicle of one of the KINDS, at rest on z = 0 about the origin, facing +x. Same `rng`, same vehicle.

    colour: a name of `finish.COLOURS` or three linear numbers 0 to 1; None draws one that is common for the kind.
    size: "length", "width" (over the mirrors), "height" in metres: the box around the model has exactly what is
    given; what is not given is usual, give or take 2 %. texts: "plate", "side" (flanks of vans, trucks, buses,
    emergency vehicles and machines), "destination" (buses), each a string or a uint8 (h, w, 3) image; "" for none;
    what is not given is drawn. detail: "low" has about a quarter of the triangles, for parked and far ones.
    Raises UnknownName for an unknown kind, colour or text, InputError for a size that no such vehicle has.
    """
    found: Kind = _known(kind, KINDS, "kind of vehicle")
    usual = found.size
    spread = rng.uniform(0.98, 1.02, size=3)
    drawn = _drawn(kind, rng)
    for name in texts or {}:
        _known(name, {t: t for t in TEXTS}, "text of a vehicle")
    model = found.build(
        kind, colour, _size(kind, usual, size or {}, spread), {**drawn, **(texts or {})}, _low(detail), rng
    )  # fmt: skip
    return model._replace(semantic=found.semantic)


def _known(name: str, table: Mapping[str, Any], what: str) -> Any:
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name, table, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(table)}."
    raise UnknownName(f"No {what} is called {name!r}; {hint}")


def _low(detail: str) -> bool:
    if detail not in ("high", "low"):
        raise InputError(f"The detail of a vehicle is 'high' or 'low', not {detail!r}.")
    return detail == "low"


def _drawn(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Texts for those that nobody gave; always drawn, so that a given one changes nothing else."""
    from abound.render.text import plate_text

    firm, stop = FIRMS[int(rng.integers(len(FIRMS)))], STOPS[int(rng.integers(len(STOPS)))]
    return {"plate": plate_text(rng), "side": WRITTEN.get(kind, firm), "destination": stop}


def _size(kind: str, usual: Size, asked: Mapping[str, float], spread: Array) -> Size:
    """Length, width and height in metres."""
    for name in asked:
        _known(name, {s: s for s in SIDES}, "side of a vehicle")
    out = []
    for name, value, share in zip(SIDES, usual, spread, strict=True):
        metres = float(asked.get(name, value * share))
        if not 0.6 * value <= metres <= 1.6 * value:
            raise InputError(
                f"A {kind} has a {name} of about {value:g} m: {metres:g} m is no such vehicle; "
                f"ask for {0.6 * value:.2f} to {1.6 * value:.2f} m or for another kind."
            )
        out.append(metres)
    return out[0], out[1], out[2]
