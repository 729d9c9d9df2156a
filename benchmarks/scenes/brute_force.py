"""Rays against every triangle that could matter, in double precision: the judge of `abound.render`.

It shares no code with it. A grid of screen tiles holds the triangles whose projected rectangle touches it. A ray
meets a triangle where three signed areas agree, another formula than the one under test, and nothing is single
precision.
"""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
TILE = 8


@njit(cache=True)
def tiled(corners: Array, lens: Array, near: float, width: int, height: int) -> tuple[Array, Array]:
    """Triangles (m, 3, 3) of the camera frame by tile: (triangles, first)."""
    across, down = (width + TILE - 1) // TILE, (height + TILE - 1) // TILE
    area = np.empty((len(corners), 4), np.int64)
    first = np.zeros(across * down + 1, np.int64)
    for n in range(len(corners)):
        behind, ahead = 0, 0
        left, top, right, low = 1e300, 1e300, -1e300, -1e300
        for k in range(3):
            z = corners[n, k, 2]
            if z < near:
                behind += 1
                continue
            ahead += 1
            x = lens[0] * corners[n, k, 0] / z + lens[2]
            y = lens[1] * corners[n, k, 1] / z + lens[3]
            left, top, right, low = min(left, x), min(top, y), max(right, x), max(low, y)
        if behind and ahead:
            left, top, right, low = 0.0, 0.0, float(width), float(height)
        left, top, right, low = (
            max(left - 0.01, 0.0),
            max(top - 0.01, 0.0),
            min(right + 0.01, width - 1e-6),
            min(low + 0.01, height - 1e-6),
        )
        if not ahead or left > right or top > low:
            area[n] = 1, 0, 1, 0
            continue
        area[n] = int(left) // TILE, int(right) // TILE, int(top) // TILE, int(low) // TILE
        for i in range(area[n, 2], area[n, 3] + 1):
            for j in range(area[n, 0], area[n, 1] + 1):
                first[i * across + j + 1] += 1
    first = np.cumsum(first)
    place = first[:-1].copy()
    out = np.empty(first[-1], np.int32)
    for n in range(len(corners)):
        for i in range(area[n, 2], area[n, 3] + 1):
            for j in range(area[n, 0], area[n, 1] + 1):
                out[place[i * across + j]] = n
                place[i * across + j] += 1
    return out, first


@njit(cache=True)
def nearest(
    pixels: Array, corners: Array, triangles: Array, first: Array, lens: Array, near: float, width: int
) -> tuple[Array, Array, Array]:
    """First triangle (-1: none), z-depth and weights (n, 3) of rays through image coordinates (n, 2)."""
    across = (width + TILE - 1) // TILE
    found, depth, weights = (
        np.full(len(pixels), -1, np.int32),
        np.full(len(pixels), np.inf),
        np.zeros((len(pixels), 3)),
    )
    for i in range(len(pixels)):
        x, y = (pixels[i, 0] - lens[2]) / lens[0], (pixels[i, 1] - lens[3]) / lens[1]
        tile = int(pixels[i, 1]) // TILE * across + int(pixels[i, 0]) // TILE
        for k in range(first[tile], first[tile + 1]):
            n = triangles[k]
            a, b, c = corners[n, 0], corners[n, 1], corners[n, 2]
            # Shifted so that the ray is the z axis: signed areas are two-dimensional.
            ax, ay = a[0] - x * a[2], a[1] - y * a[2]
            bx, by = b[0] - x * b[2], b[1] - y * b[2]
            cx, cy = c[0] - x * c[2], c[1] - y * c[2]
            u, v, w = bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx
            if not ((u >= 0 and v >= 0 and w >= 0) or (u <= 0 and v <= 0 and w <= 0)):
                continue
            total = u + v + w
            if total == 0:
                continue
            z = (u * a[2] + v * b[2] + w * c[2]) / total
            if near <= z < depth[i]:
                found[i], depth[i] = n, z
                weights[i, 0], weights[i, 1], weights[i, 2] = u / total, v / total, w / total
    return found, depth, weights


class Judge:
    """One frame of a world for one camera, cast by brute force. Bodies are moved here by plain numpy."""

    def __init__(self, world: Any, camera: Any, frame: int) -> None:
        pose = camera.pose[frame]
        parts = []
        for body in (*world.static, *world.moving):
            local = body.mesh.vertices if body.deformed is None else body.deformed[frame]
            place = body.pose if body.pose.ndim == 2 else body.pose[frame]
            parts.append((local @ place[:3, :3].T + place[:3, 3])[body.mesh.faces])
        self.world_corners = np.concatenate(parts)
        self.pose, self.camera = pose, camera
        self.corners = (self.world_corners - pose[:3, 3]) @ pose[:3, :3]
        self.lens = np.array([camera.fx, camera.fy, camera.cx, camera.cy])
        self.grid = tiled(self.corners, self.lens, camera.near, camera.width, camera.height)

    def cast(self, pixels: Array) -> tuple[Array, Array, Array]:
        """`nearest` for image coordinates inside of the frame."""
        c = self.camera
        return nearest(np.ascontiguousarray(pixels), self.corners, *self.grid, self.lens, c.near, c.width)

    def image_of(self, triangle: Array, weights: Array) -> Array:
        """Image coordinates (n, 2) of points of triangles in this frame."""
        p = np.einsum("nk,nkj->nj", weights, self.corners[triangle])
        return p[:, :2] / p[:, 2:] * self.lens[:2] + self.lens[2:]


def centres(camera: Any) -> Array:
    """Pixel centres (h * w, 2)."""
    i, j = np.divmod(np.arange(camera.height * camera.width), camera.width)
    return np.stack([j + 0.5, i + 0.5], axis=1)
