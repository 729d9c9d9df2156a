"""Bodies lofted over lines, as coachbuilders do: a shell round the plan, closed by a deck, and patches laid on it.

The shell is a grid of points. Columns go round the left half from the middle of the front to the middle of the
rear, rows go up from the sill to the top edge. The wheel arches are cut out of the lowest row. Patches (lamps,
windows, seams, pictures) are placed by the way round from the front (metres, `s`) and height (metres, `z`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Material, Mesh, join, mesh, mirrored
from abound.render.models.solid import tidy

Array = np.ndarray[Any, Any]
Table = tuple[tuple[float, float], ...]


class Form(NamedTuple):
    """The lines of a shell, metres; tables are (where, value) pairs with a smooth curve through them."""

    length: float
    width: float
    floor: Table  # x: height of the lower edge
    top: Table  # x: height of the upper edge
    section: Table  # share of the height from floor to top: share of the half width
    nose: Table  # share of the height: how far the front stands back
    tail: Table  # share of the height: how far the rear stands back
    corner: tuple[float, float] = (0.5, 0.4)  # how long the corners are in plan, front and rear
    power: tuple[float, float] = (3.2, 3.6)  # of the corners' superellipse: 2 round, 10 square
    arches: tuple[tuple[float, float, float], ...] = ()  # x, radius, height of the wheel's centre
    barrel: float = 0.02  # share of the half width that is lost towards the ends
    flare: float = 0.010  # of the arches, metres
    rows: tuple[float, ...] = (0, 0.06, 0.2, 0.38, 0.57, 0.74, 0.88, 0.96, 1)


class Shell(NamedTuple):
    """The left half of a shell."""

    points: Array  # float64 (rows, columns, 3)
    s: Array  # float64 (columns,), the way round at mid height from the middle of the front, metres
    corners: tuple[int, int]  # columns at which the side begins and ends


def smooth(table: Table, at: Any) -> Array:
    """A curve without overshoot through a table of (where, value)."""
    from scipy.interpolate import PchipInterpolator

    x, y = np.asarray(table, float).T
    if len(x) == 1:
        return np.full(np.shape(at), y[0])
    return np.asarray(PchipInterpolator(x, y)(np.clip(at, x[0], x[-1])))


def shell(form: Form, low: bool = False) -> Shell:
    """The left half of the shell; `low` takes about a third of the columns and rows."""
    x, y, corners = _plan(form, low)
    t = np.array(form.rows)
    if low:
        t = t[np.linspace(0, len(t) - 1, 5).round().astype(int)]
    floor, top = smooth(form.floor, x), smooth(form.top, x)
    lower = floor.copy()
    for centre, radius, height in form.arches:
        inside = np.clip(1 - ((x - centre) / radius) ** 2, 0, None)
        cutting = (np.abs(x - centre) <= radius * 1.0001) & (y > 0.5)
        lower = np.where(cutting, np.maximum(lower, height + radius * np.sqrt(inside)), lower)
    z = lower + (top - lower) * t[:, None]
    share = np.clip((z - floor) / (top - floor), 0, 1)
    half = form.width / 2 * smooth(form.section, share) * (1 - form.barrel * (2 * x / form.length) ** 2)
    ahead = np.clip((x - (form.length / 2 - form.corner[0] * 1.3)) / (form.corner[0] * 1.3), 0, 1) ** 1.5
    behind = np.clip((-x - (form.length / 2 - form.corner[1] * 1.3)) / (form.corner[1] * 1.3), 0, 1) ** 1.5
    long = x - ahead * smooth(form.nose, share) + behind * smooth(form.tail, share)
    wide = y * half
    for centre, radius, height in form.arches:
        away = np.hypot(long - centre, z - height) - radius
        wide = wide + np.where(y > 0.5, form.flare * np.exp(-((away / 0.07) ** 2)), 0)
    points = np.stack([long, wide, z], -1)
    step = np.linalg.norm(np.diff(np.stack([x, y * form.width / 2]), axis=1), axis=0)
    return Shell(points, np.concatenate([[0.0], np.cumsum(step)]), corners)


def _plan(form: Form, low: bool) -> tuple[Array, Array, tuple[int, int]]:
    """Columns: x in metres and y as a share of the half width, and where the corners are."""
    n = 4 if low else 8
    turn = np.linspace(0, np.pi / 2, n)
    ends = []
    for corner, power in zip(form.corner, form.power, strict=True):
        along = form.length / 2 - corner + corner * np.cos(turn) ** (2 / power)
        across = np.sin(turn) ** (2 / power)
        ends.append((along, across))
    first, last = form.length / 2 - form.corner[0], -(form.length / 2 - form.corner[1])
    side = list(np.linspace(first, last, 4 if low else 7)[1:-1])
    for centre, radius, _ in form.arches:
        side = [x for x in side if abs(x - centre) > radius * 1.12]
        bow = np.cos(np.linspace(0, np.pi, 5 if low else 10)) * radius
        side += [*(centre + bow), centre + radius * 1.03, centre - radius * 1.03]
    side = sorted((x for x in side if last + 0.004 < x < first - 0.004), reverse=True)
    x = np.concatenate([ends[0][0], side, -ends[1][0][::-1]])
    y = np.concatenate([ends[0][1], np.ones(len(side)), ends[1][1][::-1]])
    # Half way round a corner the face stops being the front and becomes the side.
    return x, y, (n - 1 - n // 3, n + len(side) + n // 3)


def skin(points: Array, material: Material, cells: Array | None = None, others: tuple[Material, ...] = ()) -> Mesh:
    """Faces over a grid (rows, columns, 3); rows go up where columns go counter-clockwise seen from above.

    `cells` (rows - 1, columns - 1) numbers the material of each cell: 0 is `material`, then `others`.
    """
    r, c = points.shape[:2]
    i, j = np.meshgrid(np.arange(r - 1), np.arange(c - 1), indexing="ij")
    a = (i * c + j).ravel()
    f = np.concatenate([np.stack([a, a + 1, a + c + 1], -1), np.stack([a, a + c + 1, a + c], -1)])
    out = mesh(points.reshape(-1, 3), f, material)
    if cells is None:
        return out
    number = np.tile(np.asarray(cells, np.int32).ravel(), 2)
    return out._replace(material=number, materials=(material, *others))


def whole_skin(
    points: Array, material: Material, cells: Array | None = None, others: tuple[Material, ...] = ()
) -> Mesh:
    """A left half and its mirror image, smooth across the middle."""
    half = skin(points, material, cells, others)
    return tidy(join([half, mirrored(half)]))


def deck(edge: Array, corners: tuple[int, int], crown: Any, across: int = 7) -> Array:
    """A left half lid over an edge (columns, 3): rows from the edge to the middle; Coons' patch with a crown.

    `crown` is the height of the middle over the edge, one number or one for each column between the corners.
    """
    a, b = corners
    front, side, rear = edge[: a + 1], edge[a : b + 1], edge[b:]
    v = np.linspace(0, 1, across) ** 0.8  # 0 at the side, 1 in the middle
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(side, axis=0), axis=1))])
    u /= u[-1]
    middle = front[0] * (1 - u[:, None]) + rear[-1] * u[:, None]
    middle[:, 2] = side[:, 2] + (front[0, 2] - side[0, 2]) * (1 - u) + (rear[-1, 2] - side[-1, 2]) * u
    head = _along(front[::-1], v)
    foot = _along(rear, v)
    vv, uu = v[:, None, None], u[None, :, None]
    flat = (1 - vv) * side[None] + vv * middle[None] + (1 - uu) * head[:, None] + uu * foot[:, None]
    flat -= (1 - vv) * ((1 - uu) * side[0] + uu * side[-1]) + vv * ((1 - uu) * middle[0] + uu * middle[-1])
    rise = np.broadcast_to(np.asarray(crown, float), u.shape)
    ends = np.clip(np.minimum(u, 1 - u) / 0.06, 0, 1) ** 0.5
    flat[:, :, 2] += rise * ends * (1 - (1 - v[:, None]) ** 2.2)
    return np.asarray(flat)


def _along(line: Array, at: Array) -> Array:
    """Points on a polyline at shares of its number of steps, so that given points stay on it."""
    step = at * (len(line) - 1)
    low = np.minimum(step.astype(int), len(line) - 2)
    f = (step - low)[:, None]
    return np.asarray(line[low] * (1 - f) + line[low + 1] * f)


def on_shell(form: Shell, s: Any, z: Any, lift: Any = 0.0) -> Array:
    """Points on the shell at the way round `s` and height `z` (arrays of one shape), lifted off it by `lift`."""
    s, z = np.broadcast_arrays(np.asarray(s, float), np.asarray(z, float))
    flat = _spot(form, s.ravel(), z.ravel())
    if np.any(lift):
        e = 0.012
        aside = _spot(form, s.ravel() + e, z.ravel()) - _spot(form, s.ravel() - e, z.ravel())
        up = _spot(form, s.ravel(), z.ravel() + e) - _spot(form, s.ravel(), z.ravel() - e)
        out = np.cross(aside, up)
        flat = flat + lift * out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return flat.reshape(*s.shape, 3)


def _spot(form: Shell, s: Array, z: Array) -> Array:
    sign = np.sign(np.where(s == 0, 1, s))
    around = np.abs(s)
    beyond = around > form.s[-1]  # past the middle of the rear one is on the other half
    sign = np.where(beyond, -sign, sign)
    around = np.where(beyond, 2 * form.s[-1] - around, around)
    step = np.interp(around, form.s, np.arange(len(form.s)))
    low = np.minimum(step.astype(int), len(form.s) - 2)
    f = (step - low)[:, None]
    found = []
    for column in (low, low + 1):
        line = form.points[:, column]  # (rows, n, 3)
        above = np.clip((line[1:-1, :, 2] <= z).sum(0), 0, line.shape[0] - 2)
        n = np.arange(len(z))
        a, b = line[above, n], line[above + 1, n]
        g = np.clip((z - a[:, 2]) / np.maximum(b[:, 2] - a[:, 2], 1e-9), -0.2, 1.2)[:, None]
        found.append(a + (b - a) * g)
    out = np.asarray(found[0] * (1 - f) + found[1] * f)
    out[:, 1] *= sign
    return out


def s_of_x(form: Shell, x: Any) -> Array:
    """The way round to a place on the left side, by x."""
    middle = form.points[form.points.shape[0] // 2, :, 0]
    return np.asarray(np.interp(-np.asarray(x, float), -middle, form.s))


def patch(form: Shell, corners: Any, material: Material, lift: float = 0.004, dome: float = 0.0,
    rounding: float = 5.0,
          ends: int = 3, strips: int = 2) -> Mesh:  # fmt: skip
    """A lamp or pane on the shell: a quadrilateral of (s, z), inner low, outer low, outer high, inner high.

    Its corners are rounded as of a superellipse (2 is an ellipse, 8 nearly square). It has the columns of the shell
    itself, so that it follows the shell's facets and does not sink into them.
    """
    c = np.asarray(corners, float)
    if c[1, 0] < c[0, 0]:
        c = c[[1, 0, 3, 2]]
    own = np.concatenate([form.s, -form.s, 2 * form.s[-1] - form.s])
    own = (2 * own - c[0, 0] - c[1, 0]) / (c[1, 0] - c[0, 0])
    rim = 1 - np.linspace(0, 1, ends) ** 2 * (1 - 0.4 ** (1 / rounding)) * 1.6
    u = np.unique(np.concatenate([rim, -rim, own[np.abs(own) < rim[-1] - 0.02], [0.0]] if ends > 1 else [[-1, 1]]))
    low, high = c[:2, 1].mean(), c[2:, 1].mean()
    at = form.points[:, int(np.argmin(np.abs(form.s - abs(c[:, 0].mean())))), 2]
    rows = (2 * at - low - high) / (high - low)
    v = np.unique(np.concatenate([np.linspace(-1, 1, strips + 1), rows[np.abs(rows) < 0.97]]))[:, None]
    # Round lamps run out to a point; squarer ones end in a short upright edge.
    tall = np.maximum(np.clip(1 - np.abs(u) ** rounding, 0, 1) ** (1 / rounding), 0.0 if rounding < 3.5 else 0.6)
    place = _bilinear(c, np.stack(np.broadcast_arrays(u[None], v * tall), -1).reshape(-1, 2))
    height = lift + dome * (np.clip(1 - u**2, 0, 1) * (1 - v**2)).ravel()
    points = on_shell(form, place[:, 0], place[:, 1], height[:, None])
    return tidy(skin(points.reshape(len(v), len(u), 3), material))


def _bilinear(c: Array, at: Array) -> Array:
    u, v = (at[:, :1] + 1) / 2, (at[:, 1:] + 1) / 2
    return np.asarray((1 - u) * (1 - v) * c[0] + u * (1 - v) * c[1] + u * v * c[2] + (1 - u) * v * c[3])


def band(form: Shell, s0: float, s1: float, z0: float, z1: float, width: float, material: Material,
         lift: float = 0.004) -> Mesh:  # fmt: skip
    """A bar along the shell from (s0, z0) to (s1, z1), with the shell's own columns."""
    own = np.concatenate([form.s, -form.s, 2 * form.s[-1] - form.s])
    s = np.unique(np.concatenate([[s0, s1], own[(own > s0 + 0.02) & (own < s1 - 0.02)]]))
    z = np.interp(s, [s0, s1], [z0, z1])
    rows = np.stack([on_shell(form, s, z + d * width, lift) for d in (-0.5, 0.5)])
    return skin(rows, material)


