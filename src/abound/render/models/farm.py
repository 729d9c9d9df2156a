"""Farm vehicles: a tractor with cab."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Mesh, box, cylinder, join, mirrored, moved
from abound.render.models.construction import beacon, glass_cab, lugged_wheel
from abound.render.models.dressing import GRILLE, both, number_plate
from abound.render.models.finish import (
    CHROME,
    HEAD,
    IRON,
    MIRROR,
    SEAL,
    STEEL,
    TAIL,
    TRIM,
    TURN,
    colour,
    dull,
    paint,
)
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.motorcycle import loaf
from abound.render.models.solid import beam, cut, pipe
from abound.render.models.wheel import axle

Array = np.ndarray[Any, Any]
COMMON = {"green": 4, "red": 3, "blue": 3, "orange": 1}
RIMS = {"green": (0.75, 0.55, 0.02), "other": (0.62, 0.62, 0.60)}
SIZES: dict[str, Size] = {"tractor": (4.5, 2.40, 3.00)}


def tractor(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A tractor: large lugged wheels behind, bonnet, glass cab, exhaust, linkage."""
    rgb = colour(asked, rng, COMMON)
    green = rgb[1] > rgb[0] and rgb[1] > rgb[2]
    rim = dull(RIMS["green" if green else "other"], 0.4)
    varnish, big, small = paint(rgb, 0.6), 0.86, 0.60
    rear, front = -1.05, 1.45
    n = 10 if low else 16
    out = [
        loaf([(-0.15, 1.28, 0.92, 0.72, 4), (0.6, 1.24, 0.88, 0.70, 4), (1.3, 1.18, 0.80, 0.64, 4), (1.75, 1.12,
            0.70, 0.56, 4), (1.95, 1.08, 0.56, 0.44, 3.5)], varnish, n),
        box((2.7, 0.50, 0.50), IRON, (0.5, 0, 0.78)), box((0.35, 0.55, 0.42), TRIM, (2.05, 0, 0.72)), box((1.1,
            0.9, 0.6), IRON, (-0.95, 0, 0.95)),
        box((0.03, 0.46, 0.30), GRILLE, (1.95, 0, 1.06)), both(box((0.05, 0.16, 0.11), HEAD, (1.92, 0.20, 1.24))),
        glass_cab(0.0, -1.45, 1.42, 1.30, 2.78, varnish, 0.10, 0.08), box((1.5, 1.30, 0.45), TRIM, (-0.75, 0,
            1.18)),
        moved(cylinder(0.055, 1.15, CHROME, "z", 8), 0.35, -0.55, 1.95), moved(cylinder(0.09, 0.5, IRON, "z", 10),
            0.35, -0.55, 1.75),
        moved(cylinder(0.10, 1.5, IRON, "y", 8), front, 0, small), moved(cylinder(0.16, 1.4, IRON, "y", 10), rear,
            0, big), beacon(-1.2, -0.5, 2.86),
        both(box((0.40, 0.25, 0.05), TRIM, (-0.25, 0.82, 0.62))), both(box((0.30, 0.25, 0.05), TRIM, (-0.25, 0.82,
            0.92))), box((0.7, 0.35, 0.5), TRIM, (-0.15, 0.5, 0.85)),
    ]  # fmt: skip
    angle = np.linspace(0.10, 0.82, 5 if low else 9) * np.pi
    arc = [((big + 0.10) * np.cos(a), (big + 0.10) * np.sin(a)) for a in angle]
    inner = [((big + 0.06) * np.cos(a), (big + 0.06) * np.sin(a)) for a in angle[::-1]]
    wing = moved(cut([*arc, *inner], 0.66, 1.14, varnish), rear, 0, big)
    out += [wing, mirrored(wing)]
    small_arc = [((small + 0.07) * np.cos(a), (small + 0.07) * np.sin(a)) for a in angle + 0.2]
    small_in = [((small + 0.04) * np.cos(a), (small + 0.04) * np.sin(a)) for a in (angle + 0.2)[::-1]]
    guard = moved(cut([*small_arc, *small_in], 0.68, 1.05, TRIM), front, 0, small)
    out += [guard, mirrored(guard), *_behind(rear, texts)]
    if not low:
        out += [both(box((0.9, 0.015, 0.03), SEAL, (0.9, 0.425, z))) for z in np.linspace(1.1, 1.35, 5)]
        side = join(
            [
                pipe([[0.0, 0.70, 2.5], [0.12, 1.05, 2.5], [0.12, 1.05, 2.2]], 0.015, SEAL, 5),
                box((0.03, 0.22, 0.34), SEAL, (0.12, 1.05, 2.1)),
                box((0.005, 0.18, 0.30), MIRROR, (0.102, 1.05, 2.1)),
            ]
        )
        out += [side, mirrored(side)]
    parts = [
        Part(join(out), np.zeros(3)), *axle(front, 0.84, small, lugged_wheel(small, 0.40, rim, low, 0.56, 18),
            front=True),
        *axle(rear, 0.90, big, lugged_wheel(big, 0.54, rim, low, 0.55, 22)),
    ]  # fmt: skip
    lamp = np.array([1.95, 0.20, 1.24])
    points = {
        "head_left": lamp,
        "head_right": lamp * [1, -1, 1],
        "beacon": np.array([-1.2, -0.5, 3.0]),
        "hitch": np.array([-1.95, 0, 0.6]),
    }
    return fitted(Model(tuple(parts), size, kind, "truck", points), size)


def _behind(rear: float, texts: dict[str, Any]) -> list[Mesh]:
    """Three-point linkage, lamps on the wings, number plate."""
    out = [
        both(beam((rear - 0.3, 0.35, 0.75), (rear - 0.95, 0.42, 0.55), 0.06, 0.08, STEEL)),
        beam((rear - 0.3, 0, 1.2), (rear - 0.9, 0, 0.95), 0.05, 0.05, STEEL),
    ]
    out.append(beam((rear - 0.95, -0.42, 0.55), (rear - 0.95, 0.42, 0.55), 0.05, 0.05, IRON))
    x = rear - 0.62
    for y, lamp in ((1.02, TURN), (0.86, TAIL)):
        out.append(both(box((0.08, 0.13, 0.13), lamp, (x, y, 1.62))))
    out.append(moved(number_plate(texts, rear=True), rear - 0.5, 0, 1.5))
    return out
