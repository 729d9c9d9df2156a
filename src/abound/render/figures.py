"""Living things that follow a track: people on foot, wheelchair users, riders, animals."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.fleet import make
from abound.render.models import gait, quadruped
from abound.render.models.animal import animal
from abound.render.models.figure import Figure
from abound.render.models.person import person
from abound.render.models.rider import crank_angle, ride, rider
from abound.render.models.wheelchair import roll, wheelchair
from abound.render.motion import Track, poses, vehicle_bodies
from abound.render.spec import ANIMALS
from abound.render.world import Body

Array = np.ndarray[Any, Any]


def living_bodies(
    kind: str, action: str, size: float, colour: str | None, where: Track, time: Array, rng: np.random.Generator,
    instance: int, detail: str = "high",
) -> list[Body]:  # fmt: skip
    """The bodies of a person or an animal, `size` metres high, that goes where the track goes."""
    start = float(rng.random())
    still = action == "standing" or not np.any(where.speed > 0)
    figure: Figure
    if kind in ANIMALS:
        figure = animal(kind, rng=rng, height=size, detail=detail)
        shape = (
            quadruped.stand(figure, time, start)
            if still
            else quadruped.go(figure, where.travelled, where.speed, start=start)
        )
    elif kind == "wheelchair":
        figure = wheelchair(rng=rng, height=size, colours=_clothes(colour), detail=detail)
        shape = roll(figure, where.travelled, where.speed, start)
    else:
        figure = person(kind, rng=rng, height=size, colours=_clothes(colour), detail=detail)
        shape = gait.stand(figure, time, start) if still else gait.walk(figure, where.travelled, where.speed, start)
    return [Body(figure.mesh, poses(where), figure.semantic, instance, kind, shape)]


def ridden_bodies(
    kind: str, size: float, colour: str | None, where: Track, rng: np.random.Generator, instance: int,
    lamps: dict[str, Array],
) -> list[Body]:  # fmt: skip
    """A bicycle or motorcycle, and who rides it as the next instance."""
    model = make(kind, rng, size, colour)
    bodies = vehicle_bodies(model, where, instance, lamps, kind)
    radius = max(p.radius for p in model.parts if p.role in ("wheel", "front_wheel"))
    turned = crank_angle(where.travelled, radius, float(rng.uniform(0, 2 * np.pi)))
    crank = [i for i, p in enumerate(model.parts) if p.role == "crank"]
    for i in crank:
        bodies[i] = _turned(bodies[i], model.parts[i].pivot, where, turned)
    figure = rider(model.kind, model.points, rng=rng)
    bodies.append(
        Body(figure.mesh, poses(where), figure.semantic, instance + 1, "rider", ride(figure, model.points, turned))
    )
    return bodies


def _turned(body: Body, pivot: Array, where: Track, angle: Array) -> Body:
    """A crank at an angle about y."""
    local = np.tile(np.eye(4), (len(angle), 1, 1))
    c, s = np.cos(angle), np.sin(angle)
    local[:, 0, 0], local[:, 0, 2], local[:, 2, 0], local[:, 2, 2] = c, s, -s, c
    local[:, :3, 3] = pivot
    return body._replace(pose=poses(where) @ local)


def _clothes(colour: str | None) -> dict[str, str | tuple[float, float, float] | float] | None:
    """The upper clothes; they are not silver but grey."""
    return {"top": "grey" if colour == "silver" else colour} if colour else None
