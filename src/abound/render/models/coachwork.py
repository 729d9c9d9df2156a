"""Greenhouses of cars and vans: wind screen, side windows, pillars and roof over a shell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Material, Mesh, box, join, mirrored
from abound.render.models.finish import DARK, SEAL, TRIM
from abound.render.models.glazing import pane, rear_image, screen_image, side_image
from abound.render.models.loft import Form, Shell, Table, deck, skin, smooth, whole_skin
from abound.render.models.solid import tidy

Array = np.ndarray[Any, Any]


class Cabin(NamedTuple):
    """The lines of a greenhouse, metres, x along the vehicle (front is positive)."""

    screen: tuple[float, float]  # x of the wind screen's foot and head in the middle
    pillar: tuple[float, float]  # x of the A pillar's foot and head at the side
    rear: tuple[float, float]  # x of the rear pillar's foot and head at the side
    back: tuple[float, float]  # x of the rear window's foot and head in the middle
    foot: Table  # x: half width at the foot
    head: Table  # x: half width at the roof's edge
    base: Table  # x: height of the foot
    roof: Table  # x: height of the roof's edge
    windows: tuple[
        tuple[float, float, float, float], ...
    ]  # x at the foot and head where one begins, and where it ends
    crown: float = 0.05  # of the roof, metres
    bulge: float = 0.03  # of the panes, metres
    rear_window: tuple[float, float] | None = (0.16, 0.92)  # shares of the height; None: no rear window
    pane: tuple[float, float] = (0.08, 0.90)  # shares of the height over which the side windows reach
    seal: float = 0.018  # width of the black edge, metres


class _Column(NamedTuple):
    foot: tuple[float, float]
    head: tuple[float, float]
    label: int  # of the strip from here to the next column: 0 paint, 1 seal, 2 screen, 3 side, 4 rear, 5 pillar
    spot: str


PAINT, SEALED, SCREEN, SIDE, REAR, PILLAR = range(6)


def _front(c: Cabin, low: bool) -> list[_Column]:
    out = []
    shares = [0, 0.55, 0.88, 0.915] if low else [0, 0.22, 0.44, 0.66, 0.82, 0.885, 0.915]
    wide = float(smooth(c.foot, c.pillar[0])), float(smooth(c.head, c.pillar[1]))
    for k, f in enumerate(shares):
        bent = f**2.4
        foot = c.screen[0] + (c.pillar[0] - c.screen[0]) * bent, wide[0] * f
        head = c.screen[1] + (c.pillar[1] - c.screen[1]) * bent, wide[1] * f
        label = PAINT if k == len(shares) - 1 else SEALED if k == len(shares) - 2 else SCREEN
        out.append(_Column(foot, head, label, "front"))
    return out


def _sides(c: Cabin, low: bool) -> list[_Column]:
    def column(xf: float, xh: float, label: int) -> _Column:
        return _Column((xf, float(smooth(c.foot, xf))), (xh, float(smooth(c.head, xh))), label, "side")

    out = [column(c.pillar[0], c.pillar[1], PAINT)]
    for k, (f0, h0, f1, h1) in enumerate(c.windows):
        last = k == len(c.windows) - 1
        out.append(column(f0 + c.seal, h0 + c.seal, SEALED))
        steps = 1 if low else 2
        for j in range(steps):
            g = j / steps
            out.append(column(f0 + (f1 - f0) * g, h0 + (h1 - h0) * g, SIDE))
        out.append(column(f1, h1, SEALED))
        out.append(column(f1 - c.seal, h1 - c.seal, PAINT if last else PILLAR))
    plain = 1 if c.windows else 4
    start = (c.windows[-1][2], c.windows[-1][3]) if c.windows else c.pillar
    for j in range(1, plain + 1):
        g = j / (plain + 0.35)
        out.append(column(start[0] + (c.rear[0] - start[0]) * g, start[1] + (c.rear[1] - start[1]) * g, PAINT))
    return [*out, column(c.rear[0], c.rear[1], PAINT)]


def _behind(c: Cabin, low: bool) -> list[_Column]:
    out = []
    shares = [0.93, 0.88, 0.5, 0] if low else [0.96, 0.90, 0.87, 0.62, 0.32, 0]
    wide = float(smooth(c.foot, c.rear[0])), float(smooth(c.head, c.rear[1]))
    edge = 0 if low else 1
    for k, f in enumerate(shares):
        bent = f**2.6
        foot = c.back[0] + (c.rear[0] - c.back[0]) * bent, wide[0] * f
        head = c.back[1] + (c.rear[1] - c.back[1]) * bent, wide[1] * f
        label = PAINT if c.rear_window is None or k < edge else SEALED if k == edge else REAR
        out.append(_Column(foot, head, label, "rear"))
    return out


def _rows(c: Cabin, spot: str, low: bool) -> list[float]:
    """Shares of the height: edge, seal, glass, seal, edge. All columns have as many."""
    ends = {"front": (0.05, 0.95), "side": c.pane, "rear": c.rear_window or (0.16, 0.92)}[spot]
    a, b = ends
    between = [0.5] if low else [0.33, 0.67]
    edge = 0.028 if spot == "side" else 0.022
    return [0.0, a - edge, a, *(a + (b - a) * g for g in between), b, b + edge, 1.0]


def cabin(c: Cabin, paint: Material, roof: Material | None = None, low: bool = False,
          pillars: Material = TRIM) -> Mesh:  # fmt: skip
    """Screens, windows, pillars and roof: closed, its foot inside the shell below."""
    columns = [*_front(c, low), *_sides(c, low), *_behind(c, low)]
    foot = np.array([k.foot for k in columns])
    head = np.array([k.head for k in columns])
    n = len(columns)
    first = next(i for i, k in enumerate(columns) if k.spot == "side")
    last = max(i for i, k in enumerate(columns) if k.spot == "side")
    low_z = smooth(c.base, foot[:, 0])
    high_z = smooth(c.roof, head[:, 0])
    side_at = np.maximum(np.abs(head[:, 1]) / np.maximum(head[[first] * n, 1], 1e-9), 0)
    ends = np.array([k.spot != "side" for k in columns])
    high_z = np.where(ends, high_z + c.crown * 0.75 * (1 - np.clip(side_at, 0, 1) ** 2.2), high_z)
    t = np.array([_rows(c, k.spot, low) for k in columns]).T  # (rows, n)
    along = np.gradient(foot, axis=0)
    out = np.stack([along[:, 1], -along[:, 0]], -1)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    swell = (c.bulge * 4 * t * (1 - t))[..., None] * out
    flat = foot + (head - foot) * t[..., None] + swell
    flat[:, [0, -1], 1] = 0.0
    points = np.concatenate([flat, (low_z + (high_z - low_z) * t)[..., None]], -1)
    cells = _cells([k.label for k in columns[:-1]], t.shape[0] - 1)
    glass = (SEAL, pane(screen_image()), pane(side_image()), pane(rear_image()), pillars)
    walls = whole_skin(points, paint, cells, glass)
    lid = deck(points[-1], (first, last), c.crown, 3 if low else 5)
    top = whole_skin(lid, roof or paint)
    bottom = whole_skin(deck(points[0], (first, last), 0.0, 2)[::-1], DARK)
    glazed = _look_in(tidy(join([walls, top])), points)
    return join([glazed, bottom])


def cabin_side(c: Cabin, x: Array, share: Array, lift: float = 0.0) -> Array:
    """Points on the left wall of a greenhouse: x at the foot, share of the height."""
    foot, head = smooth(c.foot, x), smooth(c.head, x)
    y = foot + (head - foot) * share + c.bulge * 4 * share * (1 - share) + lift
    low, high = smooth(c.base, x), smooth(c.roof, x)
    return np.stack(np.broadcast_arrays(x, y, low + (high - low) * share), -1)


def _wall_picture(c: Cabin, x0: float, x1: float, material: Material) -> Mesh:
    # The rows are those of the wall itself, so that the picture lies flat on it.
    x, t = np.meshgrid(np.linspace(x0, x1, 4), np.linspace(*c.pane, 4))
    out = skin(cabin_side(c, x, t, 0.0015), material)
    u, v = np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 1, 4))
    uv = np.stack([u, v], -1).reshape(-1, 2)[out.faces]
    return out._replace(uv=uv.astype(np.float32))


def wall_pictures(c: Cabin, x0: float, x1: float, material: Material) -> Mesh:
    """The same picture on both walls, each read from its own side."""
    left = _wall_picture(c, max(x0, x1), min(x0, x1), material)
    right = mirrored(left)
    uv = right.uv.copy()
    uv[..., 0] = 1 - uv[..., 0]
    return join([left, right._replace(uv=uv)])


def _cells(labels: list[int], rows: int) -> Array:
    """The material of each cell: glass only where row and column both are."""
    cells = np.zeros((rows, len(labels)), np.int32)
    for j, label in enumerate(labels):
        if label == PAINT:
            continue
        cells[1:-1, j] = SEALED
        if label in (SCREEN, SIDE, REAR):
            cells[2:-2, j] = label
        if label == PILLAR:
            cells[1:-1, j] = PILLAR
    return cells


def _look_in(part: Mesh, points: Array) -> Mesh:
    """Lays the pictures of the inside over screens (across) and side windows (along)."""
    low, high = points.reshape(-1, 3).min(0), points.reshape(-1, 3).max(0)
    corners = part.vertices[part.faces]
    v = (corners[..., 2] - low[2]) / (high[2] - low[2])
    across = corners[..., 1] / (2 * high[1]) + 0.5
    along = (corners[..., 0] - low[0]) / (high[0] - low[0])
    ahead = corners.mean(1)[:, 0] > points[..., 0].mean()
    flank = np.array([m.image is side_image() for m in part.materials])[part.material]
    pictured = np.array([m.image is not None for m in part.materials])[part.material]
    # From outside, +y is on the right of who looks at the front, and on the left behind.
    u = np.where(flank[:, None], 1 - along, np.where(ahead[:, None], across, 1 - across))
    uv = np.stack([u, v], -1).astype(np.float32)
    return part._replace(uv=np.where(pictured[:, None, None], uv, 0).astype(np.float32))


def tub(sides: Shell, paint: Material, sill: Material, crown: Any, low: bool = False,
        lid: Array | None = None) -> Mesh:  # fmt: skip
    """The shell with its lid and floor: closed. The lowest strip takes `sill`; a given `lid` may end early."""
    rows, columns = sides.points.shape[:2]
    cells = np.zeros((rows - 1, columns - 1), np.int32)
    cells[0] = 1
    walls = skin(sides.points, paint, cells, (sill,))
    lid = deck(sides.points[-1], sides.corners, crown, 3 if low else 5) if lid is None else lid
    upper = tidy(_both(join([walls, skin(lid, paint)])))
    edge = sides.points[0]
    floor = whole_skin(np.stack([edge * [1.0, 0.0, 1.0], edge]), DARK)
    return join([upper, floor])


def open_bed(sides: Shell, begin: float, depth: float, wall: float, paint: Material,
             lining: Material) -> tuple[Array, int, Mesh]:  # fmt: skip
    """A lid up to x = `begin`, the number of columns that it covers, and an open bed with thick walls behind it."""
    edge = sides.points[-1]
    last = int(np.flatnonzero(edge[:, 0] > begin)[-1])
    across = np.linspace(1, 0, 6)[1:, None] * [0, 1, 0] * edge[last] + edge[last] * [1, 0, 1]
    lid = deck(np.concatenate([edge[: last + 1], across]), (sides.corners[0], last), 0.03, 5)
    x0, x1, y = edge[last, 0], edge[-1, 0], edge[last, 1]
    z = edge[last:, 2].mean() + 0.012
    long, middle = x0 - x1, (x0 + x1) / 2
    side = box((long - 0.02, wall, depth), paint, (middle, y - wall / 2 + 0.012, z - depth / 2))
    pieces = [
        side, mirrored(side), box((wall, 2 * y - 0.02, depth), paint, (x1 + wall / 2 + 0.004, 0, z - depth / 2)),
        box((0.05, 2 * y, depth), paint, (x0 + 0.0, 0, z - depth / 2)),
        box((long, 2 * y - wall, 0.03), lining, (middle, 0, z - depth + 0.02)),
    ]  # fmt: skip
    return lid, last, join(pieces)


def _both(half: Mesh) -> Mesh:
    return join([half, mirrored(half)])


def wells(form: Form, thickness: float, inner: float) -> list[Mesh]:
    """Dark blocks over each axle, so that one does not look through under the car from arch to arch."""
    return [
        box((2 * radius * 0.96, inner * 2, thickness), DARK, (x, 0, height + radius - thickness / 2 - 0.01))
        for x, radius, height in form.arches
    ]
