# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: from surface samples and what falls on them to radiance.

Diffuse: Lambert. Sun's highlight: GGX with the height-correlated Smith term (Walter et al. 2007; Heitz 2014).
Light from all sides on rough surfaces: the split-sum fit of Karis 2014. Fresnel: Schlick 1994. A clear coat, a
pane or a film of water is a mirror above the base and takes its share of light away from it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_noise import chance
from abound.render.shade_sky import air_of, dome_at, irradiance
from abound.render.shade_surface import (
    EB,
    EG,
    ER,
    FAR,
    FILM,
    GX,
    GY,
    GZ,
    METAL,
    MIRROR,
    NX,
    NY,
    NZ,
    PASS,
    PX,
    RED,
    ROUGH,
    SOFT,
)  # fmt: skip

WATER, PANE = 0.02, 0.05


@njit(cache=True, error_model="numpy")
def fresnel(f0, c):
    """Share of light that is mirrored at the cosine c."""
    k = 1.0 - min(1.0, max(0.0, c))
    k2 = k * k
    return f0 + (1.0 - f0) * k2 * k2 * k


@njit(cache=True, error_model="numpy")
def lifted(s, out):
    """A start for rays that leave the surface, off it by more than the rounding."""
    off = 2e-3 + 1.5e-4 * s[FAR]
    out[0], out[1], out[2] = s[PX] + off * s[GX], s[PX + 1] + off * s[GY], s[PX + 2] + off * s[GZ]


@njit(cache=True, error_model="numpy")
def sun_rays(s, spot, sun, size):
    """Rays to the sun's disc from samples that look at it: indices, origins, directions. `spot` int64 (n,) picks
    the middle of the disc (0) or one of four places around it, `size` is its radius in radians (soft shadows)."""
    n = len(s)
    index, o, d = np.empty(n, np.int64), np.empty((n, 3)), np.empty((n, 3))
    ax, ay, az = -sun[1], sun[0], 0.0
    h = np.sqrt(ax * ax + ay * ay)
    ax, ay = (ax / h, ay / h) if h > 1e-9 else (1.0, 0.0)
    bx, by, bz = sun[1] * az - sun[2] * ay, sun[2] * ax - sun[0] * az, sun[0] * ay - sun[1] * ax
    m = 0
    for i in range(n):
        r = s[i]
        if not r[FAR] < np.inf:
            continue
        c = r[GX] * sun[0] + r[GY] * sun[1] + r[GZ] * sun[2]
        if c <= 0.0 and r[SOFT] == 0.0:
            continue
        lifted(r, o[m])
        if c < 0.0:  # a leaf lit from behind: start on its other side
            for k in range(3):
                o[m, k] -= 2.0 * (2e-3 + 1.5e-4 * r[FAR]) * r[GX + k]
        radius, angle = 0.75 * size * min(spot[i], 1), 1.5708 * spot[i] + 0.4
        u, v = radius * np.cos(angle), radius * np.sin(angle)
        d[m, 0] = sun[0] + u * ax + v * bx
        d[m, 1] = sun[1] + u * ay + v * by
        d[m, 2] = sun[2] + u * az + v * bz
        index[m] = i
        m += 1
    return index[:m], o[:m], d[:m]


