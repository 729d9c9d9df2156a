"""Boxes of counted objects in the image and in space, and how much of each is seen."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.camera import lens, pose_of
from abound.render.geometry import Geometry
from abound.render.rays import Hits, Moment
from abound.render.world import Camera

Array = np.ndarray[Any, Any]
Box = tuple[float, float, float, float]  # left, top, right, bottom in image coordinates; a pixel is 1 wide


class ObjectLabel(NamedTuple):
    """One object that has pixels in the frame, or would have if nothing stood before it."""

    instance: int  # the same in every frame of the clip: its track
    kind: str  # "car", "adult", ...
    semantic: int  # Cityscapes label id of its largest body
    amodal_box: Box  # of its projection, not cut off at the image's edge; what is behind the near plane is cut off
    visible_box: Box | None  # of its visible pixels, with their full width; None where no pixel is visible
    visible_pixels: int
    alone_pixels: int  # pixels in the frame that it would have if it were alone
    visible_fraction: float  # visible_pixels / alone_pixels
    truncation: float  # share of the amodal box that is outside of the image, 0 to 1
    centre: tuple[float, float, float]  # of the 3D box, metres, world frame
    size: tuple[float, float, float]  # length along the heading, width, height, metres
    yaw: float  # heading, radians about z from +x to +y, -pi to pi
    centre_camera: tuple[float, float, float]  # the same centre in the camera frame
    yaw_camera: float  # about the camera's y axis (down), 0 where it faces to the right: KITTI's rotation_y


def object_labels(moment: Moment, hits: Hits, camera: Camera) -> list[ObjectLabel]:
    """The objects of a frame, by instance.

    The 3D box holds every vertex of every body of the object in that frame and stands upright; its heading is
    that of the largest body. `visible_fraction` counts the same pixel centres in both of its terms.
    """
    from abound.render.kernels_boxes import covered, in_camera, projected, seen_boxes

    shape, number = moment.geometry, moment.frame.number
    members = members_of(shape)
    if not members:
        return []
    rank = np.full(len(shape.bodies), -1, np.int32)
    for row, bodies in enumerate(members.values()):
        rank[bodies] = row
    counts = np.zeros(len(members), np.int64)
    pixels = np.tile(np.array([camera.width, camera.height, -1, -1], np.int64), (len(members), 1))
    seen_boxes(hits.triangle, shape.body, rank, camera.width, counts, pixels)
    pose, optics = pose_of(camera, number), lens(camera)
    points = np.empty_like(moment.frame.vertices)
    out = []
    for row, (instance, bodies) in enumerate(members.items()):
        amodal = np.array([np.inf, np.inf, -np.inf, -np.inf])
        for b in bodies:
            in_camera(moment.frame.vertices, pose, shape.first_vertex[b], shape.first_vertex[b + 1], points)
            projected(points, _faces(shape, b), optics, camera.near, amodal)
        inside = np.clip(amodal, 0, [camera.width, camera.height, camera.width, camera.height])
        if not (inside[2] > inside[0] and inside[3] > inside[1]):
            continue
        # The mask is of the part of the image that the object can be in: shift the lens to its corner.
        left, top = int(inside[0]), int(inside[1])
        mask = np.zeros((int(np.ceil(inside[3])) - top, int(np.ceil(inside[2])) - left), np.uint8)
        moved = optics - [0, 0, left, top]
        for b in bodies:
            covered(points, _faces(shape, b), moved, camera.near, mask)
        alone = max(int(np.count_nonzero(mask)), int(counts[row]))
        if alone:
            area = (amodal[2] - amodal[0]) * (amodal[3] - amodal[1])
            kept = (inside[2] - inside[0]) * (inside[3] - inside[1])
            box = pixels[row] + [0, 0, 1, 1] if counts[row] else None
            out.append(
                _label(moment, camera, instance, bodies, amodal, box, int(counts[row]), alone, 1 - kept / area)
            )
    return out


def members_of(shape: Geometry) -> dict[int, list[int]]:
    """Bodies of each counted instance."""
    out: dict[int, list[int]] = {}
    for body in np.flatnonzero(shape.instance):
        out.setdefault(int(shape.instance[body]), []).append(int(body))
    return dict(sorted(out.items()))


def _label(
    moment: Moment, camera: Camera, instance: int, bodies: list[int], amodal: Array, box: Array | None,
    visible: int, alone: int, truncation: float,
) -> ObjectLabel:  # fmt: skip
    shape, frame = moment.geometry, moment.frame
    main = max(bodies, key=lambda b: _volume(shape, b))
    centre, size, yaw = box_in_space(moment, bodies, main)
    pose = pose_of(camera, frame.number)
    seen_from = (centre - pose[:3, 3]) @ pose[:3, :3]
    heading = pose[:3, :3].T @ np.array([np.cos(yaw), np.sin(yaw), 0.0])
    return ObjectLabel(
        instance=instance,
        kind=next((shape.bodies[b].kind for b in [main, *bodies] if shape.bodies[b].kind), ""),
        semantic=int(shape.semantic[main]),
        amodal_box=_four(amodal),
        visible_box=None if box is None else _four(box),
        visible_pixels=visible,
        alone_pixels=alone,
        visible_fraction=visible / alone,
        truncation=float(min(max(truncation, 0.0), 1.0)),
        centre=_three(centre),
        size=_three(size),
        yaw=yaw,
        centre_camera=_three(seen_from),
        yaw_camera=float(np.arctan2(-heading[2], heading[0])),
    )


def box_in_space(moment: Moment, bodies: list[int], main: int) -> tuple[Array, Array, float]:
    """Centre (3,), size (3,) and yaw of the upright box about all vertices of bodies, heading as the main one."""
    from abound.render.kernels_boxes import turned_bounds

    first, pose = moment.geometry.first_vertex, moment.frame.poses[main]
    yaw = float(np.arctan2(pose[1, 0], pose[0, 0]))
    cosine, sine = np.cos(yaw), np.sin(yaw)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for b in bodies:
        turned_bounds(moment.frame.vertices[first[b] : first[b + 1]], cosine, sine, low, high)
    x, y, z = (low + high) / 2
    return np.array([cosine * x - sine * y, sine * x + cosine * y, z]), high - low, yaw


def _volume(shape: Geometry, body: int) -> float:
    part = shape.local[shape.first_vertex[body] : shape.first_vertex[body + 1]]
    return float(np.prod(part.max(axis=0) - part.min(axis=0))) if len(part) else 0.0


def _faces(shape: Geometry, body: int) -> Array:
    return shape.faces[shape.first_face[body] : shape.first_face[body + 1]]


def _four(values: Array) -> Box:
    a, b, c, d = (float(v) for v in values)
    return a, b, c, d


def _three(values: Array) -> tuple[float, float, float]:
    a, b, c = (float(v) for v in values)
    return a, b, c
