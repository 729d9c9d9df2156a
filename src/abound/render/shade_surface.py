# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: what is where a ray meets a surface. Place, normals, colour, gloss, light of its own.

The size of a pixel on the surface is an ellipse (Heckbert 1989): the distance over the focal length across the ray,
longer along it by the cosine; each pattern gets its extent along its own two axes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render import shade_ground as ground
from abound.render import shade_living as living
from abound.render import shade_walls as walls
from abound.render.shade_noise import fractal, pulse, smooth
from abound.render.textures import PATTERNS

# Columns of a surface sample.
(
    PX, PY, PZ, NX, NY, NZ, GX, GY, GZ, RED, GREEN, BLUE, ROUGH, METAL, MIRROR, ER, EG, EB, SOFT, FILM, PASS, FAR,
) = range(22)  # fmt: skip
WIDTH = 22

(
    ASPHALT, CONCRETE, PAVING, COBBLE, BRICK, PLASTER, WINDOWS, GLASSFRONT, ROOF, SHINGLES, GRASS, SOIL, GRAVEL,
    WORN, IRON, MESH,
) = (
    PATTERNS[n]
    for n in (
        "asphalt", "concrete", "paving", "cobble", "brick", "plaster", "windows", "glassfront", "roof_tiles",
        "shingles", "grass", "soil", "gravel", "worn_paint", "manhole", "mesh_panel",
    )
)  # fmt: skip
STRIPES, STRIPES_X, CHEVRON, CHECKER, PLAID, BARK, FOLIAGE, PAINT, GLASS, RUBBER, METALLIC = (
    PATTERNS[n]
    for n in (
        "stripes", "stripes_x", "chevron", "checker", "plaid", "bark", "foliage", "paint", "glass", "rubber",
        "metal",
    )
)  # fmt: skip
CLOTH, DENIM, SKIN, FUR, SPOTS, PATCHES, HAIR, WOOD, PLASTIC, SNOW, RUST = (
    PATTERNS[n]
    for n in ("cloth", "denim", "skin", "fur", "spots", "patches", "hair", "wood", "plastic", "snow", "rust")
)  # fmt: skip
WARM = (CLOTH, DENIM, SKIN, FUR, SPOTS, PATCHES, HAIR, RUBBER)  # snow melts on it, or falls off
FLAT = np.zeros(len(PATTERNS), np.bool_)
FLAT[[ASPHALT, PAVING, COBBLE, BRICK, PLASTER, WINDOWS, GLASSFRONT, ROOF, SHINGLES]] = True
FLAT[[GRASS, SOIL, GRAVEL, WORN, IRON, MESH, STRIPES, CHEVRON, CHECKER, PLAID]] = True


