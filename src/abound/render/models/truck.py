"""Lorries: a box truck, an articulated lorry, a tipper and a flatbed with a load."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, cylinder, join, mirrored, moved, plate
from abound.render.models.cab import cab
from abound.render.models.dressing import both, number_plate
from abound.render.models.finish import (
    BRAKE,
    DARK,
    IRON,
    SEAL,
    SEAM,
    STEEL,
    TAIL,
    TRIM,
    TURN,
    colour,
    dull,
    paint,
    picture,
    written,
)  # fmt: skip
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, cut, rounded
from abound.render.models.wheel import axle, wheel

Array = np.ndarray[Any, Any]
TYRE = 0.50
HUB = Material((0.34, 0.35, 0.36), 0.45, metallic=0.6)
FRAME = dull((0.045, 0.045, 0.048))
COMMON = {"white": 5, "blue": 3, "red": 3, "grey": 1, "yellow": 1, "green": 1, "orange": 1}
SIZES: dict[str, Size] = {
    "truck": (8.6, 2.80, 3.45), "semi_truck": (16.2, 2.80, 3.95), "tipper": (7.8, 2.80, 3.10), "flatbed": (8.6,
    2.80, 2.95),
}  # fmt: skip


def tail_lights(x: float, wide: float, z: float, texts: dict[str, Any]) -> list[Mesh]:
    """A crossbar with lamps in three colours and the number plate, facing astern at x."""
    bar = box((0.08, wide * 0.94, 0.16), FRAME, (x + 0.04, 0, z))
    lamps = [
        box((0.03, 0.17, 0.11), lamp, (x - 0.012, y, z))
        for lamp, y in ((TURN, wide * 0.41), (BRAKE, wide * 0.34), (TAIL, wide * 0.27))
    ]
    return [bar, both(join(lamps)), moved(number_plate(texts, rear=True), x - 0.02, 0, z)]


def lettered(text: Any, long: float, high: float, rgb: Colour, ink: Colour) -> tuple[Mesh, Mesh]:
    """A sheet with the text for the left side and one for the right, about the origin."""
    per_metre = 512 / max(long, 2.0)
    image = picture(text, round(long * per_metre), max(16, round(high * per_metre)), ink, rgb, margin=0.14)
    sheet = plate(long, high, Material(rgb, 0.5, contrast=0.4, image=image))
    return moved(sheet, yaw=np.pi / 2), moved(sheet, yaw=-np.pi / 2)


def load_box(x0: float, x1: float, wide: float, z0: float, z1: float, rgb: Colour, text: Any, low: bool) -> Mesh:
    """A box body with aluminium corners, text on both sides, doors with bars behind; x0 is its front."""
    long, high, middle, z = x0 - x1, z1 - z0, (x0 + x1) / 2, (z0 + z1) / 2
    out = [box((long, wide - 0.03, high), dull(rgb, 0.5), (middle, 0, z))]
    edge = 0.07
    for x in (x0 - edge / 2, x1 + edge / 2):
        out.append(both(box((edge, edge, high + 0.02), STEEL, (x, wide / 2 - edge / 2, z))))
        out += [box((edge, wide, edge), STEEL, (x, 0, h)) for h in (z0 + edge / 2, z1 - edge / 2)]
    for h in (z0 + edge / 2, z1 - edge / 2):
        out.append(both(box((long, edge, edge), STEEL, (middle, wide / 2 - edge / 2, h))))
    if written(text):
        ink = (0.78, 0.78, 0.76) if sum(rgb) < 0.9 else (0.03, 0.05, 0.22)
        wide_text, high_text = long - 0.30, high - 0.30
        left, right = lettered(text, wide_text, high_text, rgb, ink)
        out += [moved(left, middle, wide / 2 - 0.011, z), moved(right, middle, -wide / 2 + 0.011, z)]
    out.append(box((0.02, 0.014, high - 0.1), SEAM, (x1 - 0.004, 0, z)))
    if not low:
        for y in (0.18, 0.62):
            out.append(both(moved(cylinder(0.02, high - 0.15, STEEL, "z", 6), x1 - 0.035, y * wide / 2 + 0.1, z)))
            out.append(both(box((0.05, 0.10, 0.04), FRAME, (x1 - 0.03, y * wide / 2 + 0.1, z0 + 0.6))))
        out += [
            both(box((0.04, 0.08, 0.08), TRIM, (x1 - 0.012, wide / 2 - 0.08, h)))
            for h in np.linspace(z0 + 0.3, z1 - 0.3, 4)
        ]
    marks = [box((0.05, 0.02, 0.05), TURN, (x, wide / 2, z0 + 0.03)) for x in np.linspace(x0 - 0.4, x1 + 0.4, 3)]
    return join([*out, both(join(marks))])


def chassis(
    x0: float, x1: float, wide: float, axles: tuple[float, ...], tyre: float, tank: tuple[float, float] | None
) -> Mesh:
    """Frame rails, axles, a tank and mudguards, side guards."""
    z = tyre + 0.38
    out = [both(box((x0 - x1, 0.10, 0.24), FRAME, ((x0 + x1) / 2, 0.42, z - 0.10)))]
    for x in axles:
        out.append(moved(cylinder(0.09, wide * 0.8, FRAME, "y", 8), x, 0, tyre))
        out.append(box((0.9, wide * 0.45, 0.35), DARK, (x, 0, tyre + 0.1)))
    if tank:
        body = moved(
            cylinder(0.30, tank[0] - tank[1], STEEL, "x", 14), (tank[0] + tank[1]) / 2, wide / 2 - 0.36, tyre + 0.12
        )
        out += [body, mirrored(body)]
        for x in (tank[0] - 0.2, tank[1] + 0.2):
            out.append(both(box((0.05, 0.62, 0.62), FRAME, (x, wide / 2 - 0.36, tyre + 0.12))))
    return join(out)


def mudguard(x: float, wide: float, tyre: float) -> Mesh:
    """A curved guard over a pair of wheels on both sides, with a flap behind."""
    angle = np.linspace(0.15 * np.pi, 0.95 * np.pi, 7)
    r = tyre + 0.07
    outer = [(r * np.cos(a), r * np.sin(a)) for a in angle]
    inner = [((r - 0.02) * np.cos(a), (r - 0.02) * np.sin(a)) for a in angle[::-1]]
    arc = moved(cut([*outer, *inner], wide / 2 - 0.6, wide / 2, TRIM), x, 0, tyre)
    flap = box((0.02, 0.52, tyre), TRIM, (x - r - 0.02, wide / 2 - 0.32, tyre * 0.8))
    return both(join([arc, flap]))


def guards(x0: float, x1: float, wide: float, tyre: float) -> Mesh:
    """Two rails along each side between the axles."""
    rails = [
        beam((x0, wide / 2 - 0.05, z), (x1, wide / 2 - 0.05, z), 0.03, 0.12, STEEL) for z in (tyre, tyre + 0.3)
    ]
    posts = [
        beam((x, wide / 2 - 0.09, tyre - 0.05), (x, wide / 2 - 0.09, tyre + 0.5), 0.05, 0.05, FRAME)
        for x in (x0 - 0.2, x1 + 0.2)
    ]
    return both(join([*rails, *posts]))


def truck(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A lorry of one of the kinds in SIZES; texts["side"] is on the box, texts["plate"] in front and behind."""
    rgb = colour(asked, rng, COMMON)
    builders = {"truck": _box_truck, "semi_truck": _semi, "tipper": _tipper, "flatbed": _flatbed}
    parts, points = builders[kind](rgb, size, texts, low, rng)
    return fitted(Model(tuple(parts), size, kind, "truck", points), size)


