"""What stands on a pavement: street lights, traffic lights, bollards, benches, bins, fences, guard rails; debris."""

from __future__ import annotations

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, cylinder, grid, join, moved

DARK = Material((0.06, 0.07, 0.07), 0.5, metallic=0.3)
ZINC = Material((0.48, 0.49, 0.5), 0.5, metallic=0.7, pattern="metal")
WOOD = Material((0.25, 0.15, 0.08), 0.85, pattern="wood", second=(0.13, 0.08, 0.04))
WARM: Colour = (1.0, 0.72, 0.38)
LAMP_HEIGHT, LAMP_REACH = 7.4, 2.2  # metres; the lamp hangs `LAMP_REACH` towards +x


def street_light(warm: Colour = WARM) -> Mesh:
    """A mast with an arm over the road (+x); its lamp shines where `Body.lamps["street"]` is on."""
    glow = Material((0.8, 0.8, 0.75), 0.3, emission=tuple(14.0 * c for c in warm), lamp="street")  # type: ignore[arg-type]
    t = np.linspace(0, 1, 9)
    bend = np.clip((t - 0.72) / 0.28, 0, 1)
    centre = np.stack([LAMP_REACH * bend**1.6, 0 * t, LAMP_HEIGHT * (0.04 + 0.96 * (1 - (1 - t) ** 1.25))], -1)
    radius = 0.085 - 0.045 * t
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    mast = grid(centre[:, None] + radius[:, None, None] * ring[None], ZINC, caps=False)
    head = box((0.75, 0.3, 0.1), ZINC, (LAMP_REACH + 0.25, 0, LAMP_HEIGHT + 0.03))
    lamp = box((0.6, 0.22, 0.03), glow, (LAMP_REACH + 0.28, 0, LAMP_HEIGHT - 0.035))
    foot = cylinder(0.14, 1.1, ZINC, detail=10)
    return join([mast, head, lamp, moved(foot, z=0.55)])


def traffic_light(state: str = "green") -> Mesh:
    """Three lenses that face +x, one of them lit, on a post with a visor each."""
    lit: dict[str, Colour] = {"red": (3.2, 0.08, 0.05), "amber": (3.0, 1.3, 0.05), "green": (0.08, 2.2, 0.9)}
    parts = [moved(cylinder(0.05, 2.5, DARK, detail=10), z=1.25), box((0.22, 0.3, 0.98), DARK, (0.06, 0, 2.85))]
    for name, z in (("red", 3.15), ("amber", 2.85), ("green", 2.55)):
        on = name == state
        colour = lit[name]
        dim: Colour = tuple(0.05 * c for c in colour)  # type: ignore[assignment]
        lens = Material(dim, 0.3, emission=colour if on else (0, 0, 0))
        parts.append(moved(cylinder(0.105, 0.03, lens, axis="x", detail=14), 0.18, 0, z))
        parts.append(box((0.2, 0.26, 0.02), DARK, (0.26, 0, z + 0.125)))
    return join(parts)


def bollard() -> Mesh:
    """A post with a reflecting ring."""
    ring = Material((0.75, 0.1, 0.08), 0.4)
    return join(
        [moved(cylinder(0.07, 0.9, DARK, detail=10), z=0.45), moved(cylinder(0.075, 0.1, ring, detail=10), z=0.75)]
    )


def bench() -> Mesh:
    """A bench that faces +x."""
    slats = [box((0.1, 1.7, 0.035), WOOD, (x, 0, 0.45)) for x in (-0.18, -0.04, 0.1)]
    back = [box((0.03, 1.7, 0.1), WOOD, (-0.27, 0, z)) for z in (0.62, 0.77)]
    legs = [box((0.45, 0.06, 0.45), DARK, (-0.05, y, 0.22)) for y in (-0.7, 0.7)]
    return join([*slats, *back, *legs])


def bin_() -> Mesh:
    """A litter bin."""
    body = cylinder(0.22, 0.8, Material((0.03, 0.12, 0.06), 0.5), detail=14)
    return join([moved(body, z=0.45), moved(cylinder(0.24, 0.06, DARK, detail=14), z=0.86)])


def fence(length: float, rng: np.random.Generator) -> Mesh:
    """A garden fence along x: pickets, or a wall of brick."""
    if rng.random() < 0.4:
        brick = Material((0.36, 0.17, 0.11), 0.95, pattern="brick", second=(0.5, 0.48, 0.45))
        cap = Material((0.5, 0.48, 0.45), 0.9)
        return join([box((length, 0.22, 0.8), brick, (0, 0, 0.4)), box((length, 0.3, 0.07), cap, (0, 0, 0.83))])
    white = rng.random() < 0.5
    paint = Material((0.65, 0.64, 0.6), 0.7) if white else WOOD
    pickets = [
        box((0.09, 0.025, 0.95), paint, (x, 0, 0.55)) for x in np.arange(-length / 2 + 0.1, length / 2, 0.16)
    ]
    rails = [box((length, 0.04, 0.07), paint, (0, -0.03, z)) for z in (0.3, 0.8)]
    return join([*pickets, *rails])