@njit(cache=True, error_model="numpy")
def flat_pattern(code, u, v, fu, fv, k, seed):
    """A pattern of the plane; u, v and the extents are divided by the scale k already, except where it is a
    lattice."""
    if code == ASPHALT:
        return ground.asphalt(u, v, fu, fv, seed)
    if code == PAVING:
        return ground.slabs(u, v, fu, fv, 0.5, 0.5, 0.012, 0.22, 0.15, seed)
    if code == COBBLE:
        return ground.slabs(u, v, fu, fv, 0.13, 0.11, 0.014, 0.45, 0.7, seed)
    if code == BRICK:
        return ground.slabs(u, v, fu, fv, 0.25, 0.083, 0.012, 0.5, 0.3, seed)
    if code == SHINGLES:
        return ground.slabs(u, v, fu, fv, 0.22, 0.2, 0.008, 0.4, 0.25, seed)
    if code == PLASTER:
        return walls.plaster(u, v, fu, fv, seed)
    if code == WINDOWS:
        return walls.windows(u, v, fu, fv, k, seed)
    if code == GLASSFRONT:
        return walls.glassfront(u, v, fu, fv, k, seed)
    if code == ROOF:
        return walls.roof_tiles(u, v, fu, fv, seed)
    if code == GRASS:
        return ground.grass(u, v, fu, fv, seed)
    if code == SOIL:
        return ground.soil(u, v, fu, fv, 0.05, seed)
    if code == GRAVEL:
        return ground.soil(u, v, fu, fv, 0.03, seed)
    if code == WORN:
        return ground.worn_paint(u, v, fu, fv, seed)
    if code == IRON:
        return ground.iron(u, v, fu, fv, seed)
    if code == MESH:
        return walls.mesh_panel(u, v, fu, fv)
    if code == PLAID:
        return living.plaid(u, v, fu, fv)
    if code == STRIPES:
        mix = pulse(v / 0.2, 0.0, 0.5, fv / 0.2)
    elif code == CHEVRON:
        mix = pulse((u + v) / 0.4, 0.0, 0.5, max(fu, fv) / 0.4)
    else:
        a, b = pulse(u / 1.0, 0.0, 0.5, fu), pulse(v / 1.0, 0.0, 0.5, fv)
        mix = a + b - 2.0 * a * b
    return mix, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def solid_pattern(code, x, y, z, f, seed):
    """A pattern of space."""
    if code == CONCRETE:
        return ground.concrete(x, y, z, f, seed)
    if code == SNOW:
        return ground.snow(x, y, z, f, seed)
    if code == BARK:
        return living.bark(x, y, z, f, seed)
    if code == FOLIAGE:
        return living.foliage(x, y, z, f, seed)
    if code == PAINT:
        return walls.paint(x, y, z, f, seed)
    if code == RUBBER:
        return walls.rubber(x, y, z, f, seed)
    if code == METALLIC:
        return walls.metal(x, y, z, f, seed)
    if code == CLOTH:
        return living.cloth(x, y, z, f, seed)
    if code == DENIM:
        return living.denim(x, y, z, f, seed)
    if code == SKIN:
        return living.skin(x, y, z, f, seed)
    if code == FUR:
        return living.fur(x, y, z, f, seed)
    if code == SPOTS:
        return living.spots(x, y, z, f, seed)
    if code == PATCHES:
        return living.patches(x, y, z, f, seed)
    if code == HAIR:
        return living.hair(x, y, z, f, seed)
    if code == WOOD:
        return walls.wood(x, y, z, f, seed)
    if code == PLASTIC:
        return walls.plastic(x, y, z, f, seed)
    if code == RUST:
        return walls.rust(x, y, z, f, seed)
    if code == STRIPES_X:
        return pulse(x / 0.2, 0.0, 0.5, f / 0.2), 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if code == GLASS:
        return 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0
    return walls.plain(x, y, z, f, seed)


@njit(cache=True, error_model="numpy")
def pattern(code, x, y, z, nx, ny, nz, dx, dy, dz, size, k, seed):
    """The pattern at a place (object frame) seen along the unit direction d with a pixel of a size across the
    ray."""
    c = max(0.03, abs(nx * dx + ny * dy + nz * dz))
    if not FLAT[code]:
        return solid_pattern(code, x / k, y / k, z / k, size / np.sqrt(c) / k, seed)
    if abs(nz) > 0.9:
        ax, ay, az, bx, by, bz = 1.0, 0.0, 0.0, 0.0, 1.0, 0.0
    else:
        h = 1.0 / np.sqrt(nx * nx + ny * ny)
        ax, ay, az = -ny * h, nx * h, 0.0
        bx, by, bz = -nz * ay, nz * ax, nx * ay - ny * ax
    tx, ty, tz = dx, dy, dz
    s = nx * dx + ny * dy + nz * dz
    tx, ty, tz = tx - s * nx, ty - s * ny, tz - s * nz
    q = (1.0 / (c * c) - 1.0) / max(1e-9, tx * tx + ty * ty + tz * tz)
    eu, ev = ax * tx + ay * ty + az * tz, bx * tx + by * ty + bz * tz
    fu, fv = size * np.sqrt(1.0 + eu * eu * q), size * np.sqrt(1.0 + ev * ev * q)
    u, v = ax * x + ay * y + az * z, bx * x + by * y + bz * z
    if code != WINDOWS and code != GLASSFRONT:
        u, v, fu, fv = u / k, v / k, fu / k, fv / k
    mix, shade, warm, gloss, gu, gv, _, glass, lit = flat_pattern(code, u, v, fu, fv, k, seed)
    return mix, shade, warm, gloss, gu * ax + gv * bx, gu * ay + gv * by, gu * az + gv * bz, glass, lit


