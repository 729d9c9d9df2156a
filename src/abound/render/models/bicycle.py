"""Bicycles: diamond frame (city or racing) and step-through, wheels with wire spokes, cranks that turn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Material, Mesh, box, cylinder, ellipsoid, join, mirrored, moved
from abound.render.models.finish import (
    ALLOY,
    BRAKE,
    CHROME,
    HEAD,
    RUBBER,
    SEAL,
    STEEL,
    TAIL,
    TRIM,
    TURN,
    colour,
    paint,
)
from abound.render.models.loft import skin
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import lathe, pipe, rounded, tidy

Array = np.ndarray[Any, Any]
COMMON = {"black": 4, "blue": 2, "red": 2, "green": 2, "white": 1, "silver": 2, "orange": 1, "yellow": 1}
LEATHER = Material((0.05, 0.028, 0.016), 0.6)

# Once round the section of a mudguard: y, and how far below the crest.
GUARD = ((0.027, 0.008), (0, 0), (-0.027, 0.008), (-0.027, 0.012), (0, 0.004), (0.027, 0.012), (0.027, 0.008))


class Frame(NamedTuple):
    """The points of a frame, metres, x from the middle of the wheelbase."""

    size: Size
    wheel: float
    base: float  # wheelbase
    seat: tuple[float, float]  # top of the seat tube (x, z)
    head: tuple[float, float]  # middle of the head tube
    saddle: tuple[float, float]
    grip: tuple[float, float, float]
    low_tube: bool = False
    racing: bool = False


CITY = Frame((1.80, 0.62, 1.08), 0.345, 1.08, (-0.26, 0.80), (0.33, 0.86), (-0.30, 0.93), (0.16, 0.28, 1.06))
RACER = Frame(
    (1.70, 0.44, 1.00), 0.335, 1.00, (-0.24, 0.82), (0.31, 0.84), (-0.27, 0.96), (0.42, 0.20, 0.93), racing=True
)
STEP = CITY._replace(size=(1.84, 0.64, 1.10), low_tube=True, saddle=(-0.32, 0.92), grip=(0.10, 0.29, 1.08))
FRAMES = {"bicycle": CITY, "racing_bicycle": RACER, "step_through_bicycle": STEP}
SIZES = {kind: f.size for kind, f in FRAMES.items()}


def wire_wheel(radius: float, tyre: float, spokes: int, low: bool, wide_rim: float = 1.0) -> Mesh:
    """A bicycle's wheel: tyre and rim as thin rings, crossed spokes of wire, a hub."""
    n = 12 if low else 28
    ring = np.linspace(0, 2 * np.pi, n, endpoint=False)

    def circle(r: float) -> Array:
        return np.stack([r * np.cos(ring), np.zeros(n), r * np.sin(ring)], -1)

    out = [pipe(circle(radius - tyre / 2), tyre / 2, RUBBER, 4 if low else 6, closed=True)]
    r = radius - tyre
    rim = 0.011 * wide_rim
    out.append(
        tidy(
            lathe(
                [(r - 0.018, -rim), (r + 0.006, -rim), (r + 0.006, rim), (r - 0.018, rim), (r - 0.018, -rim)],
                ALLOY,
                n,
            )
        )
    )
    out.append(moved(cylinder(0.022, 0.09, STEEL, "y", 6 if low else 8)))
    for k in range(spokes if not low else spokes // 2):
        a = 2 * np.pi * k / (spokes if not low else spokes // 2)
        lean, side = (0.30 if k % 2 else -0.30), (0.03 if k % 4 < 2 else -0.03)
        start = (0.02 * np.sin(a + lean * 3), side, 0.02 * np.cos(a + lean * 3))
        end = ((r - 0.01) * np.sin(a), 0.0, (r - 0.01) * np.cos(a))
        out.append(_wire(start, end))
    return join(out)


def _wire(start: Any, end: Any) -> Mesh:
    """A spoke of three sides; thicker than life, for else it falls between the pixels."""
    return pipe([start, end], 0.0022, STEEL, 3)


def bicycle(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A bicycle without rider; points "saddle", "grip_left", "crank", "pedal_left" and so on are for one."""
    f = FRAMES[kind]
    varnish = paint(colour(asked, rng, COMMON))
    rear, front = np.array([-f.base / 2, 0, f.wheel]), np.array([f.base / 2, 0, f.wheel])
    crank = np.array([-f.base / 2 + 0.44, 0, f.wheel - 0.06])
    body = [*_tubes(f, crank, rear, front, varnish, low), *_saddle(f), *_bars(f, low)]
    if not f.racing:
        body += _city(f, rear, front, varnish, low)
    tyre = 0.025 if f.racing else 0.042
    wheel = wire_wheel(f.wheel, tyre, 24, low)
    chain = cylinder(0.035, 0.01, STEEL, "y", 8)
    parts = [
        Part(join(body), np.zeros(3)), Part(wheel, front, "front_wheel", f.wheel),
        Part(join([wheel, moved(chain, y=-0.045)]), rear, "wheel", f.wheel), Part(cranks(low), crank, "crank",
            0.17),
    ]  # fmt: skip
    flip = np.array([1.0, -1.0, 1.0])
    grip = np.array(f.grip)
    points = {
        "saddle": np.array([f.saddle[0], 0, f.saddle[1]]), "grip_left": grip, "grip_right": grip * flip,
        "crank": crank,
        "pedal_left": crank + np.array([0.17, 0.11, 0]), "pedal_right": crank + np.array([-0.17, -0.11, 0]),
        "head": np.array([f.head[0] + 0.12, 0, f.head[1] + 0.02]),
    }  # fmt: skip
    return fitted(Model(tuple(parts), size, kind, "bicycle", points), size)


def _tubes(f: Frame, crank: Array, rear: Array, front: Array, varnish: Material, low: bool) -> list[Mesh]:
    """Frame and fork."""
    n = 5 if low else 8
    seat, head = np.array([f.seat[0], 0, f.seat[1]]), np.array([f.head[0], 0, f.head[1]])
    steer = (head - front) / np.linalg.norm(head - front)
    top, bottom = head + steer * 0.07, head - steer * 0.07
    side = np.array([0, 0.055, 0])
    tubes = [
        (crank, seat, 0.016), (crank, bottom, 0.019), (bottom - steer * 0.02, top + steer * 0.03, 0.020),
        (crank + side * 0.5, rear + side, 0.010), (crank - side * 0.5, rear - side, 0.010),
        (seat - [0, 0, 0.04] + side * 0.3, rear + side, 0.009), (seat - [0, 0, 0.04] - side * 0.3, rear - side,
        0.009),
        (bottom + side, front + side, 0.012), (bottom - side, front - side, 0.012),
    ]  # fmt: skip
    out = [pipe([a, b], r, varnish, n) for a, b, r in tubes]
    if f.low_tube:
        u = np.linspace(0, 1, 6)[:, None]
        low_point = crank * 0.55 + bottom * 0.45 + [-0.06, 0, 0.05]
        end = crank * 0.45 + seat * 0.55
        out.append(pipe((1 - u) ** 2 * bottom + 2 * u * (1 - u) * low_point + u**2 * end, 0.018, varnish, n))
    else:
        out.append(pipe([seat - [0, 0, 0.03], top - steer * 0.03], 0.015, varnish, n))
    out.append(box((0.03, 0.135, 0.03), varnish, bottom - steer * 0.005))
    out.append(moved(cylinder(0.026, 0.08, varnish, "y", n), *crank))
    return out


def _saddle(f: Frame) -> list[Mesh]:
    """Post and saddle."""
    top = np.array([f.saddle[0], 0, f.saddle[1]])
    post = pipe([[f.seat[0], 0, f.seat[1] - 0.02], top - np.array([0, 0, 0.03])], 0.013, CHROME, 6)
    leather = SEAL if f.racing else LEATHER
    wide = 0.14 if f.racing else 0.19
    back = ellipsoid((0.17, wide, 0.065), leather, top + np.array([-0.06, 0, -0.012]), 8)
    nose = ellipsoid((0.28, 0.06, 0.05), leather, top + np.array([0.05, 0, -0.008]), 8)
    return [post, back, nose]


def _bars(f: Frame, low: bool) -> list[Mesh]:
    """Stem and handlebars: swept back, or dropped on a racer; brake levers and grips."""
    head, n = np.array([f.head[0], 0, f.head[1]]), 4 if low else 6
    gx, gy, gz = f.grip
    stem = np.array([head[0] + (0.06 if f.racing else -0.03), 0, gz - (0.0 if f.racing else 0.03)])
    out = [pipe([head + np.array([-0.02, 0, 0.06]), [head[0] - 0.04, 0, stem[2] - 0.03], stem], 0.013, CHROME, n)]
    if f.racing:
        drop = [stem, [stem[0], gy, stem[2]], [stem[0] + 0.09, gy, stem[2] - 0.01], [stem[0] + 0.11, gy,
            stem[2] - 0.07],
                [stem[0] + 0.03, gy, stem[2] - 0.13], [stem[0] - 0.06, gy, stem[2] - 0.13]]  # fmt: skip
        half = pipe(drop, 0.013, SEAL, n)
        lever = rounded((0.05, 0.03, 0.07), 0.014, SEAL, (stem[0] + 0.11, gy, stem[2] + 0.015), 1)
        out += [half, mirrored(half), lever, mirrored(lever)]
        return out
    bow = [
        stem,
        [stem[0] + 0.05, gy * 0.5, stem[2] + 0.02],
        [stem[0] + 0.02, gy * 0.95, gz],
        [gx + 0.06, gy, gz],
        [gx - 0.05, gy, gz],
    ]
    half = pipe(bow, 0.011, CHROME, n)
    grip = pipe([[gx + 0.06, gy, gz], [gx - 0.06, gy, gz]], 0.017, SEAL, n)
    lever = pipe(
        [[gx + 0.08, gy - 0.01, gz - 0.01], [gx + 0.04, gy + 0.02, gz - 0.045], [gx - 0.04, gy + 0.01, gz - 0.045]],
        0.006,
        CHROME,
        4,
    )
    return [*out, half, mirrored(half), grip, mirrored(grip), lever, mirrored(lever)]


def _city(f: Frame, rear: Array, front: Array, varnish: Material, low: bool) -> list[Mesh]:
    """Mudguards, carrier, lamps, chain guard, bell."""
    out = []
    r = f.wheel + 0.022
    for hub, a0, a1 in ((rear, 0.05, 1.05), (front, 0.30, 1.12)):
        a = np.linspace(a0 * np.pi, a1 * np.pi, 5 if low else 9)
        out.append(_guard(hub, r, a, varnish))
    z = 2 * f.wheel + 0.06
    for y in (-0.05, 0.05):
        out.append(pipe([[rear[0] + 0.17, y, z], [rear[0] - 0.20, y, z]], 0.006, STEEL, 4))
        out.append(pipe([[rear[0] - 0.16, y, z], [rear[0], y * 1.2, rear[2]]], 0.005, STEEL, 4))
    out += [box((0.012, 0.12, 0.012), STEEL, (rear[0] + x, 0, z)) for x in (0.15, 0.0, -0.18)]
    out.append(box((0.02, 0.06, 0.04), TAIL, (rear[0] - 0.215, 0, z - 0.03)))
    out.append(box((0.012, 0.04, 0.03), BRAKE, (rear[0] - 0.225, 0, z - 0.03)))
    lamp = np.array([f.head[0] + 0.10, 0, f.head[1] - 0.02])
    out += [
        moved(cylinder(0.035, 0.06, TRIM, "x", 8), *lamp),
        moved(cylinder(0.029, 0.008, HEAD, "x", 8), lamp[0] + 0.032, 0, lamp[2]),
    ]
    guard = [
        [rear[0] + 0.44 + 0.10, -0.05, f.wheel - 0.0],
        [rear[0] + 0.1, -0.05, f.wheel + 0.045],
        [rear[0] - 0.02, -0.05, f.wheel],
    ]
    out.append(pipe(guard, 0.022, varnish, 5))
    out.append(ellipsoid((0.05, 0.05, 0.04), CHROME, (f.grip[0] + 0.12, f.grip[1] * 0.8, f.grip[2] + 0.03), 6))
    for sign in (1, -1):
        out.append(box((0.03, 0.004, 0.012), TURN, (front[0], sign * 0.012, front[2] + f.wheel * 0.6)))
    return out


def _guard(hub: Array, r: float, a: Array, material: Material) -> Mesh:
    """A mudguard's bent sheet over the angles `a`, its edges closed."""
    rows = [[hub + np.array([(r - drop) * np.cos(t), y, (r - drop) * np.sin(t)]) for t in a] for y, drop in GUARD]
    return skin(np.array(rows), material)


def cranks(low: bool) -> Mesh:
    """Chain wheel, two arms and pedals about the axle."""
    disc = moved(cylinder(0.095, 0.006, STEEL, "y", 10 if low else 20), y=-0.045)
    out = [disc, cylinder(0.012, 0.14, STEEL, "y", 6)]
    for sign in (1, -1):
        out.append(box((0.175, 0.014, 0.026), ALLOY, (sign * 0.0875, sign * 0.068, 0)))
        out.append(box((0.09, 0.085, 0.022), SEAL, (sign * 0.17, sign * 0.12, 0)))
    return join(out)
