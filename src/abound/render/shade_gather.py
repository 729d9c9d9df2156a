# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: light from all sides, at every other pixel, with one bounce, and its way to every sample.

Interleaved sampling (Keller and Heidrich 2001): each pixel of a 4 x 4 block sends its own few of 64
cosine-distributed rays; a joint bilateral filter over the block, guided by place and normal, sums them, and the
same weights carry the result to full resolution (Kopf et al. 2007). Samples of small parts, which have no such
neighbours, send more rays of their own. The pattern is fixed on the screen, so frames do not flicker.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_lamps import unshaded
from abound.render.shade_light import lifted
from abound.render.shade_sky import dome_at, irradiance
from abound.render.shade_surface import FAR, GX, GY, GZ, PX, SOFT, normal_of

ORDER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])
RAYS = 64


@njit(cache=True, error_model="numpy")
def half_samples(s, width, height):
    """Every other pixel of every other row that shows a surface: half pixels (m,) and their sample numbers (m,)."""
    half_w, half_h = (width + 1) // 2, (height + 1) // 2
    index, sample = np.empty(half_w * half_h, np.int64), np.empty(half_w * half_h, np.int64)
    m = 0
    for i in range(half_h):
        for j in range(half_w):
            k = min(2 * i, height - 1) * width + min(2 * j, width - 1)
            if s[k, FAR] < np.inf:
                index[m], sample[m] = i * half_w + j, k
                m += 1
    return index[:m], sample[:m]


