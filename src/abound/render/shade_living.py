# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled patterns of plants, animals and clothes; what a pattern takes and returns is said in `shade_ground`."""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_noise import fractal, nearest, noise, pulse, seen, smooth

BYTE = np.uint64(255)
S8, S16, S24, S32 = np.uint64(8), np.uint64(16), np.uint64(24), np.uint64(32)


@njit(cache=True, error_model="numpy")
def bark(x, y, z, f, seed):
    """Fissures along z."""
    ridge = noise(x * 14.0, y * 14.0, z * 2.2, seed) * seen(0.07, f)
    fine = noise(x * 45.0, y * 45.0, z * 9.0, seed + 1) * seen(0.022, f)
    moss = fractal(x * 1.6, y * 1.6, z * 0.8, 3, f * 1.6, seed + 2)
    deep = smooth(0.05, 0.5, ridge + 0.4 * fine)
    shade = 1.0 + 0.35 * ridge + 0.25 * fine + 0.12 * moss
    return 0.75 * deep, max(0.3, shade), 0.25 * moss, 1.0, 0.5 * ridge, 0.5 * ridge, 0.1 * fine, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def foliage(x, y, z, f, seed):
    """Two layers of leaves over the dark inside of the crown; each leaf has its own size, tilt, hue and shade."""
    clump = fractal(x * 2.4, y * 2.4, z * 2.4, 3, f * 2.4, seed + 5)
    size = 0.085
    keep = seen(1.4 * size, f)
    shade, mix, warm = 1.0 + 0.4 * clump, 0.3 + 0.3 * clump, 0.3 * clump
    a, b, c = 0.4 * clump, -0.3 * clump, 0.25 * clump
    if keep > 0.0:
        u, v, w = x / size, y / size, z / (0.75 * size)
        near, cell = nearest(u, v, w, seed)
        level = 1.22
        if near > 0.30 + 0.14 * np.float64((cell >> S32) & BYTE) / 255.0:
            near, cell = nearest(1.13 * u + 0.37, 1.13 * v + 0.71, 1.13 * w + 0.13, seed + 3)
            level = 0.82
            if near > 0.36 + 0.12 * np.float64((cell >> S32) & BYTE) / 255.0:
                level = 0.42
        own = np.float64(cell & BYTE) / 255.0 - 0.5
        hue = np.float64((cell >> S8) & BYTE) / 255.0 - 0.5
        shade += keep * (0.5 * own * level + 1.15 * level - 0.72 + 0.2 * (0.32 - near))
        mix += keep * 0.6 * hue
        warm += keep * 0.7 * hue
        a += 1.7 * keep * (np.float64((cell >> S16) & BYTE) / 255.0 - 0.5)
        b += 1.7 * keep * (np.float64((cell >> S24) & BYTE) / 255.0 - 0.5)
        c += 1.1 * keep * own
    return min(1.0, max(0.0, mix)), max(0.1, shade), warm, 1.0, a, b, c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def fur(x, y, z, f, seed):
    """Hair that runs back and down, over soft tufts."""
    tuft = fractal(x * 6.0, y * 9.0, z * 7.0, 3, f * 9.0, seed)
    lay = x * 0.35 + z
    fine = noise(x * 60.0, y * 230.0, lay * 230.0, seed + 1) * seen(0.006, f)
    mid = noise(x * 16.0, y * 70.0, lay * 70.0, seed + 2) * seen(0.02, f)
    shade = 1.0 + 0.16 * tuft + 0.22 * mid + 0.2 * fine
    mix = min(1.0, max(0.0, 0.15 + 0.25 * tuft + 0.2 * mid))
    return mix, shade, 0.1 * tuft, 1.0, 0.1 * tuft, 0.25 * mid, 0.25 * mid, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def spots(x, y, z, f, seed):
    """Fur with round spots."""
    _, shade, warm, gloss, a, b, c, _, _ = fur(x, y, z, f, seed)
    keep = seen(0.12, f)
    near, _ = nearest(x / 0.11, y / 0.11, z / 0.11, seed + 9)
    mix = 0.2 * (1.0 - keep) + keep * (1.0 - smooth(0.26, 0.34, near))
    return mix, shade, warm, gloss, a, b, c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def patches(x, y, z, f, seed):
    """Fur with large patches, as of a cow."""
    _, shade, warm, gloss, a, b, c, _, _ = fur(x, y, z, f, seed)
    n = noise(x * 1.9, y * 1.9, z * 1.9, seed + 9) + 0.25 * noise(x * 7.0, y * 7.0, z * 7.0, seed + 10)
    keep = seen(0.8, f)
    return 0.46 * (1.0 - keep) + keep * smooth(-0.03 - f, 0.03 + f, n), shade, warm, gloss, a, b, c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def hair(x, y, z, f, seed):
    """Strands along z that wave."""
    bend = 0.02 * noise(x * 8.0, y * 8.0, z * 8.0, seed)
    lock = noise((x + bend) * 45.0, (y + bend) * 45.0, z * 3.0, seed + 1) * seen(0.022, f)
    strand = noise((x + bend) * 240.0, (y + bend) * 240.0, z * 7.0, seed + 2) * seen(0.005, f)
    mix = min(1.0, max(0.0, 0.2 + 0.35 * lock + 0.2 * strand))
    return mix, 1.0 + 0.25 * lock + 0.2 * strand, 0.1 * lock, 0.9, 0.3 * lock, 0.3 * lock, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def skin(x, y, z, f, seed):
    """Faint mottling."""
    blush = fractal(x * 9.0, y * 9.0, z * 9.0, 3, f * 9.0, seed)
    return (
        min(1.0, max(0.0, 0.1 + 0.2 * blush)),
        1.0 + 0.05 * blush,
        0.05,
        1.0,
        0.04 * blush,
        0.04 * blush,
        0.0,
        0.0,
        0.0,
    )


