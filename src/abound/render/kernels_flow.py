"""Compiled loops over pixels: surface labels, where points go, and what the other frame already says about them.

float64 where it is about places. Imported only where a scene is rendered.
"""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
VISIBLE, OCCLUDED, OUTSIDE, UNDECIDED = 0, 1, 2, 255
RING = 3  # pixels about the four around a target


@njit(cache=True, error_model="numpy")
def surface(
    triangle: Array, eye: Array, vertices: Array, faces: Array, body: Array, of_semantic: Array,
    of_instance: Array, sky: int, normals: Array, semantic: Array, instance: Array,
) -> None:  # fmt: skip
    """Class, instance and the geometric normal on the side of the camera (0, 0, 0 in the sky) of every pixel."""
    for i in range(len(triangle)):
        n = triangle[i]
        if n < 0:
            semantic[i] = sky
            instance[i] = 0
            normals[i, 0] = normals[i, 1] = normals[i, 2] = 0.0
            continue
        semantic[i] = of_semantic[body[n]]
        instance[i] = of_instance[body[n]]
        a, b, c = vertices[faces[n, 0]], vertices[faces[n, 1]], vertices[faces[n, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        scale = 1.0 / np.sqrt(x * x + y * y + z * z)
        if x * (a[0] - eye[0]) + y * (a[1] - eye[1]) + z * (a[2] - eye[2]) > 0.0:
            scale = -scale
        normals[i, 0] = x * scale
        normals[i, 1] = y * scale
        normals[i, 2] = z * scale


@njit(cache=True, error_model="numpy")
def carried(
    triangle: Array, weights: Array, before: Array, faces: Array, vertices: Array, after: Array, lens: Array,
    near: float, width: int, flow: Array, depth: Array,
) -> None:  # fmt: skip
    """Flow (n, 2) to another frame with its vertices, and z-depth there (n,), inf for the sky.

    before, after: poses of the camera (4, 4). lens: fx, fy, cx, cy.

    A point keeps its triangle and weights; the sky keeps its direction. nan where the point is not before the
    camera.
    """
    fx, fy, cx, cy = lens
    r = after
    for i in range(len(triangle)):
        n = triangle[i]
        if n < 0:
            p, q = (i % width + 0.5 - cx) / fx, (i // width + 0.5 - cy) / fy
            x = before[0, 0] * p + before[0, 1] * q + before[0, 2]
            y = before[1, 0] * p + before[1, 1] * q + before[1, 2]
            z = before[2, 0] * p + before[2, 1] * q + before[2, 2]
        else:
            a, b, c = vertices[faces[n, 0]], vertices[faces[n, 1]], vertices[faces[n, 2]]
            u, v = weights[i, 0], weights[i, 1]
            x = a[0] + u * (b[0] - a[0]) + v * (c[0] - a[0]) - r[0, 3]
            y = a[1] + u * (b[1] - a[1]) + v * (c[1] - a[1]) - r[1, 3]
            z = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2]) - r[2, 3]
        ahead = r[0, 2] * x + r[1, 2] * y + r[2, 2] * z
        if not ahead > (near if n >= 0 else 0.0):
            flow[i, 0] = flow[i, 1] = depth[i] = np.nan
            continue
        depth[i] = np.inf if n < 0 else ahead
        flow[i, 0] = fx * (r[0, 0] * x + r[1, 0] * y + r[2, 0] * z) / ahead + cx - (i % width + 0.5)
        flow[i, 1] = fy * (r[0, 1] * x + r[1, 1] * y + r[2, 1] * z) / ahead + cy - (i // width + 0.5)


@njit(cache=True)
def calm(triangle: Array, plane: Array, width: int, height: int) -> Array:
    """The plane that all pixels about a place show, int32 (n,); -1 where they show several or the sky.

    The place is the middle of the four pixels (i, j) to (i + 1, j + 1); asked are RING more on every side.
    Counted as runs of equal pixels along rows, then as runs of uniform stretches down columns.
    """
    side = 2 * RING + 2
    out = np.full(width * height, -1, np.int32)
    down, last = np.zeros(width, np.int32), np.full(width, -1, np.int32)
    for y in range(height):
        run, before = 0, -1
        for x in range(width):
            n = triangle[y * width + x]
            here = plane[n] if n >= 0 else -1
            run = run + 1 if here == before and here >= 0 else 1
            before = here
            whole = here if run >= side and here >= 0 else -1
            down[x] = down[x] + 1 if whole >= 0 and whole == last[x] else 1
            last[x] = whole
            if whole >= 0 and down[x] >= side:
                out[(y - RING - 1) * width + x - RING - 1] = whole
    return out


@njit(cache=True, error_model="numpy")
def first_look(
    triangle: Array, flow: Array, plane: Array, calmness: Array, width: int, height: int, state: Array
) -> None:
    """What needs no ray: targets outside of the frame, and targets deep inside of the plane that they lie in.

    Where all pixels about the target show the point's own plane, only a thing that is thinner than a pixel could
    stand before the point, and such a thing shows in pixels nearby, so a wide ring is asked (`calm` of the other
    frame).
    """
    for i in range(len(triangle)):
        x, y = i % width + 0.5 + flow[i, 0], i // width + 0.5 + flow[i, 1]
        if not (x >= 0.0 and x < width and y >= 0.0 and y < height):
            state[i] = OUTSIDE
            continue
        j, k = int(np.floor(x - 0.5)), int(np.floor(y - 0.5))
        quiet = triangle[i] >= 0 and j >= 0 and k >= 0 and calmness[k * width + j] == plane[triangle[i]]
        state[i] = VISIBLE if quiet else UNDECIDED


@njit(cache=True, error_model="numpy")
def second_look(
    which: Array, triangle: Array, depth: Array, met: Array, distance: Array, slack: float, state: Array
) -> None:
    """What the rays through the targets say: nothing stands nearer than the point, or something does."""
    for k in range(len(which)):
        i = which[k]
        seen = met[k] < 0 or met[k] == triangle[i] or distance[k] >= depth[i] * (1.0 - slack)
        state[i] = VISIBLE if seen else OCCLUDED
