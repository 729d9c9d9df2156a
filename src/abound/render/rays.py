"""Rays against a world: Embree finds the triangle, double precision says where on it.

Static bodies stand in one tree for the whole clip. A rigid moving body has a tree in its own frame, built once,
and rays are moved into that frame, so no frame rebuilds it; a deforming one is built anew for each frame.
Coordinates that Embree sees are small (near the camera's path, or the object frame), because it calculates in
single precision. Where double precision finds that the ray passes Embree's triangle outside (shared edges,
silhouettes), rays around it are cast for more candidates, and the nearest that is met inside is taken.

Embree: Wald et al., ACM Transactions on Graphics 33(4), 2014.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.errors import InputError, MissingExtra, install_line
from abound.render.camera import camera_named, rays
from abound.render.geometry import Frame, Geometry, frame_at, geometry
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]
NOTHING = np.zeros(0, np.int32)
AROUND = 8  # rays about a doubtful one
SPREAD = 2e-5  # metres beside the ray, the rounding of single precision 200 m away from the origin


class Hits(NamedTuple):
    """What rays met first."""

    triangle: Array  # int32 (n,), number in `Geometry.faces`; -1: nothing, the sky
    weights: Array  # float64 (n, 2), of the second and third corner; the first has the rest of 1
    distance: Array  # float64 (n,), in lengths of the direction (z-depth for a camera's rays); inf where nothing


class Moment:
    """The world in one frame, ready for rays. Made by `Scene.at`."""

    def __init__(self, scene: Scene, frame: Frame) -> None:
        from abound.render.kernels_rays import body_boxes

        self.geometry: Geometry = scene.geometry
        self.frame: Frame = frame
        self._scene = scene
        self._trees: dict[int, Any] = {}
        order, first = scene.order, scene.geometry.first_vertex[scene.geometry.still :]
        boxes = np.empty((len(order), 6))
        body_boxes(frame.vertices, first, boxes)
        self._boxes = boxes[order]
        low = np.minimum.reduceat(self._boxes[:, :3], scene.groups[:-1]) if len(order) else boxes[:, :3]
        high = np.maximum.reduceat(self._boxes[:, 3:], scene.groups[:-1]) if len(order) else boxes[:, 3:]
        self._group_boxes = np.concatenate([low, high], axis=1)

    def intersect(self, origins: Array, directions: Array, start: float = 0.0) -> Hits:
        """The nearest hit of every ray, exact in double precision.

        Args:
            origins: float64 (n, 3), world frame, or (3,) for all rays.
            directions: float64 (n, 3), of any length; distances are in that length.
            start: what is nearer is not met; distances still count from the origin.
        """
        from abound.render.kernels_rays import met_all, settled

        o, d = _aligned(origins, directions)
        out = Hits(np.full(len(d), -1, np.int32), np.zeros((len(d), 2)), np.full(len(d), np.inf))
        doubt = np.zeros(len(d), bool)
        vertices, faces = self.frame.vertices, self.geometry.faces
        for which, found, first in self._found(o, d, start, out, doubt):
            met_all(which, found, first, o, d, vertices, faces, start, *out, doubt)
        again = np.flatnonzero(doubt).astype(np.int32)
        if len(again):
            settled(again, self._tries(o, d, start, out, again), o, d, vertices, faces, start, *out)
        return out

    def occluded(self, origins: Array, directions: Array, distance: Any = np.inf) -> Array:
        """Is anything between the origin and `distance` lengths of the direction? bool (n,).

        In single precision, for shadows: let origins stand off the surface that they leave by a millimetre or more.
        """
        from abound.render.kernels_passing import passing

        o, d = _aligned(origins, directions)
        far = np.minimum(np.broadcast_to(np.asarray(distance, np.float64), len(d)), 1e37)
        far32 = far.astype(np.float32)
        eo, ed = self._scene.seen_by_still(o, d, 0.0)
        out = np.asarray(self._scene.still.run(eo, ed, dists=far32.copy(), query="OCCLUDED") != -1)
        if not len(self._boxes):
            return out
        limit = np.where(out, -1.0, far)
        which, first = passing(o, d, limit, self._group_boxes, self._scene.groups, self._boxes)
        for k, body in enumerate(self._scene.order + self.geometry.still):
            part = which[first[k] : first[k + 1]]
            part = part[~out[part]]
            if len(part):
                eo, ed = self._seen_by(int(body), part, o, d, 0.0)
                tree = self._tree(int(body))
                out[part] = tree.run(eo, ed, dists=far32[part], query="OCCLUDED") != -1
        return out

    def _found(self, o: Array, d: Array, start: float, hits: Hits, doubt: Array | None) -> Any:
        """Embree's candidates, tree after tree: (rays or none for all, triangles, number of the first triangle).

        Bodies are asked after the static part has been met, only about rays that enter their box before that hit.
        """
        from abound.render.kernels_passing import passing

        yield NOTHING, self._scene.still.run(*self._scene.seen_by_still(o, d, start)), 0
        if not len(self._boxes):
            return
        limit = hits.distance if doubt is None else np.where(doubt, np.inf, hits.distance)
        which, first = passing(o, d, limit, self._group_boxes, self._scene.groups, self._boxes)
        for k, body in enumerate(self._scene.order + self.geometry.still):
            part = which[first[k] : first[k + 1]]
            if len(part):
                found = self._tree(int(body)).run(*self._seen_by(int(body), part, o, d, start))
                yield part, found, int(self.geometry.first_face[body])

    def _tries(self, o: Array, d: Array, start: float, hits: Hits, again: Array) -> Array:
        """Candidates for doubtful rays, int32 (rays, tries): what the rays around them and they themselves meet."""
        mine, towards = o[again] if len(o) > 1 else np.repeat(o, len(again), axis=0), d[again]
        length = np.linalg.norm(towards, axis=1, keepdims=True)
        side = np.cross(towards, np.eye(3)[np.abs(towards).argmin(axis=1)])
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        other = np.cross(towards / length, side)
        reach = np.where(np.isfinite(hits.distance[again]), hits.distance[again], 1.0)[:, None]
        wide = np.minimum(1e-6 + SPREAD / np.maximum(reach * length, 1e-3), 1e-3) * length
        angle = 2 * np.pi * np.arange(AROUND) / AROUND
        ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
        around = np.concatenate([towards[:, None], towards[:, None] + ring * wide[:, None]], axis=1).reshape(-1, 3)
        starts = np.repeat(mine, AROUND + 1, axis=0)
        nothing = Hits(NOTHING, NOTHING, np.full(len(around), np.inf))
        columns = []
        for which, found, first in self._found(starts, around, start, nothing, None):
            column = np.full(len(around), -1, np.int32)
            column[which if len(which) else slice(None)] = np.where(found >= 0, found + first, -1)
            columns.append(column.reshape(len(again), -1))
        return np.ascontiguousarray(np.concatenate(columns, axis=1))

    def _seen_by(self, body: int, which: Array, o: Array, d: Array, start: float) -> tuple[Array, Array]:
        """Rays in the frame of a body."""
        pose = self.frame.poses[body]
        return _into(which, len(which), o, d, start, np.linalg.inv(pose[:3, :3]), pose[:3, 3])

    def _tree(self, body: int) -> Any:
        """Embree's tree of a moving body, object frame: the clip's, or this frame's where it deforms."""
        shape = self.geometry.bodies[body]
        if shape.deformed is None:
            return self._scene.rigid(body)
        if body not in self._trees:
            self._trees[body] = _tree(shape.deformed[self.frame.number], shape.mesh.faces)
        return self._trees[body]


