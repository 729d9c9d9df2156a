# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled patterns of walls, roofs and made things; what a pattern takes and returns is said in `shade_ground`."""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_noise import chance, fractal, noise, pulse, seen, smooth


@njit(cache=True, error_model="numpy")
def plaster(u, v, fu, fv, seed):
    """Wall render: soft blotches, streaks of rain, grain, dirt at the foot."""
    f = np.sqrt(fu * fv)
    blot = fractal(u * 0.35, v * 0.35, 0.5, 5, f * 0.35, seed)
    streak = noise(u * 1.7, v * 0.16, 0.5, seed + 1) * seen(0.6, fu)
    grain = fractal(u * 40.0, v * 40.0, 0.5, 2, f * 40.0, seed + 2)
    foot = np.exp(-max(v, 0.0) / 0.5)
    mix = min(1.0, max(0.0, 0.1 + 0.2 * blot + 0.22 * streak + 0.5 * foot))
    shade = 1.0 + 0.07 * blot + 0.05 * streak + 0.07 * grain - 0.18 * foot
    return mix, shade, 0.05 * blot, 1.0, 0.16 * grain, 0.16 * grain, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def windows(u, v, fu, fv, k, seed):
    """A facade of windows: frames with a mullion, sills, panes that reflect, curtains, some lit at night."""
    bay, storey = 2.4 * k, 3.0 * k
    a, b, fa, fb = u / bay, v / storey, fu / bay, fv / storey
    i, j = np.int64(np.floor(a)), np.int64(np.floor(b))
    p, q = a - i, b - j
    wall_mix, shade, warm, _, gu, gv, _, _, _ = plaster(u, v, fu, fv, seed)
    hole = pulse(a, 0.25, 0.75, fa) * pulse(b, 0.30, 0.80, fb)
    left, right = pulse(a, 0.275, 0.49, fa), pulse(a, 0.51, 0.725, fa)
    pane = (left + right) * (pulse(b, 0.322, 0.60, fb) + pulse(b, 0.615, 0.778, fb))
    frame = max(0.0, hole - pane)
    sill = pulse(a, 0.23, 0.77, fa) * pulse(b, 0.275, 0.30, fb)
    below = pulse(a, 0.24, 0.76, fa) * pulse(b, 0.255, 0.275, fb)
    rim = pulse(a, 0.215, 0.785, fa) * pulse(b, 0.30, 0.835, fb) - hole
    keep = seen(2.0 * bay, fu) * seen(2.0 * storey, fv)
    cloth, away = chance(i, j, 1, seed), 0.22
    drawn = 0.0
    if cloth < 0.45:  # curtains at both sides
        drawn = smooth(0.12, 0.17, abs(p - 0.5))
    elif cloth < 0.62:  # a blind, let down by chance
        drawn = smooth(0.0, 0.02, q - 0.8 + 0.45 * chance(i, j, 2, seed))
    curtain = pane * (0.85 * drawn * keep + away * (1.0 - keep))
    fold = 1.0 + 0.18 * np.sin(p * 150.0) * seen(0.1 * k, fu)
    reveal = smooth(0.70, 0.80, q) * keep  # the lintel's shade
    mix = min(1.0, wall_mix * 0.4 * (1.0 - hole - sill) + frame + sill + 0.9 * curtain + 0.55 * max(0.0, rim))
    glass = pane - 0.55 * curtain
    shade = shade * (1.0 - 0.35 * below) * (1.0 - 0.5 * hole * reveal)
    shade *= 1.0 + curtain * (0.62 * fold - 1.0)
    lit = 0.0
    if v > 0.0:
        on = 1.0 if chance(i, j, 5, seed) < 0.3 else 0.0
        lit = (
            pane
            * (on * keep + 0.3 * (1.0 - keep))
            * (0.3 + 1.4 * chance(i, j, 6, seed) * keep)
            * (1.0 - 0.4 * drawn)
        )
    tilt_u = 0.02 * (chance(i, j, 8 + np.int64(p > 0.5), seed) - 0.5) * pane
    tilt_v = 0.03 * (chance(i, j, 10 + np.int64(p > 0.5), seed) - 0.5) * pane
    gu, gv = gu * (1.0 - pane) + tilt_u, gv * (1.0 - pane) + tilt_v
    return mix, shade, warm, 1.0 - 0.5 * frame, gu, gv, 0.0, max(0.0, glass), lit


@njit(cache=True, error_model="numpy")
def glassfront(u, v, fu, fv, k, seed):
    """Panes from edge to edge with mullions and a spandrel at each floor."""
    wide, high = 1.5 * k, 3.0 * k
    a, b = u / wide, v / high
    i, j = np.int64(np.floor(a)), np.int64(np.floor(b))
    pane = pulse(a, 0.03, 0.97, fu / wide) * pulse(b, 0.13, 0.985, fv / high)
    keep = seen(2.0 * wide, fu) * seen(2.0 * high, fv)
    spandrel = pulse(b, 0.0, 0.115, fv / high) * pulse(a, 0.03, 0.97, fu / wide)
    mix = max(0.0, 1.0 - pane - spandrel)
    lit = pane * ((1.0 if chance(i, j, 5, seed) < 0.4 else 0.0) * keep + 0.4 * (1.0 - keep))
    gu = 0.012 * (chance(i, j, 8, seed) - 0.5) * pane * keep
    gv = 0.012 * (chance(i, j, 9, seed) - 0.5) * pane * keep
    shade = 1.0 + 0.2 * (chance(i, j, 2, seed) - 0.5) * keep
    return mix, shade, 0.0, 0.7, gu, gv, 0.0, pane, lit


