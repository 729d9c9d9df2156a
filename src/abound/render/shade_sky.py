# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: radiance of the sky in a direction, its map for reflections and light from all sides, and fog."""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_noise import chance, fractal, smooth


@njit(cache=True, error_model="numpy")
def clear(n, z, cosine):
    """Preetham's sky: radiance at the cosine of the zenith angle and of the angle to the sun."""
    z = max(z, 0.02)
    gamma = np.arccos(min(1.0, max(-1.0, cosine)))
    y0, x0, v0 = 0.0, 0.0, 0.0
    for i in range(3):
        a = n[6 + 5 * i : 11 + 5 * i]
        f = (1.0 + a[0] * np.exp(a[1] / z)) * (1.0 + a[2] * np.exp(a[3] * gamma) + a[4] * cosine * cosine)
        value = n[21 + i] * f
        if i == 0:
            y0 = value
        elif i == 1:
            x0 = value
        else:
            v0 = value
    v0 = max(v0, 1e-3)
    x, w = x0 / v0 * y0, (1.0 - x0 - v0) / v0 * y0
    r = 3.2406 * x - 1.5372 * y0 - 0.4986 * w
    g = -0.9689 * x + 1.8758 * y0 + 0.0415 * w
    b = 0.0557 * x - 0.2040 * y0 + 1.0570 * w
    r, g, b = (
        r + 0.42 * (y0 - r),
        g + 0.42 * (y0 - g),
        b + 0.42 * (y0 - b),
    )  # a camera's balance, between sun and sky
    r, g, b = 1.16 * r, 1.28 * g, 1.28 * b  # Preetham's blue leans to violet
    return max(r, 0.0), max(g, 0.0), max(b, 0.0)


@njit("UniTuple(float64, 3)(float64[::1], float64, float64, float64, boolean)", cache=True, error_model="numpy")
def above(n, x, y, z, detail):
    """Sky without fog and sun's disc for a direction with z >= 0."""
    cosine = x * n[0] + y * n[1] + z * n[2]
    r, g, b = clear(n, z, cosine)
    r, g, b = r * n[26], g * n[26], b * n[26]
    flat = 1.0 - z
    if n[27] > 0.001 or n[28] > 0.001:
        near = max(0.0, x * n[0] + y * n[1]) / max(1e-6, np.sqrt(n[0] * n[0] + n[1] * n[1]))
        band = np.exp(-z * 7.0) * (0.25 + 0.75 * near * near)
        k = n[27] * (0.3 + 0.7 * smooth(-6.0, 3.0, n[37])) * 0.45
        r += k * (1.00 * band + 0.07 * flat + 0.02)
        g += k * (0.42 * band + 0.085 * flat + 0.04)
        b += k * (0.17 * band + 0.16 * flat + 0.10)
        dark, town = 0.0016, 0.0022 * np.exp(-z * 6.0)
        r += n[28] * (dark * 0.38 + town * 1.0)
        g += n[28] * (dark * 0.52 + town * 0.72)
        b += n[28] * (dark * 0.85 + town * 0.5)
    cloud = n[24]
    if cloud > 0.0:
        px, py = x / (z + 0.16) * 1.3, y / (z + 0.16) * 1.3
        seed = np.int64(n[25])
        fine = 0.008 / (z + 0.02) if detail else 0.12
        d = fractal(px, py, 0.3, 6 if detail else 4, fine, 400 + seed)
        low = 0.72 - 1.35 * cloud - 7.0 * max(0.0, cloud - 0.8)
        thick = smooth(low, low + 0.42, d) * smooth(0.0, 0.10, z + 0.25 * cloud)
        deep = smooth(low + 0.1, low + 0.95, d)
        sunny = 0.27 * (0.6 + 0.9 * max(0.0, cosine) ** 6)
        grey = n[29] * (1.0 + 2.0 * z) / 3.0 * 3.0
        tone = 1.0 + 0.22 * d
        for_r = n[3] * sunny * (1.0 - 0.6 * deep) + grey * 0.97 * tone
        for_g = n[4] * sunny * (1.0 - 0.57 * deep) + grey * 1.0 * tone
        for_b = n[5] * sunny * (1.0 - 0.52 * deep) + grey * 1.06 * tone
        warm = n[27] * 0.18 * np.exp(-2.5 * z)
        for_r, for_g, for_b = for_r + 0.9 * warm, for_g + 0.52 * warm, for_b + 0.42 * warm
        for_r, for_g, for_b = (
            for_r + n[28] * 0.0042 * cloud,
            for_g + n[28] * 0.0032 * cloud,
            for_b + n[28] * 0.003 * cloud,
        )
        r, g, b = r + thick * (for_r - r), g + thick * (for_g - g), b + thick * (for_b - b)
    return r, g, b


