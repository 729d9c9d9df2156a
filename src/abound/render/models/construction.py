"""Construction machines: an excavator on tracks, a wheel loader, a road roller."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, cylinder, join, moved, plate
from abound.render.models.dressing import both
from abound.render.models.finish import (
    BEACON,
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
    dull,
    picture,
)  # fmt: skip
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, cut, lathe, pipe, rounded
from abound.render.models.wheel import axle

Array = np.ndarray[Any, Any]
COMMON = {"yellow": 5, "orange": 2}
SIZES: dict[str, Size] = {
    "excavator": (8.6, 2.70, 3.35),
    "wheel_loader": (7.2, 2.55, 3.25),
    "road_roller": (5.2, 2.20, 3.05),
}


def glass_cab(
    x0: float, x1: float, wide: float, z0: float, z1: float, roof: Material, lean: float = 0.12, post: float = 0.07
) -> Mesh:
    """An operator's cab: posts, dark glass all round, a roof with overhang, a beacon; x0 is its front."""
    h = z1 - z0
    half = wide / 2
    top = {x0: x0 - lean, x1: x1 + 0.04}
    out = []
    pane = GLASS._replace(colour=(0.03, 0.036, 0.04))
    glass = cut(
        [(x0 - 0.03, z0), (top[x0] - 0.03, z1 - 0.05), (top[x1] + 0.03, z1 - 0.05), (x1 + 0.03, z0)],
        -half + 0.02,
        half - 0.02,
        pane,
    )
    out.append(glass)
    for x in (x0, x1):
        out.append(both(beam((x, half - post / 2, z0), (top[x], half - post / 2, z1), post, post, TRIM)))
        out.append(beam((x, -half, z0 + 0.03), (x, half, z0 + 0.03), post, post, TRIM))
    middle = (x0 + x1) / 2 - 0.05
    out.append(
        both(beam((middle, half - post / 2, z0), (middle, half - post / 2, z1), post * 0.8, post * 0.7, TRIM))
    )
    out.append(
        both(
            beam((x0, half - post / 2, z0 + h * 0.02), (x1, half - post / 2, z0 + h * 0.02), post, post * 1.5, TRIM)
        )
    )
    out.append(rounded((x0 - x1 + 0.22, wide + 0.10, 0.16), 0.06, roof, ((top[x0] + top[x1]) / 2, 0, z1 + 0.03), 2))
    out.append(both(box((0.07, 0.13, 0.09), HEAD, (top[x0] + 0.10, half * 0.7, z1 + 0.02))))
    return join(out)


def beacon(x: float, y: float, z: float) -> Mesh:
    """An amber flashing lamp on a short stem, its foot at z."""
    lamp = moved(cylinder(0.065, 0.13, BEACON, "z", 10), x, y, z + 0.11)
    return join(
        [
            moved(cylinder(0.045, 0.06, SEAL, "z", 8), x, y, z + 0.02),
            lamp,
            moved(cylinder(0.05, 0.03, BEACON, "z", 10), x, y, z + 0.19),
        ]
    )


def lugged_wheel(
    radius: float, width: float, rim: Material, low: bool, rim_share: float = 0.55, lugs: int = 20
) -> Mesh:
    """A tractor's wheel: thick tyre with slanting lugs, deep coloured rim."""
    n, w, r, core = (12 if low else 22), width / 2, radius * rim_share, radius * 0.94
    out = [
        lathe([(r, -w * 0.85), (core * 0.86, -w), (core, -w * 0.85), (core, w * 0.85), (core * 0.86, w), (r,
            w * 0.85)], RUBBER, n),
        lathe([(r * 1.0, w * 0.85), (r * 0.9, w * 0.8), (r * 0.80, w * 0.15), (r * 0.35, w * 0.2), (r * 0.3,
            w * 0.5), (0.0, w * 0.52)], rim, n),
        lathe([(0.0, -w * 0.4), (r * 0.85, -w * 0.3), (r, -w * 0.85)], rim, n),
    ]  # fmt: skip
    count = 0 if low else lugs
    for k in range(count):
        a = 2 * np.pi * (k + 0.5 * 0) / count
        for side in (1, -1):
            b = a + (np.pi / count if side < 0 else 0.0)
            lag = 0.26
            start = (core * 0.985 * np.sin(b), side * 0.02, core * 0.985 * np.cos(b))
            end = (core * 0.985 * np.sin(b - lag), side * w * 0.98, core * 0.985 * np.cos(b - lag))
            out.append(beam(start, end, 0.07 * radius, radius * 0.115, TREAD))
    if low:
        out.append(lathe([(core, -w * 0.6), (radius, -w * 0.5), (radius, w * 0.5), (core, w * 0.6)], TREAD, n))
    else:
        out.append(
            lathe([(core * 0.99, -0.05), (radius, -0.03), (radius, 0.03), (core * 0.99, 0.05)], TREAD, 2 * n)
        )
    return join(out)