def strip(form: Shell, line: Any, width: float, material: Material, lift: float = 0.003) -> Mesh:
    """A seam, moulding or stripe along (s, z) points on the shell."""
    p = np.asarray(line, float)
    ahead = np.gradient(p, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], -1) * width / 2
    below, above = p - aside, p + aside
    rows = np.stack(
        [on_shell(form, below[:, 0], below[:, 1], lift), on_shell(form, above[:, 0], above[:, 1], lift)]
    )
    return skin(rows, material)


def upright(form: Shell, foot: tuple[float, float], head: tuple[float, float], material: Material,
            width: float = 0.007, bend: float = 0.0) -> Mesh:  # fmt: skip
    """A seam from (s, z) up to (s, z), with the shell's own rows; the share `bend` of either end is straight up."""
    middle = (foot[0] + head[0]) / 2
    own = np.array([np.interp(abs(middle), form.s, row) for row in form.points[..., 2]])
    z = np.concatenate([[foot[1]], own[(own > foot[1] + 0.01) & (own < head[1] - 0.01)], [head[1]]])
    share = np.clip(((z - foot[1]) / (head[1] - foot[1]) - bend) / (1 - 2 * bend), 0, 1)
    return strip(form, np.stack([foot[0] + (head[0] - foot[0]) * share, z], -1), width, material)


def image_patch(form: Shell, s0: float, s1: float, z0: float, z1: float, material: Material,
                lift: float = 0.004) -> Mesh:  # fmt: skip
    """A picture on the shell, read from outside, with the shell's own rows and columns; `s` < 0: right half."""
    own = np.concatenate([form.s, -form.s])
    s = np.unique(np.concatenate([[s0, s1], own[(own > s0 + 0.01) & (own < s1 - 0.01)]]))
    own = form.points[:, int(np.argmin(np.abs(form.s - abs(s0 + s1) / 2))), 2]
    z = np.unique(np.concatenate([[z0, z1], own[(own > z0 + 0.01) & (own < z1 - 0.01)]]))
    ss, zz = np.meshgrid(s, z)
    out = skin(on_shell(form, ss, zz, lift), material)
    uv = np.stack([(ss - s0) / (s1 - s0), (zz - z0) / (z1 - z0)], -1).reshape(-1, 2)
    return out._replace(uv=uv[out.faces].astype(np.float32))