@njit(cache=True, error_model="numpy")
def texel(texels, start, w, h, u, v):
    """Bilinear look-up of one level; the edge goes on."""
    x, y = u * w - 0.5, (1.0 - v) * h - 0.5
    i, j = np.int64(np.floor(x)), np.int64(np.floor(y))
    a, b = x - i, y - j
    i0, i1 = min(max(i, 0), w - 1), min(max(i + 1, 0), w - 1)
    j0, j1 = min(max(j, 0), h - 1), min(max(j + 1, 0), h - 1)
    p, q = start + j0 * w, start + j1 * w
    r = (texels[p + i0] * (1 - a) + texels[p + i1] * a) * (1 - b)
    return r + (texels[q + i0] * (1 - a) + texels[q + i1] * a) * b


@njit(cache=True, error_model="numpy")
def image_colour(texels, levels, first, image, u, v, du, dv):
    """An image at u, v under a pixel that is du wide and dv high in uv: between two levels."""
    low, high = first[image], first[image + 1]
    size = np.sqrt(max(1e-12, du * levels[low, 1] * dv * levels[low, 2]))
    at = min(max(np.log2(max(size, 1e-9)), 0.0), np.float64(high - low - 1))
    i = np.int64(at)
    a = at - i
    one = levels[low + i]
    c = texel(texels, one[0], one[1], one[2], u, v)
    if a > 0.0 and low + i + 1 < high:
        two = levels[low + i + 1]
        c = c * (1.0 - a) + texel(texels, two[0], two[1], two[2], u, v) * a
    return c


@njit(cache=True, error_model="numpy")
def weathered(out, row, x, y, z, nz, f, wet, cover, flood, code):
    """Rain darkens what soaks it up and leaves a film and puddles; snow lies on what looks up."""
    if wet > 0.0:
        soak = 1.0 - (0.45 if row[18] > 0.0 else 0.2) * wet * (1.0 - row[8])
        for i in range(3):
            out[RED + i] *= soak
        if flood and nz > 0.85:
            low = 0.5 + 0.8 * fractal(x * 0.2, y * 0.9, 0.5, 4, f * 0.5, 77)
            film = 0.4 * wet + smooth(1.25 - 0.55 * wet, 1.4 - 0.55 * wet, low)
            out[FILM] = min(1.0, film)
            pool = smooth(0.6, 0.9, out[FILM])
            for i in range(3):
                out[NX + i] += pool * (out[GX + i] - out[NX + i])
                out[RED + i] *= 1.0 - 0.4 * pool
        out[ROUGH] *= 1.0 - 0.5 * wet
    if cover > 0.0 and nz > 0.25:
        n = 0.5 + 0.55 * fractal(x * 0.7, y * 0.7, z * 0.7, 5, f * 0.7, 55)
        if code in (ASPHALT, WORN):
            lane = np.mod(y, 3.5)
            rut = np.exp(-((lane - 0.95) ** 2) / 0.1) + np.exp(-((lane - 2.55) ** 2) / 0.1)
            n += 0.75 * rut + 0.12
        white = smooth(n - 0.12, n + 0.12, cover * 1.5 * smooth(0.25, 0.7, nz))
        if code in WARM:
            white *= 0.25
        if code == FOLIAGE:
            white *= 0.55 * smooth(-0.1, 0.3, fractal(x * 9.0, y * 9.0, z * 9.0, 2, f * 9.0, 56))
        for i in range(3):
            out[RED + i] += white * ((0.80, 0.83, 0.88)[i] * (0.95 + 0.05 * n) - out[RED + i])
            out[ER + i] *= 1.0 - 0.8 * white
        out[ROUGH] += white * (0.85 - out[ROUGH])
        out[METAL] *= 1.0 - white
        out[MIRROR] *= 1.0 - white
        out[FILM] *= 1.0 - white
        out[PASS] *= 1.0 - white


