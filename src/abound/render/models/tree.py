"""Trees, bushes and hedges: trunks that fork, and crowns of leaf clumps over darker hearts."""

from __future__ import annotations

import numpy as np

from abound.render.mesh import Array, Material, Mesh, box, ellipsoid, grid, join, mesh, moved

BARK = Material((0.13, 0.1, 0.075), 0.95, pattern="bark", second=(0.06, 0.045, 0.035))
_GREENS = ((0.07, 0.14, 0.03), (0.09, 0.15, 0.04), (0.05, 0.11, 0.035), (0.12, 0.16, 0.04), (0.15, 0.13, 0.03))


def tree(height: float, rng: np.random.Generator, kind: str = "broad", detail: str = "high") -> Mesh:
    """A tree so high; kinds: "broad", "poplar", "conifer"; detail "near" (9,000 triangles), "high", "low", "far"."""
    green = np.array(_GREENS[rng.integers(len(_GREENS))]) * rng.uniform(0.8, 1.2)
    leaf = Material(tuple(green), 0.85, pattern="foliage", second=tuple(green * [1.4, 1.25, 1.1]))
    share = {"near": 5.0, "high": 2.0, "low": 0.4, "far": 0.1}[detail]
    if kind == "conifer":
        dark = Material((0.025, 0.06, 0.025), 0.9, pattern="foliage", second=(0.05, 0.09, 0.04))
        return _conifer(height, dark, rng, share)
    bole = height * float(rng.uniform(0.25, 0.35))
    radius = height * 0.022 + 0.05
    trunk = _limb((0, 0, 0), (*rng.normal(0, 0.02 * height, 2), height * 0.62), radius, radius * 0.45, rng)
    spread = height * (0.3 if kind == "broad" else 0.13)
    blobs = []
    for i in range(9 if kind == "broad" and share > 0.2 else 6):
        angle = 2.4 * i + rng.uniform(-0.4, 0.4)
        level = rng.uniform(0.0, 1.0) ** 0.8
        reach = spread * rng.uniform(0.35, 0.8) * (1 - 0.55 * level)
        centre = np.array(
            [reach * np.cos(angle), reach * np.sin(angle), bole + level * (height - bole - spread * 0.5)]
        )
        blobs.append((centre, spread * rng.uniform(0.5, 0.75) * (1 - 0.25 * level)))
    limbs = [
        _limb((0, 0, bole * rng.uniform(0.8, 1.2)), tuple(c), radius * 0.4, radius * 0.1, rng)
        for c, _ in blobs[: min(6, int(5 * share))]
    ]
    hearts = [
        ellipsoid(
            (2 * r * 0.8, 2 * r * 0.8, 2 * r * 0.75),
            leaf._replace(colour=tuple(green * 0.45)),
            c,
            8 if share > 0.2 else 5,
        )
        for c, r in blobs
    ]
    leaves = [_clumps(c, r, int(90 * share * (1.2 if kind == "broad" else 1.0)), leaf, rng) for c, r in blobs]
    whole = join([trunk, *limbs, *hearts, *leaves])
    top = whole.vertices[:, 2].max()
    return moved(whole, scale=(1.0, 1.0, height / top))


def bush(size: float, rng: np.random.Generator) -> Mesh:
    """A shrub about `size` metres high."""
    green = np.array(_GREENS[rng.integers(len(_GREENS))]) * rng.uniform(0.7, 1.1)
    leaf = Material(tuple(green), 0.85, pattern="foliage", second=tuple(green * 1.3))
    parts = []
    for _ in range(3):
        c = np.array([*rng.uniform(-0.4, 0.4, 2) * size, size * 0.45])
        r = size * float(rng.uniform(0.4, 0.55))
        parts.append(ellipsoid((1.6 * r, 1.6 * r, 1.6 * r), leaf._replace(colour=tuple(green * 0.5)), c, 8))
        parts.append(_clumps(c, r, 60, leaf, rng))
    return join(parts)


