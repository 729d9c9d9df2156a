"""Buses: a low city bus with doors and a destination, a coach with a high floor, and a yellow school bus."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, join, mirrored, moved, plate
from abound.render.models.coachwork import tub
from abound.render.models.dressing import both, number_plate
from abound.render.models.finish import (
    BRAKE,
    CHROME,
    DARK,
    GLASS,
    HEAD,
    LENS,
    MIRROR,
    REVERSE,
    SEAL,
    SEAM,
    TAIL,
    TRIM,
    TURN,
    colour,
    paint,
    picture,
    written,
)  # fmt: skip
from abound.render.models.glazing import bus_image, pane, screen_image
from abound.render.models.loft import Form, Shell, Table, band, image_patch, on_shell, patch, s_of_x, shell
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import beam, rounded
from abound.render.models.wheel import axle, wheel

Array = np.ndarray[Any, Any]
WALLS: Table = ((0, 0.975), (0.08, 0.995), (0.2, 1.0), (0.55, 1.0), (0.85, 0.975), (0.95, 0.94), (1, 0.86))


class Coach(NamedTuple):
    """The lines of a bus, metres: `sill` is the windows' lower edge, `sign` the destination's height."""

    size: Size
    floor: float
    axles: tuple[float, ...]  # from the front
    sill: float
    nose: Table
    doors: tuple[float, ...]  # middles, from the front
    door_foot: float
    screen: tuple[float, float]
    common: dict[str, int]


CITY = Coach(
    (12.0, 2.95, 3.10), 0.30, (2.75, 8.65), 1.12, ((0, 0.04), (0.1, 0.0), (0.4, 0.0), (1, 0.16)), (1.25, 5.7,
    10.2), 0.36,
    (0.95, 2.42), {"red": 3, "blue": 2, "green": 2, "white": 2, "yellow": 2, "orange": 1},
)  # fmt: skip
COACH = Coach(
    (12.4, 2.95, 3.55), 0.36, (2.75, 8.9, 10.25), 1.75, ((0, 0.06), (0.1, 0.0), (0.35, 0.0), (0.6, 0.14), (1,
    0.62)), (1.2,), 0.42,
    (1.25, 3.05), {"white": 4, "silver": 2, "blue": 2, "red": 2, "black": 1, "yellow": 1},
)  # fmt: skip
SHAPES = {"bus": CITY, "coach": COACH}
SIZES = {kind: shape.size for kind, shape in SHAPES.items()}


def bus(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A bus; texts["destination"] is above the wind screen, texts["side"] below the windows."""
    c = SHAPES[kind]
    rgb = colour(asked, rng, c.common)
    long, wide, high = size[0], size[1] - 0.40, size[2]
    tyre = 0.48
    arches = tuple((long / 2 - a * long / c.size[0], tyre + 0.09, tyre) for a in c.axles)
    top = high - 0.14
    form = Form(
        long, wide, ((0.0, c.floor),), ((-long / 2, top - 0.03), (-long / 2 + 0.5, top), (long / 2 - 0.6, top),
            (long / 2, top - 0.05)),
        WALLS, c.nose, ((0, 0.04), (0.1, 0.0), (0.5, 0.0), (1, 0.12)), (0.42, 0.34), (4.2, 4.5), arches, 0.0, 0.0,
        (0, 0.08, 0.3, 0.55, 0.8, 0.93, 1),
    )  # fmt: skip
    sides = shell(form, low)
    varnish = paint(rgb)
    pieces = [tub(sides, varnish, TRIM, 0.07, low)]
    pieces += [box((2 * tyre, wide - 0.75, tyre + 0.1), DARK, (x, 0, tyre + 0.05)) for x, _, _ in arches]
    pieces += front(sides, c, wide, top, texts, low)
    pieces += windows(sides, c, long, top, low)
    pieces += rear(sides, c, wide, top, texts)
    pieces += doors(sides, c, long, top, kind == "coach")
    pieces += extras(sides, form, c, rgb, top, texts, kind == "coach")
    one = wheel(tyre, 0.28, "truck", low, rim=0.56)
    turning: list[Part] = []
    for k, (x, _, _) in enumerate(arches):
        turning += axle(x, wide / 2 - 0.17, tyre, one, front=k == 0)
    lamp = np.array([long / 2, wide * 0.37, 0.75])
    points = {"head_left": lamp, "head_right": lamp * [1, -1, 1]}
    return fitted(Model((Part(join(pieces), np.zeros(3)), *turning), size, kind, "bus", points), size)


