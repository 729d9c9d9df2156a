# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: light of lamps. The few that matter most to a sample count, each with a shadow ray.

Columns of a lamp: 0-2 place, 3-5 intensity, 6-8 direction, 9 cosine of the rim, 10 cosine of the full beam, 11
reach.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from abound.render.shade_light import from_light, lifted
from abound.render.shade_noise import smooth
from abound.render.shade_surface import FAR, GX, GY, GZ, PASS, PX, SOFT

BEST = 3  # lamps a sample
CELL = 6.0  # metres
LEAST = 0.08  # of the strongest lamp's light: weaker ones are left out


@njit(cache=True, error_model="numpy")
def dipped(z, axis):
    """The profile of a dipped head lamp (cones below 40 degrees): little above its axis, less and less towards the
    road near by, so that the road is lit evenly. `z` and `axis` are the heights of unit directions."""
    low = axis - z
    if low < 0.0:
        return 0.06 + 0.94 * smooth(-0.035, 0.0, low)
    return 1.0 / (1.0 + (low / 0.035) ** 2)


@njit(cache=True, error_model="numpy")
def towards(lamp, p, out):
    """Unit direction from p to the lamp into `out`; returns (distance, intensity share over distance squared)."""
    x, y, z = lamp[0] - p[0], lamp[1] - p[1], lamp[2] - p[2]
    d2 = x * x + y * y + z * z
    if d2 > lamp[11] * lamp[11]:
        return 0.0, 0.0
    d = np.sqrt(d2)
    out[0], out[1], out[2] = x / d, y / d, z / d
    c = -(out[0] * lamp[6] + out[1] * lamp[7] + out[2] * lamp[8])
    beam = 1.0
    if lamp[9] > -1.0:
        if c <= lamp[9]:
            return 0.0, 0.0
        beam = smooth(lamp[9], lamp[10], c)
        if lamp[9] > 0.77:
            beam *= dipped(-out[2], lamp[8])
    edge = 1.0 - (d2 / (lamp[11] * lamp[11])) ** 2
    return d, beam * edge * edge / max(d2, 0.04)