@njit(cache=True, error_model="numpy")
def air_of(n, x, y, z):
    """Radiance of endless air in a direction: brighter towards the sun (a two-lobe Henyey-Greenstein)."""
    cosine = x * n[0] + y * n[1] + z * n[2]
    k = 0.6 * (0.19 / (1.5625 - 1.5 * cosine) ** 1.5) * 0.5 + 0.03 * max(0.0, cosine)
    return n[30] + n[33] * k, n[31] + n[34] * k, n[32] + n[35] * k


@njit("UniTuple(float64, 3)(float64[::1], float64, float64, float64, boolean)", cache=True, error_model="numpy")
def sky_at(n, x, y, z, detail):
    """Radiance from a unit direction with fog; below the horizon lies hazy ground."""
    if z >= 0.0:
        r, g, b = above(n, x, y, z, detail)
        clear_part = np.exp(-n[36] * 150.0 / (z + 0.015)) if n[36] > 4e-4 else np.exp(-n[36] * 350.0 / (z + 0.08))
    else:
        r, g, b = 0.35 * n[30], 0.35 * n[31], 0.35 * n[32]
        h = 0.14 * (1.0 - n[38]) + 0.7 * n[38]
        lit = max(0.0, n[2]) / 3.14159
        r, g, b = h * (r * 2.0 + n[3] * lit), h * (g * 2.0 + n[4] * lit), 0.95 * h * (b * 2.0 + n[5] * lit)
        clear_part = np.exp(-n[36] * 1.6 / (0.0005 - z))
    ar, ag, ab = air_of(n, x, y, z)
    return ar + (r - ar) * clear_part, ag + (g - ag) * clear_part, ab + (b - ab) * clear_part


@njit(cache=True, error_model="numpy")
def dome(n, rows, columns):
    """The sky as a map, row 0 straight down, column 0 along +x."""
    out = np.empty((rows, columns, 3), np.float32)
    for i in range(rows):
        up = ((i + 0.5) / rows - 0.5) * np.pi
        for j in range(columns):
            a = (j + 0.5) / columns * 2.0 * np.pi
            r, g, b = sky_at(n, np.cos(up) * np.cos(a), np.cos(up) * np.sin(a), np.sin(up), False)
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = r, g, b
    return out


@njit(cache=True, error_model="numpy")
def dome_at(dome, x, y, z):
    """Bilinear look-up of the map in a unit direction."""
    rows, columns = dome.shape[0], dome.shape[1]
    v = (np.arcsin(min(1.0, max(-1.0, z))) / np.pi + 0.5) * rows - 0.5
    u = np.arctan2(y, x) / (2.0 * np.pi) * columns - 0.5
    i, j = np.int64(np.floor(v)), np.int64(np.floor(u))
    a, b = u - j, v - i
    i0, i1 = min(max(i, 0), rows - 1), min(max(i + 1, 0), rows - 1)
    j0, j1 = j % columns, (j + 1) % columns
    r = (
        dome[i0, j0, 0] * (1 - a) * (1 - b)
        + dome[i0, j1, 0] * a * (1 - b)
        + dome[i1, j0, 0] * (1 - a) * b
        + dome[i1, j1, 0] * a * b
    )
    g = (
        dome[i0, j0, 1] * (1 - a) * (1 - b)
        + dome[i0, j1, 1] * a * (1 - b)
        + dome[i1, j0, 1] * (1 - a) * b
        + dome[i1, j1, 1] * a * b
    )
    c = (
        dome[i0, j0, 2] * (1 - a) * (1 - b)
        + dome[i0, j1, 2] * a * (1 - b)
        + dome[i1, j0, 2] * (1 - a) * b
        + dome[i1, j1, 2] * a * b
    )
    return r, g, c


