"""A motor scooter: leg shield, foot board, covered engine behind."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Material, Mesh, cylinder, ellipsoid, join, mirrored, moved
from abound.render.models.finish import HEAD, IRON, MIRROR, SEAL, STEEL, TRIM, TURN, colour, paint
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.motorcycle import COMMON, both_sides, guard, loaf, road_wheel, stern
from abound.render.models.solid import cut, pipe, rounded

Array = np.ndarray[Any, Any]
SIZES: dict[str, Size] = {"scooter": (1.86, 0.72, 1.14)}
SHIELD = ((0.40, 0.66, 0.40, 0.56, 3), (0.47, 0.68, 0.36, 0.54, 3), (0.55, 0.70, 0.20, 0.42, 2.4),
          (0.58, 0.70, 0.08, 0.26, 2.2))  # fmt: skip
STERN = ((-0.92, 0.66, 0.10, 0.10, 2.4), (-0.84, 0.62, 0.28, 0.24, 2.6), (-0.6, 0.56, 0.38, 0.34, 2.6),
         (-0.34, 0.52, 0.36, 0.42, 2.8), (-0.20, 0.48, 0.26, 0.40, 3))  # fmt: skip
SEAT = (
    (-0.90, 0.80, 0.14, 0.06, 3),
    (-0.6, 0.79, 0.28, 0.11, 3),
    (-0.36, 0.76, 0.28, 0.11, 3),
    (-0.16, 0.74, 0.16, 0.08, 3),
)
LEGS = ((0.28, 0.28), (0.34, 0.26), (0.47, 0.62), (0.48, 0.92), (0.43, 0.95), (0.42, 0.62))


def scooter(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A motor scooter without rider; points "saddle", "grip_left", "foot_left" and so on are for one."""
    varnish = paint(colour(asked, rng, COMMON))
    front, rear, r, n, k = 0.62, -0.64, 0.23, 6 if low else 12, 4 if low else 6
    axle, top = np.array([front, 0, r]), np.array([0.40, 0, 0.94])
    out = [cut(LEGS, -0.20, 0.20, varnish), loaf(SHIELD, varnish, n), loaf(STERN, varnish, n), loaf(SEAT, SEAL, n)]
    for sign in (1, -1):
        leg = [axle + np.array([0, 0.07 * sign, 0]), axle + np.array([-0.06, 0.05 * sign, 0.24]), top]
        out.append(pipe(leg, 0.024, TRIM, k))
    out += [
        rounded((0.50, 0.34, 0.07), 0.03, TRIM, (0.06, 0, 0.27), 1),
        rounded((0.44, 0.33, 0.05), 0.02, varnish, (0.06, 0, 0.225), 1),
        guard(axle, r + 0.03, 0.15, 0.95, 0.07, varnish),
        moved(cylinder(0.08, 0.30, IRON, "y", n), -0.48, 0, 0.26),
        pipe([[-0.38, -0.14, 0.22], [-0.56, -0.17, 0.26], [-0.86, -0.18, 0.34]], [0.03, 0.055, 0.05], STEEL, n),
        pipe([[-0.60, 0.13, 0.50], [-0.64, 0.12, r]], 0.025, STEEL, k),
        *_handlebar(top, varnish, n, k),
        *stern(np.array([-0.90, 0, 0.66]), texts),
    ]
    tyre = road_wheel(r, 0.11, low)
    parts = (
        Part(join(out), np.zeros(3)), Part(tyre, axle, "front_wheel", r), Part(tyre, np.array([rear, 0, r]),
            "wheel", r),
    )  # fmt: skip
    points = {
        "saddle": np.array([-0.40, 0, 0.82]), "grip_left": np.array([0.31, 0.30, 1.02]),
        "foot_left": np.array([0.10, 0.12, 0.31]), "head": top + np.array([0.12, 0, 0.06]),
    }  # fmt: skip
    return fitted(Model(parts, size, kind, "motorcycle", both_sides(points)), size)


def _handlebar(top: Array, varnish: Material, n: int, k: int) -> list[Mesh]:
    """Covered bar with the head lamp, grips, mirrors and indicators."""
    x, z = top[0], top[2]
    head = rounded((0.16, 0.30, 0.15), 0.06, varnish, top + np.array([0.02, 0, 0.06]), 1 if n < 8 else 2)
    lamp = ellipsoid((0.05, 0.17, 0.11), HEAD, top + np.array([0.10, 0, 0.06]), n)
    half = join(
        [
            pipe(
                [[x - 0.02, 0, z + 0.07], [x - 0.04, 0.16, z + 0.09], [x - 0.12, 0.34, z + 0.08]], 0.014, STEEL, k
            ),
            pipe([[x - 0.07, 0.23, z + 0.085], [x - 0.12, 0.35, z + 0.08]], 0.019, SEAL, k),
            pipe([[x - 0.03, 0.2, z + 0.09], [x + 0.02, 0.27, z + 0.22]], 0.006, SEAL, 3),
            ellipsoid((0.03, 0.12, 0.09), SEAL, (x + 0.02, 0.28, z + 0.25), k),
            ellipsoid((0.008, 0.10, 0.07), MIRROR, (x + 0.003, 0.28, z + 0.25), k),
            ellipsoid((0.05, 0.08, 0.06), TURN, (0.52, 0.15, 0.80), k),
        ]
    )
    return [head, lamp, half, mirrored(half)]
