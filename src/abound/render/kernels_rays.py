"""Compiled loops over rays: exact hits in double precision, and which rays come near which body.

Embree answers in single precision. Its triangle is met again here in double precision (Moeller and Trumbore 1997), so a
hit is on the ray and on the triangle to the last few bits. Imported only where a scene is rendered.
"""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
INSIDE = -1e-12  # a weight above this is inside its triangle


@njit(cache=True, error_model="numpy", inline="always")
def met(a: Array, b: Array, c: Array, o: Array, d: Array) -> tuple[float, float, float]:
    """Distance along d and the weights of b and c where the ray meets the plane; nan where parallel."""
    e1x, e1y, e1z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    e2x, e2y, e2z = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    px, py, pz = d[1] * e2z - d[2] * e2y, d[2] * e2x - d[0] * e2z, d[0] * e2y - d[1] * e2x
    det = e1x * px + e1y * py + e1z * pz
    if det == 0.0:
        return np.nan, np.nan, np.nan
    sx, sy, sz = o[0] - a[0], o[1] - a[1], o[2] - a[2]
    qx, qy, qz = sy * e1z - sz * e1y, sz * e1x - sx * e1z, sx * e1y - sy * e1x
    u = (sx * px + sy * py + sz * pz) / det
    v = (d[0] * qx + d[1] * qy + d[2] * qz) / det
    return (e2x * qx + e2y * qy + e2z * qz) / det, u, v


@njit(cache=True, error_model="numpy")
def met_all(
    which: Array, found: Array, first: int, origins: Array, directions: Array, vertices: Array, faces: Array,
    start: float, triangle: Array, weights: Array, distance: Array, doubt: Array,
) -> None:  # fmt: skip
    """Put every found triangle (its number less `first`, -1 for none) of the rays `which` in place if it is nearest.

    `which` may be empty: all rays in order. `doubt` is raised where the ray passes the found triangle outside.
    """
    many, step = len(which) > 0, 0 if len(origins) == 1 else 1
    for k in range(len(found)):
        if found[k] < 0:
            continue
        i = which[k] if many else k
        n = found[k] + first
        f = faces[n]
        t, u, v = met(vertices[f[0]], vertices[f[1]], vertices[f[2]], origins[i * step], directions[i])
        if not (u >= INSIDE and v >= INSIDE and 1.0 - u - v >= INSIDE and t >= start):
            doubt[i] = True
        if t >= start and t < distance[i]:
            triangle[i] = n
            distance[i] = t
            weights[i, 0] = u
            weights[i, 1] = v


@njit(cache=True, error_model="numpy")
def settled(
    which: Array, tries: Array, origins: Array, directions: Array, vertices: Array, faces: Array,
    start: float, triangle: Array, weights: Array, distance: Array,
) -> None:  # fmt: skip
    """Doubtful rays once more: the nearest of the triangles `tries` (rays, tries) that the ray meets inside.

    Where it meets none of them inside, it passes through a gap between triangles that is narrower than rounding, and
    the one that it passes least outside is kept.
    """
    step = 0 if len(origins) == 1 else 1
    for k in range(len(which)):
        i = which[k]
        best, near, least = -1, np.inf, -np.inf
        bu, bv = 0.0, 0.0
        sky = False
        for j in range(tries.shape[1]):
            n = tries[k, j]
            if n < 0:
                sky = True
                continue
            f = faces[n]
            t, u, v = met(vertices[f[0]], vertices[f[1]], vertices[f[2]], origins[i * step], directions[i])
            if not t >= start:
                continue
            inside = min(u, v, 1.0 - u - v)
            if inside >= INSIDE:
                if least < INSIDE or t < near:
                    best, near, least, bu, bv = n, t, 0.0, u, v
            elif least < INSIDE and inside > least and inside > -1e-3:
                best, near, least, bu, bv = n, t, inside, u, v
        if best < 0 and not sky:
            continue
        triangle[i] = best
        distance[i] = near
        weights[i, 0] = bu
        weights[i, 1] = bv


