"""The ground of a street: carriageway, markings, kerbs, pavements, verges, fields and the hills behind."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.pixels.cityscapes import label_id
from abound.render.line import Line, dashes, strip, wall
from abound.render.mesh import Material, Mesh, join, mesh
from abound.render.section import Section, stream
from abound.render.spec import Scene
from abound.render.world import Body

Array = np.ndarray[Any, Any]
MARK = 0.006  # markings lie that much above the road, metres
SURFACES = {
    "asphalt": Material(
        (0.125, 0.122, 0.117), 0.85, pattern="asphalt", second=(0.24, 0.235, 0.225), contrast=0.8
    ),
    "concrete": Material((0.3, 0.29, 0.27), 0.9, pattern="concrete", second=(0.2, 0.19, 0.18), contrast=0.8),
    "cobbles": Material((0.16, 0.15, 0.145), 0.85, pattern="cobble", second=(0.07, 0.065, 0.06)),
}  # fmt: skip
WHITE = Material((0.7, 0.7, 0.68), 0.75, pattern="worn_paint", second=(0.1, 0.1, 0.1), contrast=0.7)
PAVING = Material((0.29, 0.28, 0.26), 0.9, pattern="paving", second=(0.18, 0.17, 0.16))
STONE = Material((0.4, 0.39, 0.37), 0.9, pattern="concrete", second=(0.25, 0.24, 0.23))
GRASS = Material((0.085, 0.14, 0.035), 0.95, pattern="grass", second=(0.17, 0.16, 0.06))
SOIL = Material((0.17, 0.13, 0.09), 0.95, pattern="gravel", second=(0.1, 0.08, 0.06))
HILL = Material((0.07, 0.1, 0.045), 1.0, pattern="foliage", second=(0.05, 0.075, 0.04), scale=8.0)


def ground(scene: Scene, made: Section, seed: int) -> list[Body]:
    """Static bodies, the widest first; the surfaces of one class are one body."""
    parts: dict[str, list[Mesh]] = {"road": [], "sidewalk": [], "terrain": [], "ground": [], "vegetation": []}
    surface = SURFACES[scene.road.surface]
    parts["road"].append(strip(made.line, made.start, made.end, made.edge, -made.edge, 0.0, surface))
    parts["road"] += markings(scene, made)
    for low, high in pieces(made, made.start, made.end):
        for side in (1.0, -1.0):
            _beside(scene, made, parts, side, low, high)
    if made.cross is not None:
        _crossing_street(scene, made, parts, surface)
    parts["terrain"].append(_field(made))
    parts["vegetation"].append(_hills(made, stream(seed, "hills")))
    return [Body(join(v), np.eye(4), label_id(k)) for k, v in parts.items() if v]


def pieces(made: Section, start: float, end: float) -> list[tuple[float, float]]:
    """A range of s without the mouth of the crossing street."""
    low, high = made.gap()
    out = [(start, min(end, low)), (max(start, high), end)] if low < end and high > start else [(start, end)]
    return [(a, b) for a, b in out if b - a > 0.5]


def _beside(
    scene: Scene, made: Section, parts: dict[str, list[Mesh]], side: float, low: float, high: float
) -> None:
    """Kerb, pavement, garden or verge on one side, between two places."""

    def lay(near: float, far: float, z: Any, material: Material) -> Mesh:
        left, right = (far, near) if side > 0 else (-near, -far)
        heights = np.broadcast_to(np.asarray(z, float), (2,))
        return strip(made.line, low, high, left, right, heights[::-1] if side > 0 else heights, material)

    out = made.edge
    if made.pavement:
        top = made.edge + 0.15
        parts["sidewalk"].append(wall(made.line, low, high, side * made.edge, 0.0, made.kerb, STONE))
        parts["sidewalk"].append(lay(made.edge, top, made.kerb, STONE))
        parts["sidewalk"].append(lay(top, made.edge + made.pavement, made.kerb, PAVING))
        out = made.edge + made.pavement
        urban = scene.road.zone == "urban"
        key = "sidewalk" if urban else "terrain"
        parts[key].append(lay(out, made.front + 14.0, made.kerb, PAVING if urban else GRASS))
        return
    parts["ground"].append(lay(out, out + 1.0, (0.0, -0.06), SOIL))
    parts["terrain"].append(lay(out + 1.0, out + 5.0, (-0.06, -0.5), GRASS))
    parts["terrain"].append(lay(out + 5.0, out + 12.0, (-0.5, 0.05), GRASS))


def markings(scene: Scene, made: Section) -> list[Mesh]:
    """Centre line, lane lines, edge lines, stop lines and zebra crossings."""
    out: list[Mesh] = []
    zone = scene.road.zone
    dash, gap, width = {"motorway": (6.0, 12.0, 0.15), "rural": (4.0, 8.0, 0.12)}.get(zone, (3.0, 3.0, 0.12))
    for low, high in pieces(made, made.start, made.end):
        stop = made.cross is not None
        first = low + (3.0 if stop and low > made.start else 0.0)
        last = high - (3.0 if stop and high < made.end else 0.0)
        if made.median == 0.0 and zone != "residential":
            out += dashes(made.line, first, last, 0.0, width, dash, gap, MARK, WHITE)
        for number in range(1, made.lanes):
            for side in (1.0, -1.0):
                d = side * (made.half - number * made.width)
                out += dashes(made.line, first, last, d, width, dash, gap, MARK, WHITE)
        for d in (made.half, -made.half) if zone in ("motorway", "rural") else ():
            out.append(strip(made.line, low, high, d + 0.08, d - 0.08, MARK, WHITE))
        for d in (made.median / 2 + 0.2, -made.median / 2 - 0.2) if made.median else ():
            out.append(strip(made.line, low, high, d + 0.08, d - 0.08, MARK, WHITE))
    if made.cross is not None:
        low, high = made.gap()
        mine, other = (-made.own * made.half, 0.0), (0.0, made.own * made.half)
        for s, (a, b) in ((low - 1.2, mine), (high + 0.8, other)):
            out.append(strip(made.line, s, s + 0.4, max(a, b), min(a, b), MARK, WHITE))
    return out


def zebra(made: Section, s: float) -> Mesh:
    """A zebra crossing over the whole carriageway, 3.6 m deep, its middle at s."""
    bars = np.arange(-made.edge + 0.4, made.edge - 0.5, 1.0)
    return join([strip(made.line, s - 1.8, s + 1.8, b + 0.5, b, MARK, WHITE) for b in bars])


def cross_line(made: Section) -> Line:
    """The middle of the crossing street, from the main street's middle to the left."""
    x, y, heading = made.line.at(made.cross or 0.0)
    return Line(float(x), float(y), float(heading) + np.pi / 2)