@njit(cache=True, error_model="numpy")
def grid_of(lamps):
    """Which lamps reach which square of the ground: (numbers (4,) x, y, columns, rows; first (cells + 1,);
    lamps)."""
    x0, y0, x1, y1 = 1e9, 1e9, -1e9, -1e9
    for k in range(len(lamps)):
        p = lamps[k]
        x0, x1 = min(x0, p[0] - p[11]), max(x1, p[0] + p[11])
        y0, y1 = min(y0, p[1] - p[11]), max(y1, p[1] + p[11])
    columns, rows = max(1, np.int64((x1 - x0) / CELL) + 1), max(1, np.int64((y1 - y0) / CELL) + 1)
    first, some = np.zeros(columns * rows + 1, np.int64), np.empty(columns * rows * max(1, len(lamps)), np.int64)
    n = 0
    for c in range(columns * rows):
        cx, cy = x0 + (c % columns) * CELL, y0 + (c // columns) * CELL
        for k in range(len(lamps)):
            p = lamps[k]
            dx = max(0.0, max(cx - p[0], p[0] - cx - CELL))
            dy = max(0.0, max(cy - p[1], p[1] - cy - CELL))
            if dx * dx + dy * dy < p[11] * p[11]:
                some[n] = k
                n += 1
        first[c + 1] = n
    return np.array([x0, y0, columns, rows]), first, some[:n]


@njit(cache=True, error_model="numpy", inline="always")
def cell_of(grid, x, y):
    """The square of a place; -1 outside."""
    i, j = np.int64(np.floor((x - grid[0]) / CELL)), np.int64(np.floor((y - grid[1]) / CELL))
    if i < 0 or j < 0 or i >= grid[2] or j >= grid[3]:
        return -1
    return j * np.int64(grid[2]) + i


@njit(cache=True, error_model="numpy")
def unshaded(lamps, grid, first, some, p, normal, out):
    """Add the irradiance of all lamps at a place with a normal."""
    way = np.empty(3)
    cell = cell_of(grid, p[0], p[1])
    if cell < 0:
        return
    for a in range(first[cell], first[cell + 1]):
        k = some[a]
        x, y, z = lamps[k, 0] - p[0], lamps[k, 1] - p[1], lamps[k, 2] - p[2]
        if normal[0] * x + normal[1] * y + normal[2] * z <= 0.0 or lamps[k, 3] < 0.01 * (x * x + y * y + z * z):
            continue
        _, e = towards(lamps[k], p, way)
        if e <= 0.0:
            continue
        c = normal[0] * way[0] + normal[1] * way[1] + normal[2] * way[2]
        if c > 0.0:
            for q in range(3):
                out[q] += lamps[k, 3 + q] * e * c


@njit(cache=True, error_model="numpy")
def strongest(r, lamps, grid, first, some, cut, best, value, share, p, way):
    """The lamps that light a sample most, by falling light, into `best` (-1: none), `value` and `share`, the part
    of the intensity that arrives. `p`, `way`: room for three numbers."""
    best[:] = -1
    value[:] = cut
    p[0], p[1], p[2] = r[PX], r[PX + 1], r[PX + 2]
    cell = cell_of(grid, p[0], p[1])
    if cell < 0:
        return
    for a in range(first[cell], first[cell + 1]):
        k = some[a]
        x, y, z = lamps[k, 0] - p[0], lamps[k, 1] - p[1], lamps[k, 2] - p[2]
        c = r[GX] * x + r[GY] * y + r[GZ] * z
        if c <= 0.0 and r[SOFT] == 0.0:
            continue
        whole, q = lamps[k, 3] + lamps[k, 4] + lamps[k, 5], len(best) - 1
        if 1.1 * whole <= value[q] * (x * x + y * y + z * z):
            continue
        far, e = towards(lamps[k], p, way)
        light = e * (0.1 + abs(c) / max(far, 1e-9)) * whole
        if light <= value[q]:
            continue
        while q > 0 and light > value[q - 1]:
            value[q], best[q], share[q] = value[q - 1], best[q - 1], share[q - 1]
            q -= 1
        value[q], best[q], share[q] = light, k, e


@njit(cache=True, error_model="numpy")
def lamp_rays(s, lamps, grid, first, some, cut, most):
    """Shadow rays to the strongest lamps, at most `most` a sample: sample, lamp, share of its intensity, origin,
    direction (as long as the way)."""
    n = len(s) * most
    which, lamp, part = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    o, d = np.empty((n, 3)), np.empty((n, 3))
    best, value, share = np.empty(most, np.int64), np.empty(most), np.empty(most)
    p, way, m = np.empty(3), np.empty(3), 0
    for i in range(len(s)):
        r = s[i]
        if not r[FAR] < np.inf or r[PASS] > 0.6:
            continue
        strongest(r, lamps, grid, first, some, cut, best, value, share, p, way)
        for q in range(most):
            k = best[q]
            if k < 0 or value[q] < LEAST * value[0]:
                break
            which[m], lamp[m], part[m] = i, k, share[q]
            lifted(r, o[m])
            for a in range(3):
                d[m, a] = lamps[k, a] - o[m, a]
            m += 1
    return which[:m], lamp[:m], part[:m], o[:m], d[:m]


@njit(cache=True, error_model="numpy")
def lamp_light(s, direction, lamps, which, lamp, part, way, dark, fog, out):
    """Add to `out` (n, 3) what the chosen lamps send to the eye where they are not hidden."""
    lit = np.empty(3)
    for m in range(len(which)):
        if dark[m]:
            continue
        i = which[m]
        far = np.sqrt(way[m, 0] ** 2 + way[m, 1] ** 2 + way[m, 2] ** 2)
        t = -1.0 / np.sqrt(direction[i, 0] ** 2 + direction[i, 1] ** 2 + direction[i, 2] ** 2)
        through = part[m] * np.exp(-fog * far)
        for k in range(3):
            lit[k] = lamps[lamp[m], 3 + k] * through
        from_light(
            s[i], direction[i, 0] * t, direction[i, 1] * t, direction[i, 2] * t, way[m, 0] / far, way[m, 1] / far,
            way[m, 2] / far, lit, out[i],
        )  # fmt: skip


@njit(cache=True, error_model="numpy")
def beams(origin, direction, far, lamps, fog, out):
    """Light that the air scatters from lamps on the way to the eye, added to `out` (n, 3).

    Single scattering, the integral of 1 / r^2 along the ray in closed form (Sun et al. 2005 without its outer
    extinction, which is taken at the nearest point), the same in all directions but a forward share.
    """
    q = np.empty(3)
    for i in range(len(direction)):
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        t = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = x * t, y * t, z * t
        end = min(far[i], 200.0)
        for k in range(len(lamps)):
            p = lamps[k]
            dx, dy, dz = p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]
            along = dx * x + dy * y + dz * z
            h2 = max(0.03, dx * dx + dy * dy + dz * dz - along * along)
            if h2 > 0.25 * p[11] * p[11] or along < -p[11] or along > end + p[11]:
                continue
            h = np.sqrt(h2)
            near = min(max(along, 0.3), end)
            sum_ = (np.arctan((end - along) / h) + np.arctan(along / h)) / h
            for a in range(3):
                q[a] = origin[a] + (x, y, z)[a] * near
            share = 1.0
            if p[9] > -1.0:
                share = 0.0
                for part in range(4):  # where along the ray is the cone
                    s = end * (part + 0.5) / 4.0 if along < 0.0 or along > end else near + (part - 1.5) * 1.5 * h
                    vx, vy, vz = origin[0] + x * s - p[0], origin[1] + y * s - p[1], origin[2] + z * s - p[2]
                    r = max(1e-6, np.sqrt(vx * vx + vy * vy + vz * vz))
                    share += (
                        0.25
                        * smooth(p[9], p[10], (vx * p[6] + vy * p[7] + vz * p[8]) / r)
                        * (dipped(vz / r, p[8]) if p[9] > 0.77 else 1.0)
                    )
            e = fog * 0.05 * sum_ * share * np.exp(-fog * (near + h))
            for a in range(3):
                out[i, a] += p[3 + a] * e