def front(sides: Shell, c: Coach, wide: float, top: float, texts: dict[str, Any], low: bool) -> list[Mesh]:
    """Wind screen in two halves, destination sign, lamps, bumper, number plate, mirrors on arms."""
    half, (a, b) = wide / 2, c.screen
    edge = [
        (-1.02 * half, a - 0.05),
        (1.02 * half, a - 0.05),
        (1.02 * half, top - 0.10),
        (-1.02 * half, top - 0.10),
    ]
    out = [
        patch(sides, edge, GLASS, 0.012, 0, 14, 3, 5),
        image_patch(sides, -0.97 * half, 0.97 * half, a, b, pane(screen_image()), 0.020),
    ]
    out.append(band(sides, -0.01, 0.01, (a + b) / 2, (a + b) / 2, b - a, SEAL, 0.026))
    paper = (0.006, 0.006, 0.006)
    words = picture(texts.get("destination", ""), 384, 64, (0.85, 0.42, 0.02), paper, margin=0.1)
    sign = Material(paper, 0.5, image=words)
    # The sign is a flat box behind the glass, so its text is straight.
    spots = on_shell(sides, [0.0, 0.0], [b + 0.06, min(b + 0.34, top - 0.12)], 0.02)
    tall = float(spots[1, 2] - spots[0, 2])
    out.append(_sign(spots.mean(0) + np.array([0.03, 0, 0]), 1.62, tall, sign))
    z = c.floor + 0.42
    lamps = [
        patch(sides, [(0.66 * half, z - 0.11), (1.06 * half, z - 0.09), (1.06 * half, z + 0.13), (0.66 * half,
            z + 0.11)], LENS, 0.005, 0.012, 5, 3),
        patch(sides, [(0.70 * half, z - 0.07), (0.84 * half, z - 0.07), (0.84 * half, z + 0.08), (0.70 * half,
            z + 0.08)], HEAD, 0.018, 0.01, 2.4, 3),
        patch(sides, [(0.88 * half, z - 0.05), (1.0 * half, z - 0.05), (1.0 * half, z + 0.08), (0.88 * half,
            z + 0.08)], TURN, 0.018, 0.006, 3, 2),
    ]  # fmt: skip
    out.append(both(join(lamps)))
    foot = c.floor + 0.10
    out.append(band(sides, -1.15 * half, 1.15 * half, foot, foot, 0.20, TRIM, 0.02))
    out.append(moved(number_plate(texts), *on_shell(sides, 0.0, foot + 0.05, 0.035)))
    out.append(moved(rounded((0.03, 0.22, 0.10), 0.01, CHROME), *on_shell(sides, 0.0, (z + a) / 2, 0.01)))
    x = sides.points[..., 0].max() - 0.05
    hang = b - 0.45
    ear = [
        rounded((0.12, 0.19, 0.42), 0.05, TRIM, (x + 0.05, half + 0.10, hang), 1), box((0.006, 0.15, 0.36),
            MIRROR, (x - 0.012, half + 0.10, hang)),
        beam((x - 0.2, half - 0.12, b + 0.15), (x + 0.06, half + 0.09, b + 0.02), 0.05, 0.05, TRIM),
        beam((x + 0.06, half + 0.09, b + 0.02), (x + 0.05, half + 0.10, hang + 0.1), 0.05, 0.05, TRIM),
    ]  # fmt: skip
    out.append(both(join(ear)))
    if not low:
        for y in (0.5, -0.35):
            ends = on_shell(sides, [y * half, (y - 0.55) * half], [a + 0.0, a + 0.12], 0.03)
            out.append(beam(ends[0], ends[1], 0.025, 0.02, SEAL))
    return out


def _sign(at: Array, wide: float, tall: float, face: Material) -> Mesh:
    return join(
        [moved(plate(wide, tall, face), *at), box((0.03, wide + 0.04, tall + 0.04), SEAL, at - [0.02, 0, 0])]
    )


def windows(sides: Shell, c: Coach, long: float, top: float, low: bool) -> list[Mesh]:
    """A dark band of glass along both sides, with the seats behind it and thin pillars."""
    a, b = c.sill, top - 0.26
    s0, s1 = (float(s_of_x(sides, long / 2 - d)) for d in (0.62, long - 0.55))
    inside = image_patch(sides, s0 + 0.05, s1 - 0.05, a + 0.04, b - 0.04, pane(bus_image()), 0.016)
    edge = [(s0, a), (s1, a), (s1, b), (s0, b)]
    left = [patch(sides, edge, SEAL, 0.004, 0, 16, 3, 3), inside]
    step = 1.42
    bars = np.arange(s0 + step, s1 - 0.5, step)
    left += [band(sides, s - 0.035, s + 0.035, (a + b) / 2, (a + b) / 2, b - a - 0.06, SEAL, 0.022) for s in bars]
    if not low:
        vent = a + (b - a) * 0.74
        left += [band(sides, s + 0.07, s + step - 0.07, vent, vent, 0.03, SEAL, 0.022) for s in bars[:-1:2]]
    piece = join(left)
    return [piece, mirrored(piece)]


def doors(sides: Shell, c: Coach, long: float, top: float, single: bool) -> list[Mesh]:
    """Folding doors on the right side: tall panes in dark frames with bright bars."""
    out = []
    high = top - 0.30
    for d in c.doors:
        half = 0.42 if single else 0.60
        s = -float(s_of_x(sides, long / 2 - d * long / c.size[0]))
        a, b = s - half, s + half
        frame = [(a, c.door_foot), (b, c.door_foot), (b, high), (a, high)]
        out.append(patch(sides, frame, SEAL, 0.026, 0, 20, 2, 3))
        for u in [(a + 0.06, b - 0.06)] if single else [(a + 0.06, s - 0.035), (s + 0.035, b - 0.06)]:
            leaf = [
                (u[0], c.door_foot + 0.10),
                (u[1], c.door_foot + 0.10),
                (u[1], high - 0.08),
                (u[0], high - 0.08),
            ]
            out.append(patch(sides, leaf, GLASS, 0.032, 0, 12, 2, 3))
            z = c.door_foot + 0.85
            middle = (u[0] + u[1]) / 2
            out.append(band(sides, middle - 0.03, middle + 0.03, z, z, 0.5, CHROME, 0.040))
    return out


