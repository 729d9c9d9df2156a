"""A scene in words to a world of triangles: the same scene and seed give the same bytes."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from abound.pixels.cityscapes import label_id
from abound.render.actors import ACROSS, bodies, cast, hiding, pace, track
from abound.render.ground import ground, zebra
from abound.render.rig import cameras, headlights
from abound.render.roadside import lit, roadside
from abound.render.section import Section, section, stream
from abound.render.spec import SUN, Scene
from abound.render.traffic import moving, parked, walkers
from abound.render.world import Body, Conditions, Light, Sensor, World

Array = np.ndarray[Any, Any]


def build(scene: Scene, seed: int) -> World:
    """The world of a scene. InputError where an actor would stand in something solid."""
    night = lit(scene)
    actors = [cast(scene, a, seed, i) for i, a in enumerate(scene.actors)]
    first = actors[0] if actors else None
    made, drive = section(
        scene,
        seed,
        first.distance if first else None,
        bool(first and first.action == "turning"),
        pace(first) if first else None,
    )
    numbers = count(1)
    placed = [(a, track(a, scene, made, drive, seed + i)) for i, a in enumerate(actors)]
    live: list[Body] = []
    still: list[Body] = []
    keep: list[tuple[float, float]] = []
    for i, (actor, where) in enumerate(placed):
        instance = next(numbers)
        live += bodies(actor, scene, where, seed + i, instance, night)
        if len({b.instance for b in live if b.instance >= instance}) > 1:
            next(numbers)  # a rider has a number too
        here = float(drive.s[drive.middle]) + actor.distance
        keep.append((here - 4.5, here + 4.5))
        if actor.hidden:
            extra, taken = hiding(actor, made, drive, seed + i, next(numbers))
            still += extra
            keep.append((taken[0] - 2.0, taken[1]))
    still += ground(scene, made, seed)
    if scene.road.crossing and actors and actors[0].action in ACROSS:
        still.append(
            Body(zebra(made, float(drive.s[drive.middle]) + actors[0].distance), np.eye(4), label_id("road"))
        )
    beside, lights = roadside(scene, made, seed, keep)
    still += beside
    still += parked(scene, made, drive, seed, keep, numbers)
    others, beams = moving(scene, made, drive, seed, placed, numbers, night)
    live += others
    live += walkers(scene, made, drive, seed, placed, numbers)
    still += models(scene, made, numbers)
    lamps: tuple[Light, ...] = (*headlights(drive, scene, seed), *beams, *lights) if night else ()
    return World(
        scene.frames, scene.rate, tuple(still), tuple(live), cameras(scene, drive, seed),
        conditions(scene, seed), lamps,
        sensor(scene, night), scene.drive_on,
    )  # fmt: skip


def models(scene: Scene, made: Section, numbers: count[int]) -> list[Body]:
    """Meshes of the user's own."""
    if not scene.models:
        return []
    from abound.render.models.own import own_bodies

    return own_bodies(scene.models, made, numbers)


def conditions(scene: Scene, seed: int) -> Conditions:
    """Sun, sky and weather; what the scene leaves out follows from the kinds of weather and time."""
    rng = stream(seed, "weather")
    weather, time = scene.weather, scene.time
    low, high = SUN[time.kind]
    drawn = {k: float(rng.uniform(a, b)) for k, (a, b) in {
        "elevation": (low, high), "azimuth": (-180.0, 180.0), "fog": (60.0, 250.0), "rain": (3.0, 15.0),
        "snow": (0.5, 3.0), "cloud": (0.05, 0.35), "cover": (0.55, 0.95),
    }.items()}  # fmt: skip
    elevation = drawn["elevation"] if time.sun_elevation is None else time.sun_elevation
    azimuth = drawn["azimuth"] if time.sun_azimuth is None else time.sun_azimuth
    usual = {"fog": drawn["fog"], "rain": 1500.0, "snow": 700.0, "overcast": 8000.0}.get(weather.kind, np.inf)
    visibility = usual if weather.visibility is None else weather.visibility
    rain = (drawn["rain"] if weather.rain is None else weather.rain) if weather.kind == "rain" else 0.0
    snowfall = (drawn["snow"] if weather.snowfall is None else weather.snowfall) if weather.kind == "snow" else 0.0
    cloud = drawn["cloud"] if weather.kind == "clear" else 1.0 if weather.kind != "overcast" else 0.95
    wet = {"rain": min(1.0, 0.55 + 0.04 * rain), "fog": 0.25, "snow": 0.3}.get(weather.kind, 0.0)
    cover = drawn["cover"] if weather.kind == "snow" else 0.0
    return Conditions(elevation, azimuth, cloud, visibility, rain, snowfall, wet, cover)


def sensor(scene: Scene, night: bool) -> Sensor:
    """Noise grows in the dark."""
    return Sensor(iso=1600.0 if night else 200.0)
