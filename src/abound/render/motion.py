"""Tracks over the ground, and bodies that follow them: wheels roll as far as the vehicle drives, feet as it walks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from abound.pixels.cityscapes import label_id
from abound.render.line import Line
from abound.render.models.model import Model
from abound.render.world import Body

Array = np.ndarray[Any, Any]


class Track(NamedTuple):
    """Where something is in every frame, float64 (frames,) each."""

    x: Array
    y: Array
    z: Array
    yaw: Array
    travelled: Array  # metres, from any zero
    speed: Array
    steer: Array  # radians of the front wheels, to the left


def along(line: Line, s: Array, speed: Array, d: Any = 0.0, back: bool = False, z: float = 0.0) -> Track:
    """Along a line at s (frames,), `d` metres to its left (or an array), forwards or against it."""
    x, y, heading = line.at(s, d)
    yaw = heading + np.pi if back else heading
    inside = (s > line.bend) & (s < line.bend + line.length)
    steer = np.where(inside, np.arctan(2.7 * line.curvature) * (-1 if back else 1), 0.0)
    return Track(x, y, np.full(len(s), z), yaw, -s if back else s.copy(), speed, steer)


def crossing(x: Array, y: Array, z: Any, yaw: float, travelled: Array, speed: Array) -> Track:
    """Straight over the ground with one heading."""
    n = len(x)
    return Track(
        x, y, np.broadcast_to(np.asarray(z, float), n).copy(), np.full(n, yaw), travelled, speed, np.zeros(n)
    )


def poses(track: Track) -> Array:
    """World-from-object matrices, float64 (frames, 4, 4)."""
    n = len(track.x)
    out = np.tile(np.eye(4), (n, 1, 1))
    c, s = np.cos(track.yaw), np.sin(track.yaw)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = c, -s, s, c
    out[:, 0, 3], out[:, 1, 3], out[:, 2, 3] = track.x, track.y, track.z
    return out


def vehicle_bodies(model: Model, track: Track, instance: int, lamps: Mapping[str, Array], kind: str) -> list[Body]:
    """One body a part, all of one instance; wheels spin and steer."""
    base = poses(track)
    out = []
    for part in model.parts:
        local = np.tile(np.eye(4), (len(base), 1, 1))
        local[:, :3, 3] = part.pivot
        if part.radius > 0:
            spin = track.travelled / part.radius
            turn = _about_y(spin)
            if part.role == "front_wheel":
                turn = _about_z(track.steer) @ turn
            local[:, :3, :3] = turn
        out.append(Body(part.mesh, base @ local, label_id(model.semantic), instance, kind, None, lamps))
    return out


def parked_bodies(model: Model, pose: Array, instance: int, kind: str) -> list[Body]:
    """A vehicle that never moves."""
    out = []
    for part in model.parts:
        local = np.eye(4)
        local[:3, 3] = part.pivot
        out.append(Body(part.mesh, pose @ local, label_id(model.semantic), instance, kind))
    return out


def _about_y(angle: Array) -> Array:
    """Rolling forwards (+x) turns the top of a wheel towards +x."""
    out = np.tile(np.eye(3), (len(angle), 1, 1))
    c, s = np.cos(angle), np.sin(angle)
    out[:, 0, 0], out[:, 0, 2], out[:, 2, 0], out[:, 2, 2] = c, s, -s, c
    return out


def _about_z(angle: Array) -> Array:
    out = np.tile(np.eye(3), (len(angle), 1, 1))
    c, s = np.cos(angle), np.sin(angle)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = c, -s, s, c
    return out
