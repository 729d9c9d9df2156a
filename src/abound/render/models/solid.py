"""Solids that vehicles are put together from: pipes, lathe work, cut plates, rounded boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.errors import InputError
from abound.render.mesh import Material, Mesh, grid, join, mesh

Array = np.ndarray[Any, Any]


def tidy(part: Mesh, close: float = 1e-6) -> Mesh:
    """Vertices at the same place made one (smooth across), and faces without area left out."""
    keys = np.round(part.vertices / close).astype(np.int64)
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    f = where.reshape(-1)[part.faces].astype(np.int32)
    v = part.vertices[first]
    area = np.linalg.norm(np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]]), axis=1) / 2
    keep = area > 1e-9
    used, places = np.unique(f[keep], return_inverse=True)
    faces = places.reshape(-1, 3).astype(np.int32)
    return Mesh(v[used], faces, part.material[keep], part.materials, part.uv[keep])


def pipe(points: Any, radius: Any, material: Material, detail: int = 8, closed: bool = False) -> Mesh:
    """A round pipe along points (n, 3), one radius or one for each; `closed` joins the ends to a ring."""
    p = np.asarray(points, float)
    ahead = np.roll(p, -1, 0) - np.roll(p, 1, 0) if closed else np.gradient(p, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    aside = np.cross(ahead, _across(ahead))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    up = np.cross(aside, ahead)
    angle = np.linspace(0, 2 * np.pi, detail, endpoint=False)
    wide = np.broadcast_to(np.asarray(radius, float), (len(p),))[:, None, None]
    rings = p[:, None] + wide * (np.cos(angle)[:, None] * up[:, None] + np.sin(angle)[:, None] * aside[:, None])
    if closed:
        return tidy(grid(np.concatenate([rings, rings[:1]]), material, caps=False))
    return grid(rings, material)


def _across(ahead: Array) -> Array:
    """One direction that the pipe nowhere runs along, so that its rings do not twist."""
    worst = np.abs(ahead).max(axis=0)
    axis = np.zeros(3)
    axis[int(np.argmin(worst))] = 1.0
    return axis


def lathe(profile: Any, material: Material, detail: int = 24) -> Mesh:
    """A profile of (radius, y) turned about the y axis; it runs from -y to +y on the outside."""
    r, y = np.asarray(profile, float).T
    angle = np.linspace(0, 2 * np.pi, detail, endpoint=False)
    z, x = np.cos(angle), np.sin(angle)
    rings = np.stack([r[:, None] * x, np.repeat(y[:, None], detail, 1), r[:, None] * z], -1)
    return tidy(grid(rings, material, caps=False))


def cut(outline: Any, y0: float, y1: float, material: Material) -> Mesh:
    """A plate cut along an outline of (x, z) points, from y0 to y1, with hard edges; the outline may be hollow."""
    o = np.asarray(outline, float)
    turn = np.roll(o, -1, 0)
    if (o[:, 0] * turn[:, 1] - turn[:, 0] * o[:, 1]).sum() < 0:
        o = o[::-1]
    ears = np.array(_ears(o), np.int32)
    n = len(o)
    low = np.stack([o[:, 0], np.full(n, min(y0, y1)), o[:, 1]], -1)
    high = np.stack([o[:, 0], np.full(n, max(y0, y1)), o[:, 1]], -1)
    sides = []
    for i in range(n):
        j = (i + 1) % n
        sides.append(mesh([low[i], low[j], high[j], high[i]], [(0, 2, 1), (0, 3, 2)], material))
    return join([mesh(low, ears, material), mesh(high, ears[:, ::-1], material), *sides])


def _ears(o: Array) -> list[tuple[int, int, int]]:
    """Triangles of a simple polygon, counter-clockwise, by cutting off ears."""
    left = list(range(len(o)))
    out = []
    while len(left) > 3:
        for k in range(len(left)):
            a, b, c = left[k - 1], left[k], left[(k + 1) % len(left)]
            if _is_ear(o, a, b, c, left):
                out.append((a, b, c))
                left.pop(k)
                break
        else:
            raise InputError("An outline crosses itself; give its corners in order round the shape.")
    return [*out, (left[0], left[1], left[2])]


def _is_ear(o: Array, a: int, b: int, c: int, left: list[int]) -> bool:
    def side(p: Array, q: Array, r: Array) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    if side(o[a], o[b], o[c]) <= 0:
        return False
    others = [i for i in left if i not in (a, b, c)]
    return not any(
        side(o[a], o[b], o[i]) >= 0 and side(o[b], o[c], o[i]) >= 0 and side(o[c], o[a], o[i]) >= 0 for i in others
    )


def rounded(size: Any, radius: float, material: Material, centre: Any = (0, 0, 0), detail: int = 2) -> Mesh:
    """A box whose edges and corners are rounded: 24 * detail^2 corner triangles and more."""
    half = np.asarray(size, float) / 2
    r = float(min(radius, half.min() * 0.999))
    arc = np.linspace(0, np.pi / 2, detail + 1)
    ring = np.concatenate([arc + k * np.pi / 2 for k in range(4)])
    sx = np.repeat([1, -1, -1, 1], detail + 1)
    sy = np.repeat([1, 1, -1, -1], detail + 1)
    lift = np.concatenate([arc - np.pi / 2, arc])
    sz = np.repeat([-1, 1], detail + 1)
    wide, high = r * np.cos(lift)[:, None], r * np.sin(lift)[:, None]
    x = sx * (half[0] - r) + wide * np.cos(ring)
    y = sy * (half[1] - r) + wide * np.sin(ring)
    z = np.broadcast_to(sz[:, None] * (half[2] - r) + high, x.shape)
    flat = np.stack([x, y, z], -1)
    skin = grid(flat, material, caps=True)
    out = tidy(skin)
    return out._replace(vertices=out.vertices + np.asarray(centre, float))


def beam(start: Any, end: Any, width: float, height: float, material: Material) -> Mesh:
    """A straight bar of rectangular section between two points, with hard edges."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    ahead = (b - a) / np.linalg.norm(b - a)
    aside = np.cross([0.0, 0.0, 1.0] if abs(ahead[2]) < 0.95 else [1.0, 0.0, 0.0], ahead)
    aside /= np.linalg.norm(aside)
    up = np.cross(ahead, aside)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    rings = [[e + s * aside * width / 2 + t * up * height / 2 for s, t in corners] for e in (a, b)]
    faces = grid(np.array(rings), material)
    v, f = faces.vertices[faces.faces].reshape(-1, 3), np.arange(3 * len(faces.faces)).reshape(-1, 3)
    return mesh(v, f, material)
