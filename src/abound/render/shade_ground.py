# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled patterns of the ground: asphalt, concrete, slabs, setts, grass, soil, gravel, snow, worn paint, iron.

Every pattern returns nine numbers: how much of the second colour (0 to 1), brightness (mean 1), warmth (-1 bluish
green to 1 yellowish), a factor on the roughness, three slopes of the relief, the share that is window glass, and
light that is on at night. Flat patterns take (u, v) in metres and the pixel's extent along both, solid ones (x, y,
z) and the pixel's size. `seed` belongs to the body, so that no two are alike.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_noise import cells_flat, chance, fractal, noise, pulse, seen, slopes, smooth


@njit(cache=True, error_model="numpy")
def asphalt(u, v, fu, fv, seed):
    """Aggregate of stones, patches, sealed cracks, tracks of wheels along u."""
    f = np.sqrt(fu * fv)
    near = seen(0.02, f)
    mix, shade, gu, gv = 0.18, 1.0, 0.0, 0.0
    if near > 0.0:
        n, a, b, _ = slopes(u * 70.0, v * 70.0, 0.5, seed)
        m = noise(u * 190.0, v * 190.0, 3.5, seed)
        mix += near * 0.9 * (smooth(0.1, 0.5, n) - 0.22)
        shade += near * (0.35 * n + 0.3 * seen(0.006, f) * m)
        gu, gv = 0.22 * near * a, 0.22 * near * b
    coarse = seen(0.06, f)
    if coarse > 0.0:
        shade += 0.3 * coarse * noise(u * 32.0, v * 32.0, 1.5, seed + 2)
    middle = seen(0.16, f)
    if middle > 0.0:
        shade += 0.22 * middle * noise(u * 12.0, v * 12.0, 1.5, seed)
    shade += 0.13 * fractal(u * 0.5, v * 0.9, 0.5, 4, f * 0.5, seed + 11)
    shade += 0.05 * noise(u * 0.06, v * 0.3, 0.5, seed + 5)
    wear = np.exp(-((np.mod(v, 3.5) - 0.95) ** 2) / 0.08) + np.exp(-((np.mod(v, 3.5) - 2.55) ** 2) / 0.08)
    shade += 0.07 * (wear - 0.29)
    i, j = np.floor(u / 9.0), np.floor(v / 3.5)
    if chance(i, j, 3, seed) < 0.10:  # a repaired rectangle, darker, with a sealed rim
        w = 1.0 + 6.0 * chance(i, j, 4, seed)
        x, y = u - 9.0 * i - 0.5, v - 3.5 * j - 0.4
        if 0.0 < x < w and 0.0 < y < 2.4:
            shade *= 0.86
            rim = min(min(x, w - x), min(y, 2.4 - y))
            shade *= 1.0 - 0.45 * (1.0 - smooth(0.02, 0.05, rim)) * seen(0.2, fv)
    line = 0.0
    if seen(0.1, fv) > 0.0:
        wander = (
            u * 0.22 + 0.5 * noise(u * 0.5, v * 0.5, 2.0, seed + 3) + 0.15 * noise(u * 3.0, v * 3.0, 2.0, seed + 4)
        )
        off = abs(np.mod(wander + 0.11 * v, 2.6) - 1.3) * 2.6
        where = smooth(0.05, 0.3, noise(u * 0.1, v * 0.23, 9.0, seed + 6))
        line = where * (1.0 - smooth(0.012, 0.03, off)) * seen(0.1, fv)
    shade *= 1.0 - 0.6 * line
    gloss = 1.0 - 0.3 * line + 0.1 * (shade - 1.0)
    return min(1.0, max(0.0, mix)), shade, 0.0, gloss, gu, gv, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def concrete(x, y, z, f, seed):
    """Blotches, pores, and a joint each four metres along x."""
    big = fractal(x * 0.6, y * 0.6, z * 0.6, 4, f * 0.6, seed)
    small = fractal(x * 14.0, y * 14.0, z * 14.0, 3, f * 14.0, seed + 1)
    mix = min(1.0, max(0.0, 0.25 + 0.35 * big))
    joint = pulse(x / 4.0, 0.497, 0.503, f / 4.0)
    shade = (1.0 + 0.12 * big + 0.12 * small) * (1.0 - 0.6 * joint)
    return mix, shade, 0.0, 1.0, 0.05 * small, 0.05 * small, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def slabs(u, v, fu, fv, wide, high, gap, spread, relief, seed):
    """Units in a running bond with joints: paving, setts, bricks, shingles; each unit has its own shade."""
    row = np.floor(v / high)
    shift = 0.5 * np.mod(row, 2.0) + 0.15 * (chance(np.int64(row), 3, 1, seed) - 0.5)
    a, b = u / wide + shift, v / high
    gu, gv = gap / wide, gap / high
    jv = pulse(b, 1.0 - gv, 1.0, fv / high)
    ju = pulse(a, 1.0 - gu, 1.0, fu / wide)
    joint = jv + ju - ju * jv
    c, d = np.int64(np.floor(a)), np.int64(row)
    keep = seen(1.6 * wide, fu) * seen(1.6 * high, fv)
    own = (chance(c, d, 0, seed) - 0.5) * keep
    f = np.sqrt(fu * fv)
    grain = fractal(u * 25.0, v * 25.0, 0.3, 2, f * 25.0, seed + 2)
    blot = fractal(u * 0.9, v * 0.9, 0.3, 3, f * 0.9, seed + 4)
    shade = 1.0 + spread * own + 0.09 * grain + 0.08 * blot
    p, q = a - np.floor(a) - 0.5 * (1.0 - gu), b - np.floor(b) - 0.5 * (1.0 - gv)
    edge_u = smooth(0.32, 0.5, abs(p)) * np.sign(p) * seen(0.6 * wide, fu)
    edge_v = smooth(0.32, 0.5, abs(q)) * np.sign(q) * seen(0.6 * high, fv)
    tilt = 0.25 * relief * (chance(c, d, 5, seed) - 0.5) * keep
    warm = 0.6 * (chance(c, d, 7, seed) - 0.5) * keep
    return joint, shade, warm, 1.0, -relief * edge_u + tilt, -relief * edge_v - tilt, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def grass(u, v, fu, fv, seed):
    """Blades, tufts and patches from green to straw."""
    f = np.sqrt(fu * fv)
    patch = fractal(u * 0.35, v * 0.35, 0.5, 4, f * 0.35, seed)
    tuft = fractal(u * 5.0, v * 5.0, 0.5, 3, f * 5.0, seed + 3)
    blade = seen(0.03, f)
    fine = 0.0
    if blade > 0.0:
        wind = 2.0 * noise(u * 3.0, v * 3.0, 5.0, seed + 8)
        fine = blade * noise(u * 38.0 + 9.0 * wind, v * 110.0, 0.5, seed + 7)
    clump = noise(u * 1.7, v * 1.7, 4.5, seed + 9) * seen(0.6, f)
    broad = fractal(u * 0.07, v * 0.07, 0.5, 3, f * 0.07, seed + 12)
    shade = 1.0 + 0.18 * broad + 0.24 * patch + 0.26 * clump + 0.55 * tuft + 0.7 * fine
    mix = min(1.0, max(0.0, 0.3 + 0.35 * broad + 0.45 * patch + 0.25 * clump + 0.3 * tuft))
    warm = 0.3 * tuft + 0.35 * patch
    return mix, max(0.25, shade), warm, 1.0, 0.5 * tuft + 0.7 * fine, 0.5 * tuft - 0.5 * fine, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def soil(u, v, fu, fv, size, seed):
    """Crumbs and stones of a size, over blotches."""
    f = np.sqrt(fu * fv)
    blot = fractal(u * 0.7, v * 0.7, 0.5, 5, f * 0.7, seed)
    keep = seen(1.5 * size, f)
    mix, shade, gu, gv = 0.3, 1.0 + 0.25 * blot, 0.0, 0.0
    if keep > 0.0:
        near, second, cell = cells_flat(u / size, v / size, seed + 1)
        own = np.float64(cell & np.uint64(255)) / 255.0 - 0.5
        gap = smooth(0.02, 0.18, second - near)
        shade += keep * (0.5 * own + 0.35 * (gap - 0.85))
        mix += 0.6 * keep * own
        gu, gv = keep * 0.9 * own, keep * 0.9 * (np.float64((cell >> np.uint64(9)) & np.uint64(255)) / 255.0 - 0.5)
    return min(1.0, max(0.0, mix)), max(0.2, shade), 0.2 * blot, 1.0, gu, gv, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def snow(x, y, z, f, seed):
    """Drifts and trodden places, hardly any contrast."""
    big, a, b, c = slopes(x * 0.8, y * 0.8, z * 0.8, seed)
    small = fractal(x * 9.0, y * 9.0, z * 9.0, 3, f * 9.0, seed + 1)
    shade = 1.0 + 0.05 * big + 0.06 * small
    k = 0.12
    return 0.0, shade, -0.05, 0.7, k * a + 0.18 * small, k * b - 0.15 * small, k * c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def worn_paint(u, v, fu, fv, seed):
    """Road marking: hair cracks and bald patches show the second colour."""
    f = np.sqrt(fu * fv)
    bald = fractal(u * 2.2, v * 2.2, 0.5, 4, f * 2.2, seed)
    fine = fractal(u * 30.0, v * 30.0, 0.5, 2, f * 30.0, seed + 2)
    mix = 0.12 * (1.0 - seen(0.3, f)) + smooth(0.3, 0.75, bald + 0.6 * fine) * seen(0.3, f)
    return min(0.85, mix), 1.0 + 0.08 * bald + 0.08 * fine, 0.15, 1.0, 0.1 * fine, 0.1 * fine, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def iron(u, v, fu, fv, seed):
    """Cast relief of a manhole cover: raised squares."""
    a, b = pulse(u / 0.05, 0.25, 0.75, fu / 0.05), pulse(v / 0.05, 0.25, 0.75, fv / 0.05)
    k = a * b
    rough = noise(u * 40.0, v * 40.0, 0.5, seed) * seen(0.025, np.sqrt(fu * fv))
    return 0.0, 0.82 + 0.72 * k + 0.1 * rough, 0.05, 1.1 - 0.4 * k, 0.0, 0.0, 0.0, 0.0, 0.0
