"""Centre lines of streets and the strips that lie along them. s: metres along, d: metres to the left."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Material, Mesh, mesh

Array = np.ndarray[Any, Any]


class Line(NamedTuple):
    """A straight line up to s = `bend`, then `length` metres of constant curvature, then straight again."""

    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0  # radians, at s = 0
    bend: float = np.inf
    curvature: float = 0.0  # 1 / metres, positive to the left
    length: float = np.inf  # of the arc

    def at(self, s: Any, d: Any = 0.0) -> tuple[Array, Array, Array]:
        """x, y and heading at (s, d)."""
        s = np.asarray(s, float)
        straight = np.minimum(s, self.bend)
        arc = np.clip(s - self.bend, 0.0, self.length)
        rest = np.maximum(s - self.bend - self.length, 0.0) if np.isfinite(self.length) else 0.0
        angle = self.curvature * arc
        # sinc keeps the arc exact as the curvature goes to 0: chord = arc * sinc(angle / 2).
        chord = arc * np.sinc(angle / (2 * np.pi))
        along = straight + chord * np.cos(angle / 2) + rest * np.cos(angle)
        aside = chord * np.sin(angle / 2) + rest * np.sin(angle)
        c, si = np.cos(self.heading), np.sin(self.heading)
        turned = self.heading + angle
        x = self.x + c * along - si * aside - np.sin(turned) * np.asarray(d, float)
        y = self.y + si * along + c * aside + np.cos(turned) * np.asarray(d, float)
        return x, y, turned + 0.0 * x


def strip(
    line: Line, start: float, end: float, left: float, right: float, z: Any, material: Material, step: float = 4.0
) -> Mesh:
    """A ribbon from s = start to end between d = right and d = left; z one height or one each side (left, right)."""
    curved = line.curvature != 0.0
    n = max(2, int(np.ceil((end - start) / (step if curved else 20.0))) + 1)
    s = np.linspace(start, end, n)
    heights = np.broadcast_to(np.asarray(z, float), (2,))
    rows = []
    for d, h in ((left, heights[0]), (right, heights[1])):
        x, y, _ = line.at(s, d)
        rows.append(np.stack([x, y, np.full(n, h)], -1))
    v = np.concatenate(rows)
    i = np.arange(n - 1)
    f = np.concatenate([np.stack([i, n + i, n + i + 1], -1), np.stack([i, n + i + 1, i + 1], -1)])
    return mesh(v, f, material)


def dashes(
    line: Line, start: float, end: float, d: float, width: float, dash: float, gap: float, z: float,
    material: Material,
) -> list[Mesh]:  # fmt: skip
    """A broken line: strips of `dash` metres with `gap` metres between."""
    begins = np.arange(start, end - dash, dash + gap)
    return [strip(line, b, b + dash, d + width / 2, d - width / 2, z, material) for b in begins]


def wall(line: Line, start: float, end: float, d: float, low: float, high: float, material: Material) -> Mesh:
    """An upright strip that faces the middle of the road (d = 0): kerb stones, retaining walls."""
    n = max(2, int(np.ceil((end - start) / (4.0 if line.curvature else 20.0))) + 1)
    s = np.linspace(start, end, n)
    x, y, _ = line.at(s, d)
    v = np.concatenate([np.stack([x, y, np.full(n, h)], -1) for h in (low, high)])
    i = np.arange(n - 1)
    f = np.concatenate([np.stack([i, i + 1, n + i + 1], -1), np.stack([i, n + i + 1, n + i], -1)])
    return mesh(v, f if d > 0 else f[:, ::-1], material)