@njit(cache=True, error_model="numpy")
def gather_rays(s, sample, place, columns, each):
    """Rays from samples, `each` of them a sample: origins and directions (m * each, 3).

    `place` picks which of the 64 directions: the number of a pixel in rows of `columns` pixels.
    """
    o, d = np.empty((len(sample) * each, 3)), np.empty((len(sample) * each, 3))
    for m in range(len(sample)):
        r = s[sample[m]]
        i, j = place[m] // columns, place[m] % columns
        x, y, z = r[GX], r[GY], r[GZ]
        sign = 1.0 if z >= 0.0 else -1.0
        a = -1.0 / (sign + z)
        b = x * y * a
        for k in range(each):
            p = (ORDER[(i % 4) * 4 + j % 4] + (16 * (k * 4)) // min(each, 4) + 5 * (k // 4)) % RAYS
            bits, phi = p, 0.0
            for q in range(6):
                phi += np.float64(bits & 1) / (2 << q)
                bits >>= 1
            u = (p + 0.5) / RAYS
            radius, up, turn = np.sqrt(u), np.sqrt(1.0 - u), 2.0 * np.pi * phi
            g, h = radius * np.cos(turn), radius * np.sin(turn)
            t = m * each + k
            lifted(r, o[t])
            d[t, 0] = g * (1.0 + sign * x * x * a) + h * b + up * x
            d[t, 1] = g * sign * b + h * (sign + y * y * a) + up * y
            d[t, 2] = -g * sign * x - h * y + up * z
    return o, d


@njit(cache=True, error_model="numpy")
def bounce_points(o, d, triangle, distance, vertices, faces, sun):
    """Where gathering rays land: places (n, 3) and normals that face back (n, 3), and which of them look at the
    sun."""
    n = len(triangle)
    place, normal, index = np.empty((n, 3)), np.empty((n, 3)), np.empty(n, np.int64)
    m = 0
    for i in range(n):
        t = triangle[i]
        if t < 0:
            continue
        g = normal[i]
        normal_of(vertices, faces[t, 0], faces[t, 1], faces[t, 2], g)
        if g[0] * d[i, 0] + g[1] * d[i, 1] + g[2] * d[i, 2] > 0.0:
            g[0], g[1], g[2] = -g[0], -g[1], -g[2]
        for k in range(3):
            place[i, k] = o[i, k] + d[i, k] * distance[i] + 4e-3 * g[k]
        if g[0] * sun[0] + g[1] * sun[1] + g[2] * sun[2] > 0.0:
            index[m] = i
            m += 1
    return place, normal, index[:m]


@njit(cache=True, error_model="numpy")
def gathered(
    each, d, triangle, material, albedo, emission, place, normal, shade, sun, light, around, dome, lamps,
    grid, first, some, out,
):  # fmt: skip
    """Irradiance at the gathering samples, `out` (m, 3): sky where a ray is free, else what a surface sends."""
    total, near = np.empty(3), np.empty(3)
    for m in range(len(out)):
        for k in range(3):
            out[m, k] = 0.0
        for q in range(each):
            i = m * each + q
            t = triangle[i]
            if t < 0:
                total[0], total[1], total[2] = dome_at(dome, d[i, 0], d[i, 1], d[i, 2])
            else:
                g = normal[i]
                total[0], total[1], total[2] = irradiance(around, g[0], g[1], g[2])
                c = max(0.0, g[0] * sun[0] + g[1] * sun[1] + g[2] * sun[2]) * shade[i]
                a = albedo[material[t]]
                for k in range(3):
                    total[k] = 0.45 * total[k] + light[k] * c
                if len(lamps):
                    near[:] = 0.0
                    unshaded(lamps, grid, first, some, place[i], g, near)
                    for k in range(3):  # a spot right under a lamp would show as a square
                        total[k] += min(near[k], 0.35)
                for k in range(3):
                    total[k] = total[k] * a[k] / np.pi + min(2.0, emission[material[t], k])
            for k in range(3):
                out[m, k] += total[k] * np.pi / each


@njit(cache=True, error_model="numpy")
def alike(a, b):
    """How much two samples lie on one surface, 0 to 1: the same normal, and close to each other's plane. Leaves,
    whose normals say nothing, are alike where they are close."""
    if not (a[FAR] < np.inf and b[FAR] < np.inf):
        return 0.0
    x, y, z = b[PX] - a[PX], b[PX + 1] - a[PX + 1], b[PX + 2] - a[PX + 2]
    c = a[GX] * b[GX] + a[GY] * b[GY] + a[GZ] * b[GZ]
    if a[SOFT] > 0.0 and b[SOFT] > 0.0:
        w = 1.0 - (x * x + y * y + z * z) / (0.2 + 0.012 * a[FAR]) ** 2
        return max(0.0, w) * (0.35 + 0.65 * max(0.0, c))
    if c < 0.6:
        return 0.0
    off = max(abs(x * a[GX] + y * a[GY] + z * a[GZ]), abs(x * b[GX] + y * b[GY] + z * b[GZ]))
    w = 1.0 - off / (0.025 + 0.005 * a[FAR])
    return max(0.0, w) * c * c


@njit(cache=True, error_model="numpy")
def filtered(s, width, height, raw, share):
    """The 4 x 4 patterns summed over their block, along surfaces only: float64 (half pixels, 3).

    `share` float64 (half pixels,) becomes the weight of what was summed, 16 for a whole block.
    """
    half_w, half_h = (width + 1) // 2, (height + 1) // 2
    out = np.zeros((half_w * half_h, 3))
    for i in range(half_h):
        for j in range(half_w):
            a = s[min(2 * i, height - 1) * width + min(2 * j, width - 1)]
            if not a[FAR] < np.inf:
                continue
            weight, r, g, b = 0.0, 0.0, 0.0, 0.0
            for p in range(max(0, i - 2), min(half_h, i + 3)):
                for q in range(max(0, j - 2), min(half_w, j + 3)):
                    w = alike(a, s[min(2 * p, height - 1) * width + min(2 * q, width - 1)])
                    if w <= 0.0:
                        continue
                    w *= (0.5 if abs(p - i) == 2 else 1.0) * (0.5 if abs(q - j) == 2 else 1.0)
                    e = raw[p * half_w + q]
                    weight, r, g, b = weight + w, r + w * e[0], g + w * e[1], b + w * e[2]
            k = i * half_w + j
            out[k, 0], out[k, 1], out[k, 2] = r / weight, g / weight, b / weight
            share[k] = weight
    return out


@njit(cache=True, error_model="numpy")
def spread(samples, pixel, s, width, height, half, out):
    """Irradiance at any samples from the half pixels around them that lie on the same surface; returns the numbers
    of those that have none. `pixel` float (n, 2) is where on the screen they are, s the samples at the centres."""
    half_w, half_h = (width + 1) // 2, (height + 1) // 2
    lonely = np.empty(len(samples), np.int64)
    m = 0
    for i in range(len(samples)):
        a = samples[i]
        if not a[FAR] < np.inf:
            continue
        x, y = 0.5 * (pixel[i, 0] - 0.5), 0.5 * (pixel[i, 1] - 0.5)
        j0, i0 = np.int64(np.floor(x)), np.int64(np.floor(y))
        weight, r, g, b = 0.0, 0.0, 0.0, 0.0
        for reach in range(2):
            for p in range(max(0, i0 - reach), min(half_h, i0 + 2 + reach)):
                for q in range(max(0, j0 - reach), min(half_w, j0 + 2 + reach)):
                    w = alike(a, s[min(2 * p, height - 1) * width + min(2 * q, width - 1)])
                    if w <= 0.0:
                        continue
                    w *= max(0.05, 1.0 - abs(x - q)) * max(0.05, 1.0 - abs(y - p))
                    e = half[p * half_w + q]
                    weight, r, g, b = weight + w, r + w * e[0], g + w * e[1], b + w * e[2]
            if weight > 0.02:
                break
        if weight > 2e-3:
            out[i, 0], out[i, 1], out[i, 2] = r / weight, g / weight, b / weight
        else:
            lonely[m] = i
            m += 1
    return lonely[:m]
