"""Wheels: tyre, rim with spokes or a pressed disc, centred on the hub, axle along y, outside towards +y."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Material, Mesh, cylinder, join, mesh, mirrored
from abound.render.models.finish import ALLOY, CHROME, DARK, IRON, RUBBER, STEEL, TREAD
from abound.render.models.model import Part
from abound.render.models.solid import lathe, tidy

Array = np.ndarray[Any, Any]


def wheel(radius: float, width: float, style: str = "alloy", low: bool = False, rim: float = 0.66, spokes: int = 5,
          metal: Material = ALLOY) -> Mesh:  # fmt: skip
    """A wheel whose outside faces +y. Styles: "alloy" (spokes), "steel" (cover), "truck" (dished, with nuts)."""
    n, w, inner = (10 if low else 18), width / 2, radius * rim
    shoulder = radius - 0.3 * (radius - inner)
    if low:
        tyre = lathe([(inner, -w), (radius, -w * 0.8), (radius, w * 0.8), (inner, w)], RUBBER, n)
        face = lathe([(inner, w), (0.01, w * 0.7)], metal, n)
        return join([tyre, face, _back(inner, w, n)])
    wall = lathe([(inner * 0.98, -w * 0.95), (shoulder, -w), (radius, -w * 0.8)], RUBBER, n)
    tread = lathe([(radius, -w * 0.8), (radius, w * 0.8)], TREAD, n)
    outside = lathe(
        [(radius, w * 0.8), (shoulder, w), (inner * 1.02, w * 0.98), (inner * 0.985, w * 0.9)], RUBBER, n
    )
    if style == "truck":
        face = _dish(inner, w, n, metal)
    else:
        face = (_alloy if style == "alloy" else _cover)(inner, w, n, spokes, metal)
    rolled = tidy(join([wall, tread, outside]))
    return join([rolled, _back(inner, w * 0.95, n), face])


def _back(inner: float, w: float, n: int) -> Mesh:
    """The dark inside."""
    return lathe([(0.0, -w), (inner * 0.98, -w)], DARK, n)


def _alloy(r: float, w: float, n: int, spokes: int, metal: Material) -> Mesh:
    lip = lathe([(r * 0.99, w * 0.9), (r * 0.93, w * 0.93), (r * 0.88, w * 0.4)], metal, n)
    barrel = lathe([(r * 0.88, w * 0.4), (0.0, w * 0.25)], DARK, n)
    disc = lathe([(r * 0.62, w * 0.32), (0.0, w * 0.36)], STEEL, n // 2)
    hub = lathe([(r * 0.24, w * 0.45), (r * 0.2, w * 0.76), (0.0, w * 0.8)], metal, 8)
    arms = [_spoke(r, w, 2 * np.pi * k / spokes + side, metal) for k in range(spokes) for side in (-0.16, 0.16)]
    return join([lip, barrel, disc, hub, *arms])


def _spoke(r: float, w: float, angle: float, metal: Material) -> Mesh:
    """One arm from the hub to the lip, a little dished: front and two flanks."""
    half_in, half_out = r * 0.075, r * 0.055
    a, b, front_in, front_out, back = r * 0.16, r * 0.93, w * 0.76, w * 0.9, w * 0.42
    v = np.array([
        (-half_in, front_in, a), (half_in, front_in, a), (half_out, front_out, b), (-half_out, front_out, b),
        (-half_in * 1.4, back, a), (half_in * 1.4, back, a), (half_out * 1.4, back, b), (-half_out * 1.4, back, b),
    ])  # fmt: skip
    f = [(0, 1, 2), (0, 2, 3), (5, 2, 1), (5, 6, 2), (7, 0, 3), (7, 4, 0)]
    c, s = np.cos(angle), np.sin(angle)
    turned = v @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    corners = turned[np.array(f)[:, ::-1]].reshape(-1, 3)
    return mesh(corners, np.arange(len(corners)).reshape(-1, 3), metal)


def _cover(r: float, w: float, n: int, spokes: int, metal: Material) -> Mesh:
    plate = lathe(
        [(r * 0.99, w * 0.9), (r * 0.93, w * 0.96), (r * 0.8, w * 0.84), (r * 0.35, w * 0.98), (0.004, w)], metal, n
    )
    slots = []
    for k in range(2 * spokes):
        a = 2 * np.pi * k / (2 * spokes)
        hole = lathe([(r * 0.085, 0.0), (0.0, 0.001)], DARK, 7)
        slots.append(
            hole._replace(
                vertices=hole.vertices + np.array([r * 0.68 * np.sin(a), w * 0.915, r * 0.68 * np.cos(a)])
            )
        )
    return join([plate, *slots])


def _dish(r: float, w: float, n: int, metal: Material) -> Mesh:
    """A lorry's wheel: deep rim, a ring of nuts, and the hub in the middle."""
    deep = w * 0.25
    rim = lathe(
        [(r * 0.99, w * 0.9), (r * 0.95, w * 0.95), (r * 0.9, deep), (r * 0.6, deep * 0.6), (r * 0.5, w * 0.5)],
        metal,
        n,
    )
    face = lathe([(r * 0.5, w * 0.5), (r * 0.3, w * 0.52), (r * 0.28, w * 0.85), (0.004, w * 0.88)], metal, n)
    spots = []
    for k in range(8):
        a = 2 * np.pi * (k + 0.5) / 8
        nut = cylinder(r * 0.04, w * 0.16, CHROME, "y", 4)
        spots.append(
            nut._replace(vertices=nut.vertices + np.array([r * 0.4 * np.sin(a), w * 0.55, r * 0.4 * np.cos(a)]))
        )
        hole = lathe([(r * 0.085, deep * 0.86), (0.0, deep * 0.87)], IRON, 6)
        spots.append(
            hole._replace(vertices=hole.vertices + np.array([r * 0.75 * np.sin(a), 0.012, r * 0.75 * np.cos(a)]))
        )
    return join([rim, face, *spots])


def axle(
    x: float, half_track: float, radius: float, mesh_: Mesh, front: bool = False, double: float = 0.0
) -> list[Part]:
    """The left and right wheel at x; `half_track`: to the middle of the tyre, `double`: width of a twin tyre."""
    role = "front_wheel" if front else "wheel"
    left = mesh_
    if double:
        low, high = mesh_.vertices[:, 1].min(), mesh_.vertices[:, 1].max()
        wide = double / (high - low)
        left = mesh_._replace(vertices=mesh_.vertices * [1.0, wide, 1.0])
    pivot = np.array([x, half_track, radius])
    return [Part(left, pivot, role, radius), Part(mirrored(left), pivot * [1, -1, 1], role, radius)]