@njit(cache=True, error_model="numpy")
def cloth(x, y, z, f, seed):
    """Weave near by, folds and creases farther off."""
    weave = np.sin(z * 2600.0) * np.sin((x + y) * 2600.0) * seen(0.0024, f)
    crease = 1.0 - abs(noise(x * 5.0 + 2.0 * z, y * 5.0, z * 3.2, seed)) * 3.0
    fold, mid = max(0.0, crease), fractal(x * 7.0, y * 7.0, z * 4.0, 3, f * 7.0, seed + 1)
    shade = 1.0 + 0.12 * weave - 0.12 * (fold - 0.37) * seen(0.2, f) + 0.08 * mid
    return max(0.0, 0.1 * weave), shade, 0.0, 1.0, 0.25 * mid, 0.25 * mid, 0.25 * mid - 0.15 * fold, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def denim(x, y, z, f, seed):
    """Twill with worn places, and creases."""
    _, shade, _, gloss, a, b, c, _, _ = cloth(x, y, z, f, seed)
    twill = np.sin((x + y + z) * 1800.0) * seen(0.0035, f)
    worn = fractal(x * 4.0, y * 4.0, z * 2.0, 3, f * 4.0, seed + 4)
    mix = min(1.0, max(0.0, 0.25 + 0.35 * worn + 0.15 * twill))
    return mix, shade + 0.06 * twill, 0.0, gloss, a, b, c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def plaid(u, v, fu, fv):
    """Tartan: broad bands with a thin line."""
    a = pulse(u / 0.08, 0.0, 0.42, fu / 0.08) + pulse(u / 0.08, 0.65, 0.72, fu / 0.08)
    b = pulse(v / 0.08, 0.0, 0.42, fv / 0.08) + pulse(v / 0.08, 0.65, 0.72, fv / 0.08)
    return 0.5 * (a + b), 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
