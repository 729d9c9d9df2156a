"""Triangle meshes: the one shape of geometry that everything in `render` takes and gives.

Object frame (ISO 8855): x forward, y left, z up, metres, origin on the ground below the middle of the object.
Faces that share a vertex are shaded smoothly across it; where an edge is hard, its vertices are there twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Colour = tuple[float, float, float]  # linear reflectance or radiance, red green blue, 0 to 1 for reflectance


class Material(NamedTuple):
    """How a surface looks. Patterns are the names in `abound.render.textures.PATTERNS`, solid in object space."""

    colour: Colour = (0.5, 0.5, 0.5)
    roughness: float = 0.8  # 0 mirror, 1 chalk
    metallic: float = 0.0
    clearcoat: float = 0.0  # 0 none, 1 the varnish of a car
    pattern: str = "plain"
    scale: float = 1.0  # a factor on the pattern's natural size
    second: Colour = (0.3, 0.3, 0.3)  # the pattern's other colour
    contrast: float = 1.0  # how much of the pattern is seen, 0 to 1
    emission: Colour = (0.0, 0.0, 0.0)  # radiance when the lamp is on; a white sunlit wall is about 1
    lamp: str = ""  # the switch in `Body.lamps` that scales the emission: "head", "tail", "brake", "turn", ...
    image: Array | None = None  # uint8 (h, w, 3) sRGB, looked up at uv in place of the colour; v runs upwards


class Mesh(NamedTuple):
    """Vertices, faces and what they are made of."""

    vertices: Array  # float64 (n, 3)
    faces: Array  # int32 (m, 3), counter-clockwise seen from outside
    material: Array  # int32 (m,), index into `materials`
    materials: tuple[Material, ...]
    uv: Array  # float32 (m, 3, 2), a corner each; zeros where no image is shown


def mesh(vertices: Any, faces: Any, material: Material | None = None, uv: Any = None) -> Mesh:
    """A mesh of one material from anything that numpy takes."""
    v = np.asarray(vertices, np.float64).reshape(-1, 3)
    f = np.asarray(faces, np.int32).reshape(-1, 3)
    coordinates = np.zeros((len(f), 3, 2), np.float32) if uv is None else np.asarray(uv, np.float32)
    return Mesh(v, f, np.zeros(len(f), np.int32), (material or Material(),), coordinates)


def join(parts: Sequence[Mesh]) -> Mesh:
    """One mesh of many, the same materials kept once."""
    parts = [p for p in parts if len(p.faces)]
    if not parts:
        return mesh(np.zeros((0, 3)), np.zeros((0, 3)))
    kept: list[Material] = []
    places: dict[Any, int] = {}
    numbers, offsets, start = [], [], 0
    for p in parts:
        table = np.zeros(len(p.materials), np.int32)
        for i, m in enumerate(p.materials):
            name = m._replace(image=None), id(m.image)
            if name not in places:
                places[name] = len(kept)
                kept.append(m)
            table[i] = places[name]
        numbers.append(table[p.material])
        offsets.append(p.faces + np.int32(start))
        start += len(p.vertices)
    return Mesh(
        np.concatenate([p.vertices for p in parts]),
        np.concatenate(offsets),
        np.concatenate(numbers),
        tuple(kept),
        np.concatenate([p.uv for p in parts]),
    )


def moved(part: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0, scale: Any = 1.0) -> Mesh:
    """Scaled (one factor or three), turned about z by `yaw` radians (left is positive), then shifted."""
    return part._replace(vertices=part.vertices * np.asarray(scale, float) @ turn(yaw).T + np.array([x, y, z]))


def rotated(part: Mesh, matrix: Array) -> Mesh:
    """Vertices times a 3 x 3 matrix; a mirroring one also turns the faces round."""
    faces = part.faces[:, ::-1].copy() if np.linalg.det(matrix) < 0 else part.faces
    uv = part.uv[:, ::-1].copy() if np.linalg.det(matrix) < 0 else part.uv
    return part._replace(vertices=part.vertices @ np.asarray(matrix, float).T, faces=faces, uv=uv)


def mirrored(part: Mesh) -> Mesh:
    """The other side: y becomes -y."""
    return rotated(part, np.diag([1.0, -1.0, 1.0]))


def turn(yaw: float) -> Array:
    """Rotation about z by `yaw` radians."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def pose(x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> Array:
    """World-from-object matrix, float64 (4, 4)."""
    out = np.eye(4)
    out[:3, :3] = turn(yaw)
    out[:3, 3] = x, y, z
    return out


