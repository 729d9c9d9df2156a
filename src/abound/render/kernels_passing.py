"""Compiled loops that say which rays come near which moving body. Imported only where a scene is rendered."""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
CELLS, WIDEST = 256, 2.0  # cells of the map of directions, and the tangent at its rim


@njit(cache=True, error_model="numpy")
def passing(
    origins: Array, directions: Array, limit: Array, group_box: Array, group_first: Array, box: Array
) -> tuple[Array, Array]:
    """Rays that enter the box of a body before `limit`: (rays, first); body k has rays[first[k]:first[k + 1]].

    Boxes (., 6) are lowest and highest corner. Bodies group_first[g] to group_first[g + 1] lie in group_box[g].
    Rays of one origin are looked up in a map of directions first, as most go where no box is.
    """
    step, ends = 0 if len(origins) == 1 else 1, 0 if len(limit) == 1 else 1
    axes = about(directions)
    busy = np.ones((1, 1), np.bool_) if step else busy_directions(origins[0], axes, group_box)
    bodies, rays, count = np.empty(1024, np.int32), np.empty(1024, np.int32), 0
    first = np.zeros(len(box) + 1, np.int64)
    found = np.empty(len(box), np.int32)
    for i in range(len(directions)):
        if not step and quiet(busy, axes, directions[i, 0], directions[i, 1], directions[i, 2]):
            continue
        o = i * step
        n = bodies_on_the_way(
            origins[o, 0], origins[o, 1], origins[o, 2], inverse(directions[i, 0]), inverse(directions[i, 1]),
            inverse(directions[i, 2]), limit[i * ends], group_box, group_first, box, found,
        )  # fmt: skip
        while count + n > len(rays):
            bodies = np.concatenate((bodies, np.empty(len(bodies), np.int32)))
            rays = np.concatenate((rays, np.empty(len(rays), np.int32)))
        for k in found[:n]:
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
def bodies_on_the_way(
    ox: float, oy: float, oz: float, ix: float, iy: float, iz: float, far: float, group_box: Array,
    group_first: Array, box: Array, found: Array,
) -> int:  # fmt: skip
    """Put the bodies whose boxes the ray enters before `far` into `found` and say how many they are.

    ix, iy, iz: inverse directions.
    """
    n = 0
    for g in range(len(group_box)):
        if not enters(group_box[g], ox, oy, oz, ix, iy, iz, far):
            continue
        for k in range(group_first[g], group_first[g + 1]):
            if enters(box[k], ox, oy, oz, ix, iy, iz, far):
                found[n] = k
                n += 1
    return n


@njit(cache=True, error_model="numpy")
def about(directions: Array) -> Array:
    """Three orthonormal axes (3, 3), the first of them along the middle of the first and the last direction."""
    axes = np.zeros((3, 3))
    for j in range(3):
        axes[0, j] = directions[0, j] + directions[len(directions) - 1, j]
    if not (axes[0] ** 2).sum() > 0.0:
        axes[0, 0] = 1.0
    axes[0] /= np.sqrt((axes[0] ** 2).sum())
    axes[1, np.abs(axes[0]).argmin()] = 1.0
    axes[1] -= (axes[1] * axes[0]).sum() * axes[0]
    axes[1] /= np.sqrt((axes[1] ** 2).sum())
    axes[2] = np.cross(axes[0], axes[1])
    return axes


@njit(cache=True, error_model="numpy")
def busy_directions(o: Array, axes: Array, group_box: Array) -> Array:
    """Map of the directions before the first axis, bool (CELLS, CELLS): may a ray from o meet a box there?

    A box is cut off just before the origin's plane: corners before it and crossings between corners hold the rest.
    """
    busy = np.zeros((CELLS, CELLS), np.bool_)
    corner = np.empty((8, 3))
    for b in group_box:
        for c in range(8):
            x, y, z = b[3 * (c & 1)] - o[0], b[1 + 3 * (c >> 1 & 1)] - o[1], b[2 + 3 * (c >> 2)] - o[2]
            for j in range(3):
                corner[c, j] = axes[j, 0] * x + axes[j, 1] * y + axes[j, 2] * z
        low1, low2, high1, high2 = np.inf, np.inf, -np.inf, -np.inf
        for pair in range(64):
            p, q = corner[pair >> 3], corner[pair & 7]
            if p[0] < 1e-6 and not q[0] > 1e-6:
                continue
            s = 0.0 if p[0] >= 1e-6 else (1e-6 - p[0]) / (q[0] - p[0])
            ahead = max(p[0], 1e-6)
            u, v = (p[1] + s * (q[1] - p[1])) / ahead, (p[2] + s * (q[2] - p[2])) / ahead
            low1, low2, high1, high2 = min(low1, u), min(low2, v), max(high1, u), max(high2, v)
        if low1 <= high1:
            busy[cell(low2) : cell(high2) + 1, cell(low1) : cell(high1) + 1] = True
    return busy


@njit(cache=True, error_model="numpy", inline="always")
def quiet(busy: Array, axes: Array, x: float, y: float, z: float) -> bool:
    """Does a direction surely meet no box?"""
    ahead = axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z
    if not ahead > 0.0:
        return False
    u = (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z) / ahead
    v = (axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z) / ahead
    return not busy[cell(v), cell(u)]


@njit(cache=True, error_model="numpy", inline="always")
def cell(tangent: float) -> int:
    """The row or column of a tangent; those beyond the rim belong to it. Monotone, so it keeps intervals."""
    at = (tangent + WIDEST) * (CELLS / (2 * WIDEST))
    at = at if at > 0.0 else 0.0
    return int(at if at < CELLS - 1.0 else CELLS - 1.0)


@njit(cache=True, error_model="numpy", inline="always")
def inverse(value: float) -> float:
    """1 / value, and a huge number for 0, so that 0 times it is 0."""
    return 1.0 / (value if value != 0.0 else 1e-300)


@njit(cache=True, error_model="numpy", inline="always")
def enters(b: Array, ox: float, oy: float, oz: float, ix: float, iy: float, iz: float, far: float) -> bool:
    """Does the ray with inverse directions ix, iy, iz enter the box before `far`? No branches."""
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
    return bool((low <= high) & (high >= 0.0) & (low <= far))