def hedge(length: float, height: float, rng: np.random.Generator) -> Mesh:
    """A cut hedge along x."""
    green = np.array((0.05, 0.1, 0.03)) * rng.uniform(0.8, 1.3)
    leaf = Material(tuple(green), 0.9, pattern="foliage", second=tuple(green * 1.5), scale=0.6)
    core = box((length, 0.6, height), leaf._replace(colour=tuple(green * 0.7)), (0, 0, height / 2))
    n = int(length * 22)
    at = np.stack([
        rng.uniform(-length / 2, length / 2, n), rng.choice([-0.3, 0.3], n) + rng.normal(0, 0.03, n),
        rng.uniform(0.1, height, n),
    ], -1)  # fmt: skip
    top = rng.random(n) < 0.3
    at[top, 2] = height
    at[top, 1] = rng.uniform(-0.3, 0.3, int(top.sum()))
    return join([core, _leaves(at, np.full(n, 0.16), leaf, rng)])


def _limb(a: Any3, b: Any3, thick: float, thin: float, rng: np.random.Generator) -> Mesh:
    """A slightly bent branch."""
    start, end = np.asarray(a, float), np.asarray(b, float)
    t = np.linspace(0, 1, 5)[:, None]
    bow = rng.normal(0, 0.04, 3) * np.linalg.norm(end - start)
    centre = start + t * (end - start) + np.sin(np.pi * t) * bow
    axis = (end - start) / np.linalg.norm(end - start)
    side = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    angle = np.linspace(0, 2 * np.pi, 7)[:-1]
    radius = thick + (thin - thick) * t
    ring = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
    return grid(centre[:, None] + radius[:, None] * ring[None], BARK, caps=False)


def _clumps(centre: Array, radius: float, n: int, leaf: Material, rng: np.random.Generator) -> Mesh:
    """Leaf clumps over a ball, denser towards its rim."""
    way = rng.normal(size=(n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    at = centre + way * radius * rng.uniform(0.72, 1.12, (n, 1)) * [1.0, 1.0, 0.9]
    # Fewer leaves are larger, so that a crown has the same leaf area at every detail.
    size = 0.23 * np.sqrt(90 / max(n, 1)) * max(radius, 0.8) ** 0.9
    return _leaves(at, rng.uniform(0.7, 1.3, n) * min(size, 0.4), leaf, rng, way)


def _leaves(at: Array, size: Array, leaf: Material, rng: np.random.Generator, way: Array | None = None) -> Mesh:
    """Two crossed-over triangles a clump, roughly facing outwards, seen from both sides."""
    n = len(at)
    normal = rng.normal(size=(n, 3)) * 0.7 + (way if way is not None else 0.0)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    u = np.cross(normal, rng.normal(size=(n, 3)))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    w = np.cross(normal, u)
    s = size[:, None]
    k = rng.uniform(0.6, 1.3, (4, n, 1))
    corners = np.stack([at + s * k[0] * u, at + s * k[1] * w, at - s * k[2] * u, at - s * k[3] * w], 1)
    i = 4 * np.arange(n)
    faces = np.concatenate([np.stack([i, i + 1, i + 2], -1), np.stack([i, i + 2, i + 3], -1)])
    return mesh(corners.reshape(-1, 3), faces, leaf)


def _conifer(height: float, leaf: Material, rng: np.random.Generator, share: float) -> Mesh:
    """A spruce: whorls of drooping fans around a straight trunk."""
    trunk = _limb((0, 0, 0), (0, 0, height * 0.9), 0.02 * height + 0.05, 0.02, rng)
    n = int(520 * share)
    fine = min(1.6, (1.0 / share) ** 0.5)
    level = 1 - np.sqrt(rng.uniform(0.0, 1.0, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    out = height * 0.2 * (1 - level) * rng.uniform(0.55, 1.0, n)
    z = height * (0.12 + 0.88 * level) - 0.35 * out
    at = np.stack([out * np.cos(angle), out * np.sin(angle), z], -1)
    way = np.stack([np.cos(angle), np.sin(angle), 0.9 + 0 * angle], -1)
    heart = grid(
        np.stack([
            np.stack([r * np.cos(a), r * np.sin(a), np.full(8, h)], -1)
            for a in [np.linspace(0, 2 * np.pi, 9)[:-1]]
            for r, h in ((0.13 * height, 0.12 * height), (0.07 * height, 0.5 * height), (0.004, 0.97 * height))
        ]),
        leaf._replace(colour=(0.015, 0.035, 0.015)),
    )  # fmt: skip
    whole = join(
        [trunk, heart, _leaves(at, rng.uniform(0.3, 0.5, n) * fine * (1.15 - level) * (height / 9), leaf, rng, way)]
    )
    return moved(whole, scale=(1.0, 1.0, height / whole.vertices[:, 2].max()))


Any3 = tuple[float, ...]
