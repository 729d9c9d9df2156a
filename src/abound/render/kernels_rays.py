"""Compiled loops over rays: exact hits in double precision.

Embree answers in single precision. Its triangle is met again here in double precision (Moeller and Trumbore
1997), so a hit is on the ray and on the triangle to the last few bits. Imported only where a scene is rendered.
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
    """Put every found triangle (numbered from `first`, -1 for none) of the rays `which` in place if it is nearest.

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

    Where it meets none of them inside, it passes through a gap between triangles that is narrower than rounding,
    and the one that it passes least outside is kept.
    """
    step = 0 if len(origins) == 1 else 1
    for k in range(len(which)):
        i = which[k]
        best, t, u, v = best_of(tries[k], origins[i * step], directions[i], vertices, faces, start)
        if best < 0 and not (tries[k] < 0).any():
            continue
        triangle[i] = best
        distance[i] = t
        weights[i, 0] = u
        weights[i, 1] = v


@njit(cache=True, error_model="numpy")
def best_of(
    tries: Array, o: Array, d: Array, vertices: Array, faces: Array, start: float
) -> tuple[int, float, float, float]:
    """The nearest triangle met inside, else the one met least outside: number (-1: none), distance, weights."""
    best, near, least, bu, bv = -1, np.inf, -1e-3, 0.0, 0.0
    for n in tries:
        if n < 0:
            continue
        f = faces[n]
        t, u, v = met(vertices[f[0]], vertices[f[1]], vertices[f[2]], o, d)
        inside = min(u, v, 1.0 - u - v)
        inside = 0.0 if inside >= INSIDE else inside
        if t >= start and (inside > least or (inside == 0.0 and t < near)):
            best, near, least, bu, bv = n, t, inside, u, v
    return best, near, bu, bv


@njit(cache=True)
def body_boxes(vertices: Array, first: Array, out: Array) -> None:
    """Lowest and highest corner of the vertices first[k] to first[k + 1], loosened a little, into out (n, 6)."""
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
