"""Smooth solids from blended tubes, and their skin: how bodies, clothes and coats of fur are shaped.

A limb is a tube whose radius varies along it; tubes melt into one another through a polynomial smooth minimum of
their distances, as flesh does at a shoulder or a hip. The surface at distance 0 is meshed once by surface nets, one
vertex a cell that the surface crosses, put onto the surface by Newton steps, so that coarse cells still give a true
outline.

Sources: Gibson 1998, "Constrained elastic surface nets" (the mesh); Quilez 2008, "Smooth minimum" (the blend).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

Array = np.ndarray[Any, Any]
SPARE = 0.06  # metres by which a tube goes on beyond an end that is to be cut square
Field = Callable[[Array], Array]  # points (n, 3) -> signed distance (n,), negative inside


class Tube(NamedTuple):
    """A body part between two points, in metres from the joint of its bone, before any pose."""

    bone: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: tuple[float, ...]  # at even stations from start to end
    wide: tuple[float, ...] = (1.0,)  # breadth over depth of the cross-section, at even stations
    side: tuple[float, float, float] = (0.0, 1.0, 0.0)  # the direction of the breadth
    blend: float = 0.03  # metres over which it melts into what came before it
    flat: bool = False  # its end is to be cut square
    carve: bool = False  # taken away, not added


class Placed(NamedTuple):
    """A tube in the pose in which the skin is made."""

    bone: int
    start: Array
    axis: Array  # unit
    length: float
    side: Array  # unit
    radius: Callable[[Array], Array]  # of the share of the length
    wide: Callable[[Array], Array]
    blend: float
    flat: bool
    carve: bool


def profile(values: Sequence[float]) -> Callable[[Array], Array]:
    """A smooth curve without overshoot through values at even stations of [0, 1]."""
    if len(values) == 1:
        return lambda t: np.full(np.shape(t), float(values[0]))
    stations = np.linspace(0.0, 1.0, len(values))
    if len(values) == 2:
        return lambda t: np.interp(t, stations, values)
    curve = PchipInterpolator(stations, values)
    return lambda t: np.asarray(curve(t), float)


def place(tube: Tube, bone: int, joint: Array, turned: Array) -> Placed:
    """A tube where its bone is: joint (3,) and rotation (3, 3) of the bone."""
    a, b = (joint + turned @ np.asarray(p, float) for p in (tube.start, tube.end))
    length = float(np.linalg.norm(b - a))
    axis = (b - a) / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])
    side = turned @ np.asarray(tube.side, float)
    side = side / np.linalg.norm(side)
    return Placed(
        bone, a, axis, length, side, profile(tube.radius), profile(tube.wide), tube.blend, tube.flat, tube.carve
    )


def across(tube: Placed, points: Array) -> tuple[Array, Array]:
    """Distance from the tube's axis with the breadth divided out, and the radius there."""
    along = (points - tube.start) @ tube.axis
    reach = np.clip(along, 0.0, tube.length + (SPARE if tube.flat else 0.0))
    t = np.minimum(reach / max(tube.length, 1e-9), 1.0)
    q = points - tube.start - reach[:, None] * tube.axis
    sideways = q @ tube.side
    q = q + (sideways * (1.0 / tube.wide(t) - 1.0))[:, None] * tube.side
    return np.linalg.norm(q, axis=1), tube.radius(t)


def distance(tube: Placed, points: Array) -> Array:
    """Signed distance to a tube, exact for round ones, a close bound for flattened ones."""
    off, radius = across(tube, points)
    return off - radius


def melt(a: Array, b: Array, width: float) -> Array:
    """The smaller of two distances, rounded over a width in metres."""
    if width <= 0.0:
        return np.minimum(a, b)
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0.0, 1.0)
    return b * (1.0 - h) + a * h - width * h * (1.0 - h)


def solid(tubes: Sequence[Placed]) -> Field:
    """The distance field of tubes melted in order."""

    def field(points: Array) -> Array:
        out = distance(tubes[0], points)
        for tube in tubes[1:]:
            d = distance(tube, points)
            out = -melt(-out, d, tube.blend) if tube.carve else melt(out, d, tube.blend)
        return out

    return field


def extent(tubes: Sequence[Placed]) -> tuple[Array, Array]:
    """Corners of a box that holds all tubes."""
    t = np.linspace(0.0, 1.0, 9)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for tube in tubes:
        if tube.carve:
            continue
        points = tube.start + (t * (tube.length + (SPARE if tube.flat else 0.0)))[:, None] * tube.axis
        r = (tube.radius(t) * np.maximum(tube.wide(t), 1.0))[:, None]
        low, high = np.minimum(low, (points - r).min(axis=0)), np.maximum(high, (points + r).max(axis=0))
    return low, high