def construction(
    kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> Model:
    """A machine; texts["side"] is on its flanks. The upper part of the excavator is the part "turret"."""
    rgb = colour(asked, rng, COMMON)
    parts, points = {"excavator": _excavator, "wheel_loader": _loader, "road_roller": _roller}[kind](
        rgb, texts, low
    )
    return fitted(Model(tuple(parts), size, kind, "truck", points), size)


def _track(y: float, low: bool) -> Mesh:
    """A crawler track: belt with shoes, sprocket, idler, rollers."""
    half, r, wide = 1.45, 0.42, 0.56
    arc = np.linspace(-np.pi / 2, np.pi / 2, 4 if low else 8)
    front = [(half + r * np.cos(a), r + 0.03 + r * np.sin(a)) for a in arc]
    loop = [*front, *[(-x, 2 * (r + 0.03) - z) for x, z in front]]
    out = [moved(cut(loop, -wide / 2, wide / 2, TREAD), y=y)]
    inner = [(x * 0.93, (z - r - 0.03) * 0.78 + r + 0.03) for x, z in loop]
    out.append(moved(cut(inner, -wide / 2 - 0.015, wide / 2 + 0.015, IRON), y=y))
    for x in (-half, half):
        out.append(moved(cylinder(0.30, wide + 0.07, STEEL, "y", 14), x, y, r + 0.03))
    if not low:
        out += [moved(cylinder(0.09, wide + 0.06, STEEL, "y", 8), x, y, 0.17) for x in np.linspace(-1.0, 1.0, 5)]
        shoes = np.linspace(-half, half, 15)
        out += [box((0.05, wide, 0.035), IRON, (x, y, z)) for x in shoes for z in (0.0175, 2 * r + 0.055)]
    return join(out)


def _excavator(rgb: Colour, texts: dict[str, Any], low: bool) -> tuple[list[Part], dict[str, Array]]:
    body, dark = dull(rgb, 0.45), dull((0.05, 0.05, 0.05))
    under = [
        _track(1.02, low),
        _track(-1.02, low),
        box((1.6, 1.6, 0.4), dark, (0, 0, 0.62)),
        moved(cylinder(0.6, 0.22, IRON, "z", 18), z=0.90),
    ]
    upper = [
        box((3.3, 2.3, 0.16), dark, (-0.55, 0, 1.06)), rounded((1.75, 2.40, 0.95), 0.10, body, (-1.05, 0, 1.60), 2),
        rounded((0.55, 2.45, 1.05), 0.22, dull((0.07, 0.07, 0.07)), (-2.05, 0, 1.55), 2), box((0.9, 0.75, 0.75),
            body, (0.45, -0.75, 1.50)),
        moved(glass_cab(1.35, -0.05, 0.95, 1.18, 2.92, body, 0.10), y=0.68), box((1.4, 0.96, 0.42), body, (0.65,
            0.68, 1.32)),
        moved(cylinder(0.06, 0.5, CHROME, "z", 8), -1.1, -0.7, 2.2), beacon(-0.9, 0.3, 2.07),
        both(box((0.02, 0.12, 0.06), TAIL, (-2.33, 0.9, 1.7))), box((0.06, 0.03, 0.3), MIRROR, (1.3, 1.25, 2.2)),
        beam((0.9, -1.10, 1.9), (-0.1, -1.10, 1.9), 0.03, 0.03, STEEL), beam((0.9, -1.10, 1.9), (0.9, -1.10, 1.5),
            0.03, 0.03, STEEL),
    ]  # fmt: skip
    if not low:
        upper += [
            box((0.9, 0.02, 0.03), SEAL, (-1.0, sign * 1.203, z))
            for sign in (1, -1)
            for z in np.linspace(1.4, 1.8, 5)
        ]
    upper.append(_arm(body, low))
    turret = np.array([0.0, 0.0, 0.95])
    signs = named(texts["side"], rgb, 1.2, -1.0, 1.215, 1.90)
    deck = moved(join([*upper, *signs]), z=-0.95)
    return [Part(join(under), np.zeros(3)), Part(deck, turret, "turret")], {"beacon": np.array([-0.9, 0.3, 2.2])}


def _arm(body: Material, low: bool) -> Mesh:
    """Boom, stick, bucket with teeth, rams."""
    y = -0.12
    boom = [(0.75, 1.30), (1.05, 1.20), (2.75, 3.02), (4.55, 2.62), (4.60, 2.88), (2.85, 3.45), (2.35, 3.38)]
    stick = [(4.25, 3.12), (4.60, 3.05), (4.95, 2.5), (5.12, 1.0), (4.92, 0.95), (4.55, 2.4)]
    scoop = [
        (5.15, 1.08),
        (4.85, 1.05),
        (4.42, 0.70),
        (4.28, 0.35),
        (4.42, 0.05),
        (4.75, 0.06),
        (4.66, 0.30),
        (4.80, 0.62),
    ]
    out = [
        cut(boom, y - 0.19, y + 0.19, body),
        cut(stick, y - 0.14, y + 0.14, body),
        cut(scoop, y - 0.52, y + 0.52, dull((0.10, 0.10, 0.10))),
    ]
    side = [(5.15, 1.08), (4.85, 1.05), (4.42, 0.70), (4.28, 0.35), (4.42, 0.05), (5.05, 0.20), (5.22, 0.75)]
    out += [cut(side, y + s * 0.50, y + s * 0.55, dull((0.10, 0.10, 0.10))) for s in (-1, 1)]
    for k in range(0 if low else 5):
        t = y - 0.42 + 0.21 * k
        out.append(beam((4.62, t, 0.06), (4.95, t, 0.10), 0.07, 0.05, STEEL))
    rams = [
        ((1.25, 0.24, 1.35), (2.55, 0.24, 2.75)),
        ((1.25, -0.48, 1.35), (2.55, -0.48, 2.75)),
        ((2.75, y, 3.55), (4.30, y, 3.10)),
        ((4.65, y, 2.62), (5.14, y, 1.32)),
    ]
    for a, b in rams:
        a_, b_ = np.array(a), np.array(b)
        middle = a_ + (b_ - a_) * 0.58
        out += [pipe([a_, middle], 0.085, body if a[1] != y else IRON, 8), pipe([middle, b_], 0.045, CHROME, 6)]
    return join(out)


def _loader(rgb: Colour, texts: dict[str, Any], low: bool) -> tuple[list[Part], dict[str, Array]]:
    body, dark, r = dull(rgb, 0.45), dull((0.06, 0.06, 0.06)), 0.75
    arch = [(0.5, 1.55), (0.3, 1.62), (-0.55, 1.62), (-0.85, 1.3), (-0.85, 1.25), (-0.55, 1.56), (0.3, 1.56)]
    guard = moved(cut(arch, 0.62, 1.15, body), -2.0)
    out = [
        box((2.9, 0.9, 0.55), dark, (-1.4, 0, 0.95)),
        rounded((2.1, 1.55, 1.0), 0.14, body, (-2.15, 0, 1.62), 2),
        rounded((0.5, 1.9, 0.9), 0.12, dark, (-3.1, 0, 1.05), 2),
        glass_cab(-0.15, -1.55, 1.45, 1.45, 3.0, body, 0.16),
        rounded((1.6, 1.6, 0.5), 0.1, body, (-0.85, 0, 1.25), 1),
        box((1.5, 0.8, 0.7), body, (0.75, 0, 1.05)),
        cut([(0.3, 1.2), (1.2, 1.1), (0.95, 1.95), (0.55, 1.95)], -0.42, 0.42, body),
        moved(cylinder(0.07, 0.55, CHROME, "z", 8), -2.4, 0.3, 2.3),
        beacon(-0.95, 0.45, 3.10),
        both(box((0.10, 0.30, 0.14), HEAD, (0.55, 0.62, 1.75))),
        both(box((0.06, 0.25, 0.10), TAIL, (-3.34, 0.75, 1.3))),
        both(box((0.06, 0.10, 0.10), TURN, (-3.34, 0.52, 1.3))),
        both(box((0.06, 0.03, 0.3), MIRROR, (-0.15, 0.98, 2.4))),
        both(box((0.7, 0.02, 0.16), dark, (-2.6, 0.775, 1.68))),
        both(guard),
        *(moved(cylinder(0.16, 1.6, IRON, "y", 10), x, 0, r) for x in (1.35, -2.0)),
        *_shovel(body, low),
        *named(texts["side"], rgb, 1.0, -2.15, 0.785, 1.92),
    ]
    one = lugged_wheel(r, 0.55, body, low, 0.5, 16)
    parts = [Part(join(out), np.zeros(3)), *axle(1.35, 0.92, r, one), *axle(-2.0, 0.92, r, one)]
    lamp = np.array([0.62, 0.62, 1.75])
    return parts, {"beacon": np.array([-0.95, 0.45, 3.2]), "head_left": lamp, "head_right": lamp * [1, -1, 1]}


def _shovel(body: Material, low: bool) -> list[Mesh]:
    """Arms, tilt link and bucket with teeth of the loader."""
    arm = [(0.60, 1.70), (0.75, 1.88), (2.0, 1.15), (2.75, 0.50), (2.62, 0.32), (1.85, 0.88)]
    back = [(2.62, 1.15), (2.50, 0.60), (2.62, 0.18), (3.55, 0.05), (3.55, 0.10), (2.75, 0.28), (2.68, 0.60)]
    side = [(2.78, 1.12), (2.50, 0.60), (2.62, 0.18), (3.55, 0.05), (3.45, 0.35)]
    grey = dull((0.09, 0.09, 0.09))
    link = [(0.95, 1.72), (1.05, 1.85), (2.35, 1.10), (2.25, 0.98)]
    teeth = np.linspace(-1.1, 1.1, 4 if low else 8)
    return [
        both(cut(arm, 0.42, 0.54, body)), cut(link, -0.10, 0.10, body), cut([*back, (2.78, 1.12)], -1.22, 1.22,
            grey),
        both(cut(side, 1.20, 1.25, grey)), *(beam((3.45, y, 0.07), (3.72, y, 0.06), 0.09, 0.05,
            STEEL) for y in teeth),
    ]  # fmt: skip


def named(text: Any, rgb: Colour, long: float, x: float, y: float, z: float) -> list[Mesh]:
    """The name of a machine on both flanks, four times as long as high."""
    image = picture(text, 384, 96, (0.01, 0.01, 0.01), rgb)
    sheet = plate(long, long / 4, Material(rgb, 0.5, image=image))
    return [moved(sheet, x, y, z, np.pi / 2), moved(sheet, x, -y, z, -np.pi / 2)]


def _roller(rgb: Colour, texts: dict[str, Any], low: bool) -> tuple[list[Part], dict[str, Array]]:
    body, dark, drum, r = dull(rgb, 0.45), dull((0.06, 0.06, 0.06)), 0.75, 0.70
    out = [
        both(box((2.2, 0.12, 0.30), body, (1.3, 1.02, drum))), box((0.25, 2.15, 0.35), body, (0.30, 0, drum)),
            box((0.2, 2.15, 0.28), body, (2.42, 0, drum)),
        rounded((1.5, 1.6, 0.9), 0.15, body, (-1.95, 0, 1.35), 2), box((2.4, 1.0, 0.5), dark, (-0.9, 0, 0.85)),
        rounded((1.4, 1.7, 0.4), 0.1, body, (-0.55, 0, 1.20), 1), glass_cab(0.15, -1.20, 1.5, 1.35, 2.85, body,
            0.10), beacon(-0.6, 0.4, 2.94),
        both(box((0.06, 0.2, 0.12), HEAD, (0.45, 0.6, 1.15))), both(box((0.05, 0.2, 0.1), TAIL, (-2.71, 0.6,
            1.3))), both(box((0.05, 0.1, 0.1), TURN, (-2.71, 0.42, 1.3))),
        box((0.02, 1.1, 0.5), DARK, (-2.70, 0, 1.55)),
    ]  # fmt: skip
    out += named(texts["side"], rgb, 0.95, -1.95, 0.805, 1.62)
    n = 16 if low else 36
    barrel = lathe(
        [
            (0.0, -0.92),
            (drum * 0.85, -0.92),
            (drum * 0.9, -0.86),
            (drum, -0.90),
            (drum, 0.90),
            (drum * 0.9, 0.86),
            (drum * 0.85, 0.92),
            (0.0, 0.92),
        ],
        STEEL,
        n,
    )
    bolts = [
        moved(cylinder(0.05, 1.9, IRON, "y", 6), 0.45 * np.sin(a), 0, 0.45 * np.cos(a))
        for a in np.arange(0, 2 * np.pi, np.pi / 3)
    ]
    one = lugged_wheel(r, 0.5, body, low, 0.5, 16)
    parts = [
        Part(join(out), np.zeros(3)),
        Part(join([barrel, *bolts]), np.array([1.35, 0, drum]), "wheel", drum),
        *axle(-1.75, 0.80, r, one),
    ]
    return parts, {"beacon": np.array([-0.6, 0.4, 3.0])}
