"""Motorcycles: a naked road bike, and a tourer with fairing and cases."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Material, Mesh, box, cylinder, ellipsoid, grid, join, mirrored, moved
from abound.render.models.dressing import number_plate
from abound.render.models.finish import (
    ALLOY,
    BRAKE,
    CHROME,
    DARK,
    GLASS,
    HEAD,
    IRON,
    MIRROR,
    RUBBER,
    SEAL,
    STEEL,
    TAIL,
    TREAD,
    TRIM,
    TURN,
    colour,
    paint,
)  # fmt: skip
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, cut, lathe, pipe, rounded, tidy

Array = np.ndarray[Any, Any]
COMMON = {"black": 4, "red": 3, "blue": 2, "green": 1, "white": 2, "silver": 1, "orange": 1, "yellow": 1}
SIZES: dict[str, Size] = {"motorcycle": (2.12, 0.82, 1.16), "tourer": (2.22, 0.92, 1.38)}


TANK = ((-0.16, 0.80, 0.16, 0.12, 3), (0.0, 0.86, 0.26, 0.22, 2.6), (0.14, 0.88, 0.32, 0.26, 2.6),
        (0.28, 0.87, 0.30, 0.24, 2.6), (0.36, 0.86, 0.18, 0.16, 2.6))  # fmt: skip
SEAT = (
    (-0.74, 0.86, 0.14, 0.08, 3),
    (-0.5, 0.85, 0.22, 0.10, 3),
    (-0.3, 0.80, 0.27, 0.10, 3),
    (-0.08, 0.80, 0.20, 0.12, 3),
)
COWL = ((-0.82, 0.86, 0.06, 0.06, 2.4), (-0.66, 0.80, 0.17, 0.13, 2.6), (-0.38, 0.72, 0.23, 0.15, 2.6),
        (-0.2, 0.72, 0.20, 0.12, 2.6))  # fmt: skip
FAIRING = ((0.26, 0.92, 0.46, 0.30, 3), (0.44, 0.90, 0.50, 0.36, 3), (0.58, 0.86, 0.40, 0.30, 2.6),
           (0.68, 0.84, 0.22, 0.16, 2.4))  # fmt: skip
EXHAUST = (
    (0.30, -0.10, 0.52),
    (0.34, -0.13, 0.34),
    (0.16, -0.16, 0.24),
    (-0.28, -0.18, 0.27),
    (-0.42, -0.19, 0.33),
)


def road_wheel(radius: float, width: float, low: bool, spokes: int = 5) -> Mesh:
    """A fat tyre, a cast rim with spokes, a brake disc."""
    n, w, r = (10 if low else 20), width / 2, radius * 0.70
    tyre = tidy(
        join([
            lathe([(r, -w * 0.7), (radius * 0.9, -w)], RUBBER, n), lathe([(radius * 0.9, -w), (radius, 0),
                (radius * 0.9, w)], TREAD, n),
            lathe([(radius * 0.9, w), (r, w * 0.7)], RUBBER, n),
        ])
    )  # fmt: skip
    rim = lathe(
        [(r * 0.90, -w * 0.5), (r, -w * 0.7), (r, w * 0.7), (r * 0.90, w * 0.5), (r * 0.90, -w * 0.5)], SEAL, n
    )
    out = [tyre, rim, cylinder(0.04, width * 0.9, ALLOY, "y", 8)]
    for k in range(spokes):
        a = 2 * np.pi * k / spokes
        out.append(
            beam(
                (0.03 * np.sin(a), 0, 0.03 * np.cos(a)),
                (r * 0.93 * np.sin(a), 0, r * 0.93 * np.cos(a)),
                0.035,
                0.03,
                SEAL,
            )
        )
    for sign in (1,) if low else (1, -1):
        out.append(moved(cylinder(radius * 0.46, 0.006, STEEL, "y", n // 2 + 4), y=sign * (w * 0.75)))
    return join(out)


def loaf(stations: Any, material: Material, detail: int = 12) -> Mesh:
    """A smooth body over rounded sections: rows of (x, z, width, height, squareness 2 round to 6 square)."""
    angle = np.linspace(0, 2 * np.pi, detail, endpoint=False)
    rings = []
    for x, z, wide, high, power in stations:
        c, s = np.cos(angle), np.sin(angle)
        grow = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
        rings.append(np.stack([np.full(detail, x), wide / 2 * c * grow, z + high / 2 * s * grow], -1))
    # Rows run from behind to the front: counter-clockwise in (y, z) is then outside.
    return grid(np.array(rings), material)


def motorcycle(
    kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> Model:
    """A motorcycle without rider; points "saddle", "grip_left", "foot_left" and so on are for one."""
    varnish = paint(colour(asked, rng, COMMON))
    front, rear, r, n, k = 0.72, -0.72, 0.31, 6 if low else 12, 4 if low else 6
    axle, crown = np.array([front, 0, r]), np.array([0.42, 0, 0.92])
    stations = ((TANK, varnish), (SEAT, SEAL), (COWL, varnish))
    out = [
        *fork(axle, crown, k), *(loaf(rows, material, n) for rows, material in stations), *_engine(n, low),
        *_frame(rear, r, k, low), guard(axle, r + 0.025, 0.30, 0.85, 0.075, varnish),
        guard(np.array([rear, 0, r]), r + 0.05, 0.60, 1.02, 0.08, TRIM), *_cockpit(crown, n, k),
        *stern(np.array([-0.84, 0, 0.80]), texts), *(_touring(varnish, n) if kind == "tourer" else []),
    ]  # fmt: skip
    tyre = road_wheel(r, 0.13, low)
    fat = tyre._replace(vertices=tyre.vertices * [1, 1.35, 1])
    parts = (
        Part(join(out), np.zeros(3)), Part(tyre, axle, "front_wheel", r), Part(fat, np.array([rear, 0, r]),
            "wheel", r),
    )  # fmt: skip
    points = {
        "saddle": np.array([-0.28, 0, 0.86]), "grip_left": np.array([0.26, 0.34, 1.02]),
        "foot_left": np.array([-0.16, 0.20, 0.36]), "head": np.array([0.60, 0, 0.86]),
    }  # fmt: skip
    return fitted(Model(parts, size, kind, "motorcycle", both_sides(points)), size)


def both_sides(points: dict[str, Array]) -> dict[str, Array]:
    """Adds the right hand's and foot's places to the left ones."""
    flip = np.array([1.0, -1.0, 1.0])
    right = {name.replace("left", "right"): at * flip for name, at in points.items() if name.endswith("left")}
    return {**points, **right}


def fork(axle: Array, crown: Array, k: int) -> list[Mesh]:
    """Two telescopic legs and the yokes that hold them."""
    out = []
    for y in (0.10, -0.10):
        side = np.array([0, y, 0])
        knee, overlap = axle + (crown - axle) * 0.5, axle + (crown - axle) * 0.45
        out += [pipe([axle + side, knee + side], 0.028, TRIM, k)]
        out += [pipe([overlap + side, crown + side], 0.021, CHROME, k)]
    yoke = (0.07, 0.26, 0.04)
    return [*out, box(yoke, IRON, crown), box(yoke, IRON, crown - np.array([-0.06, 0, 0.16]))]


def _engine(n: int, low: bool) -> list[Mesh]:
    """Block, finned cylinders, covers, radiator, exhaust."""
    out = [
        rounded((0.42, 0.30, 0.24), 0.07, IRON, (0.04, 0, 0.40), 1),
        rounded((0.24, 0.32, 0.28), 0.04, STEEL, (0.14, 0, 0.60), 1),
        moved(cylinder(0.11, 0.36, IRON, "y", n), 0.16, 0, 0.38),
        moved(cylinder(0.09, 0.37, STEEL, "y", n), -0.06, 0, 0.40),
        box((0.05, 0.34, 0.30), DARK, (0.31, 0, 0.58)),
        pipe(EXHAUST, 0.024, CHROME, 4 if low else 7),
        pipe([[-0.40, -0.19, 0.32], [-0.52, -0.20, 0.37], [-0.84, -0.21, 0.48]], [0.03, 0.055, 0.05], STEEL, n),
    ]
    fins = 0 if low else 6
    return out + [box((0.25, 0.335, 0.012), IRON, (0.14, 0, z)) for z in np.linspace(0.50, 0.70, fins)]


def _frame(rear: float, r: float, k: int, low: bool) -> list[Mesh]:
    """Cradle, swinging arm, shock absorbers, foot pegs."""
    out = []
    spring = Material((0.5, 0.06, 0.02), 0.4)
    for y in (0.11, -0.11):
        cradle = [
            [0.40, y * 0.5, 0.86], [0.27, y, 0.60], [0.22, y, 0.34], [-0.22, y, 0.30], [-0.28, y, 0.62], [0.36,
            y * 0.4, 0.80],
        ]  # fmt: skip
        out += [pipe(cradle, 0.019, SEAL, 4)] if not low else []
        out.append(pipe([[-0.26, y, 0.38], [rear, y * 1.05, r]], 0.030, SEAL, k))
        out.append(pipe([[-0.36, y, 0.70], [-0.50, y * 1.2, 0.42]], 0.027, spring, k))
        out.append(pipe([[-0.16, y * 1.2, 0.36], [-0.16, y * 2.4, 0.36]], 0.014, SEAL, 4))
    return out


def guard(hub: Array, r: float, a0: float, a1: float, half: float, material: Material) -> Mesh:
    """A mudguard over part of a wheel, angles in shares of pi from ahead over the top."""
    a = np.linspace(a0 * np.pi, a1 * np.pi, 7)
    outer = [(hub[0] + r * np.cos(t), hub[2] + r * np.sin(t)) for t in a]
    inner = [(hub[0] + (r - 0.02) * np.cos(t), hub[2] + (r - 0.02) * np.sin(t)) for t in a[::-1]]
    return cut([*outer, *inner], -half, half, material)


def _cockpit(crown: Array, n: int, k: int) -> list[Mesh]:
    """Handlebars, mirrors, head lamp with indicators, instruments."""
    x, z = crown[0], crown[2]
    out = []
    bar = [
        [x - 0.02, 0, z + 0.05],
        [x - 0.02, 0.14, z + 0.07],
        [x - 0.08, 0.24, z + 0.12],
        [x - 0.18, 0.38, z + 0.10],
    ]
    grip = pipe([[x - 0.10, 0.26, z + 0.115], [x - 0.19, 0.39, z + 0.10]], 0.019, SEAL, k)
    mirror = ellipsoid((0.03, 0.15, 0.09), SEAL, (x - 0.02, 0.30, z + 0.26), k)
    glass = moved(ellipsoid((0.008, 0.12, 0.07), MIRROR, (0, 0, 0), k), x - 0.036, 0.30, z + 0.26)
    stalk = pipe([[x - 0.09, 0.25, z + 0.11], [x - 0.03, 0.29, z + 0.24]], 0.007, SEAL, 4)
    turn = join(
        [
            beam((x + 0.1, 0.08, z - 0.10), (x + 0.1, 0.17, z - 0.10), 0.014, 0.014, SEAL),
            ellipsoid((0.07, 0.05, 0.05), TURN, (x + 0.1, 0.18, z - 0.10), k),
        ]
    )
    half = join([pipe(bar, 0.013, STEEL, k), grip, mirror, glass, stalk, turn])
    out += [half, mirrored(half)]
    lamp = np.array([x + 0.13, 0, z - 0.06])
    out += [
        moved(cylinder(0.10, 0.10, SEAL, "x", n), *(lamp - np.array([0.03, 0, 0]))),
        ellipsoid((0.05, 0.185, 0.185), HEAD, lamp + np.array([0.02, 0, 0]), n),
    ]
    out.append(rounded((0.05, 0.18, 0.10), 0.02, SEAL, (x + 0.05, 0, z + 0.10), 1))
    return out


def stern(at: Array, texts: dict[str, Any]) -> list[Mesh]:
    """Tail lamp, indicators and number plate on a bracket."""
    x, z = at[0], at[2]
    small = number_plate(texts, rear=True)
    plate = moved(small, x - 0.045, 0, z - 0.20, scale=(1, 0.45, 1.1))
    out = [
        rounded((0.06, 0.16, 0.06), 0.02, TAIL, (x, 0, z + 0.05), 1),
        box((0.02, 0.10, 0.03), BRAKE, (x - 0.026, 0, z + 0.05)),
        plate,
    ]
    out.append(beam((x + 0.10, 0, z), (x - 0.03, 0, z - 0.14), 0.14, 0.02, SEAL))
    turn = join(
        [
            beam((x + 0.02, 0.05, z - 0.05), (x + 0.02, 0.14, z - 0.05), 0.012, 0.012, SEAL),
            ellipsoid((0.06, 0.05, 0.045), TURN, (x + 0.02, 0.15, z - 0.05), 6),
        ]
    )
    return [*out, turn, mirrored(turn)]


def _touring(varnish: Material, n: int) -> list[Mesh]:
    """Fairing with a screen, two side cases and a top case."""
    fairing = loaf(
        [
            (0.26, 0.92, 0.46, 0.30, 3),
            (0.44, 0.90, 0.50, 0.36, 3),
            (0.58, 0.86, 0.40, 0.30, 2.6),
            (0.68, 0.84, 0.22, 0.16, 2.4),
        ],
        varnish,
        n,
    )
    screen = cut(
        [(0.52, 1.02), (0.54, 1.02), (0.38, 1.36), (0.36, 1.36)],
        -0.19,
        0.19,
        GLASS._replace(colour=(0.10, 0.12, 0.13)),
    )
    lens = ellipsoid((0.06, 0.30, 0.11), HEAD, (0.655, 0, 0.86), n)
    case = rounded((0.44, 0.17, 0.34), 0.05, varnish, (-0.62, 0.30, 0.62), 2)
    lid = rounded((0.32, 0.40, 0.28), 0.06, SEAL, (-0.84, 0, 1.06), 2)
    return [fairing, screen, lens, case, mirrored(case), lid, box((0.2, 0.2, 0.06), SEAL, (-0.76, 0, 0.91))]