def rear(sides: Shell, c: Coach, wide: float, top: float, texts: dict[str, Any]) -> list[Mesh]:
    """Rear window, engine flap with slots, round lamps, bumper, number plate."""
    s, half = sides.s[-1], wide / 2
    a, b = max(c.sill, 1.55), top - 0.45
    pane_ = [(s - 0.84 * half, a), (s + 0.84 * half, a), (s + 0.80 * half, b), (s - 0.80 * half, b)]
    out = [patch(sides, pane_, GLASS, 0.006, 0, 9, 3, 3)]
    for z in np.linspace(0.72, 1.05, 4):
        out.append(band(sides, s - 0.6 * half, s + 0.6 * half, z, z, 0.035, SEAM, 0.004))
    column = []
    for k, lamp in enumerate((REVERSE, TAIL, BRAKE, TURN)):
        z = 0.72 + 0.17 * k
        spot = [
            (s - 0.92 * half, z),
            (s - 0.80 * half, z),
            (s - 0.80 * half, z + 0.15),
            (s - 0.92 * half, z + 0.15),
        ]
        column.append(patch(sides, spot, lamp, 0.008, 0.012, 2.6, 3))
    high = [
        (s - 0.75 * half, top - 0.30),
        (s - 0.62 * half, top - 0.30),
        (s - 0.62 * half, top - 0.22),
        (s - 0.75 * half, top - 0.22),
    ]
    column.append(patch(sides, high, BRAKE, 0.008, 0.004, 4, 2))
    out.append(both(join(column)))
    foot = c.floor + 0.12
    out.append(band(sides, s - 1.1 * half, s + 1.1 * half, foot, foot, 0.20, TRIM, 0.02))
    at = on_shell(sides, s, 0.60, 0.02)
    out.append(moved(number_plate(texts, rear=True), *at))
    words = texts.get("destination", "")
    line = picture(
        words.split(" ")[0] if isinstance(words, str) else words, 192, 64, (0.85, 0.42, 0.02), (0.006, 0.006, 0.006)
    )
    sign = Material((0.006, 0.006, 0.006), 0.5, image=line)
    at = on_shell(sides, s, b - 0.16, 0.0)
    out.append(moved(_sign(np.zeros(3), 0.6, 0.2, sign), at[0] - 0.02, 0, at[2], yaw=np.pi))
    return out


def extras(sides: Shell, form: Form, c: Coach, rgb: Colour, top: float, texts: dict[str, Any],
           luggage: bool) -> list[Mesh]:  # fmt: skip
    """Roof box, mouldings, luggage flaps, text or a stripe along the side."""
    long, wide = form.length, form.width
    light = sum(rgb) > 0.9
    second = paint((0.03, 0.08, 0.30) if light else (0.74, 0.74, 0.72))
    s0, s1 = (float(s_of_x(sides, long / 2 - d)) for d in (0.7, long - 0.5))
    out = [both(band(sides, s0, s1, c.sill - 0.10, c.sill - 0.10, 0.07, second, 0.005))]
    if luggage:
        for x in np.arange(long / 2 - 4.0, -long / 2 + 4.2, -1.35):
            s = float(s_of_x(sides, x))
            out.append(both(band(sides, s, s + 0.009, 1.0, 1.0, 0.95, SEAM, 0.004)))
    else:
        out.append(rounded((2.6, wide * 0.62, 0.22), 0.09, paint(rgb), (-0.8, 0, top + 0.10), 1))
        out.append(rounded((1.6, wide * 0.55, 0.20), 0.09, TRIM, (long / 2 - 3.2, 0, top + 0.10), 1))
    if written(texts.get("side")):
        z0, z1 = (0.72, c.sill - 0.22) if not luggage else (1.12, c.sill - 0.20)
        ink = (0.02, 0.06, 0.28) if light else (0.80, 0.80, 0.78)
        middle, half = -0.1 if not luggage else 0.2, 1.5 if not luggage else 1.9
        words = Material(
            rgb,
            0.45,
            clearcoat=1.0,
            image=picture(texts["side"], 768, round(768 * (z1 - z0) / 2 / half), ink, rgb, margin=0.08),
        )
        ends = [float(s_of_x(sides, middle + t)) for t in (half, -half)]
        out.append(image_patch(sides, ends[0], ends[1], z0, z1, words, 0.007))
        shift = 0.0 if luggage else -2.15
        back = [float(s_of_x(sides, middle + shift + t)) for t in (half * 0.75, -half * 0.75)]
        out.append(image_patch(sides, -back[1], -back[0], z0, z1, words, 0.007))
    return out