def finest(tubes: Sequence[Placed]) -> float:
    """The coarsest cell, metres, that does not lose most of the tubes between its corners."""
    half = np.full(1, 0.5)
    thin = [float((t.radius(half) * np.minimum(t.wide(half), 1.0))[0]) for t in tubes if not t.carve]
    return 1.6 * float(np.median(thin))


def corners(field: Field, low: Array, high: Array, cell: Array) -> tuple[Array, Array]:
    """Field values at the corners of a grid around a box, and the position of its first corner."""
    count = np.ceil((high - low) / cell).astype(int) + 4
    first = (low + high) / 2 - cell * (count - 1) / 2
    axes = [first[k] + cell[k] * np.arange(count[k]) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    return field(points).reshape(count), first


def quads(inside: Array, number: Array) -> Array:
    """Four cells round each grid edge whose ends lie on different sides, counter-clockwise from outside."""
    out = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        a = np.moveaxis(inside, (axis, u, v), (0, 1, 2))
        n = np.moveaxis(number, (axis, u, v), (0, 1, 2))
        here, there = a[:-1, 1:-1, 1:-1], a[1:, 1:-1, 1:-1]
        around = [n[:, :-1, :-1], n[:, 1:, :-1], n[:, 1:, 1:], n[:, :-1, 1:]]
        for crossed, order in ((here & ~there, (0, 1, 2, 3)), (~here & there, (3, 2, 1, 0))):
            out.append(np.stack([around[k][crossed] for k in order], -1))
    return np.concatenate(out)


def net(field: Field, low: Array, high: Array, cell: Any) -> tuple[Array, Array]:
    """Vertices float64 (n, 3) and faces int32 (m, 3) of the surface where the field is 0, from cells in metres."""
    size = np.broadcast_to(np.asarray(cell, float), 3)
    value, first = corners(field, np.asarray(low, float), np.asarray(high, float), size)
    inside = value < 0.0
    shape = tuple(s - 1 for s in value.shape)
    total, hits = np.zeros((*shape, 3)), np.zeros(shape)
    box = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    cut: dict[Any, Any] = {c: tuple(slice(c[k], c[k] + shape[k]) for k in range(3)) for c in box}
    for c in box:
        for axis in range(3):
            if c[axis]:
                continue
            d = tuple(1 if k == axis else c[k] for k in range(3))
            va, vb = value[cut[c]], value[cut[d]]
            crossed = inside[cut[c]] != inside[cut[d]]
            share = np.where(crossed, va / np.where(crossed, va - vb, 1.0), 0.0)
            at = np.asarray(c, float) + share[..., None] * np.eye(3)[axis]
            total += crossed[..., None] * at
            hits += crossed
    used = hits > 0
    number = np.full(shape, -1)
    number[used] = np.arange(int(used.sum()))
    v = first + size * (np.argwhere(used) + total[used] / hits[used][:, None])
    q = quads(inside, number)
    return settle(field, v, q, float(size.min())), halves(v, q)


def halves(v: Array, q: Array) -> Array:
    """Two triangles a quad, along its shorter diagonal."""
    long = np.linalg.norm(v[q[:, 0]] - v[q[:, 2]], axis=1) > np.linalg.norm(v[q[:, 1]] - v[q[:, 3]], axis=1)
    q = np.where(long[:, None], np.roll(q, -1, axis=1), q)
    return np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]]]).astype(np.int32)


def settle(field: Field, v: Array, q: Array, cell: float, rounds: int = 3) -> Array:
    """Even out the vertices along the surface, and put them onto it."""
    a = np.concatenate([q[:, k] for k in range(4)] * 2)
    b = np.concatenate([q[:, (k + 1) % 4] for k in range(4)] + [q[:, (k - 1) % 4] for k in range(4)])
    count = np.bincount(a, minlength=len(v))[:, None]
    for _ in range(rounds):
        mean = np.stack([np.bincount(a, v[b, k], len(v)) for k in range(3)], -1) / np.maximum(count, 1)
        v = onto(field, v + 0.5 * (mean - v), cell)
    return v


def onto(field: Field, v: Array, cell: float) -> Array:
    """One Newton step onto the surface, never longer than half a cell."""
    h = 1e-4
    moved = np.concatenate([v, *(v + h * e for e in np.eye(3))])
    d, *ahead = np.split(field(moved), 4)
    g = np.stack([(x - d) / h for x in ahead], -1)
    step = d / np.maximum((g**2).sum(axis=1), 1e-2)
    shift = step[:, None] * g
    length = np.linalg.norm(shift, axis=1, keepdims=True)
    return np.asarray(v - shift * np.minimum(1.0, 0.5 * cell / np.maximum(length, 1e-12)))
