"""The other road users: parked cars along the kerb, vehicles in both directions, people on the pavements."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from abound.render.actors import Cast, lamps
from abound.render.fleet import make
from abound.render.mesh import pose
from abound.render.motion import Track, along, parked_bodies, vehicle_bodies
from abound.render.section import Drive, Section, stream
from abound.render.spec import LIMITS, Scene
from abound.render.world import Body, Light

Array = np.ndarray[Any, Any]
CARS = ("hatchback", "sedan", "estate", "suv")
_OTHERS = {"motorway": ("truck", "van", "bus"), "rural": ("van", "truck", "tractor")}
NEAR = 45.0  # metres from the cameras beyond which models are coarse
EMPTY = 80.0  # metres at the far end of the street without parked cars, which would be a few pixels wide
MODELS = 8  # different parked cars a clip: more would cost time and hardly be noticed


def parked(
    scene: Scene, made: Section, drive: Drive, seed: int, keep: list[tuple[float, float]], numbers: count[int]
) -> list[Body]:
    """Cars at both kerbs, each an instance of its own; none in `keep` or near the mouth of a crossing street."""
    share = scene.traffic.parked
    if made.edge - made.half < 2.0 or share == 0.0 or made.kerb == 0.0:
        return []
    rng = stream(seed, "parked")
    share = {"urban": 0.55, "residential": 0.4}.get(scene.road.zone, 0.0) if share is None else share
    low, high = made.gap()
    reach = float(drive.s[-1]) + NEAR / 2
    fine: dict[int, Any] = {}
    bodies: list[Body] = []
    for side in (1.0, -1.0):
        s = made.start + float(rng.uniform(0, 4))
        while s < made.end - EMPTY:
            which = int(rng.integers(MODELS))
            near = -6.0 < s < min(reach, NEAR)
            key = which if near else which + MODELS
            kind, style = ("car", CARS[which % len(CARS)]) if which < MODELS - 1 else ("van", None)
            if key not in fine:
                fine[key] = make(
                    kind, stream(seed, "parked model", which), detail="high" if near else "low", style=style
                )
            model = fine[key]
            length = model.size[0]
            gap, taken, d = float(rng.uniform(0.7, 2.2)), rng.random() < share, float(rng.normal(0, 0.06))
            middle = s + length / 2
            free = not (low - 9.0 < middle < high + 9.0) and all(
                middle + length / 2 + 0.4 < a or middle - length / 2 - 0.4 > b for a, b in keep
            )
            if taken and free:
                x, y, heading = made.line.at(middle, side * (made.half + 1.05) + d)
                turned = float(heading) + (np.pi if side * made.own > 0 else 0.0) + float(rng.normal(0, 0.01))
                bodies += parked_bodies(model, pose(float(x), float(y), 0.0, turned), next(numbers), kind)
            s += length + gap
    return bodies


def moving(
    scene: Scene, made: Section, drive: Drive, seed: int, actors: list[tuple[Cast, Track]], numbers: count[int],
    night: bool,
) -> tuple[list[Body], list[Light]]:  # fmt: skip
    """Vehicles that keep clear of the actors and of the ego vehicle, and the head lights of those that come near."""
    zone = scene.road.zone
    rng = stream(seed, "traffic")
    wanted = scene.traffic.vehicles
    wanted = {"motorway": 7, "urban": 4, "rural": 2, "residential": 1}[zone] if wanted is None else wanted
    t = drive.time
    bodies: list[Body] = []
    lights: list[Light] = []
    taken: list[tuple[float, Array]] = [(float(made.lane(0)), drive.s)]
    for _ in range(wanted):
        back = bool(rng.random() < 0.55)
        number = int(rng.integers(made.lanes))
        d = made.lane(number, oncoming=back)
        others = _OTHERS.get(zone, ("van", "bus"))
        kind = str("car" if rng.random() < 0.75 else others[rng.integers(len(others))])
        speed = float(LIMITS[zone] * rng.uniform(0.65, 0.95))
        start = float(rng.uniform(-25.0, made.end - 30.0))
        model_rng = stream(seed, "traffic model", start)
        s = start - speed * t if back else start + speed * t
        if not _clear(s, d, made, taken, actors) or s.min() < made.start or s.max() > made.end:
            continue
        taken.append((d, s))
        near = bool(np.abs(s - drive.s).min() < NEAR)
        model = make(kind, model_rng, detail="high" if near else "low")
        where = along(made.line, s, np.full(len(t), speed), d, back=back)
        bodies += vehicle_bodies(model, where, next(numbers), lamps("driving", where, night), kind)
        if night and back and near:
            lights += _beams(where, model.size[0])
    return bodies, lights[:8]


def _clear(
    s: Array, d: float, made: Section, taken: list[tuple[float, Array]], actors: list[tuple[Cast, Track]]
) -> bool:
    """No other vehicle within 14 m in the same lane, and no actor within 9 m of the path."""
    if any(abs(d - other) < 1.5 and np.abs(s - place).min() < 14.0 for other, place in taken):
        return False
    x, y, _ = made.line.at(s, d)
    for actor, where in actors:
        room = 9.0 + actor.length / 2
        reach = np.hypot(x[:, None] - where.x[None], y[:, None] - where.y[None])
        if reach.min() < room:
            return False
    return True


def _beams(where: Track, length: float) -> list[Light]:
    """The head lights of a vehicle as one lamp in the middle of its front."""
    way = np.stack([np.cos(where.yaw), np.sin(where.yaw), np.full(len(where.yaw), -0.06)], -1)
    at = np.stack([where.x, where.y, where.z + 0.65], -1) + way * (length / 2 + 0.1)
    return [Light(at, (160.0, 155.0, 140.0), way / np.linalg.norm(way, axis=1, keepdims=True), 34.0)]


def walkers(
    scene: Scene, made: Section, drive: Drive, seed: int, actors: list[tuple[Cast, Track]], numbers: count[int]
) -> list[Body]:
    """People who walk on the pavements, clear of the actors."""
    wanted = scene.traffic.walkers
    if not made.pavement or wanted == 0:
        return []
    from abound.render.figures import living_bodies

    wanted = {"urban": 5, "residential": 2}.get(scene.road.zone, 0) if wanted is None else wanted
    rng = stream(seed, "walkers")
    low, high = made.gap()
    t = drive.time
    bodies: list[Body] = []
    for i in range(wanted):
        side = float(rng.choice([1.0, -1.0]))
        start = float(rng.uniform(4.0, 70.0))
        speed = float(rng.uniform(0.9, 1.6))
        back = bool(rng.random() < 0.5)
        d = side * (made.edge + float(rng.uniform(0.9, made.pavement - 0.4)))
        s = start + (-1 if back else 1) * speed * t
        if s.max() > low - 0.5 and s.min() < high + 0.5:
            continue
        where = along(made.line, s, np.full(len(t), speed), d, back=back, z=made.kerb)
        far = min(
            (np.hypot(where.x[:, None] - w.x[None], where.y[:, None] - w.y[None]).min() for _, w in actors),
            default=99.0,
        )
        if far < 2.0:
            continue
        age = "child" if rng.random() < 0.15 else "adult"
        size = float(rng.uniform(1.0, 1.4) if age == "child" else rng.uniform(1.55, 1.92))
        detail = "high" if start < 25.0 else "low"
        bodies += living_bodies(
            age, "walking", size, None, where, t, stream(seed, "walker", i), next(numbers), detail
        )
    return bodies