def _head(x: float, wide: float, z: float) -> dict[str, Array]:
    at = np.array([x, wide * 0.38, z])
    return {"head_left": at, "head_right": at * [1, -1, 1]}


def _wheels(xs: tuple[float, ...], wide: float, low: bool, tyre: float = TYRE) -> list[Part]:
    """Steered single wheels on the first axle, twins on the others."""
    one = wheel(tyre, 0.30, "truck", low, rim=0.56, metal=HUB)
    out = []
    for k, x in enumerate(xs):
        out += axle(
            x, wide / 2 - (0.17 if k == 0 else 0.31), tyre, one, front=k == 0, double=0.0 if k == 0 else 0.58
        )
    return out


def _rigid(
    rgb: Colour, size: Size, texts: dict[str, Any], low: bool, cab_top: float
) -> tuple[list[Mesh], list[Part], float]:
    """Cab, chassis and wheels of a lorry with two or three axles."""
    long, wide = size[0], size[1] - 0.30
    cab_long = 2.0
    x_cab = long / 2 - cab_long / 2
    front = long / 2 - 1.32
    rear = (-long / 2 + 1.75,) if long < 9.2 else (-long / 2 + 2.6, -long / 2 + 1.3)
    face, _ = cab(cab_long, wide, cab_top, rgb, texts, low, front - x_cab, TYRE)
    pieces = [
        moved(face, x_cab), chassis(front, -long / 2 + 0.1, wide, (front, *rear), TYRE, (front - 1.0, front - 2.0)),
        *tail_lights(-long / 2, wide, TYRE + 0.14, texts),
    ]  # fmt: skip
    if not low:
        pieces += [mudguard(x, wide, TYRE) for x in rear]
        pieces.append(guards(front - 2.15, rear[0] + 0.75, wide, TYRE))
    return pieces, _wheels((front, *rear), wide, low), wide