class Scene:
    """A world with Embree's trees, which are built as they are needed and kept.

    Raises:
        InputError: a world that cannot be rendered (`abound.render.geometry.geometry`), or no camera.
        MissingExtra: embreex or numba is not installed.
    """

    def __init__(self, world: World) -> None:
        cameras = [camera_named(world, name) for name in world.cameras]
        if not cameras:
            raise InputError("the world has no camera, so nothing sees it: add one to `cameras`")
        self.world = world
        self.geometry: Geometry = geometry(world)
        places = np.concatenate([c.pose[:, :3, 3] for c in cameras])
        self.shift: Array = np.round(places.mean(axis=0))
        still = self.geometry.first_face[self.geometry.still]
        self.still = _tree(self.geometry.still_vertices - self.shift, self.geometry.faces[:still])
        moving = self.geometry.instance[self.geometry.still :]
        whose = np.where(moving > 0, moving, -1 - np.arange(len(moving)))
        self.order: Array = np.argsort(whose, kind="stable")  # moving bodies, those of an instance in a row
        starts = np.flatnonzero(np.diff(whose[self.order], prepend=0)) if len(moving) else np.zeros(0, int)
        self.groups: Array = np.append(starts, len(moving))
        self._rigid: dict[int, Any] = {}

    def at(self, number: int) -> Moment:
        """The world in frame `number`, 0 to frames - 1."""
        return Moment(self, frame_at(self.geometry, number))

    def rigid(self, body: int) -> Any:
        """The tree of a rigid body, in its own frame."""
        if body not in self._rigid:
            shape = self.geometry.bodies[body].mesh
            self._rigid[body] = _tree(shape.vertices, shape.faces)
        return self._rigid[body]

    def seen_by_still(self, o: Array, d: Array, start: float) -> tuple[Array, Array]:
        """Rays as the tree of the static bodies knows them."""
        return _into(NOTHING, len(d), o, d, start, np.eye(3), self.shift)


def primary(moment: Moment, camera: Camera) -> Hits:
    """What the camera sees at its pixel centres, row by row (height * width): `distance` is z-depth in metres."""
    origin, directions = rays(camera, moment.frame.number)
    return seen(moment, camera, origin, directions)


def seen(moment: Moment, camera: Camera, origin: Array, directions: Array) -> Hits:
    """First hits behind the near plane of a camera's rays (z = 1 in the camera frame); distances from the eye."""
    return moment.intersect(origin, directions, camera.near)


def _aligned(origins: Array, directions: Array) -> tuple[Array, Array]:
    d = np.ascontiguousarray(directions, np.float64)
    o = np.ascontiguousarray(np.atleast_2d(origins), np.float64)
    return o, d


def _into(
    which: Array, n: int, o: Array, d: Array, start: float, matrix: Array, shift: Array
) -> tuple[Array, Array]:
    from abound.render.kernels_rays import into

    eo, ed = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    into(which, o, d, start, matrix, np.asarray(shift, np.float64), eo, ed)
    return eo, ed


def _tree(vertices: Array, faces: Array) -> Any:
    """An Embree tree over one mesh. Robust mode leaves no cracks between triangles that share vertices."""
    try:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene
    except ImportError as error:
        raise MissingExtra(f"rendering scenes needs Embree: {install_line('scenes')}") from error
    scene = EmbreeScene(robust=True)
    if len(faces):
        TriangleMesh(scene, np.asarray(vertices, np.float32), np.asarray(faces, np.int32))
    return scene