@njit(cache=True, error_model="numpy")
def mirrored(s, direction, index, o, d):
    """Which samples need a mirror ray, and those rays: fills index, o, d and returns their number."""
    m = 0
    for i in range(len(s)):
        r = s[i]
        if not r[FAR] < np.inf or (
            r[MIRROR] <= 0.01 and r[FILM] <= 0.02 and not (r[METAL] > 0.5 and r[ROUGH] < 0.3)
        ):
            continue
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        t = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = x * t, y * t, z * t
        c = -(x * r[NX] + y * r[NY] + z * r[NZ])
        strong = max(r[MIRROR] * fresnel(PANE, c), r[FILM] * fresnel(WATER, c))
        if strong < 0.02 and r[METAL] < 0.5:
            continue
        nx, ny, nz = r[NX], r[NY], r[NZ]
        if r[FILM] > 0.0 and r[FILM] < 1.0:  # a film over stones scatters, a puddle does not
            k = 0.05 * (1.0 - r[FILM])
            nx += k * (chance(i, 1, 0, 31) + chance(i, 2, 0, 31) - 1.0)
            ny += k * (chance(i, 3, 0, 31) + chance(i, 4, 0, 31) - 1.0)
            nz *= 1.0
            t = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz)
            nx, ny, nz = nx * t, ny * t, nz * t
            c = -(x * nx + y * ny + z * nz)
        x, y, z = x + 2.0 * c * nx, y + 2.0 * c * ny, z + 2.0 * c * nz
        low = x * r[GX] + y * r[GY] + z * r[GZ]
        if low < 0.01:
            x, y, z = x + (0.01 - low) * r[GX], y + (0.01 - low) * r[GY], z + (0.01 - low) * r[GZ]
        lifted(r, o[m])
        t = 1.0 / np.sqrt(x * x + y * y + z * z)
        d[m, 0], d[m, 1], d[m, 2] = x * t, y * t, z * t
        index[m] = i
        m += 1
    return m


@njit(cache=True, error_model="numpy")
def mirror_of_sky(s, direction, dome, out):
    """What a mirror ray would see if nothing stood around: for reflections in reflections."""
    for i in range(len(s)):
        r = s[i]
        if not r[FAR] < np.inf or (
            r[MIRROR] <= 0.01 and r[FILM] <= 0.02 and not (r[METAL] > 0.5 and r[ROUGH] < 0.3)
        ):
            continue
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        t = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = x * t, y * t, z * t
        c = -(x * r[NX] + y * r[NY] + z * r[NZ])
        a, b, e = dome_at(dome, x + 2.0 * c * r[NX], y + 2.0 * c * r[NY], z + 2.0 * c * r[NZ])
        k = 0.3 + 0.7 * min(1.0, max(0.0, 4.0 * (z + 2.0 * c * r[NZ])))
        out[i, 0], out[i, 1], out[i, 2] = a * k, b * k, e * k


@njit(cache=True, error_model="numpy")
def surround(s, around, share, out):
    """A share of the light from all sides for samples that nobody gathers for."""
    for i in range(len(s)):
        r, g, b = irradiance(around, s[i, NX], s[i, NY], s[i, NZ])
        out[i, 0], out[i, 1], out[i, 2] = share * r, share * g, share * b


@njit(cache=True, error_model="numpy")
def highlight(r, vx, vy, vz, lx, ly, lz, rough):
    """GGX lobe times the cosine: (D V, cosine of light and half vector, cosine of light and normal)."""
    nl = r[NX] * lx + r[NY] * ly + r[NZ] * lz
    if nl <= 0.0:
        return 0.0, 0.0, 0.0
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    t = 1.0 / max(1e-9, np.sqrt(hx * hx + hy * hy + hz * hz))
    nh = min(1.0, max(0.0, (r[NX] * hx + r[NY] * hy + r[NZ] * hz) * t))
    lh = max(0.0, (lx * hx + ly * hy + lz * hz) * t)
    nv = max(0.02, r[NX] * vx + r[NY] * vy + r[NZ] * vz)
    a2 = rough**4
    q = nh * nh * (a2 - 1.0) + 1.0
    d = a2 / (np.pi * q * q)
    v = 0.5 / (nl * np.sqrt(nv * nv * (1.0 - a2) + a2) + nv * np.sqrt(nl * nl * (1.0 - a2) + a2))
    return d * v, lh, nl