def _box_truck(
    rgb: Colour, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], dict[str, Array]]:
    top = 2.72
    pieces, turning, wide = _rigid(rgb, size, texts, low, top)
    x0 = size[0] / 2 - 2.12
    white = (0.74, 0.74, 0.72) if rng.random() < 0.6 else rgb
    pieces.append(
        load_box(x0, -size[0] / 2 + 0.04, wide + 0.06, TYRE + 0.52, size[2], white, texts.get("side"), low)
    )
    wedge = cut(
        [(0.0, 0.0), (-1.25, 0.0), (-1.25, size[2] - top - 0.05), (-0.95, size[2] - top - 0.05)],
        -wide * 0.40,
        wide * 0.40,
        paint(rgb),
    )
    pieces.append(moved(wedge, size[0] / 2 - 0.55, 0, top))
    return [Part(join(pieces), np.zeros(3)), *turning], _head(size[0] / 2, wide, 0.7)


def _semi(
    rgb: Colour, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], dict[str, Array]]:
    long, wide, high = size[0], size[1] - 0.30, size[2]
    x_cab, cab_long, top = long / 2 - 1.15, 2.3, 3.35
    front, drive = long / 2 - 1.40, long / 2 - 5.1
    face, _ = cab(cab_long, wide, top, rgb, texts, low, front - x_cab, TYRE)
    sail = cut(
        [(0.0, 0.0), (-1.5, 0.0), (-1.5, high - top - 0.1), (-1.0, high - top - 0.1)],
        -wide * 0.44,
        wide * 0.44,
        paint(rgb),
    )
    tractor = [
        moved(face, x_cab), moved(sail, long / 2 - 0.55, 0, top - 0.03),
        chassis(front, drive - 0.9, wide, (front, drive), TYRE, (front - 1.1, front - 2.4)),
        both(box((0.9, 0.03, 1.9), paint(rgb), (long / 2 - 2.72, wide / 2 - 0.06, 2.0))), mudguard(drive, wide,
            TYRE),
    ]  # fmt: skip
    pin = drive + 0.35
    nose, tail = long / 2 - 3.0, -long / 2
    triple = tuple(tail + t for t in (4.5, 3.2, 1.9))
    white = (0.74, 0.74, 0.72) if rng.random() < 0.4 else colour(None, rng, COMMON)
    bed = [
        load_box(nose, tail + 0.05, wide + 0.06, TYRE + 0.68, high, white, texts.get("side"), low),
        both(box((nose - tail - 0.4, 0.12, 0.30), FRAME, ((nose + tail) / 2, 0.5, TYRE + 0.52))),
        *[box((0.9, wide * 0.45, 0.35), DARK, (x, 0, TYRE + 0.1)) for x in triple],
        *tail_lights(tail, wide, TYRE + 0.10, texts), guards(drive - 1.6, triple[0] + 0.8, wide, TYRE + 0.05),
        both(box((0.12, 0.12, 1.0), FRAME, (drive - 1.8, 0.6, TYRE + 0.18))),
    ]  # fmt: skip
    trailer = join(bed)
    pivot = np.array([pin, 0.0, 0.0])
    parts = [Part(join(tractor), np.zeros(3)), Part(moved(trailer, -pin), pivot, "trailer")]
    one = wheel(TYRE, 0.38, "truck", low, rim=0.56, metal=HUB)
    for x in triple:
        parts += axle(x, wide / 2 - 0.2, TYRE, one)
    return [*parts, *_wheels((front, drive), wide, low)], _head(long / 2, wide, 0.7)