def box(size: Any, material: Material | None = None, centre: Any = (0.0, 0.0, 0.0)) -> Mesh:
    """A box with hard edges: 12 triangles."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    v = np.concatenate([signs[list(q)] for q in quads]) * np.asarray(size, float) / 2 + np.asarray(centre, float)
    f = [(4 * i, 4 * i + a, 4 * i + b) for i in range(6) for a, b in ((1, 2), (2, 3))]
    return mesh(v, f, material)


def grid(rings: Array, material: Material | None = None, closed: bool = True, caps: bool = True) -> Mesh:
    """A skin over rings of points, float (rings, points, 3): pipes, bodies, limbs. Smooth, with flat caps.

    Points run counter-clockwise for who looks from the last ring back to the first, so that the outside is outside.
    `closed`: the last point of a ring joins the first.
    """
    rings = np.asarray(rings, float)
    r, p = rings.shape[:2]
    last = p if closed else p - 1
    i, j = np.meshgrid(np.arange(r - 1), np.arange(last), indexing="ij")
    a, b = i * p + j, i * p + (j + 1) % p
    c, d = a + p, b + p
    f = np.concatenate([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    skin = mesh(rings.reshape(-1, 3), f, material)
    if not (caps and closed):
        return skin
    fan = [(0, k, k + 1) for k in range(1, p - 1)]
    ends = [mesh(rings[0][::-1], fan, material), mesh(rings[-1], fan, material)]
    return join([skin, *ends])


def ellipsoid(size: Any, material: Material | None = None, centre: Any = (0.0, 0.0, 0.0), detail: int = 12) -> Mesh:
    """An ellipsoid with three diameters, about 2 * detail^2 triangles."""
    up = np.linspace(0.0, np.pi, max(3, detail // 2 + 1))
    round_ = np.linspace(0.0, 2 * np.pi, detail, endpoint=False)
    z, r = -np.cos(up), np.maximum(np.sin(up), 1e-6)
    rings = np.stack(
        [r[:, None] * np.cos(round_), r[:, None] * np.sin(round_), np.repeat(z[:, None], detail, 1)], -1
    )
    out = grid(rings, material, caps=False)
    return out._replace(vertices=out.vertices * np.asarray(size, float) / 2 + np.asarray(centre, float))


def cylinder(
    radius: float, length: float, material: Material | None = None, axis: str = "z", detail: int = 16
) -> Mesh:
    """A cylinder about its middle along an axis, with hard rims."""
    angle = np.linspace(0.0, 2 * np.pi, detail, endpoint=False)
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(detail)], -1)
    rings = np.stack([ring - np.array([0, 0, length / 2]), ring + np.array([0, 0, length / 2])])
    out = grid(rings, material)
    order = {"z": [0, 1, 2], "x": [2, 0, 1], "y": [1, 2, 0]}[axis]
    return out._replace(vertices=out.vertices[:, order])


def plate(width: float, height: float, material: Material, two_sided: bool = False) -> Mesh:
    """A rectangle that faces +x, upright, its middle at the origin; uv 0..1, so an image is read from the front."""
    w, h = width / 2, height / 2
    v = [(0, -w, -h), (0, w, -h), (0, w, h), (0, -w, h)]
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)  # who looks along -x has +y on the right
    faces = [(0, 1, 2), (0, 2, 3)]
    front = mesh(v, faces, material, uv[np.array(faces)])
    if not two_sided:
        return front
    back = mesh(v, [(0, 2, 1), (0, 3, 2)], material._replace(image=None))
    return join([front, back])


def bounds(part: Mesh) -> tuple[Array, Array]:
    """Lowest and highest corner."""
    return part.vertices.min(axis=0), part.vertices.max(axis=0)
