"""What makes a shell a car: lamps, grille, number plates, mirrors, doors, wipers, rails."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Material, Mesh, box, cylinder, join, mirrored, moved, plate
from abound.render.models.coachwork import Cabin
from abound.render.models.finish import (
    BRAKE,
    CHROME,
    DARK,
    HEAD,
    LENS,
    MIRROR,
    REVERSE,
    SEAL,
    SEAM,
    STEEL,
    TAIL,
    TRIM,
    TURN,
    picture,
)  # fmt: skip
from abound.render.models.loft import Form, Shell, band, on_shell, patch, s_of_x, smooth, strip, upright
from abound.render.models.solid import beam, pipe, rounded

Array = np.ndarray[Any, Any]
GRILLE = Material((0.03, 0.03, 0.032), 0.5, pattern="mesh_panel", second=(0.004, 0.004, 0.004))


class Front(NamedTuple):
    """The choices of a face: which grille, which lamps, chrome or black."""

    grille: int = 0
    lamp: int = 0
    chrome: bool = True


def both(part: Mesh) -> Mesh:
    """A left piece and its mirror image."""
    return join([part, mirrored(part)])


def front_z(sides: Shell, share: float) -> float:
    """Height at a share of the nose."""
    a, b = sides.points[0, 0, 2], sides.points[-1, 0, 2]
    return float(a + (b - a) * share)


def rear_z(sides: Shell, share: float) -> float:
    """Height at a share of the tail."""
    a, b = sides.points[0, -1, 2], sides.points[-1, -1, 2]
    return float(a + (b - a) * share)


def corners(s0: float, s1: float, z: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """Four corners (s, z): inner low, outer low, outer high, inner high."""
    return [(s0, z[0]), (s1, z[1]), (s1, z[2]), (s0, z[3])]


def headlamps(sides: Shell, wide: float, look: Front, low: bool, zs: tuple[float, float] = (0.66, 0.86)) -> Mesh:
    """A clear lens with the lamps in it and an indicator at the outer end."""
    a, b = front_z(sides, zs[0]), front_z(sides, zs[1])
    h = b - a
    inner, outer = 0.50 * wide / 2, 1.06 * wide / 2
    shapes = [
        (a, a + 0.3 * h, b + 0.25 * h, b - 0.15 * h), (a - 0.1 * h, a + 0.1 * h, b, b - 0.05 * h),
        (a + 0.25 * h, a + 0.15 * h, b + 0.35 * h, b - 0.2 * h),
    ]  # fmt: skip
    shape = shapes[look.lamp]
    lens = patch(sides, corners(inner, outer, shape), LENS, 0.004, 0.008, 4, 2 if low else 3)
    if low:
        bulb = (inner + 0.05, outer - 0.12)
        return both(join([lens, patch(sides, corners(*bulb, (a, a, b, b)), HEAD, 0.012, 0.0, 3, 2, 1)]))
    pieces = [lens]
    for k, size in ((0.30, 0.30), (0.60, 0.26)):
        s, z = inner + (outer - inner) * k, a + h * (0.50 + 0.14 * k)
        for r, material, lift in ((h * size + 0.012, CHROME, 0.011), (h * size * 0.78, HEAD, 0.016)):
            spot = corners(s - r, s + r, (z - r, z - r, z + r, z + r))
            pieces.append(patch(sides, spot, material, lift, 0.006, 2.0, 3))
    edge = inner + (outer - inner) * 0.80
    ends = (a + 0.35 * h, a + 0.4 * h, b, b - 0.08 * h)
    pieces.append(patch(sides, corners(edge, outer - 0.02, ends), TURN, 0.013, 0.004, 3, 2))
    return both(join(pieces))


def grille(sides: Shell, wide: float, look: Front, low: bool) -> Mesh:
    """The mouth above the bumper, the air intake in it, and a badge."""
    z = [front_z(sides, v) for v in (0.09, 0.33, 0.56, 0.80)]
    half = wide / 2
    upper = [0.46, 0.42, 0.36][look.grille] * half
    bottom, top = z[2] - [0.0, 0.05, 0.10][look.grille], z[3] + 0.01
    mouth = [(-upper * 0.9, bottom), (upper * 0.9, bottom), (upper, top), (-upper, top)]
    intake = [(-0.70 * half, z[0]), (0.70 * half, z[0]), (0.60 * half, z[1]), (-0.60 * half, z[1])]
    pieces = [patch(sides, shape, GRILLE, 0.006, 0, 7, 2, 2) for shape in (mouth, intake)]
    if low:
        return join(pieces)
    bright = CHROME if look.chrome else SEAL
    for k in range(1, 4):
        h, w = bottom + (top - bottom) * k / 4, upper * (0.86 + 0.08 * k / 4)
        pieces.append(band(sides, -w, w, h, h, 0.012, bright, 0.012))
    for h, w in ((bottom, upper * 0.80), (top, upper * 0.90)):
        pieces.append(band(sides, -w, w, h, h, 0.018, bright, 0.012))
    badge = on_shell(sides, 0.0, (top + bottom) / 2 + 0.02, 0.014)
    pieces.append(moved(cylinder(0.042, 0.014, CHROME, "x", 12), *badge))
    fog = corners(0.78 * half, 0.95 * half, (z[0] + 0.03, z[0] + 0.03, z[1] - 0.03, z[1] - 0.03))
    lip = band(sides, -0.98 * half, 0.98 * half, z[0] - 0.05, z[0] - 0.05, 0.05, TRIM, 0.012)
    return join([*pieces, both(patch(sides, fog, TRIM, 0.005, 0, 4, 2)), lip])


def taillamps(
    sides: Shell, wide: float, low: bool, zs: tuple[float, float] = (0.62, 0.86), inner: float = 0.56
) -> Mesh:
    """Red lamps round the rear corner: tail, brake, indicator, reversing light."""
    a, b = rear_z(sides, zs[0]), rear_z(sides, zs[1])
    h = b - a
    s0, s1 = sides.s[-1] - inner * wide / 2, sides.s[-1] - 1.10 * wide / 2
    shape = [(s0, a), (s1, a + 0.15 * h), (s1, b - 0.05 * h), (s0, b)]
    pieces = [patch(sides, shape, TAIL, 0.006, 0.008, 4, 2 if low else 3)]
    m, n = s0 + (s1 - s0) * 0.08, s0 + (s1 - s0) * 0.92
    bands = [(0.55, 0.86, BRAKE, n), (0.36, 0.50, TURN, n), (0.14, 0.28, REVERSE, m + (n - m) * 0.5)]
    for u, v, lamp, end in bands[: 1 if low else 3]:
        bar = [(m, a + u * h), (end, a + u * h), (end, a + v * h), (m, a + v * h)]
        pieces.append(patch(sides, bar, lamp, 0.017, 0.002, 5, 2, 1))
    return both(join(pieces))


def number_plate(texts: dict[str, Any], rear: bool = False) -> Mesh:
    """A European plate of 520 x 112 mm, about the origin, facing +x (the front) or -x."""
    paper = (0.82, 0.82, 0.80)
    image = picture(texts["plate"], 416, 90, (0.01, 0.01, 0.012), paper, True)
    face = plate(0.52, 0.112, Material(paper, 0.4, image=image))
    back = box((0.012, 0.535, 0.127), SEAL, (-0.008, 0, 0))
    return moved(join([face, back]), yaw=np.pi if rear else 0.0)


def plates(sides: Shell, texts: dict[str, Any], shares: tuple[float, float] = (0.44, 0.46)) -> Mesh:
    """The plates in front and behind, upright on the bumpers."""
    out = []
    for s, z, rear in ((0.0, front_z(sides, shares[0]), False), (sides.s[-1], rear_z(sides, shares[1]), True)):
        spots = on_shell(sides, [s, s], [z - 0.05, z + 0.05], 0.02)
        x = spots[:, 0].min() if rear else spots[:, 0].max()
        out.append(moved(number_plate(texts, rear), float(x), 0.0, z))
    return join(out)


def doors(form: Form, sides: Shell, house: Cabin, low: bool) -> Mesh:
    """Seams and handles of the left doors, under the windows that they carry."""
    pieces: list[Mesh] = []
    sill = form.arches[0][2] * 0.55 + 0.12 if form.arches else 0.4
    first = form.arches[0][0] - form.arches[0][1] - 0.05
    last = form.arches[-1][0] + form.arches[-1][1] + 0.04
    edges = [min(house.pillar[0] - 0.02, first + 0.12)]
    edges += [(a[2] + b[0]) / 2 for a, b in zip(house.windows[:2], house.windows[1:2], strict=False)]
    edges.append(house.windows[min(1, len(house.windows) - 1)][2] - 0.03)
    for k, x in enumerate(edges):
        top = float(smooth(form.top, x)) - 0.01
        foot = max(x, last) if k == len(edges) - 1 else min(x, first) if k == 0 else x
        ends = (float(s_of_x(sides, foot)), sill), (float(s_of_x(sides, x)), top)
        pieces.append(upright(sides, *ends, SEAM, bend=0.2))
    end = max(edges[-1], last)
    ahead, behind = (float(s_of_x(sides, x)) for x in (min(edges[0], first), end))
    pieces.append(band(sides, ahead, behind, sill, sill, 0.007, SEAM, 0.003))
    for k in range(1, 0 if low else len(edges)):
        x = edges[k] + 0.13
        z = float(smooth(form.top, x)) - 0.115
        at = on_shell(sides, s_of_x(sides, x), z, 0.012)
        pieces.append(rounded((0.19, 0.024, 0.030), 0.011, TRIM, at, 1))
    return both(join(pieces))


def mirrors(house: Cabin, edge: float, form: Form, paint: Material, low: bool, big: float = 1.0) -> Mesh:
    """Door mirrors that reach out to the half width `edge`."""
    x = house.pillar[0] - 0.10
    z = float(smooth(form.top, x)) + 0.085 * big
    wide, high = 0.185 * (1 + (big - 1) * 0.3), 0.135 * big
    middle = (x, edge - wide / 2, z)
    hull = box((0.105, wide, high), paint, middle) if low else rounded((0.105, wide, high), 0.06, paint, middle, 1)
    glass = box((0.006, wide * 0.8, high * 0.78), MIRROR, (x - 0.0525, edge - wide / 2, z))
    arm = beam((x, edge - wide * 0.7, z - high * 0.35), (x + 0.02, edge - 0.24, z - high * 0.5), 0.05, 0.03, TRIM)
    return both(join([hull, glass, arm]))


def wipers(house: Cabin) -> Mesh:
    """Two arms at the foot of the wind screen."""
    out = []
    for y0, y1 in ((0.45, -0.12), (-0.08, -0.58)):
        ends = []
        for y, t in ((y0, 0.045), (y1, 0.11)):
            f = abs(y) / float(smooth(house.foot, house.pillar[0]))
            foot = house.screen[0] + (house.pillar[0] - house.screen[0]) * f**2.4
            head = house.screen[1] + (house.pillar[1] - house.screen[1]) * f**2.4
            z = float(smooth(house.base, foot)) + t * float(smooth(house.roof, head) - smooth(house.base, foot))
            ends.append((foot + (head - foot) * t + house.bulge * 4 * t + 0.014, y, z + 0.012))
        out.append(pipe(ends, 0.009, TRIM, 5))
    return join(out)


def rails(house: Cabin) -> Mesh:
    """Two bars along the roof."""
    x = np.linspace(house.pillar[1] - 0.15, house.rear[1] + 0.12, 7)
    x[[1, -2]] = x[[0, -1]] + [-0.12, 0.12]
    lift = 0.045 * np.clip(np.minimum(np.arange(7), 6 - np.arange(7)), 0, 1)
    y = smooth(house.head, x) * 0.93
    return both(pipe(np.stack([x, y, smooth(house.roof, x) + 0.012 + lift], -1), 0.016, STEEL, 5))


def dress(style: Any, form: Form, house: Cabin, sides: Shell, paint: Material, look: Front, texts: dict[str, Any],
          low: bool) -> tuple[list[Mesh], dict[str, Array]]:  # fmt: skip
    """All that is fixed to the body, and where the lamps are."""
    wide, s_end = form.width, sides.s[-1]
    boxy = style.back[0] > 0.97
    out = [
        headlamps(sides, wide, look, low), grille(sides, wide, look, low), plates(sides, texts),
        taillamps(sides, wide, low, (0.56, 0.90) if boxy else (0.62, 0.88)),
        doors(form, sides, house, low), mirrors(house, wide / 2 + 0.075, form, paint, low),
    ]  # fmt: skip
    half, a, b = 0.86 * wide / 2, rear_z(sides, 0.04), rear_z(sides, 0.24)
    out.append(
        patch(
            sides,
            [(s_end - half, a), (s_end + half, a), (s_end + half, b), (s_end - half, b)],
            TRIM,
            0.006,
            0,
            9,
            2,
        )
    )
    if not low:
        out += _small(style, form, house, sides)
    lamp = on_shell(sides, 0.72 * wide / 2, front_z(sides, 0.76), 0.03)
    tail = on_shell(sides, s_end - 0.75 * wide / 2, rear_z(sides, 0.75), 0.03)
    flip = np.array([1.0, -1.0, 1.0])
    points = {"head_left": lamp, "head_right": lamp * flip, "tail_left": tail, "tail_right": tail * flip}
    return out, points


def _small(style: Any, form: Form, house: Cabin, sides: Shell) -> list[Mesh]:
    """Wipers, aerial, rails, exhaust, third brake lamp, seams of bonnet and tail gate."""
    s_end, wide = sides.s[-1], form.width
    top = float(smooth(house.roof, house.rear[1])) + house.crown * 0.8
    fin = rounded((0.15, 0.035, 0.06), 0.017, TRIM, (house.back[1] + 0.22, 0, top + 0.03), 1)
    third = box((0.02, 0.30, 0.022), BRAKE, (house.back[1] - 0.012, 0, top - 0.045))
    out = [wipers(house), fin, third]
    if style.rails:
        out.append(rails(house))
    pipe_at = on_shell(sides, s_end - 0.62 * wide / 2, rear_z(sides, 0.06), 0.0)
    for sign in (1, -1) if style.size[2] < 1.4 else (1,):
        out.append(moved(cylinder(0.04, 0.16, CHROME, "x", 12), pipe_at[0] + 0.07, sign * pipe_at[1], pipe_at[2]))
        out.append(moved(cylinder(0.032, 0.162, DARK, "x", 12), pipe_at[0] + 0.068, sign * pipe_at[1], pipe_at[2]))
    # The bonnet's seam runs along the shell's own columns, so that it stays on the skin.
    own = (sides.s > 0.62 * wide / 2) & (sides.s < float(s_of_x(sides, house.pillar[0])))
    seam = np.stack([sides.s[own], sides.points[-1, own, 2] - 0.02], -1)
    out.append(both(strip(sides, seam, 0.007, SEAM)))
    lid = [rear_z(sides, v) for v in (0.34, 0.97)]
    edge = s_end - 0.52 * wide / 2
    out.append(both(upright(sides, (edge, lid[0]), (edge, lid[1]), SEAM)))
    out.append(band(sides, s_end - 0.52 * wide / 2, s_end + 0.52 * wide / 2, lid[0], lid[0], 0.007, SEAM, 0.003))
    out.append(
        moved(cylinder(0.04, 0.012, CHROME, "x", 12), *on_shell(sides, s_end - 1e-3, rear_z(sides, 0.78), 0.006))
    )
    return out