@njit(cache=True, error_model="numpy")
def roof_tiles(u, v, fu, fv, seed):
    """Rows of pantiles with rounded backs; moss and dark gaps."""
    wide, high = 0.22, 0.34
    a, b = u / wide, v / high
    c, d = np.int64(np.floor(a)), np.int64(np.floor(b))
    p, q = a - c, b - d
    near_u, near_v = seen(wide, fu), seen(high, fv)
    own = (chance(c, d, 1, seed) - 0.5) * seen(1.6 * wide, fu) * seen(1.6 * high, fv)
    moss = fractal(u * 0.8, v * 0.8, 0.5, 4, np.sqrt(fu * fv) * 0.8, seed + 2)
    lap = pulse(b, 0.0, 0.12, fv / high)
    valley = pulse(a, 0.88, 1.0, fu / wide)
    mix = min(1.0, max(0.0, 0.7 * lap + 0.6 * valley + 0.25 * smooth(0.1, 0.7, moss)))
    shade = 1.0 + 0.5 * own + 0.14 * moss + 0.12 * (q - 0.5) * near_v
    return mix, shade, 0.5 * own, 1.0, 0.9 * np.sin(6.2832 * (p - 0.44)) * near_u, 0.3 * near_v, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def wood(x, y, z, f, seed):
    """Planks of .14 m with grain along x."""
    w = 0.14
    across = y + z
    i = np.int64(np.floor(across / w))
    gap = pulse(across / w, 0.96, 1.0, f / w)
    ring = noise(x * 1.3, across * 38.0, chance(i, 1, 1, seed) * 9.0, seed) * seen(0.026, f)
    fine = noise(x * 6.0, across * 190.0, 0.5, seed + 3) * seen(0.006, f)
    own = (chance(i, 2, 2, seed) - 0.5) * seen(0.25, f)
    shade = (1.0 + 0.25 * own + 0.18 * ring + 0.12 * fine) * (1.0 - 0.6 * gap)
    return min(1.0, max(0.0, 0.3 + 0.45 * ring)), shade, 0.3 * own, 1.0, 0.0, 0.12 * ring, 0.12 * ring, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def metal(x, y, z, f, seed):
    """Brushed along x, with faint stains."""
    brush = noise(x * 4.0, y * 240.0, z * 240.0, seed) * seen(0.005, f)
    stain = fractal(x * 3.0, y * 3.0, z * 3.0, 3, f * 3.0, seed + 1)
    shade = 1.0 + 0.1 * brush + 0.08 * stain
    return max(0.0, 0.2 * stain), shade, 0.0, 1.0 + 0.25 * stain, 0.0, 0.03 * brush, 0.03 * brush, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def paint(x, y, z, f, seed):
    """Car paint: metal flakes near by, the long waves of sheet metal, dust towards the sills."""
    flake = noise(x * 900.0, y * 900.0, z * 900.0, seed) * seen(0.002, f)
    dust = smooth(0.55, 0.15, z) * (0.5 + 0.5 * fractal(x * 4.0, y * 4.0, z * 4.0, 3, f * 4.0, seed + 1))
    wave = noise(x * 2.5, y * 2.5, z * 2.5, seed + 2)
    mix = min(1.0, max(0.0, 0.05 + 0.25 * flake))
    return mix, 1.0 + 0.15 * flake - 0.1 * dust, 0.0, 1.0 + 1.2 * dust, 0.006 * wave, 0.006 * wave, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def rubber(x, y, z, f, seed):
    """Tyre: dust in patches."""
    dust = fractal(x * 7.0, y * 7.0, z * 7.0, 4, f * 7.0, seed)
    return min(1.0, max(0.0, 0.12 + 0.3 * dust)), 1.0 + 0.12 * dust, 0.1, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def plain(x, y, z, f, seed):
    """One colour and the faintest dirt."""
    dirt = fractal(x * 1.5, y * 1.5, z * 1.5, 4, f * 1.5, seed)
    return 0.0, 1.0 + 0.06 * dirt, 0.0, 1.0 + 0.1 * dirt, 0.0, 0.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def plastic(x, y, z, f, seed):
    """Grained, evenly coloured."""
    grain = noise(x * 300.0, y * 300.0, z * 300.0, seed) * seen(0.004, f)
    dirt = fractal(x * 2.0, y * 2.0, z * 2.0, 3, f * 2.0, seed + 1)
    return 0.0, 1.0 + 0.05 * grain + 0.05 * dirt, 0.0, 1.0, 0.08 * grain, 0.08 * grain, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def rust(x, y, z, f, seed):
    """Blooms of rust over the colour."""
    bloom = fractal(x * 3.0, y * 3.0, z * 3.0, 5, f * 3.0, seed)
    fine = fractal(x * 45.0, y * 45.0, z * 45.0, 2, f * 45.0, seed + 1)
    mix = smooth(-0.1, 0.35, bloom + 0.25 * fine)
    return (
        mix,
        1.0 + 0.25 * fine * mix,
        0.2 * fine,
        1.0 + 0.6 * mix,
        0.2 * fine * mix,
        0.2 * fine * mix,
        0.0,
        0.0,
        0.0,
    )


@njit(cache=True, error_model="numpy")
def mesh_panel(u, v, fu, fv):
    """A grille: dark holes between bars."""
    hole = pulse(u / 0.03, 0.15, 0.85, fu / 0.03) * pulse(v / 0.03, 0.15, 0.85, fv / 0.03)
    return hole, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
