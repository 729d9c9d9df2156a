# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled noise for textures, clouds and weather: hashes, gradient noise, cells, and filtered periodic pulses.

Gradient noise: Perlin 2002, "Improving noise", with hashed gradients. Cells: Worley 1996. Every function that has
detail takes the size of a pixel on the surface and fades what is finer than two pixels to its mean, so that there
is no moire. All lengths are in the units of the coordinates; nothing here keeps state, so same arguments, same
values.
"""

from __future__ import annotations

import numpy as np
from numba import njit

A, B, C, D, E = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0x165667B19E3779F9),
    np.uint64(0xD6E8FEB86659FD93),
    np.uint64(0xFF51AFD7ED558CCD),
)
S29, S32, S20, S40 = np.uint64(29), np.uint64(32), np.uint64(20), np.uint64(40)
M20 = np.uint64(0xFFFFF)


@njit(cache=True, error_model="numpy", inline="always")
def mixed(x, y, z, seed):
    """64 well mixed bits of four integers."""
    h = (np.uint64(x) * A) ^ (np.uint64(y) * B) ^ (np.uint64(z) * C) ^ (np.uint64(seed) * D)
    h = (h ^ (h >> S32)) * D
    h = (h ^ (h >> S29)) * E
    return h ^ (h >> S32)


@njit("float64(int64, int64, int64, int64)", cache=True, error_model="numpy")
def chance(x, y, z, seed):
    """A number in [0, 1) that belongs to a cell."""
    return np.float64(mixed(x, y, z, seed) & M20) / 1048576.0


@njit(cache=True, error_model="numpy", inline="always")
def _slope(h, x, y, z):
    gx = np.float64(h & M20) - 524288.0
    gy = np.float64((h >> S20) & M20) - 524288.0
    gz = np.float64((h >> S40) & M20) - 524288.0
    return (gx * x + gy * y + gz * z) * 1.9073486328125e-06


@njit("float64(float64, float64, float64, int64)", cache=True, error_model="numpy")
def noise(x, y, z, seed):
    """Gradient noise, mean 0, about -1 to 1, one feature a unit."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    i, j, k = np.int64(fx), np.int64(fy), np.int64(fz)
    x, y, z = x - fx, y - fy, z - fz
    u = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
    v = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
    w = z * z * z * (z * (z * 6.0 - 15.0) + 10.0)
    a = _slope(mixed(i, j, k, seed), x, y, z)
    b = _slope(mixed(i + 1, j, k, seed), x - 1, y, z)
    c = _slope(mixed(i, j + 1, k, seed), x, y - 1, z)
    d = _slope(mixed(i + 1, j + 1, k, seed), x - 1, y - 1, z)
    e = _slope(mixed(i, j, k + 1, seed), x, y, z - 1)
    f = _slope(mixed(i + 1, j, k + 1, seed), x - 1, y, z - 1)
    g = _slope(mixed(i, j + 1, k + 1, seed), x, y - 1, z - 1)
    h = _slope(mixed(i + 1, j + 1, k + 1, seed), x - 1, y - 1, z - 1)
    a, c, e, g = a + u * (b - a), c + u * (d - c), e + u * (f - e), g + u * (h - g)
    a, e = a + v * (c - a), e + v * (g - e)
    return 1.5 * (a + w * (e - a))


@njit("float64(float64, float64)", cache=True, error_model="numpy")
def seen(size, pixel):
    """How much of detail of a `size` is left under a `pixel`: 1 below a quarter of it, 0 from .7 of it."""
    return min(1.0, max(0.0, (0.7 * size - pixel) / (0.45 * size)))


@njit("float64(float64, float64, float64, int64, float64, int64)", cache=True, error_model="numpy")
def fractal(x, y, z, octaves, pixel, seed):
    """Noise of halving size and amplitude from size 1 on; octaves finer than the pixel are left out."""
    total, gain, step = 0.0, 1.0, 1.0
    for o in range(octaves):
        part = seen(1.0 / step, pixel)
        if part <= 0.0:
            break
        total += gain * part * noise(x * step, y * step, z * step, seed + o)
        gain *= 0.5
        step *= 2.03
    return total


@njit("UniTuple(float64, 4)(float64, float64, float64, int64)", cache=True, error_model="numpy")
def slopes(x, y, z, seed):
    """Noise and its gradient by differences over .1: (value, d/dx, d/dy, d/dz)."""
    a = noise(x, y, z, seed)
    b = noise(x + 0.1, y, z, seed) - a
    c = noise(x, y + 0.1, z, seed) - a
    d = noise(x, y, z + 0.1, seed) - a
    return a, 10.0 * b, 10.0 * c, 10.0 * d


@njit("Tuple((float64, uint64))(float64, float64, float64, int64)", cache=True, error_model="numpy")
def nearest(x, y, z, seed):
    """Worley's nearest point in space: its distance, exact below .5, and its cell's hash.

    A point that is nearer than half a cell lies in one of the eight cells around the nearest corner.
    """
    fx, fy, fz = np.floor(x - 0.5), np.floor(y - 0.5), np.floor(z - 0.5)
    i0, j0, k0 = np.int64(fx), np.int64(fy), np.int64(fz)
    near, best = 9.0, np.uint64(0)
    for k in range(2):
        for j in range(2):
            for i in range(2):
                h = mixed(i0 + i, j0 + j, k0 + k, seed)
                dx = fx + i + np.float64(h & M20) / 1048576.0 - x
                dy = fy + j + np.float64((h >> S20) & M20) / 1048576.0 - y
                dz = fz + k + np.float64((h >> S40) & M20) / 1048576.0 - z
                d = dx * dx + dy * dy + dz * dz
                if d < near:
                    near, best = d, h
    return np.sqrt(near), best


@njit("Tuple((float64, float64, uint64))(float64, float64, int64)", cache=True, error_model="numpy")
def cells_flat(x, y, seed):
    """Worley cells of the plane: distances to the nearest and the second nearest point, the nearest cell's hash."""
    fx, fy = np.floor(x), np.floor(y)
    i0, j0 = np.int64(fx), np.int64(fy)
    near, second, best = 9.0, 9.0, np.uint64(0)
    for j in range(-1, 2):
        for i in range(-1, 2):
            h = mixed(i0 + i, j0 + j, 7, seed)
            dx = fx + i + np.float64(h & M20) / 1048576.0 - x
            dy = fy + j + np.float64((h >> S20) & M20) / 1048576.0 - y
            d = dx * dx + dy * dy
            if d < near:
                second, near, best = near, d, h
            elif d < second:
                second = d
    return np.sqrt(near), np.sqrt(second), best


@njit(cache=True, error_model="numpy", inline="always")
def _whole(x, low, high):
    f = np.floor(x)
    return f * (high - low) + min(max(x - f - low, 0.0), high - low)


@njit("float64(float64, float64, float64, float64)", cache=True, error_model="numpy")
def pulse(x, low, high, pixel):
    """Share of [x - pixel / 2, x + pixel / 2] that lies in the periodic intervals [n + low, n + high]."""
    w = max(pixel, 1e-5)
    return min(1.0, max(0.0, (_whole(x + 0.5 * w, low, high) - _whole(x - 0.5 * w, low, high)) / w))


@njit("float64(float64, float64, float64)", cache=True, error_model="numpy")
def smooth(low, high, x):
    """0 below `low`, 1 above `high`, smooth between."""
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)