@njit(cache=True, error_model="numpy")
def from_light(r, vx, vy, vz, lx, ly, lz, lit, out):
    """Add what light of the irradiance-at-normal (red, green, blue) `lit` from the direction l sends to the eye."""
    nl = r[NX] * lx + r[NY] * ly + r[NZ] * lz
    gl = r[GX] * lx + r[GY] * ly + r[GZ] * lz
    guard = min(1.0, max(0.0, 8.0 * gl))
    diffuse = max(0.0, nl) * guard * (1.0 - r[METAL])
    if r[SOFT] > 0.0:
        diffuse = max(0.0, 0.75 * nl + 0.2) * (0.35 + 0.65 * guard)
    if r[PASS] > 0.0:
        diffuse = 0.0
    nv = r[NX] * vx + r[NY] * vy + r[NZ] * vz
    coat = max(r[MIRROR] * fresnel(PANE, nv), r[FILM] * fresnel(WATER, nv))
    ggx, lh, cosine = highlight(r, vx, vy, vz, lx, ly, lz, r[ROUGH])
    cosine *= guard
    f = fresnel(0.04, lh)
    shine, film = 0.0, 0.0
    if r[MIRROR] > 0.0 or r[FILM] > 0.0:
        shine, lh, _ = highlight(r, vx, vy, vz, lx, ly, lz, 0.09 if r[FILM] <= 0.0 else 0.28 - 0.15 * r[FILM])
        film = max(r[MIRROR] * fresnel(PANE, lh), r[FILM] * fresnel(WATER, lh))
        shine = min(shine, 60.0)
    for k in range(3):
        f0 = f * (1.0 - r[METAL]) + r[RED + k] * r[METAL]
        base = r[RED + k] * diffuse / np.pi + ggx * f0 * cosine
        out[k] += lit[k] * (base * (1.0 - coat) + film * shine * cosine)


@njit(cache=True, error_model="numpy")
def compose(s, direction, sun, light, shadow, around, ambient, mirror, through, lamps, n, fog, out):
    """Radiance of all samples that hit something, with the air between; `shadow` 0 to 1, the rest float (n, 3)."""
    total = np.empty(3)
    for i in range(len(s)):
        r = s[i]
        if not r[FAR] < np.inf:
            continue
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        t = -1.0 / np.sqrt(x * x + y * y + z * z)
        vx, vy, vz = x * t, y * t, z * t
        nv = max(0.0, r[NX] * vx + r[NY] * vy + r[NZ] * vz)
        total[0], total[1], total[2] = r[ER], r[EG], r[EB]
        if shadow[i] > 0.0:
            from_light(r, vx, vy, vz, sun[0], sun[1], sun[2], light * shadow[i], total)
        ar, ag, ab = irradiance(around, r[NX], r[NY], r[NZ])
        br, bg, bb = irradiance(around, r[GX], r[GY], r[GZ])
        tilt = min(1.6, max(0.5, (ar + ag + ab) / max(1e-9, br + bg + bb)))
        coat = max(r[MIRROR] * fresnel(PANE, nv), r[FILM] * fresnel(WATER, nv))
        glossy = max(0.0, 1.0 - r[ROUGH] / 0.3) * r[METAL]
        a004 = min((1.0 - r[ROUGH]) ** 2, 2.0 ** (-9.28 * nv)) * (1.0 - r[ROUGH]) + 0.0425 * (1.0 - r[ROUGH])
        scale, bias = -1.04 * a004 + 1.04 - 0.572 * r[ROUGH] * 1.0, 1.04 * a004 - 0.04 + 0.022 * r[ROUGH]
        for k in range(3):
            e = ambient[i, k] / np.pi
            f0 = 0.04 * (1.0 - r[METAL]) + r[RED + k] * r[METAL]
            base = r[RED + k] * (1.0 - r[METAL]) * e * tilt
            shine = max(0.0, f0 * scale + bias) * e * (1.0 - glossy)
            if r[PASS] > 0.0:
                shine = 0.0
                base = (0.55, 0.6, 0.58)[k] * through[i, k] if r[PASS] > 0.6 else 1.3 * r[RED + k] * e
            metal = glossy * r[RED + k] * mirror[i, k]
            total[k] += (base + shine + metal) * (1.0 - coat) + coat * mirror[i, k] + lamps[i, k]
        p = np.exp(-fog * r[FAR])
        ax, ay, az = air_of(n, -vx, -vy, -vz)
        out[i, 0] = ax + (total[0] - ax) * p
        out[i, 1] = ay + (total[1] - ay) * p
        out[i, 2] = az + (total[2] - az) * p
