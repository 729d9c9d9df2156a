"""Trailers: a caravan and a car trailer with a tarpaulin or open with a load."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Material, Mesh, box, cylinder, join, mirrored, moved, plate
from abound.render.models.coachwork import tub
from abound.render.models.dressing import both, number_plate
from abound.render.models.finish import (
    BRAKE,
    DARK,
    GLASS,
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
from abound.render.models.loft import Form, Shell, Table, band, on_shell, patch, s_of_x, shell
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, pipe, rounded
from abound.render.models.truck import mudguard
from abound.render.models.wheel import axle, wheel

Array = np.ndarray[Any, Any]
SIZES: dict[str, Size] = {"caravan": (6.4, 2.30, 2.60), "car_trailer": (3.6, 1.70, 1.75)}

WALLS: Table = ((0, 0.97), (0.1, 1.0), (0.85, 1.0), (0.95, 0.96), (1, 0.89))
NOSE: Table = ((0, 0.22), (0.12, 0.04), (0.3, 0.0), (0.45, 0.03), (0.7, 0.22), (1, 0.62))
TAIL_END: Table = ((0, 0.12), (0.12, 0.02), (0.3, 0.0), (0.7, 0.02), (1, 0.22))


def drawbar(x0: float, z: float, long: float, spread: float) -> Mesh:
    """An A-shaped drawbar with coupling and jockey wheel, from x0 forward."""
    tip = np.array([x0 + long, 0, z])
    out = [
        both(beam((x0, spread, z), tip, 0.06, 0.10, STEEL)),
        rounded((0.28, 0.10, 0.10), 0.04, IRON, tip + np.array([0.06, 0, 0.02]), 1),
    ]
    out += [
        pipe([[x0 + long * 0.72, 0, z + 0.28], [x0 + long * 0.72, 0, 0.14]], 0.025, STEEL, 6),
        moved(cylinder(0.10, 0.06, SEAL, "y", 10), x0 + long * 0.72, 0, 0.13),
    ]
    return join(out)


def trailer(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A trailer behind a car; point "hitch" is its coupling."""
    build = {"caravan": _caravan, "car_trailer": _car_trailer}[kind]
    parts, hitch = build(asked, size, texts, low, rng)
    return fitted(
        Model(tuple(parts), size, kind, "caravan" if kind == "caravan" else "trailer", {"hitch": hitch}), size
    )


def _caravan(
    asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], Array]:
    rgb, bar = colour(asked, rng, {"white": 1}), 1.15
    long, wide, top, tyre = size[0] - bar, size[1] - 0.02, size[2] - 0.16, 0.32
    lid = ((-long / 2, top - 0.06), (-long / 2 + 0.8, top), (long / 2 - 0.9, top), (long / 2, top - 0.12))
    form = Form(
        long, wide, ((0.0, 0.38),), lid, WALLS, NOSE, TAIL_END, (0.35, 0.30), (4.5, 4.5),
        ((-0.15, tyre + 0.08, tyre),), 0.0, 0.0,
    )  # fmt: skip
    sides, varnish = shell(form, low), paint(rgb, 0.5)
    half, end = wide / 2, float(sides.s[-1])
    tint = paint([(0.03, 0.09, 0.30), (0.35, 0.03, 0.03), (0.12, 0.13, 0.14)][int(rng.integers(3))])
    out = [
        tub(sides, varnish, dull((0.25, 0.26, 0.27)), 0.05, low),
        box((0.9, wide - 0.5, 0.45), DARK, (-0.15, 0, 0.5)),
        *_windows(sides, half, end),
        *_door(sides),
        *_lamps(sides, half, end),
        both(band(sides, 0.6 * half, end - 0.6 * half, 1.02, 1.02, 0.12, tint, 0.004)),
        both(band(sides, 0.6 * half, end - 0.6 * half, 0.90, 0.90, 0.04, tint, 0.004)),
        moved(number_plate(texts, rear=True), *on_shell(sides, end, 0.70, 0.03)),
        rounded((0.6, 0.5, 0.08), 0.03, dull((0.5, 0.5, 0.5)), (0.4, 0, top + 0.08), 1),
        box((0.6, 1.2, 0.38), varnish, (long / 2 + 0.18, 0, 0.62)),
        drawbar(long / 2 - 0.3, 0.44, bar + 0.12, 0.55),
    ]
    shift = -bar / 2
    one = wheel(tyre, 0.19, "steel", low)
    parts = [Part(moved(join(out), shift), np.zeros(3)), *axle(-0.15 + shift, half - 0.16, tyre, one)]
    return parts, np.array([size[0] / 2 - 0.08, 0, 0.46])


def _windows(sides: Shell, half: float, end: float) -> list[Mesh]:
    """Front and rear window, two on each side in dark frames."""
    a, b = 1.22, 1.85
    out = []
    for s, wide in ((0.0, 0.70), (end, 0.62)):
        edge = [
            (s - wide * half, a),
            (s + wide * half, a),
            (s + (wide - 0.04) * half, b),
            (s - (wide - 0.04) * half, b),
        ]
        out.append(patch(sides, edge, GLASS, 0.012, 0.006, 5, 3, 3))
    for side, x0, x1 in ((1, 1.75, 0.55), (1, -0.7, -1.9), (-1, 1.75, 0.75), (-1, -1.0, -1.9)):
        s0, s1 = sorted(side * float(s_of_x(sides, x)) for x in (x0, x1))
        for grow, material, lift in ((0.03, SEAL, 0.005), (0.0, GLASS, 0.016)):
            edge = [(s0 - grow, a - grow), (s1 + grow, a - grow), (s1 + grow, b + grow), (s0 - grow, b + grow)]
            out.append(patch(sides, edge, material, lift, 0.0, 7, 3, 2))
    return out