def guard_rail(length: float) -> Mesh:
    """A steel barrier along x that faces +y, with posts each 4 m."""
    profile = np.array([(0.0, 0.44), (0.06, 0.5), (0.0, 0.58), (0.0, 0.62), (0.06, 0.7), (0.0, 0.76), (-0.02, 0.6)])
    ends = [np.stack([np.full(7, x), profile[:, 0], profile[:, 1]], -1) for x in (-length / 2, length / 2)]
    beam = grid(np.stack(ends), ZINC)
    posts = [box((0.1, 0.12, 0.75), ZINC, (x, -0.08, 0.375)) for x in np.arange(-length / 2 + 1, length / 2, 4.0)]
    return join([beam, *posts])


def debris(kind: str, size: float, rng: np.random.Generator) -> Mesh:
    """Something on the road, `size` metres long: "box", "tyre", "branch", "sack"."""
    if kind == "tyre":
        return _tyre(size)
    if kind == "branch":
        bark = Material((0.12, 0.09, 0.06), 0.95, pattern="bark", second=(0.05, 0.04, 0.03))
        parts = []
        for i in range(5):
            long = size * (1.0 if i == 0 else float(rng.uniform(0.3, 0.55)))
            stick = cylinder(0.03 * size + 0.01, long, bark, axis="x", detail=6)
            at = (0.0, 0.0) if i == 0 else (float(rng.uniform(-0.3, 0.3)) * size, 0.0)
            parts.append(moved(stick, *at, 0.05 * size, float(rng.uniform(-0.9, 0.9)) if i else 0.0))
        whole = join(parts)
        return moved(whole, scale=size / np.ptp(whole.vertices[:, 0]))
    if kind == "sack":
        return _sack(size, rng)
    card = Material((0.38, 0.25, 0.14), 0.9, pattern="stripes_x", second=(0.33, 0.21, 0.11), scale=0.2)
    tape = Material((0.5, 0.4, 0.25), 0.4)
    body = box((size, 0.7 * size, 0.55 * size), card, (0, 0, 0.275 * size))
    return join([body, box((0.08 * size, 0.705 * size, 0.555 * size), tape, (0, 0, 0.2775 * size))])


def _sack(size: float, rng: np.random.Generator) -> Mesh:
    """A rubbish bag, tied at the top, that lies on its side."""
    colour = ((0.012, 0.012, 0.014), (0.02, 0.10, 0.35), (0.55, 0.55, 0.52))[rng.integers(3)]
    film = Material(colour, 0.22, pattern="plastic")
    turn = np.linspace(0, 2 * np.pi, 29)[:-1]
    shape = ((-0.5, 0.02), (-0.47, 0.16), (-0.36, 0.29), (-0.15, 0.345), (0.05, 0.30), (0.19, 0.19), (0.27, 0.085),
             (0.305, 0.032), (0.33, 0.035), (0.38, 0.075), (0.44, 0.11), (0.5, 0.12))  # fmt: skip
    phase = rng.uniform(0, 2 * np.pi, 3)
    rings = []
    for x, r in shape:
        # Creases run from the knot over the bag, deepest near the knot.
        deep = 0.05 + 0.2 * np.exp(-(((x - 0.3) / 0.2) ** 2))
        crease = 1 + deep * (np.sin(9 * turn + phase[0]) + 0.6 * np.sin(14 * turn + phase[1] + 4 * x)) / 1.6
        bulge = 1 + 0.08 * np.sin(3 * turn + phase[2] + 7 * x)
        y, z = 1.15 * r * crease * bulge * np.cos(turn), r * crease * bulge * np.sin(turn)
        rings.append(np.stack([np.full(28, x), y, np.maximum(z, -0.22) + 0.22 - 0.12 * max(0.0, x)], -1))
    whole = grid(np.array(rings) * size, film, caps=True)
    whole.vertices[:, 2] -= whole.vertices[:, 2].min()
    return moved(whole, scale=size / np.ptp(whole.vertices[:, 0]))


def _tyre(size: float) -> Mesh:
    """A tyre that lies flat."""
    rubber = Material((0.03, 0.03, 0.03), 0.9, pattern="rubber", second=(0.09, 0.085, 0.08))
    outer, thick = size / 2, size * 0.14
    turn = np.linspace(0, 2 * np.pi, 25)
    across = np.linspace(0, 2 * np.pi, 11)[:-1]
    r = outer - thick + thick * np.cos(across)
    rings = np.stack([
        np.stack([r * np.cos(a), r * np.sin(a), thick + thick * np.sin(across)], -1) for a in turn
    ])  # fmt: skip
    return grid(rings[:, ::-1], rubber, caps=False)
