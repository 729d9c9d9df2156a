"""A world as arrays of triangles: what is constant over a clip, and where every vertex is in a frame.

All bodies stand in one list of vertices and one list of triangles, static bodies first, so a triangle keeps its
number over the whole clip. A point of a surface is a triangle and two weights, which motion does not change:
rigid and deforming bodies are moved by the same three lines (`abound.render.flow`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.errors import InputError
from abound.render.mesh import Material
from abound.render.world import Body, World

Array = np.ndarray[Any, Any]


class Geometry(NamedTuple):
    """What is constant over the clip. `n` vertices, `m` triangles, `b` bodies."""

    bodies: tuple[Body, ...]  # static ones first
    still: int  # how many of them are static
    local: Array  # float64 (n, 3), the mesh's own vertices, object frame: where solid textures live
    faces: Array  # int32 (m, 3), indices into the vertices, counter-clockwise seen from outside
    body: Array  # int32 (m,), the body of a triangle
    plane: Array  # int32 (m,), the same for triangles of one rigid body that lie in one plane
    first_vertex: Array  # int64 (b + 1,), where the vertices of a body begin
    first_face: Array  # int64 (b + 1,), where the triangles of a body begin
    semantic: Array  # uint8 (b,), Cityscapes label ids
    instance: Array  # int32 (b,), 0 where not counted
    material: Array  # int32 (m,), index into `materials`
    materials: tuple[Material, ...]  # of all bodies, the same ones kept once for each body
    material_body: Array  # int32 (materials,), the body of a material: its lamps switch it
    uv: Array  # float32 (m, 3, 2)
    still_vertices: Array  # float64 (., 3), world frame, of the static bodies
    still_normals: Array  # float32 (., 3), world frame
    local_normals: Array  # float32 (n, 3), object frame, of the undeformed mesh


class Frame(NamedTuple):
    """Where everything is in one frame of the clip."""

    number: int
    vertices: Array  # float64 (n, 3), world frame
    normals: Array  # float32 (n, 3), world frame, unit: vertex normals for smooth shading
    poses: Array  # float64 (b, 4, 4), world-from-object


def geometry(world: World) -> Geometry:
    """The triangles of a world.

    Raises:
        InputError: no bodies, an array of poses or of deformed vertices that does not fit, a mesh with a
            face that points nowhere, or a position that is not a number.
    """
    bodies = (*world.static, *world.moving)
    for number, body in enumerate(bodies):
        _check(body, number, world.frames, moving=number >= len(world.static))
    vertices = np.array([0, *(len(b.mesh.vertices) for b in bodies)]).cumsum()
    faces = np.array([0, *(len(b.mesh.faces) for b in bodies)]).cumsum()
    if not faces[-1]:
        raise InputError("the world has no triangles, so there is nothing to label: add a road or another body")
    if faces[-1] >= 2**31 or vertices[-1] >= 2**31:
        raise InputError(f"the world has {faces[-1]} triangles, more than 2^31: use simpler meshes")
    materials = np.array([0, *(len(b.mesh.materials) for b in bodies)]).cumsum()
    local = np.concatenate([b.mesh.vertices for b in bodies]).astype(np.float64, copy=False)
    every = np.concatenate([b.mesh.faces + start for b, start in zip(bodies, vertices, strict=False)])
    every = np.ascontiguousarray(every, np.int32)
    still = len(world.static)
    still_poses = np.stack([b.pose for b in world.static]) if still else np.zeros((0, 4, 4))
    local_normals = _vertex_normals(local, every)
    still_vertices, still_normals = _placed(still_poses, vertices[: still + 1], local, local_normals)
    return Geometry(
        bodies=bodies,
        still=still,
        local=local,
        faces=every,
        body=np.repeat(np.arange(len(bodies), dtype=np.int32), np.diff(faces)),
        plane=_planes(bodies, local, every, faces),
        first_vertex=vertices,
        first_face=faces,
        semantic=np.array([b.semantic for b in bodies], np.uint8),
        instance=np.array([b.instance for b in bodies], np.int32),
        material=np.concatenate(
            [b.mesh.material + start for b, start in zip(bodies, materials, strict=False)]
        ).astype(np.int32),
        materials=tuple(m for b in bodies for m in b.mesh.materials),
        material_body=np.repeat(np.arange(len(bodies), dtype=np.int32), np.diff(materials)),
        uv=np.concatenate([b.mesh.uv for b in bodies]).astype(np.float32, copy=False),
        still_vertices=still_vertices,
        still_normals=still_normals,
        local_normals=local_normals,
    )


def frame_at(shape: Geometry, number: int) -> Frame:
    """Every vertex in frame `number`."""
    start, first = shape.still, shape.first_vertex
    poses = np.stack([b.pose if b.pose.ndim == 2 else b.pose[number] for b in shape.bodies]).astype(np.float64)
    low = first[start]
    local, normals = shape.local[low:], shape.local_normals[low:]
    if any(b.deformed is not None for b in shape.bodies[start:]):
        local, normals = local.copy(), normals.copy()
        for k, body in enumerate(shape.bodies[start:], start):
            if body.deformed is not None:
                part = slice(first[k] - low, first[k + 1] - low)
                local[part] = body.deformed[number]
                normals[part] = _vertex_normals(local[part], body.mesh.faces)
    vertices, turned = _placed(poses[start:], first[start:] - low, local, normals)
    return Frame(
        number,
        np.concatenate([shape.still_vertices, vertices]),
        np.concatenate([shape.still_normals, turned]),
        poses,
    )


def _placed(poses: Array, first: Array, local: Array, normals: Array) -> tuple[Array, Array]:
    """Vertices (float64) and normals (float32) of bodies in a row, moved into the world."""
    from abound.render.kernels_geometry import placed

    out = np.empty((int(first[-1]), 3))
    turned = np.empty((int(first[-1]), 3), np.float32)
    placed(np.ascontiguousarray(poses, np.float64), first, local, normals, out, turned)
    return out, turned


def _planes(bodies: tuple[Body, ...], local: Array, faces: Array, first: Array) -> Array:
    """Number of the plane of every triangle; a deforming body's triangles have one each."""
    from abound.render.kernels_geometry import plane_keys

    deforms = np.array([b.deformed is not None for b in bodies])
    return np.asarray(np.unique(plane_keys(local, faces, first, deforms), return_inverse=True)[1], np.int32)


