"""Lamps: which lights shine in a frame, how bright the lamps that one sees are, and how they dazzle the lens."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.geometry import Geometry
from abound.render.rays import Moment
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]


def lamps(world: World, frame: int) -> Array:
    """Lights that are on in a frame, float64 (lights, 12), columns as in `shade_lamps`."""
    from abound.render.shade_lamps import reach

    rows = []
    for light in world.lights:
        strength = 1.0 if light.strength is None else float(light.strength[frame])
        if strength <= 0.0 or max(light.colour) <= 0.0:
            continue
        colour = np.asarray(light.colour, float) * strength
        place = np.asarray(light.position, float)
        row = np.zeros(12)
        row[:3] = place if place.ndim == 1 else place[frame]
        row[3:6] = colour
        row[9:11] = -2.0, -2.0
        if light.direction is not None:
            towards = np.asarray(light.direction, float)
            row[6:9] = towards if towards.ndim == 1 else towards[frame]
            row[9] = np.cos(np.radians(min(light.cone, 179.0)))
            row[10] = np.cos(np.radians(min(light.cone, 179.0) * 2.0 / 3.0))
        row[11] = reach(colour)
        rows.append(row)
    return np.array(rows).reshape(-1, 12)


def emission(shape: Geometry, frame: int) -> Array:
    """Radiance of every material in a frame with its body's switches, float64 (materials, 3)."""
    out = np.array([m.emission for m in shape.materials], np.float64).reshape(-1, 3)
    for i in np.flatnonzero(out.max(axis=1) > 0.0):
        material = shape.materials[i]
        if material.lamp:
            switch = shape.bodies[int(shape.material_body[i])].lamps.get(material.lamp)
            out[i] *= 0.0 if switch is None else float(switch[frame])
    return out


def glare(frame: Array, moment: Moment, camera: Camera, shining: Array, strength: float) -> None:
    """Add what lamps that shine into the lens scatter there, in place: light on the lens over the angle squared.

    The law of Stiles and Holladay (CIE 146:2002) with a share that suits a camera. `frame` is radiance, float32
    (h, w, 3). The glass around a lamp does not hide it: the last 60 cm of the way are not tested.
    """
    from abound.render.shade_lamps import veiled

    if not len(shining):
        return
    pose = camera.pose[moment.frame.number]
    eye = pose[:3, 3].astype(np.float64)
    towards = shining[:, :3] - eye
    far = np.linalg.norm(towards, axis=1)
    before = (towards @ pose[:3, 2] > 1.0) & (far > 2.0)
    seen = np.ascontiguousarray(shining[before])
    if len(seen):
        hidden = moment.occluded(eye, towards[before] / far[before, None], far[before] - 0.6)
        veiled(frame, seen[~hidden], pose, camera.fx, camera.fy, camera.cx, camera.cy, strength)
