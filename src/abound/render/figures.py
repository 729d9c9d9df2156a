"""Living things that follow a track: people on foot, wheelchair users, riders, animals."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.models.gait import stand, walk
from abound.render.models.person import person
from abound.render.motion import Track, poses
from abound.render.world import Body

Array = np.ndarray[Any, Any]


def living_bodies(
    kind: str, action: str, size: float, colour: str | None, where: Track, time: Array, rng: np.random.Generator,
    instance: int, detail: str = "high",
) -> list[Body]:  # fmt: skip
    """The bodies of a person or an animal, `size` metres high, that goes where the track goes."""
    figure = person(kind, rng=rng, height=size, colours={"top": _dye(colour)} if colour else None, detail=detail)
    start = float(rng.random())
    still = action == "standing" or not np.any(where.speed > 0)
    shape = stand(figure, time, start) if still else walk(figure, where.travelled, where.speed, start)
    return [Body(figure.mesh, poses(where), figure.semantic, instance, kind, shape)]


def _dye(colour: str) -> str:
    """Clothes are not silver but grey."""
    return "grey" if colour == "silver" else colour
