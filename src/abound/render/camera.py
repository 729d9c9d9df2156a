"""The pinhole camera: rays through pixel centres, projection, and the checks of its size.

Camera frame (OpenCV): x right, y down, z forward. Image coordinates are continuous: the middle of the pixel in
row i and column j is at (j + .5, i + .5). A ray's direction has z = 1 in the camera frame, so the distance along
it IS the z-depth; the length of the way from the camera to the point is that times the direction's length.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.errors import InputError, UnknownName, did_you_mean
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]
LARGEST = 8192  # pixels of a side


def camera_named(world: World, name: str) -> Camera:
    """The camera of that name.

    Raises:
        UnknownName: there is none (did you mean).
        InputError: the clip has no frames, a side is below 1 or above 8,192 pixels, a focal length is not above 0,
            or the poses do not fit.
    """
    if name not in world.cameras:
        raise UnknownName(f"this world has no camera {name!r}; {did_you_mean(name, world.cameras)}")
    if world.frames < 1:
        raise InputError(f"a clip needs at least one frame, and it has {world.frames}: set `frames` to 1 or more")
    camera = world.cameras[name]
    if not (1 <= camera.width <= LARGEST and 1 <= camera.height <= LARGEST):
        raise InputError(
            f"camera {name!r} asks for frames of {camera.width} x {camera.height} pixels: "
            f"each side must be 1 to {LARGEST}"
        )
    if not (camera.fx > 0 and camera.fy > 0 and camera.near > 0):
        raise InputError(f"camera {name!r} needs fx, fy and near above 0: {camera.fx}, {camera.fy}, {camera.near}")
    if camera.pose.shape != (world.frames, 4, 4):
        raise InputError(
            f"the pose of camera {name!r} has the shape {camera.pose.shape}, not {(world.frames, 4, 4)}: "
            "give one pose a frame"
        )
    if not np.isfinite(camera.pose).all():
        raise InputError(f"the pose of camera {name!r} holds a value that is not a number")
    return camera


def rays(camera: Camera, frame: int) -> tuple[Array, Array]:
    """Origin (3,) and directions (height * width, 3) of the rays through the pixel centres, world frame, float64.

    Row by row. Directions have z = 1 in the camera frame and are not of unit length.
    """
    from abound.render.kernels_camera import aimed_at_centres

    out = np.empty((camera.height * camera.width, 3))
    aimed_at_centres(pose_of(camera, frame), lens(camera), camera.width, out)
    return pose_of(camera, frame)[:3, 3], out


def rays_at(camera: Camera, frame: int, pixels: Array) -> tuple[Array, Array]:
    """Origin (3,) and directions (n, 3) of the rays through image coordinates (n, 2), world frame, float64."""
    from abound.render.kernels_camera import aimed

    out = np.empty((len(pixels), 3))
    aimed(pose_of(camera, frame), lens(camera), np.ascontiguousarray(pixels, np.float64), out)
    return pose_of(camera, frame)[:3, 3], out


def pose_of(camera: Camera, frame: int) -> Array:
    """World-from-camera in a frame, float64 (4, 4), contiguous."""
    return np.ascontiguousarray(camera.pose[frame], np.float64)


def lens(camera: Camera) -> Array:
    """fx, fy, cx, cy, float64 (4,)."""
    return np.array([camera.fx, camera.fy, camera.cx, camera.cy], np.float64)


def to_camera(camera: Camera, frame: int, points: Array) -> Array:
    """World points (n, 3) in the camera frame, float64 (n, 3). The pose's rotation is orthonormal."""
    pose = camera.pose[frame]
    return np.asarray((points - pose[:3, 3]) @ pose[:3, :3])


def project(camera: Camera, points: Array) -> Array:
    """Image coordinates (n, 2) of points (n, 3) of the camera frame; nan where not before the near plane."""
    z = np.where(points[:, 2] > camera.near, points[:, 2], np.nan)
    return np.stack([camera.fx * points[:, 0] / z + camera.cx, camera.fy * points[:, 1] / z + camera.cy], axis=-1)