def _tipper(
    rgb: Colour, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], dict[str, Array]]:
    pieces, turning, wide = _rigid(rgb, size, texts, low, 2.80)
    x0, x1, z0, z1 = size[0] / 2 - 2.25, -size[0] / 2 + 0.02, TYRE + 0.55, 2.45
    tub_paint = dull((0.55, 0.20, 0.02)) if rng.random() < 0.5 else dull((0.22, 0.23, 0.24))
    wall, half = 0.07, wide / 2
    pieces += [
        both(box((x0 - x1, wall, z1 - z0), tub_paint, ((x0 + x1) / 2, half - wall / 2, (z0 + z1) / 2))),
        box((wall, wide, z1 - z0 + 0.25), tub_paint, (x0, 0, (z0 + z1) / 2 + 0.125)),
        box((wall, wide - 0.02, z1 - z0 - 0.1), tub_paint, (x1 + 0.05, 0, (z0 + z1) / 2 - 0.05)),
        box((x0 - x1, wide - 0.02, 0.08), tub_paint, ((x0 + x1) / 2, 0, z0)),
        cut([(x0, z1 + 0.17), (x0 + 0.95, z1 + 0.30), (x0 + 0.95, z1 + 0.36), (x0, z1 + 0.25)], -half, half,
            tub_paint),
    ]  # fmt: skip
    ribs = np.linspace(x0 - 0.35, x1 + 0.35, 4 if low else 7)
    pieces += [both(box((0.10, 0.07, z1 - z0), tub_paint, (x, half + 0.02, (z0 + z1) / 2))) for x in ribs]
    pieces.append(both(box((x0 - x1, 0.10, 0.10), tub_paint, ((x0 + x1) / 2, half + 0.01, z1 - 0.03))))
    soil = Material((0.16, 0.10, 0.06), 0.95, pattern="soil", second=(0.25, 0.2, 0.15))
    heap = rounded((x0 - x1 - 0.3, wide - 0.2, 1.0), 0.49, soil, ((x0 + x1) / 2, 0, z1 - 0.42), 3)
    return [Part(join([*pieces, heap]), np.zeros(3)), *turning], _head(size[0] / 2, wide, 0.7)


def _flatbed(
    rgb: Colour, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], dict[str, Array]]:
    pieces, turning, wide = _rigid(rgb, size, texts, low, 2.86)
    x0, x1, z0 = size[0] / 2 - 2.2, -size[0] / 2 + 0.02, TYRE + 0.58
    wood = Material((0.33, 0.20, 0.10), 0.8, pattern="wood", second=(0.16, 0.09, 0.045))
    long, middle = x0 - x1, (x0 + x1) / 2
    pieces += [box((long, wide, 0.10), wood, (middle, 0, z0)), box((0.06, wide, 1.3), STEEL, (x0, 0, z0 + 0.6))]
    board = box((long / 3 - 0.05, 0.04, 0.4), STEEL, (0, wide / 2, z0 + 0.22))
    pieces += [both(moved(board, x0 - long * (k + 0.5) / 3)) for k in range(3)]
    pieces.append(box((0.04, wide, 0.4), STEEL, (x1, 0, z0 + 0.22)))
    bale = [(0.55, 0.38, 0.16), (0.30, 0.31, 0.32), (0.24, 0.06, 0.03)]
    rows = int(long // 1.35)
    for k in range(rows):
        tint, high = bale[int(rng.integers(3))], float(rng.uniform(0.6, 1.15))
        crate = Material(tint, 0.85, pattern="wood", second=(tint[0] / 2, tint[1] / 2, tint[2] / 2))
        pieces.append(
            both(box((1.15, wide / 2 - 0.16, high), crate, (x0 - 0.75 - k * 1.32, wide / 4, z0 + 0.05 + high / 2)))
        )
    pieces.append(box((0.03, wide * 0.3, 0.03), SEAL, (x0 + 0.02, 0, z0 + 1.2)))
    return [Part(join([*pieces, box((0.4, 0.3, 0.1), IRON, (middle, 0, z0 - 0.2))]), np.zeros(3)), *turning], _head(
        size[0] / 2, wide, 0.7
    )
