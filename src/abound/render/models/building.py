"""Buildings: houses with gables, terraces, blocks of flats, offices, shops, halls. The front faces +x."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Array, Colour, Material, Mesh, box, join, mesh, moved

STYLES = ("house", "terrace", "flats", "office", "shop", "hall")
_WALLS: tuple[Colour, ...] = (
    (0.62, 0.58, 0.5), (0.7, 0.68, 0.62), (0.55, 0.42, 0.3), (0.66, 0.55, 0.38), (0.45, 0.47, 0.48), (0.6, 0.45, 0.38),
    (0.52, 0.56, 0.5), (0.72, 0.64, 0.5), (0.36, 0.33, 0.31), (0.5, 0.34, 0.27),
)  # fmt: skip
_BRICKS: tuple[Colour, ...] = ((0.33, 0.14, 0.09), (0.42, 0.2, 0.13), (0.27, 0.13, 0.1), (0.45, 0.32, 0.2))
_ROOFS: tuple[Colour, ...] = ((0.32, 0.12, 0.07), (0.25, 0.1, 0.07), (0.12, 0.12, 0.13), (0.17, 0.13, 0.11))
STOREY = 3.0


def building(style: str, width: float, depth: float, storeys: int, rng: np.random.Generator) -> Mesh:
    """A closed building; its front wall lies at x = depth / 2, its middle at the origin, its foot at z = 0."""
    height = STOREY * storeys + 0.4
    wall, plain = _wall(style, rng)
    base = box((depth, width, 0.5), _stone(rng), (0.04, 0, 0.25 - 0.02))
    parts = [box((depth, width, height), wall, (0, 0, height / 2)), base]
    front = depth / 2
    if style in ("house", "terrace"):
        parts += _gable(width, depth, height, rng, along=style == "terrace" or rng.random() < 0.4)
        parts.append(_door(front, float(rng.uniform(-0.3, 0.3)) * width, rng))
    else:
        parts += _flat(width, depth, height, plain)
    if style == "shop":
        parts += _shop(width, front, rng)
    if style == "flats":
        parts += _balconies(width, front, storeys, rng)
        parts.append(_door(front, 0.0, rng, wide=1.6))
    if style == "hall":
        parts.append(box((0.12, 4.0, 3.4), _gate(rng), (front, float(rng.uniform(-0.2, 0.2)) * width, 1.7)))
    if style in ("office", "flats", "terrace", "shop"):
        for z in (STOREY + 0.2, height - 0.1) if style != "office" else (height - 0.1,):
            parts.append(box((0.25, width + 0.02, 0.22), plain, (front + 0.06, 0, z)))
    return join(parts)


def _wall(style: str, rng: np.random.Generator) -> tuple[Material, Material]:
    """The facade with its windows, and the plain stone of cornices."""
    brick = style in ("terrace", "house") and rng.random() < 0.5
    colour = (_BRICKS if brick else _WALLS)[rng.integers(len(_BRICKS if brick else _WALLS))]
    shade = float(rng.uniform(0.75, 1.15))
    colour = tuple(min(0.85, c * shade) for c in colour)  # type: ignore[assignment]
    frame: Colour = (0.75, 0.75, 0.73) if rng.random() < 0.7 else (0.08, 0.07, 0.06)
    if style == "office":
        wall = Material((0.035, 0.045, 0.055), 0.1, pattern="glassfront", second=(0.3, 0.31, 0.32))
        return wall, Material((0.4, 0.4, 0.4), 0.8, pattern="concrete", second=(0.3, 0.3, 0.3))
    if style == "hall":
        metal: Colour = ((0.5, 0.52, 0.55), (0.3, 0.38, 0.45), (0.55, 0.5, 0.42))[rng.integers(3)]
        sheet = Material(metal, 0.6, pattern="stripes_x", second=(0.4, 0.4, 0.42), scale=1.0)
        return sheet, Material(metal, 0.6)
    wall = Material(colour, 0.9, pattern="windows", second=frame, scale=1.0)
    red, green, blue = (min(0.8, 1.15 * c) for c in colour)
    return wall, Material((red, green, blue), 0.9, pattern="plaster", second=(0.3, 0.29, 0.27))


def _stone(rng: np.random.Generator) -> Material:
    g = float(rng.uniform(0.2, 0.35))
    return Material((g, 0.98 * g, 0.94 * g), 0.95, pattern="concrete", second=(0.6 * g, 0.6 * g, 0.6 * g))


def _gable(width: float, depth: float, height: float, rng: np.random.Generator, along: bool) -> list[Mesh]:
    """A pitched roof with eaves, its ridge along the street or across it, and a chimney."""
    tile = Material(_ROOFS[rng.integers(len(_ROOFS))], 0.9, pattern="roof_tiles", second=(0.08, 0.06, 0.05))
    wall = Material((0.5, 0.45, 0.38), 0.9, pattern="plaster", second=(0.35, 0.32, 0.28))
    span, length = (depth, width) if along else (width, depth)
    rise = float(np.tan(np.radians(rng.uniform(32, 45)))) * span / 2
    over = 0.4
    drop = over * rise / (span / 2)
    a, b = span / 2 + over, length / 2 + over
    slopes = []
    for side in (1.0, -1.0):
        v = [(side * a, -b, -drop), (side * a, b, -drop), (0, b, rise), (0, -b, rise)]
        thick = [(x, y, z + 0.18) for x, y, z in v]
        quad = [(0, 1, 2), (0, 2, 3)] if side > 0 else [(0, 2, 1), (0, 3, 2)]
        under = [(0, 2, 1), (0, 3, 2)] if side > 0 else [(0, 1, 2), (0, 2, 3)]
        slopes.append(mesh(thick, quad, tile))
        slopes.append(mesh(v, under, wall))
        rim = [v[0], v[1], thick[1], thick[0]]
        slopes.append(mesh(rim, quad, Material((0.25, 0.22, 0.2), 0.8)))
        ends = [[v[0], thick[0], thick[3], v[3]], [v[1], v[2], thick[2], thick[1]]]
        slopes += [mesh(e, quad, Material((0.4, 0.38, 0.35), 0.8)) for e in ends]
        tri = [(-span / 2, side * length / 2, 0), (span / 2, side * length / 2, 0), (0, side * length / 2, rise)]
        slopes.append(mesh(tri, [(0, 2, 1)] if side > 0 else [(0, 1, 2)], wall))
    roof = moved(join(slopes), z=height, yaw=0.0 if along else np.pi / 2)
    stack = (0.55, 0.7, rise * 0.6 + 1.1)
    place = (span * 0.15, length * float(rng.uniform(-0.3, 0.3)))
    x, y = place if along else (-place[1], place[0])
    chimney = box(stack, Material((0.3, 0.16, 0.12), 0.95, pattern="brick", second=(0.5, 0.48, 0.45)))
    return [roof, moved(chimney, x, y, height + rise * 0.75)]


def _flat(width: float, depth: float, height: float, material: Material) -> list[Mesh]:
    """A parapet and a shed on the roof."""
    rims = [box((0.3, width, 0.7), material, (x, 0, height + 0.35)) for x in (depth / 2 - 0.15, -depth / 2 + 0.15)]
    rims += [
        box((depth - 0.6, 0.3, 0.7), material, (0, y, height + 0.35)) for y in (width / 2 - 0.15, -width / 2 + 0.15)
    ]
    shed = box((depth * 0.3, width * 0.25, 2.2), material, (-depth * 0.1, width * 0.15, height + 1.1))
    return [*rims, shed]


def _door(front: float, y: float, rng: np.random.Generator, wide: float = 1.05) -> Mesh:
    """A door with its frame, a step and a small roof."""
    colours: tuple[Colour, ...] = (
        (0.25, 0.03, 0.03), (0.03, 0.08, 0.2), (0.04, 0.14, 0.06), (0.2, 0.12, 0.06), (0.04, 0.04, 0.05),
        (0.6, 0.6, 0.58),
    )  # fmt: skip
    leaf = Material(
        colours[rng.integers(len(colours))], 0.4, pattern="wood", second=(0.05, 0.04, 0.03), contrast=0.4
    )
    trim = Material((0.62, 0.62, 0.6), 0.8)
    return join([
        box((0.14, wide + 0.3, 2.4), trim, (front, y, 1.2)),
        box((0.2, wide, 2.2), leaf, (front, y, 1.1)),
        box((0.5, wide + 0.6, 0.16), _stone(rng), (front + 0.25, y, 0.08)),
        box((0.8, wide + 0.7, 0.1), trim, (front + 0.35, y, 2.55)),
    ])  # fmt: skip


def _gate(rng: np.random.Generator) -> Material:
    g = float(rng.uniform(0.2, 0.5))
    return Material((g, g, 1.05 * g), 0.5, pattern="stripes", second=(0.8 * g, 0.8 * g, 0.8 * g), scale=1.0)


def _shop(width: float, front: float, rng: np.random.Generator) -> list[Mesh]:
    """A shop window over the whole ground floor, a fascia with a name, and an awning."""
    from abound.render.mesh import plate
    from abound.render.text import text_image

    names = ("BAKERY", "BOOKS", "CAFE", "FLOWERS", "PHARMACY", "BARBER", "MARKET", "BIKES", "OPTICIAN", "SHOES")
    hue = rng.integers(30, 190, 3)
    paper = (int(hue[0]), int(hue[1]), int(hue[2]))
    image = text_image(str(names[rng.integers(len(names))]), 512, 64, (245, 245, 240), paper)
    glass = Material((0.04, 0.045, 0.05), 0.08, pattern="glassfront", second=(0.1, 0.1, 0.1))
    window = box((0.1, width - 1.0, 2.5), glass, (front + 0.03, 0, 1.5))
    colour: Colour = tuple((c / 255) ** 2.2 for c in hue)
    fascia = box((0.2, width - 0.4, 0.7), Material(colour, 0.5), (front + 0.08, 0, 3.1))
    board = moved(plate(min(4.6, width - 1.2), 0.55, Material((1, 1, 1), 0.6, image=image)), front + 0.2, 0, 3.1)
    if rng.random() < 0.5:
        return [window, fascia, board]
    w = width * 0.45
    v = [(0, -w, 2.75), (0, w, 2.75), (1.3, w, 2.35), (1.3, -w, 2.35), (1.3, -w, 2.15), (1.3, w, 2.15)]
    faces = [(0, 2, 1), (0, 3, 2), (3, 5, 2), (3, 4, 5)]
    cloth = Material(colour, 0.95, pattern="cloth", second=(0.7, 0.68, 0.62))
    awning = mesh(np.array(v) + np.array([front + 0.08, 0, 0]), [*faces, *(f[::-1] for f in faces)], cloth)
    return [window, fascia, board, awning]


def _balconies(width: float, front: float, storeys: int, rng: np.random.Generator) -> list[Mesh]:
    """Slabs with railings on every upper floor, in one or two columns."""
    slab = Material((0.5, 0.49, 0.47), 0.9, pattern="concrete", second=(0.35, 0.34, 0.33))
    rail = Material((0.12, 0.12, 0.13), 0.4, metallic=0.6)
    columns: Any = (-width * 0.25, width * 0.25) if width > 12 else (0.0,)
    parts = []
    for floor in range(1, min(storeys, 7)):
        for y in columns:
            z = STOREY * floor + 0.15
            parts.append(box((1.3, 3.0, 0.15), slab, (front + 0.65, y, z)))
            parts.append(box((0.04, 3.0, 0.06), rail, (front + 1.26, y, z + 1.05)))
            bars = [
                box((0.03, 0.03, 0.95), rail, (front + 1.26, y + b, z + 0.55)) for b in np.arange(-1.45, 1.5, 0.29)
            ]
            parts += bars if floor < 3 else [box((0.03, 2.9, 0.8), rail, (front + 1.26, y, z + 0.55))]
    return parts


def facing(part: Mesh, x: Array | float, y: Array | float, z: float, heading: float) -> Mesh:
    """The building with its front turned to `heading`, the front wall's foot on (x, y)."""
    depth = float(part.vertices[part.faces[:12].ravel()][:, 0].max())
    return moved(moved(part, x=-depth), float(x), float(y), z, heading)