@njit(cache=True, error_model="numpy")
def surfaces(
    triangle, weights, direction, distance, angle, faces, vertices, normals, local, body, poses, material, uv,
    table, emission, texels, levels, first, wet, cover, flood, lit, out,
):  # fmt: skip
    """Fill `out` float32 (n, WIDTH) for rays of any length; `distance` in lengths of the direction, `angle`
    radians a pixel, `flood` by body whether rain lies on it, `lit` the radiance of a lit window. FAR is inf where
    nothing is hit."""
    w, d, p, q = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    n, g, m, e, s = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for i in range(len(triangle)):
        t = triangle[i]
        o = out[i]
        if t < 0:
            o[:] = 0.0
            o[FAR] = np.inf
            continue
        w[1], w[2] = weights[i, 0], weights[i, 1]
        w[0] = 1.0 - w[1] - w[2]
        length = np.sqrt(direction[i, 0] ** 2 + direction[i, 1] ** 2 + direction[i, 2] ** 2)
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        for k in range(3):
            d[k] = direction[i, k] / length
            p[k] = w[0] * vertices[a, k] + w[1] * vertices[b, k] + w[2] * vertices[c, k]
            q[k] = w[0] * local[a, k] + w[1] * local[b, k] + w[2] * local[c, k]
            n[k] = w[0] * normals[a, k] + w[1] * normals[b, k] + w[2] * normals[c, k]
        area = normal_of(vertices, a, b, c, g)
        normal_of(local, a, b, c, m)
        far = distance[i] * length
        size = far * angle
        turn_to(g, n, d)
        row = table[material[t]]
        code, amount = np.int64(row[9]), row[11]
        mix, shade, warm, gloss, glass, on = patterned(row, poses[body[t]], p, q, g, m, d, size, e, s)
        base_colour(o, row, mix, shade, warm)
        if row[15] >= 0.0:
            showing(
                o, row, t, w, uv, area, size, abs(n[0] * d[0] + n[1] * d[1] + n[2] * d[2]), texels, levels, first
            )
        if glass > 0.0 and code != GLASS:
            for k in range(3):
                o[RED + k] *= 1.0 - 0.95 * glass
        bumped(o, n, g, s, amount, d)
        for k in range(3):
            o[PX + k] = p[k]
            o[ER + k] = emission[material[t], k] + (1.0, 0.72, 0.42)[k] * on * lit
        finish(o, row, code, glass, gloss, far)
        level = g[2]
        weathered(
            o, row, q[0], q[1], q[2], level, size / np.sqrt(max(0.03, abs(level))), wet, cover, flood[body[t]], code
        )


@njit(cache=True, error_model="numpy")
def patterned(row, pose, p, q, g, m, d, size, e, slope):
    """The material's pattern: mix, brightness, warmth, gloss, glass, night light; its relief goes into `slope`.

    `p`, `g`, `d`: place, normal and direction in the world; `q`, `m`: place and normal in the object frame; `e`:
    room for three numbers.
    """
    for k in range(3):
        e[k] = pose[0, k] * d[0] + pose[1, k] * d[1] + pose[2, k] * d[2]
    shared = row[17] > 0.0  # one field of noise for all: the world's frame in place of the body's
    at, up, along = (p, g, d) if shared else (q, m, e)
    mix, shade, warm, gloss, x, y, z, glass, on = pattern(
        np.int64(row[9]), at[0], at[1], at[2], up[0], up[1], up[2], along[0], along[1], along[2], size, row[10],
        np.int64(row[16]),
    )  # fmt: skip
    slope[0], slope[1], slope[2] = x, y, z
    if not shared:
        for k in range(3):
            slope[k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z
    much = row[11]
    return mix * much, 1.0 + (shade - 1.0) * much, warm * much, 1.0 + (gloss - 1.0) * much, glass, on


@njit(cache=True, error_model="numpy")
def normal_of(v, a, b, c, out):
    """Unit normal of a triangle into `out`; returns its area."""
    ux, uy, uz = v[b, 0] - v[a, 0], v[b, 1] - v[a, 1], v[b, 2] - v[a, 2]
    vx, vy, vz = v[c, 0] - v[a, 0], v[c, 1] - v[a, 1], v[c, 2] - v[a, 2]
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = max(1e-30, np.sqrt(x * x + y * y + z * z))
    out[0], out[1], out[2] = x / length, y / length, z / length
    return 0.5 * length


@njit(cache=True, error_model="numpy")
def turn_to(g, n, d):
    """Turn the normals of the face (g) and of the smooth surface (n) to the side that is seen along d."""
    if g[0] * d[0] + g[1] * d[1] + g[2] * d[2] > 0.0:
        for k in range(3):
            g[k], n[k] = -g[k], -n[k]
    length = np.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2)
    if length < 1e-6 or n[0] * g[0] + n[1] * g[1] + n[2] * g[2] < 0.05 * length:
        n[0], n[1], n[2] = g[0], g[1], g[2]
    else:
        for k in range(3):
            n[k] /= length