@njit(cache=True, error_model="numpy")
def veiled(frame, lamps, pose, fx, fy, cx, cy, strength):
    """Add 0.03 times the light on the lens over the angle in degrees squared around each lamp."""
    h, w = frame.shape[0], frame.shape[1]
    eye, p, way = pose[:, 3].copy(), np.empty(3), np.empty(3)
    for k in range(len(lamps)):
        _, e = towards(lamps[k], eye, way)
        if e <= 0.0:
            continue
        for a in range(3):
            p[a] = -(pose[0, a] * -way[0] + pose[1, a] * -way[1] + pose[2, a] * -way[2])
        x, y, degree = fx * p[0] / p[2] + cx, fy * p[1] / p[2] + cy, 57.3 / fx
        top = max(lamps[k, 3], max(lamps[k, 4], lamps[k, 5])) * e * 0.03 * strength
        size = min(0.25 * w, np.sqrt(top / 2e-4) / degree)
        for i in range(max(0, np.int64(y - size)), min(h, np.int64(y + size) + 1)):
            for j in range(max(0, np.int64(x - size)), min(w, np.int64(x + size) + 1)):
                r2 = (i + 0.5 - y) ** 2 + (j + 0.5 - x) ** 2
                if r2 >= size * size:
                    continue
                v = (
                    0.03
                    * strength
                    * e
                    * (1.0 / (r2 * degree * degree + 0.02) - 1.0 / (size * size * degree * degree + 0.02))
                )
                for a in range(3):
                    frame[i, j, a] += lamps[k, 3 + a] * v


def reach(colour: Any, cut: float = 0.011) -> float:
    """Metres at which a lamp of an intensity is too weak to matter."""
    return float(np.clip(np.sqrt(max(colour) / np.pi / cut), 5.0, 90.0))
