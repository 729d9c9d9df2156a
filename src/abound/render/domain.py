"""The operational design domain of the street: attributes, their values, what cannot be together, and draws from it.

Attribute names are columns of the table of clips, so finders run over them and conditions on them are obeyed by
drawing under the condition. Groups are those of BSI PAS 1883 and ISO 34503: scenery, environmental conditions,
dynamic elements. Categories are independent but for what is impossible; a number depends on one or two categories.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate, product
from math import prod
from typing import Any, NamedTuple, get_args

from abound.errors import Refusal
from abound.render.spec import (
    ACTIONS,
    ANIMALS,
    LIMITS,
    PEOPLE,
    RIDDEN,
    SPEEDS,
    SUN,
    VEHICLES,
    ColourName,
    Side,
    Zone,
)

Values = dict[str, Any]
Allowed = Callable[[str, Any], bool]
_COLOURS: tuple[str, ...] = get_args(ColourName)
_LIVERY = (*ANIMALS, "ambulance", "police_car", "fire_engine", "debris", "none")  # they have the colours they have


class Attribute(NamedTuple):
    """A category of the domain: its values with how often each is drawn, and its group."""

    group: str
    values: dict[str, float]
    about: str


_DONE = tuple(sorted({a for actions in ACTIONS.values() for a in actions}))


def _even(names: tuple[str, ...]) -> dict[str, float]:
    return dict.fromkeys(names, 1.0)


def _actors(often: dict[str, float]) -> dict[str, float]:
    """Weights (1 where not given) over actors, each shared out among the actions and colours that it can have."""
    kinds = ("none", *ACTIONS)
    return {k: often.get(k, 1.0) / len(ACTIONS.get(k, "-")) / (1 if k in _LIVERY else len(_COLOURS)) for k in kinds}


CATEGORIES: dict[str, Attribute] = {
    "zone": Attribute("scenery", _even(get_args(Zone)), "where the road is"),
    "layout": Attribute("scenery", {"straight": 2.0, "curve": 1.0, "crossroads": 1.0}, "geometry of the road"),
    "lanes": Attribute("scenery", {"1": 3.0, "2": 2.0, "3": 1.0}, "lanes in each direction"),
    "surface": Attribute("scenery", {"asphalt": 8.0, "concrete": 1.0, "cobbles": 1.0}, "of the road"),
    "parked": Attribute("scenery", {"none": 1.0, "some": 2.0, "full": 1.0}, "cars parked at the kerb"),
    "weather": Attribute(
        "environment", {"clear": 4.0, "overcast": 2.0, "rain": 2.0, "fog": 1.0, "snow": 1.0}, "weather"
    ),
    "time": Attribute("environment", {"day": 5.0, "low_sun": 2.0, "dusk": 1.5, "night": 1.5}, "illumination"),
    "traffic": Attribute("dynamic", {"none": 1.0, "light": 2.0, "dense": 1.0}, "other vehicles that move"),
    "ego_action": Attribute(
        "dynamic", {"driving": 6.0, "braking": 2.0, "turning": 1.0, "stopped": 1.0}, "what the camera's vehicle does"
    ),
    "actor": Attribute(
        "dynamic",
        _actors({"none": 6.0, "car": 4.0, "adult": 4.0, "child": 3.0, "bicycle": 3.0, "truck": 2.0, "bus": 2.0}),
        "the road user that the clip is about",
    ),
    "action": Attribute("dynamic", {"none": 1.0, **_even(_DONE)}, "what it does"),
    "colour": Attribute("dynamic", {"natural": 1.0, **_even(_COLOURS)}, "its paint or upper clothes"),
    "side": Attribute("dynamic", _even(get_args(Side)), "where it comes from or is"),
    "hidden_by": Attribute("dynamic", {"nothing": 2.0, "parked_car": 1.0}, "what it comes out from behind"),
}  # fmt: skip
NUMBERS: dict[str, tuple[str, str]] = {  # group, and what it is
    "distance": ("dynamic", "metres from the camera to the actor in the middle frame"),
    "size": ("dynamic", "metres: height of people, of animals at the withers, length of vehicles"),
    "speed": ("dynamic", "of the actor, m/s"),
    "ego_speed": ("dynamic", "of the camera's vehicle at the first frame, m/s"),
    "visibility": ("environment", "metres at which contrast falls to 5 %"),
    "sun_elevation": ("environment", "degrees above the horizon"),
}
TEXTS: dict[str, tuple[str, str]] = {
    "sign_text": ("scenery", "exact text on a sign beside the road; empty: no such sign"),
    "actor_text": ("dynamic", "exact text on the plate of a car or the side of a truck, van or bus"),
}
SIZES: dict[str, tuple[float, float]] = {
    "car": (3.7, 4.9), "van": (4.8, 6.4), "truck": (6.5, 10.0), "bus": (9.0, 12.5), "bicycle": (1.65, 1.85),
    "motorcycle": (1.95, 2.25), "adult": (1.55, 1.95), "child": (0.95, 1.4), "wheelchair": (1.24, 1.42),
    "deer": (0.86, 1.24), "moose": (1.72, 2.08), "cow": (1.31, 1.54), "horse": (1.42, 1.7), "dog": (0.42, 0.68),
    "boar": (0.72, 0.98), "ambulance": (5.5, 6.5), "police_car": (4.4, 4.9), "fire_engine": (7.0, 9.0),
    "excavator": (6.0, 8.0), "tractor": (4.0, 5.0), "caravan": (5.0, 7.0), "debris": (0.4, 1.2), "none": (0.0, 0.0),
}  # fmt: skip
_VISIBILITY = {"clear": (4000.0, 20000.0), "overcast": (3000.0, 12000.0), "rain": (500.0, 2500.0)} | {
    "fog": (40.0, 250.0), "snow": (200.0, 1500.0)
}  # fmt: skip


def impossible() -> list[dict[str, str]]:
    """Combinations of values that no clip has, each as attribute -> value."""
    out: list[dict[str, str]] = []
    for kind, action in product(CATEGORIES["actor"].values, CATEGORIES["action"].values):
        if action not in (*ACTIONS.get(kind, ()), *(("none",) if kind == "none" else ())):
            out.append({"actor": kind, "action": action})
    for kind, colour in product(CATEGORIES["actor"].values, CATEGORIES["colour"].values):
        if (kind in _LIVERY) != (colour == "natural"):
            out.append({"actor": kind, "colour": colour})
    hiding = ("jaywalking", "running", "crossing")
    out += [{"hidden_by": "parked_car", "action": a} for a in CATEGORIES["action"].values if a not in hiding]
    out += [{"hidden_by": "parked_car", "actor": k} for k in ("none", *RIDDEN, "moose", "cow", "horse", "deer")]
    out += [{"hidden_by": "parked_car", "parked": "none"}]
    out += [{"zone": "motorway", "layout": "crossroads"}, {"zone": "motorway", "surface": "cobbles"}]
    out += [{"zone": "motorway", "parked": p} for p in ("some", "full")]
    out += [{"zone": "rural", "parked": "full"}, {"zone": "residential", "lanes": "3"}]
    out += [{"zone": "motorway", "lanes": "1"}, {"zone": "rural", "lanes": "3"}]
    out += [{"zone": "motorway", "actor": k, "action": "crossing"} for k in (*PEOPLE, "bicycle")]
    out += [{"zone": "motorway", "ego_action": "stopped"}, {"action": "cut_in", "ego_action": "stopped"}]
    for layout in ("straight", "curve"):
        out += [{"layout": layout, "ego_action": "turning"}, {"layout": layout, "action": "turning"}]
    out += [{"action": "cut_in", "lanes": "1"}, {"ego_action": "turning", "hidden_by": "parked_car"}]
    # Where the camera's vehicle turns, what happens happens on its own path.
    out += [
        {"ego_action": "turning", "action": a} for a in ("cut_in", "turning", "oncoming", "walking", "standing")
    ]
    return out


def span(name: str, values: Mapping[str, Any]) -> tuple[float, float]:
    """The range of a number attribute given the categories that it depends on."""
    actor, action = values["actor"], values["action"]
    if name == "visibility":
        return _VISIBILITY[values["weather"]]
    if name == "sun_elevation":
        return SUN[values["time"]]
    if name == "ego_speed":
        top = LIMITS[values["zone"]]
        slow = {"stopped": 0.0, "turning": 0.35}.get(values["ego_action"], 1.0)
        return 0.6 * top * slow, top * slow
    if name == "size":
        return SIZES[actor]
    if actor == "none":
        return 0.0, 0.0
    if name == "speed":
        return speeds(actor, action, values["zone"])
    near = {"motorway": 15.0, "rural": 12.0}.get(values["zone"], 8.0)
    if actor in (*ANIMALS, *PEOPLE, "debris"):
        return near * 0.9, near + 18.0
    return near, near + 32.0


def speeds(actor: str, action: str, zone: str) -> tuple[float, float]:
    """m/s that an actor has while it does something."""
    if action in ("stopped", "standing", "lying"):
        return 0.0, 0.0
    if action in SPEEDS and actor not in (*RIDDEN, *VEHICLES):
        low, high = SPEEDS[action]
        factor = {"child": 0.85, "wheelchair": 0.8}.get(
            actor, 2.2 if actor in ANIMALS and action == "running" else 1.0
        )
        return low * factor, high * factor
    top = {"bicycle": 6.5, "tractor": 8.0, "excavator": 3.0}.get(actor, LIMITS[zone])
    if action in ("turning", "crossing"):
        return 0.25 * min(top, 14.0), 0.5 * min(top, 14.0)
    return 0.5 * top, 0.95 * top


_IMPOSSIBLE: list[tuple[tuple[str, str], ...]] = [tuple(c.items()) for c in impossible()]


_EVENT = ("actor", "action", "colour", "hidden_by")
_REST = tuple(n for n in CATEGORIES if n not in _EVENT)


def _events() -> list[tuple[tuple[str, ...], float]]:
    """Every possible actor with its action, colour and cover, and how often it is drawn: most are impossible."""
    clash = [c for c in _IMPOSSIBLE if all(n in _EVENT for n, _ in c)]
    kept = set()
    for pair in product(CATEGORIES["actor"].values, CATEGORIES["action"].values):
        known = dict(zip(_EVENT, pair, strict=False))
        if not any(all(known.get(n) == v for n, v in c) for c in clash):
            kept.add(pair)
    out: list[tuple[tuple[str, ...], float]] = []
    for pair in sorted(kept):
        for rest in product(CATEGORIES["colour"].values, CATEGORIES["hidden_by"].values):
            known = dict(zip(_EVENT, (*pair, *rest), strict=True))
            if not any(all(known[n] == v for n, v in c) for c in clash):
                out.append(((*pair, *rest), prod(CATEGORIES[n].values[v] for n, v in known.items())))
    return out


_EVENTS = _events()
_OTHER = [c for c in _IMPOSSIBLE if not all(n in _EVENT for n, _ in c)]


def draw(
    rng: Any, allowed: Allowed, limits: Mapping[str, tuple[float, float]],
    possible: Callable[[Values], bool] = lambda values: True, tries: int = 20_000,
) -> Values:  # fmt: skip
    """One clip's attributes, distributed as rejection from the whole domain would leave them.

    `allowed(name, value)` for categories, `limits` (closed, for numbers; equal ends ask for that very number) and
    `possible` for the whole. Refusal where the condition leaves nothing.
    """
    left = choices(allowed)
    events = {e: w for e, w in _EVENTS if all(v in left[n] for n, v in zip(_EVENT, e, strict=True))}
    for _ in range(tries if events else 0):
        values: Values = dict(zip(_EVENT, _pick(rng, events), strict=True))
        values |= {n: _pick(rng, left[n]) for n in _REST}
        if any(all(values[n] == v for n, v in combo) for combo in _OTHER):
            continue
        if _numbers(rng, values, limits) and possible(values):
            return {n: values[n] for n in (*CATEGORIES, *NUMBERS)}
    raise Refusal(_why(left, limits))


def choices(allowed: Allowed) -> dict[str, dict[str, float]]:
    """The values of each category that a condition leaves; Refusal where none is left."""
    left = {}
    for name, attribute in CATEGORIES.items():
        left[name] = {v: w for v, w in attribute.values.items() if allowed(name, v)}
        if not left[name]:
            raise Refusal(f"no value of {name!r} meets the condition: it is one of {', '.join(attribute.values)}")
    return left


def _pick(rng: Any, weights: Mapping[Any, float]) -> Any:
    """One of the keys, as often as its weight says."""
    ends = list(accumulate(weights.values()))
    return list(weights)[min(bisect_right(ends, rng.random() * ends[-1]), len(ends) - 1)]


def _numbers(rng: Any, values: Values, limits: Mapping[str, tuple[float, float]]) -> bool:
    """Draw the numbers into `values`; False as often as numbers drawn freely would miss the limits."""
    for name in NUMBERS:
        low, high = span(name, values)
        if name not in limits:
            values[name] = round(float(rng.uniform(low, high)), 3)
            continue
        wanted_low, wanted_high = limits[name]
        a, b = max(low, wanted_low), min(high, wanted_high)
        if a > b:
            return False
        if b > a and rng.random() * (high - low) > b - a:
            return False
        value = float(rng.uniform(a, b))
        rounded = round(value, 3)
        values[name] = rounded if a <= rounded <= b else value
    return True


def _why(left: Mapping[str, Mapping[str, float]], limits: Mapping[str, tuple[float, float]]) -> str:
    """Which two things that were asked for are never together."""
    asked = {n: v for n, v in left.items() if len(v) < len(CATEGORIES[n].values)}
    for combo in _IMPOSSIBLE:
        if all(n in asked and set(asked[n]) == {v} for n, v in combo):
            return "no clip has " + " and ".join(f"{n} = {v}" for n, v in combo) + ": change one of them"
    words = [f"{n} in [{', '.join(v)}]" for n, v in asked.items()]
    words += [f"{n} {_bounds(a, b)}" for n, (a, b) in limits.items()]
    for name, (a, b) in limits.items():
        if len(asked.get("actor", {})) == 1 and name == "size":
            low, high = SIZES[next(iter(asked["actor"]))]
            if a > high or b < low:
                return f"a {next(iter(asked['actor']))} is {low:g} to {high:g} m in size, not {_bounds(a, b)}"
    return f"no clip has {' and '.join(words)} together: leave one of them out"


def _bounds(low: float, high: float) -> str:
    """A range in words; a side that was not asked for is a billion."""
    if low == high:
        return f"{low:g}"
    if high >= 1e9:
        return f"{low:g} or more"
    return f"{high:g} or less" if low <= -1e9 else f"{low:g} to {high:g}"
