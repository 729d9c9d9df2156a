"""Compiled loops over vertices. float64 throughout; imported only where a scene is rendered."""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True)
def placed(poses: Array, first: Array, local: Array, normals: Array, out: Array, turned: Array) -> None:
    """Vertices and normals of bodies moved by their poses; body k owns rows first[k] to first[k + 1]."""
    for k in range(len(poses)):
        p = poses[k]
        for i in range(first[k], first[k + 1]):
            x, y, z = local[i, 0], local[i, 1], local[i, 2]
            a, b, c = normals[i, 0], normals[i, 1], normals[i, 2]
            for j in range(3):
                out[i, j] = p[j, 0] * x + p[j, 1] * y + p[j, 2] * z + p[j, 3]
                turned[i, j] = p[j, 0] * a + p[j, 1] * b + p[j, 2] * c


@njit(cache=True)
def vertex_normals(vertices: Array, faces: Array) -> Array:
    """Unit sums of the faces' normals about each vertex (their length is twice the area), float32 (n, 3)."""
    total = np.zeros((len(vertices), 3))
    for i in range(len(faces)):
        a, b, c = vertices[faces[i, 0]], vertices[faces[i, 1]], vertices[faces[i, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in faces[i]:
            total[k, 0] += nx
            total[k, 1] += ny
            total[k, 2] += nz
    out = np.empty((len(vertices), 3), np.float32)
    for i in range(len(vertices)):
        length = np.sqrt(total[i, 0] ** 2 + total[i, 1] ** 2 + total[i, 2] ** 2)
        scale = 1.0 / length if length > 0.0 else 0.0
        for j in range(3):
            out[i, j] = total[i, j] * scale
    return out


@njit(cache=True, error_model="numpy")
def plane_keys(local: Array, faces: Array, first: Array, deforms: Array) -> Array:
    """A number (m,) that triangles of a body share where their planes agree to 1e-4 radians and a millimetre.

    Body k owns the triangles first[k] to first[k + 1]. FNV-1a hashes of the rounded planes; those of deforming
    bodies are all different.
    """
    out = np.empty(len(faces), np.int64)
    part = np.empty(5, np.int64)
    for k in range(len(deforms)):
        for i in range(first[k], first[k + 1]):
            a, b, c = local[faces[i, 0]], local[faces[i, 1]], local[faces[i, 2]]
            ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
            x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            length = np.sqrt(x * x + y * y + z * z)
            part[0] = k
            if deforms[k] or not length > 0.0:
                part[1], part[2], part[3], part[4] = i, 1 << 40, 0, 0
            else:
                x, y, z = x / length, y / length, z / length
                part[1], part[2], part[3] = round(x * 1e4), round(y * 1e4), round(z * 1e4)
                part[4] = round((x * a[0] + y * a[1] + z * a[2]) * 1e3)
            key = np.int64(-3750763034362895579)
            for j in range(5):
                key = (key ^ part[j]) * np.int64(1099511628211)
                key = key ^ (key >> 29)
            out[i] = key
    return out
