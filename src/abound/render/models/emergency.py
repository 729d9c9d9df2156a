"""Emergency vehicles: police car, ambulance and fire engine, with blue lamps, chequered sides and their names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, cylinder, join, mirrored, moved
from abound.render.models.cab import cab
from abound.render.models.car import ESTATE, bodywork, wheels
from abound.render.models.coachwork import Cabin, wall_pictures
from abound.render.models.dressing import Front, both, dress
from abound.render.models.finish import (
    BLUE,
    COLOURS,
    DARK,
    GLASS,
    IRON,
    SEAL,
    SEAM,
    STEEL,
    TRIM,
    colour,
    dull,
    paint,
    picture,
)  # fmt: skip
from abound.render.models.loft import Shell, band, image_patch, s_of_x, smooth
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, rounded
from abound.render.models.truck import HUB, chassis, lettered, mudguard, tail_lights
from abound.render.models.van import PANEL_VAN, dressed
from abound.render.models.wheel import axle, wheel

Array = np.ndarray[Any, Any]
SIZES: dict[str, Size] = {
    "police_car": (4.74, 1.94, 1.62),
    "ambulance": (6.1, 2.30, 2.92),
    "fire_engine": (8.0, 2.85, 3.35),
}
YELLOW = Material((0.72, 0.80, 0.02), 0.5)


def light_bar(x: float, z: float, wide: float, long: float = 0.26) -> Mesh:
    """A low bar across the roof with a blue lamp at either end."""
    out = [rounded((long * 0.9, wide * 0.42, 0.11), 0.03, TRIM, (x, 0, z + 0.075), 1)]
    lamp = rounded((long, wide * 0.30, 0.13), 0.045, BLUE, (x, wide * 0.35, z + 0.08), 2)
    return join([*out, lamp, mirrored(lamp), box((long * 0.5, wide * 0.8, 0.03), TRIM, (x, 0, z + 0.01))])


def chequers(sides: Shell, s0: float, s1: float, z: float, high: float, first: Material, second: Material,
    rows: int = 2,
             step: float = 0.42) -> Mesh:  # fmt: skip
    """Retro-reflecting blocks in two colours along both sides."""
    n = max(2, round((s1 - s0) / step))
    edges = np.linspace(s0, s1, n + 1)
    out = []
    for k in range(n):
        for row in range(rows):
            tint = first if (k + row) % 2 == 0 else second
            middle = z + (row - (rows - 1) / 2) * high
            out.append(band(sides, edges[k], edges[k + 1], middle, middle, high, tint, 0.003))
    return both(join(out))


def emergency(
    kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator
) -> Model:
    """A police car, ambulance or fire engine; texts["side"] is what is written on it."""
    return {"police_car": _police, "ambulance": _ambulance, "fire_engine": _fire}[kind](
        asked, size, texts, low, rng
    )


def _police(asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    rgb = colour(asked if asked is not None else "white", rng)
    form, house, sides, body = bodywork(ESTATE, (size[0], size[1], size[2] - 0.13), rgb, low)
    extra, points = dress(
        ESTATE._replace(rails=False), form, house, sides, paint(rgb), Front(1, 1, False), texts, low
    )
    blue, other = (
        Material((0.02, 0.08, 0.45), 0.5),
        YELLOW if rng.random() < 0.5 else Material((0.75, 0.75, 0.73), 0.5),
    )
    s0, s1 = (float(s_of_x(sides, x)) for x in (form.arches[0][0] - 0.42, form.arches[1][0] + 0.42))
    z = float(smooth(form.top, 0.0)) * 0.52
    extra.append(chequers(sides, s0, s1, z, 0.17, blue, other))
    extra.append(door_text(sides, s0, s1, z + 0.18, 0.145, texts["side"], rgb, (0.02, 0.06, 0.35)))
    x = house.pillar[1] - 0.35
    extra.append(light_bar(x, float(smooth(house.roof, x)) + house.crown * 0.8, 1.15))
    parts = (Part(join([body, *extra]), np.zeros(3)), *wheels(ESTATE, form, low))
    points["beacon"] = np.array([x, 0.0, size[2] - 0.05])
    return fitted(Model(parts, size, "police_car", "car", points), size)


def door_text(
    sides: Shell, s0: float, s1: float, z: float, high: float, text: Any, rgb: Colour, ink: Colour
) -> Mesh:
    """A line of text on the doors of both sides."""
    middle, half = (s0 + s1) / 2, min((s1 - s0) / 2, high * 4.2)
    image = picture(text, 512, round(512 * high / 2 / half), ink, rgb, margin=0.04)
    cover = Material(rgb, 0.45, clearcoat=1.0, image=image)
    left = image_patch(sides, middle - half, middle + half, z, z + high, cover)
    right = image_patch(sides, -middle - half, -middle + half, z, z + high, cover)
    return join([left, right])


def _ambulance(asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    rgb = colour(asked, rng, {"white": 2}) if asked is not None or rng.random() < 0.6 else (0.72, 0.78, 0.02)
    style = PANEL_VAN
    form, house, sides, body = bodywork(style, (size[0], size[1], size[2] - 0.16), rgb, low)
    extra, points = dressed(style, form, house, sides, texts, low, rng)
    bright = sum(rgb) > 1.9
    first, second = (
        (Material((0.60, 0.02, 0.02), 0.5), YELLOW) if bright else (Material((0.02, 0.26, 0.09), 0.5), YELLOW)
    )
    ink = (0.55, 0.01, 0.012) if bright else (0.01, 0.18, 0.05)
    front, back = (float(s_of_x(sides, x)) for x in (form.arches[0][0] - 0.50, form.arches[1][0] + 0.5))
    top = float(form.top[0][1])
    extra.append(chequers(sides, front, back, top - 0.27, 0.20, first, second, 2, 0.55))
    image = picture(texts["side"], 512, 120, ink, rgb, margin=0.05)
    x0, x1 = house.windows[0][2] - 0.45, house.rear[0] + 0.25
    extra.append(wall_pictures(house, x0, x1, Material(rgb, 0.45, clearcoat=1.0, image=image)))
    extra.append(_star(house))
    for x in (house.pillar[1] - 0.25, house.rear[1] + 0.25):
        extra.append(light_bar(x, float(smooth(house.roof, x)) + house.crown * 0.7, 1.45, 0.30))
    grille = form.length / 2
    extra.append(both(box((0.05, 0.16, 0.07), BLUE, (grille - 0.005, 0.36, 0.72))))
    parts = (Part(join([body, *extra]), np.zeros(3)), *wheels(style, form, low, "steel"))
    points["beacon"] = np.array([house.pillar[1] - 0.25, 0.0, size[2] - 0.06])
    return fitted(Model(parts, size, "ambulance", "car", points), size)


def _star(house: Cabin) -> Mesh:
    """A blue star of six bars on the bonnet, as paramedics carry it."""
    x = house.screen[0] + 0.22
    z = float(smooth(house.base, x)) + 0.075
    blue = Material((0.02, 0.10, 0.42), 0.5)
    out = []
    for k in range(3):
        a = np.pi * k / 3 + np.pi / 6
        d = np.array([np.cos(a) * 0.15, np.sin(a) * 0.15, -np.cos(a) * 0.05])
        out.append(beam(np.array([x, 0, z]) - d, np.array([x, 0, z]) + d, 0.07, 0.02, blue))
    return join(out)


def _fire(asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    rgb = colour(asked if asked is not None else (0.50, 0.012, 0.012), rng)
    long, wide, high, tyre = size[0], size[1] - 0.30, size[2], 0.50
    front, rear, cab_long = long / 2 - 1.35, -long / 2 + 2.05, 3.1
    face, sides = cab(cab_long, wide, high - 0.42, rgb, texts, low, front - (long / 2 - cab_long / 2), tyre)
    varnish, white = paint(rgb), dull((0.74, 0.74, 0.72))
    x_cab, x0, x1 = long / 2 - cab_long / 2, long / 2 - cab_long - 0.04, -long / 2 + 0.05
    out = [
        moved(face, x_cab),
        moved(_crew(sides, cab_long, high), x_cab),
        *_rescue_body(x0, x1, wide, high, rear, varnish, white, low),
    ]
    out += [
        chassis(front, x1, wide, (front, rear), tyre, None),
        *tail_lights(-long / 2, wide, 0.72, texts),
        mudguard(rear, wide + 0.02, tyre),
    ]
    top = high - 0.30
    out.append(moved(light_bar(0, 0, wide * 0.86, 0.34), long / 2 - 0.75, 0, high - 0.37))
    out.append(both(box((0.14, 0.18, 0.14), BLUE, (x1 + 0.12, wide / 2 - 0.16, top + 0.02))))
    out += _ladder(x0 - 0.1, x1 - 0.1, top + 0.10, low)
    left, right = lettered(texts["side"], x0 - x1 - 0.3, 0.46, rgb, COLOURS["white"])
    z = high - 0.62
    out += [moved(left, (x0 + x1) / 2, wide / 2 + 0.012, z), moved(right, (x0 + x1) / 2, -wide / 2 - 0.012, z)]
    lamp = np.array([long / 2, wide * 0.38, 0.7])
    points = {
        "head_left": lamp,
        "head_right": lamp * [1, -1, 1],
        "beacon": np.array([long / 2 - 0.75, 0, high - 0.25]),
    }
    one = wheel(tyre, 0.30, "truck", low, rim=0.56, metal=HUB)
    turning = axle(front, wide / 2 - 0.17, tyre, one, front=True) + axle(
        rear, wide / 2 - 0.31, tyre, one, double=0.58
    )
    return fitted(Model((Part(join(out), np.zeros(3)), *turning), size, "fire_engine", "truck", points), size)


def _crew(sides: Shell, long: float, high: float) -> Mesh:
    """The second pair of doors with windows, and the white stripe round the cab."""
    s0, s1 = (float(s_of_x(sides, x)) for x in (-0.30, -long / 2 + 0.22))
    a, b = 0.42 + 0.52 * (high - 0.84), 0.42 + 0.83 * (high - 0.84)  # as the cab's own windows
    out = [
        band(sides, s0, s1, (a + b) / 2, (a + b) / 2, b - a + 0.07, SEAL, 0.004),
        band(sides, s0 + 0.05, s1 - 0.05, (a + b) / 2, (a + b) / 2, b - a, GLASS, 0.008),
    ]
    out.append(band(sides, s0 - 0.05, s0 - 0.04, 1.5, 1.5, 1.6, SEAM, 0.004))
    white = Material((0.74, 0.74, 0.72), 0.5)
    out.append(band(sides, 0.95, sides.s[-1] - 1.2, 1.22, 1.22, 0.20, white, 0.006))
    out.append(band(sides, 0.95, sides.s[-1] - 1.2, 1.07, 1.07, 0.07, YELLOW, 0.006))
    return both(join(out))


def _rescue_body(
    x0: float, x1: float, wide: float, high: float, rear: float, varnish: Material, white: Material, low: bool
) -> list[Mesh]:
    """Lockers with roller shutters on both sides, stripes below, pump behind."""
    long, top, middle = x0 - x1, high - 0.30, (x0 + x1) / 2
    z0 = 1.10
    out = [box((long, wide, top - z0), varnish, (middle, 0, (top + z0) / 2))]
    for a, b in ((x0, rear + 0.66), (rear - 0.66, x1)):
        out.append(box((a - b, wide, z0 - 0.42), varnish, ((a + b) / 2, 0, (z0 + 0.42) / 2)))
    shutter = Material(
        (0.45, 0.46, 0.47), 0.4, metallic=0.6, pattern="stripes", scale=0.4, second=(0.22, 0.23, 0.24)
    )
    edges = np.linspace(x0 - 0.10, x1 + 0.10, 4)
    for a, b in pairwise(edges):
        foot = 0.62 if abs((a + b) / 2 - rear) > 0.75 else z0 + 0.02
        size = (a - b - 0.10, 0.03, high - 0.95 - foot)
        out.append(both(box(size, shutter, ((a + b) / 2, wide / 2, foot + size[2] / 2))))
        out.append(both(box((size[0] * 0.7, 0.04, 0.03), IRON, ((a + b) / 2, wide / 2 + 0.01, foot + 0.08))))
    if not low:
        out.append(
            both(box((x0 - rear - 0.75, 0.02, 0.12), white, ((x0 + rear + 0.7) / 2, wide / 2 + 0.004, 0.52)))
        )
    out.append(box((0.03, wide * 0.72, 1.3), shutter, (x1, 0, 1.75)))
    chevrons = Material((0.50, 0.012, 0.012), 0.5, pattern="chevron", second=YELLOW.colour)
    out.append(both(box((0.02, wide * 0.13, top - 0.7), chevrons, (x1 - 0.006, wide * 0.43, (top + 0.7) / 2))))
    out.append(box((0.02, wide * 0.74, 0.28), chevrons, (x1 - 0.006, 0, 0.95)))
    return out


def _ladder(x0: float, x1: float, z: float, low: bool) -> list[Mesh]:
    """A ladder on the roof and a hose reel."""
    rungs = np.linspace(x0 - 0.2, x1 + 0.2, 7 if low else 15)
    rail = [beam((x0, 0.85, z + h), (x1, 0.85, z + h), 0.05, 0.06, STEEL) for h in (0.0,)]
    rail += [beam((x0, 0.35, z), (x1, 0.35, z), 0.05, 0.06, STEEL)]
    steps = [beam((x, 0.35, z), (x, 0.85, z), 0.04, 0.04, STEEL) for x in rungs]
    posts = [box((0.06, 0.6, 0.12), STEEL, (x, 0.6, z - 0.06)) for x in (x0 - 0.5, x1 + 0.5)]
    tube = moved(cylinder(0.14, (x0 - x1) * 0.8, DARK, "x", 10), (x0 + x1) / 2, -0.75, z + 0.05)
    return [*rail, *steps, *posts, tube]