@njit(cache=True, error_model="numpy")
def harmonics(dome):
    """Nine spherical harmonics of the irradiance (Ramamoorthi and Hanrahan 2001), float64 (9, 3)."""
    rows, columns = dome.shape[0], dome.shape[1]
    out = np.zeros((9, 3))
    for i in range(rows):
        up = ((i + 0.5) / rows - 0.5) * np.pi
        area = np.cos(up) * (np.pi / rows) * (2.0 * np.pi / columns)
        for j in range(columns):
            a = (j + 0.5) / columns * 2.0 * np.pi
            y = basis(np.cos(up) * np.cos(a), np.cos(up) * np.sin(a), np.sin(up))
            for k in range(9):
                for c in range(3):
                    out[k, c] += y[k] * area * dome[i, j, c]
    for k in range(9):
        out[k] *= 3.141593 if k == 0 else (2.094395 if k < 4 else 0.785398)
    return out


@njit("UniTuple(float64, 9)(float64, float64, float64)", cache=True, error_model="numpy")
def basis(x, y, z):
    """The first nine real spherical harmonics of a unit direction."""
    return (
        0.282095, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
        0.315392 * (3.0 * z * z - 1.0), 1.092548 * x * z, 0.546274 * (x * x - y * y),
    )  # fmt: skip


@njit("UniTuple(float64, 3)(float64[:, ::1], float64, float64, float64)", cache=True, error_model="numpy")
def irradiance(around, x, y, z):
    """Irradiance from all sides on a surface with a normal, from the harmonics."""
    s = basis(x, y, z)
    r, g, b = 0.0, 0.0, 0.0
    for k in range(9):
        r, g, b = r + s[k] * around[k, 0], g + s[k] * around[k, 1], b + s[k] * around[k, 2]
    return max(r, 0.0), max(g, 0.0), max(b, 0.0)


@njit(cache=True, error_model="numpy")
def show_sky(n, direction, triangle, out):
    """Radiance of the sky with clouds, sun and stars, into `out` where a ray hits nothing."""
    for i in range(len(triangle)):
        if triangle[i] >= 0:
            continue
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        s = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = x * s, y * s, z * s
        r, g, b = sky_at(n, x, y, z, True)
        cosine = x * n[0] + y * n[1] + z * n[2]
        if n[3] > 0.0:
            disc = smooth(0.99993, 0.99997, cosine) * 60.0 + 0.9 * np.exp((cosine - 1.0) * 2500.0)
            disc += 0.22 * np.exp((cosine - 1.0) * 150.0) + 0.06 * np.exp((cosine - 1.0) * 18.0)
            r, g, b = r + disc * n[3] / 3.1416, g + disc * n[4] / 3.1416, b + disc * n[5] / 3.1416
        if n[28] > 0.5 and z > 0.02 and n[24] < 0.7:
            star = chance(np.int64(x * 700.0), np.int64(y * 700.0), np.int64(z * 700.0), 9)
            if star > 0.9993:
                k = 0.012 * (star - 0.9993) / 0.0007 * n[28] * z * (1.0 - n[24])
                r, g, b = r + k, g + k, b + k
        out[i, 0], out[i, 1], out[i, 2] = r, g, b