@njit(cache=True, error_model="numpy")
def base_colour(o, row, mix, shade, warm):
    """Two colours mixed, brightened and warmed, kept within what paint can reflect."""
    hue = (1.0 + 0.25 * warm, 1.0 + 0.04 * warm, 1.0 - 0.2 * warm)
    for k in range(3):
        c = (row[k] * (1.0 - mix) + row[3 + k] * mix) * max(0.0, shade) * hue[k]
        o[RED + k] = min(0.95, max(0.0, c))


@njit(cache=True, error_model="numpy")
def showing(o, row, t, w, uv, area, size, slant, texels, levels, first):
    """The image in place of the colour; the pixel's extent in uv from the triangle's areas."""
    u = w[0] * uv[t, 0, 0] + w[1] * uv[t, 1, 0] + w[2] * uv[t, 2, 0]
    v = w[0] * uv[t, 0, 1] + w[1] * uv[t, 1, 1] + w[2] * uv[t, 2, 1]
    au, av = uv[t, 1, 0] - uv[t, 0, 0], uv[t, 1, 1] - uv[t, 0, 1]
    bu, bv = uv[t, 2, 0] - uv[t, 0, 0], uv[t, 2, 1] - uv[t, 0, 1]
    density = np.sqrt(0.5 * abs(au * bv - av * bu) / max(area, 1e-12))
    du = density * size / np.sqrt(max(0.05, slant))
    c = image_colour(texels, levels, first, np.int64(row[15]), u, v, du, du)
    for k in range(3):
        o[RED + k] = min(0.95, c[k])


@njit(cache=True, error_model="numpy")
def bumped(o, n, g, s, amount, d):
    """The smooth normal tilted by the relief's slope, never turned away from the eye."""
    along = s[0] * n[0] + s[1] * n[1] + s[2] * n[2]
    x = n[0] - amount * (s[0] - along * n[0])
    y = n[1] - amount * (s[1] - along * n[1])
    z = n[2] - amount * (s[2] - along * n[2])
    facing = x * d[0] + y * d[1] + z * d[2]
    if facing > -0.02:
        x, y, z = x - (facing + 0.02) * d[0], y - (facing + 0.02) * d[1], z - (facing + 0.02) * d[2]
    length = np.sqrt(x * x + y * y + z * z)
    o[NX], o[NY], o[NZ] = x / length, y / length, z / length
    o[GX], o[GY], o[GZ] = n[0], n[1], n[2]


@njit(cache=True, error_model="numpy")
def finish(o, row, code, glass, gloss, far):
    """Gloss, mirror share, what light goes through."""
    rough = min(1.0, max(0.04, row[6] * gloss))
    o[ROUGH] = rough
    o[METAL] = row[7]
    o[MIRROR] = max(max(row[8], glass), max(0.0, 1.0 - rough / 0.25) * (1.0 - row[7]))
    o[SOFT] = row[19] if code in (FOLIAGE, GRASS) else 0.0
    o[FILM] = 0.0
    o[PASS] = (0.5 if row[15] >= 0.0 else 1.0) if code == GLASS else 0.0  # an image shows what is behind the pane
    o[FAR] = far