def _vertex_normals(vertices: Array, faces: Array) -> Array:
    """Unit normals, float32 (n, 3): the sum of the faces' normals around a vertex, weighed by their areas."""
    from abound.render.kernels_geometry import vertex_normals

    return vertex_normals(np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(faces, np.int32))


def _check(body: Body, number: int, frames: int, moving: bool) -> None:
    """Refuse what would end in a wrong picture or a crash in compiled code."""
    name = f"body {number}" + (f" ({body.kind})" if body.kind else "")
    size, faces = len(body.mesh.vertices), body.mesh.faces
    shapes = ((4, 4), (frames, 4, 4)) if moving else ((4, 4),)
    if body.pose.shape not in shapes:
        wanted = " or ".join(str(s) for s in shapes)
        raise InputError(f"the pose of {name} has the shape {body.pose.shape}, not {wanted}: give one pose a frame")
    if body.deformed is not None and (not moving or body.deformed.shape != (frames, size, 3)):
        raise InputError(
            f"the deformed vertices of {name} need the shape {(frames, size, 3)} and a place in `moving`"
        )
    if len(faces) and (faces.min() < 0 or faces.max() >= size):
        raise InputError(f"the mesh of {name} is broken: a face names a vertex that is not among its {size}")
    if body.mesh.material.shape != (len(faces),) or body.mesh.uv.shape != (len(faces), 3, 2):
        raise InputError(f"the mesh of {name} is broken: it needs a material and three uv corners for every face")
    if not (np.isfinite(body.mesh.vertices).all() and np.isfinite(body.pose).all()):
        raise InputError(f"the mesh or pose of {name} holds a value that is not a number: repair the mesh")
    if body.deformed is not None and not np.isfinite(body.deformed).all():
        raise InputError(f"the deformed vertices of {name} hold a value that is not a number")
