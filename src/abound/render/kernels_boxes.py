"""Compiled loops over the triangles of counted objects: extents, and the pixels that they cover alone.

Imported only where a scene is rendered.
"""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, error_model="numpy")
def in_camera(vertices: Array, pose: Array, first: int, last: int, out: Array) -> None:
    """Vertices first to last - 1 in the camera frame, into the same rows of out."""
    for i in range(first, last):
        x, y, z = vertices[i, 0] - pose[0, 3], vertices[i, 1] - pose[1, 3], vertices[i, 2] - pose[2, 3]
        for j in range(3):
            out[i, j] = pose[0, j] * x + pose[1, j] * y + pose[2, j] * z


@njit(cache=True, error_model="numpy")
def projected(points: Array, faces: Array, lens: Array, near: float, box: Array) -> None:
    """Widen box (x0, y0, x1, y1) by the projection of triangles (camera frame), cut off at the near plane.

    lens: fx, fy, cx, cy.
    """
    for n in range(len(faces)):
        for k in range(3):
            p, q = points[faces[n, k]], points[faces[n, (k + 1) % 3]]
            if p[2] > near:
                x, y = lens[0] * p[0] / p[2] + lens[2], lens[1] * p[1] / p[2] + lens[3]
                box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)
            if (p[2] > near) != (q[2] > near):
                s = (near - p[2]) / (q[2] - p[2])
                x = lens[0] * (p[0] + s * (q[0] - p[0])) / near + lens[2]
                y = lens[1] * (p[1] + s * (q[1] - p[1])) / near + lens[3]
                box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)


@njit(cache=True, error_model="numpy")
def covered(points: Array, faces: Array, lens: Array, near: float, mask: Array) -> None:
    """Set mask (h, w) where a pixel centre's ray meets a triangle (camera frame) behind the near plane.

    The ray (x, y, 1) is inside where its three triple products with pairs of corners have one sign; they are linear
    in x and y, and right for triangles that reach behind the camera too.
    """
    edge, corner = np.empty((3, 3)), np.empty((3, 3))
    for n in range(len(faces)):
        for k in range(3):
            corner[k] = points[faces[n, k]]
        j0, j1, i0, i1 = reach(corner, lens, near, mask.shape[1], mask.shape[0])
        if j0 > j1 or i0 > i1:
            continue
        for k in range(3):
            p, q = corner[k], corner[(k + 1) % 3]
            edge[k, 0] = p[1] * q[2] - p[2] * q[1]
            edge[k, 1] = p[2] * q[0] - p[0] * q[2]
            edge[k, 2] = p[0] * q[1] - p[1] * q[0]
        volume = corner[0, 0] * edge[1, 0] + corner[0, 1] * edge[1, 1] + corner[0, 2] * edge[1, 2]
        for i in range(i0, i1 + 1):
            y = (i + 0.5 - lens[3]) / lens[1]
            for j in range(j0, j1 + 1):
                mask[i, j] |= inside(edge, volume, (j + 0.5 - lens[2]) / lens[0], y, near)


@njit(cache=True, error_model="numpy")
def reach(corner: Array, lens: Array, near: float, width: int, height: int) -> tuple[int, int, int, int]:
    """First and last column and row whose pixel centres a triangle's projection can hold; none: first > last."""
    ahead = 0
    left, top, right, low = np.inf, np.inf, -np.inf, -np.inf
    for k in range(3):
        if corner[k, 2] > near:
            ahead += 1
            x = lens[0] * corner[k, 0] / corner[k, 2] + lens[2]
            y = lens[1] * corner[k, 1] / corner[k, 2] + lens[3]
            left, top, right, low = min(left, x), min(top, y), max(right, x), max(low, y)
    if ahead == 0:
        return 1, 0, 1, 0
    if ahead < 3:  # it reaches behind the camera: it may be anywhere
        return 0, width - 1, 0, height - 1
    return (
        int(np.ceil(max(left - 0.5, 0.0))), int(np.floor(min(right - 0.5, width - 1.0))),
        int(np.ceil(max(top - 0.5, 0.0))), int(np.floor(min(low - 0.5, height - 1.0))),
    )  # fmt: skip


@njit(cache=True, error_model="numpy", inline="always")
def inside(edge: Array, volume: float, x: float, y: float, near: float) -> bool:
    """Does the ray (x, y, 1) meet the triangle with these edge products behind the near plane?"""
    a = edge[0, 0] * x + edge[0, 1] * y + edge[0, 2]
    b = edge[1, 0] * x + edge[1, 1] * y + edge[1, 2]
    c = edge[2, 0] * x + edge[2, 1] * y + edge[2, 2]
    if not ((a >= 0.0 and b >= 0.0 and c >= 0.0) or (a <= 0.0 and b <= 0.0 and c <= 0.0)):
        return False
    return bool(a + b + c != 0.0 and volume / (a + b + c) > near)


@njit(cache=True)
def seen_boxes(triangle: Array, body: Array, rank: Array, width: int, count: Array, box: Array) -> None:
    """Visible pixels (objects,) and their box (objects, 4) in whole pixels: left, top, right, bottom inclusive.

    rank: of each body, the row of its object, -1 where it is not counted.
    """
    for i in range(len(triangle)):
        if triangle[i] < 0:
            continue
        r = rank[body[triangle[i]]]
        if r < 0:
            continue
        x, y = i % width, i // width
        count[r] += 1
        box[r, 0], box[r, 1], box[r, 2], box[r, 3] = (
            min(box[r, 0], x), min(box[r, 1], y), max(box[r, 2], x), max(box[r, 3], y),
        )  # fmt: skip


@njit(cache=True)
def turned_bounds(vertices: Array, cosine: float, sine: float, low: Array, high: Array) -> None:
    """Widen low and high (3,) by vertices turned by minus the yaw."""
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        a, b = cosine * x + sine * y, cosine * y - sine * x
        low[0], low[1], low[2] = min(low[0], a), min(low[1], b), min(low[2], z)
        high[0], high[1], high[2] = max(high[0], a), max(high[1], b), max(high[2], z)