def _crossing_street(scene: Scene, made: Section, parts: dict[str, list[Mesh]], surface: Material) -> None:
    """The two arms of the crossing street with kerbs, pavements and markings."""
    line, half = cross_line(made), made.cross_half
    for side in (1.0, -1.0):
        arm = line if side > 0 else line._replace(heading=line.heading + np.pi)
        near, far = made.edge, 90.0
        parts["road"].append(strip(arm, near, far, half, -half, 0.0, surface))
        parts["road"] += dashes(arm, near + 4.0, far, 0.0, 0.12, 3.0, 3.0, MARK, WHITE)
        low, high = (0.0, half) if made.own > 0 else (-half, 0.0)
        # Who comes from the arm drives towards the main street: own side seen from there.
        parts["road"].append(strip(arm, near + 0.8, near + 1.2, high, low, MARK, WHITE))
        if not made.pavement:
            continue
        for d in (half, -half):
            parts["sidewalk"].append(wall(arm, near, far, d, 0.0, made.kerb, STONE))
            left, right = (d + made.pavement, d) if d > 0 else (d, d - made.pavement)
            start = near + made.pavement
            parts["sidewalk"].append(strip(arm, start, far, left, right, made.kerb, PAVING))


def _field(made: Section) -> Mesh:
    """Grass to the horizon, a little below everything else."""
    x, y, _ = made.line.at(np.array([0.0, made.end]))
    middle = np.array([x.mean(), y.mean()])
    radius = 900.0 + made.end
    angle = np.linspace(0, 2 * np.pi, 25)[:-1]
    rim = np.stack([middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle), 0 * angle - 0.55], -1)
    v = np.concatenate([[[*middle, -0.55]], rim])
    k = np.arange(24)
    return mesh(v, np.stack([0 * k, k + 1, (k + 1) % 24 + 1], -1), GRASS)


def _hills(made: Section, rng: np.random.Generator) -> Mesh:
    """A far ring of wooded hills, so that the horizon is not a ruled line."""
    x, y, _ = made.line.at(np.array([0.0, made.end]))
    radius = 420.0 + made.end / 2
    n = 180
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    height = sum(
        rng.uniform(0.3, 1.0) / k * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5, 7, 11, 17)
    )
    height = 11.0 + 5.0 * height + rng.uniform(0.0, 2.5, n)
    ring = np.stack([x.mean() + radius * np.cos(angle), y.mean() + radius * np.sin(angle), np.full(n, -1.0)], -1)
    top = ring + np.stack([0 * angle, 0 * angle, height], -1)
    i = np.arange(n)
    j = (i + 1) % n
    f = np.concatenate([np.stack([i, n + i, n + j], -1), np.stack([i, n + j, j], -1)])
    return mesh(np.concatenate([ring, top]), f, HILL)