def _door(sides: Shell) -> list[Mesh]:
    """The seams of the door on the right side, and its window."""
    d0, d1 = sorted(-float(s_of_x(sides, x)) for x in (0.50, -0.10))
    out = [band(sides, d0, d1, z, z, 0.014, SEAM, 0.005) for z in (0.50, 2.15)]
    out += [band(sides, d - 0.007, d + 0.007, 1.325, 1.325, 1.65, SEAM, 0.005) for d in (d0, d1)]
    pane = [(d0 + 0.12, 1.35), (d1 - 0.12, 1.35), (d1 - 0.12, 1.9), (d0 + 0.12, 1.9)]
    return [*out, patch(sides, pane, GLASS, 0.012, 0.004, 6, 2)]


def _lamps(sides: Shell, half: float, end: float) -> list[Mesh]:
    """Three lamps at each rear corner, and the bumper."""
    a, b = end - 0.92 * half, end - 0.76 * half
    out = []
    for z, lamp in ((0.62, TAIL), (0.74, BRAKE), (0.86, TURN)):
        out.append(patch(sides, [(a, z), (b, z), (b, z + 0.11), (a, z + 0.11)], lamp, 0.012, 0.008, 4, 2))
    bumper = band(sides, end - 0.95 * half, end + 0.95 * half, 0.50, 0.50, 0.16, TRIM, 0.02)
    return [both(join(out)), bumper]


def _car_trailer(
    asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> tuple[list[Part], Array]:
    bar, tyre = 1.15, 0.29
    long, wide = size[0] - bar, size[1] - 0.42
    rgb = colour(asked, rng, {"blue": 3, "green": 2, "grey": 2, "silver": 1, "red": 1, "black": 1})
    z0, z1, top = 0.52, 0.90, size[2]
    x0, x1 = long / 2, -long / 2
    zinc = Material((0.42, 0.43, 0.44), 0.45, metallic=0.5, pattern="metal")
    out = [
        box((long, wide, 0.06), zinc, (0, 0, z0)),
        both(box((long, 0.04, z1 - z0), zinc, (0, wide / 2 - 0.02, (z0 + z1) / 2))),
    ]
    out += [box((0.04, wide, z1 - z0), zinc, (x, 0, (z0 + z1) / 2)) for x in (x0 - 0.02, x1 + 0.02)]
    out += [
        both(box((0.05, 0.03, z1 - z0), STEEL, (x, wide / 2 + 0.01, (z0 + z1) / 2)))
        for x in np.linspace(x0 - 0.05, x1 + 0.05, 4)
    ]
    cover = Material(rgb, 0.7, pattern="cloth", scale=0.5, second=(rgb[0] * 0.7, rgb[1] * 0.7, rgb[2] * 0.7))
    out.append(rounded((long - 0.02, wide, top - z1 + 0.06), 0.09, cover, (0, 0, (top + z1 - 0.06) / 2), 2))
    rope = [[x, wide / 2 + 0.006, z1 - 0.04 + 0.02 * (k % 2)] for k, x in enumerate(np.linspace(x0, x1, 13))]
    out.append(both(pipe(rope, 0.007, SEAL, 3)))
    if written(texts.get("side")):
        image = picture(texts["side"], 384, 128, (0.78, 0.78, 0.76) if sum(rgb) < 0.9 else (0.02, 0.05, 0.2), rgb)
        sheet = plate(long * 0.7, long * 0.7 / 3, Material(rgb, 0.7, image=image))
        z = (top + z1) / 2
        out += [moved(sheet, 0, wide / 2 + 0.006, z, np.pi / 2), moved(sheet, 0, -wide / 2 - 0.006, z, -np.pi / 2)]
    lamp = join(
        [
            box((0.05, 0.07, 0.09), m, (x1 - 0.03, y, 0.44))
            for m, y in ((TURN, wide / 2 - 0.04), (BRAKE, wide / 2 - 0.11), (TAIL, wide / 2 - 0.18))
        ]
    )
    out += [
        lamp,
        mirrored(lamp),
        box((0.05, wide, 0.11), TRIM, (x1 - 0.0, 0, 0.44)),
        moved(number_plate(texts, rear=True), x1 - 0.035, 0, 0.44),
    ]
    guard = mudguard(-0.1, wide + 0.40, tyre)
    out += [
        guard,
        drawbar(x0 - 0.25, 0.44, bar + 0.17, 0.40),
        moved(cylinder(0.04, wide, IRON, "y", 8), -0.1, 0, tyre),
    ]
    shift = -bar / 2
    parts = [
        Part(moved(join(out), shift), np.zeros(3)),
        *axle(-0.1 + shift, wide / 2 + 0.11, tyre, wheel(tyre, 0.16, "steel", low)),
    ]
    return parts, np.array([size[0] / 2 - 0.08, 0, 0.46])
