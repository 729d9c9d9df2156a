"""Lamps: which lights shine in a frame, and how bright the lamps that one sees are."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.geometry import Geometry
from abound.render.world import World

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