@njit(cache=True, error_model="numpy")
def passing(
    origins: Array, directions: Array, limit: Array, group_box: Array, group_first: Array, box: Array
) -> tuple[Array, Array]:
    """Rays that enter the box of a body before `limit`: (rays, first), where body k has rays[first[k]:first[k + 1]].

    Boxes (., 6) are lowest and highest corner. Bodies group_first[g] to group_first[g + 1] lie in group_box[g].
    """
    step, ends = 0 if len(origins) == 1 else 1, 0 if len(limit) == 1 else 1
    bodies = np.empty(1024, np.int32)
    rays = np.empty(1024, np.int32)
    count = 0
    first = np.zeros(len(box) + 1, np.int64)
    by_side = np.ascontiguousarray(group_box.T)
    entered = np.empty(len(group_box), np.bool_)
    for i in range(len(directions)):
        o = origins[i * step]
        far = limit[i * ends]
        ox, oy, oz = o[0], o[1], o[2]
        ix, iy, iz = inverse(directions[i, 0]), inverse(directions[i, 1]), inverse(directions[i, 2])
        for g in range(len(entered)):
            entered[g] = enters(by_side[:, g], ox, oy, oz, ix, iy, iz, far)
        for g in range(len(entered)):
            if not entered[g]:
                continue
            for k in range(group_first[g], group_first[g + 1]):
                if not enters(box[k], ox, oy, oz, ix, iy, iz, far):
                    continue
                if count == len(rays):
                    bodies = np.concatenate((bodies, np.empty(count, np.int32)))
                    rays = np.concatenate((rays, np.empty(count, np.int32)))
                bodies[count] = k
                rays[count] = i
                first[k + 1] += 1
                count += 1
    first = np.cumsum(first)
    place = first[:-1].copy()
    out = np.empty(count, np.int32)
    for j in range(count):
        out[place[bodies[j]]] = rays[j]
        place[bodies[j]] += 1
    return out, first


@njit(cache=True, error_model="numpy", inline="always")
def inverse(value: float) -> float:
    """1 / value, and a huge number for 0, so that 0 times it is 0."""
    return 1.0 / (value if value != 0.0 else 1e-300)


@njit(cache=True, error_model="numpy", inline="always")
def enters(b: Array, ox: float, oy: float, oz: float, ix: float, iy: float, iz: float, far: float) -> bool:
    """Does the ray with inverse directions ix, iy, iz enter the box before `far`? No branches, so it is vectorised."""
    x0, x1 = (b[0] - ox) * ix, (b[3] - ox) * ix
    y0, y1 = (b[1] - oy) * iy, (b[4] - oy) * iy
    z0, z1 = (b[2] - oz) * iz, (b[5] - oz) * iz
    xa, xb = (x0, x1) if x0 < x1 else (x1, x0)
    ya, yb = (y0, y1) if y0 < y1 else (y1, y0)
    za, zb = (z0, z1) if z0 < z1 else (z1, z0)
    low = xa if xa > ya else ya
    low = low if low > za else za
    high = xb if xb < yb else yb
    high = high if high < zb else zb
    return (low <= high) & (high >= 0.0) & (low <= far)


@njit(cache=True)
def body_boxes(vertices: Array, first: Array, out: Array) -> None:
    """Lowest and highest corner of the vertices first[k] to first[k + 1], a little loosened, into out (bodies, 6)."""
    for k in range(len(out)):
        for j in range(3):
            low, high = np.inf, -np.inf
            for i in range(first[k], first[k + 1]):
                low = min(low, vertices[i, j])
                high = max(high, vertices[i, j])
            out[k, j] = low - 1e-3
            out[k, 3 + j] = high + 1e-3


@njit(cache=True, error_model="numpy")
def into(
    which: Array, origins: Array, directions: Array, start: float, matrix: Array, shift: Array, out_o: Array,
    out_d: Array,
) -> None:  # fmt: skip
    """Rays in another frame, float32, for Embree: matrix (3, 3) times origin less `shift`, and times direction.

    The origin is moved forward by `start` directions first.
    """
    many, step = len(which) > 0, 0 if len(origins) == 1 else 1
    m = matrix
    for k in range(len(out_d)):
        i = which[k] if many else k
        o, d = origins[i * step], directions[i]
        x, y, z = o[0] + start * d[0] - shift[0], o[1] + start * d[1] - shift[1], o[2] + start * d[2] - shift[2]
        for j in range(3):
            out_d[k, j] = m[j, 0] * d[0] + m[j, 1] * d[1] + m[j, 2] * d[2]
            out_o[k, j] = m[j, 0] * x + m[j, 1] * y + m[j, 2] * z
