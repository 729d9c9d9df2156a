"""Small worlds with a camera at the origin that looks along +x, for tests of rays and labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Mesh, mesh, pose
from abound.render.world import Body, Camera, World

LOOKING = np.array([[0, 0, 1.0], [-1, 0, 0], [0, -1, 0]])  # columns: the camera's x, y, z in the world


def camera(
    frames: int = 2, width: int = 64, height: int = 48, at: Any = None, yaw: Any = 0.0, **more: Any
) -> Camera:
    """50 px of focal length, at `at` (frames, 3), turned left by `yaw` (frames,)."""
    poses = np.zeros((frames, 4, 4))
    places = np.zeros((frames, 3)) if at is None else np.broadcast_to(at, (frames, 3))
    for k, angle in enumerate(np.broadcast_to(yaw, frames)):
        poses[k] = pose(*places[k], yaw=float(angle))
        poses[k, :3, :3] = poses[k, :3, :3] @ LOOKING
    optics = {"fx": 50.0, "fy": 50.0, "cx": width / 2, "cy": height / 2} | more
    return Camera(poses, width, height, **optics)


def world(static: Any = (), moving: Any = (), lens: Camera | None = None, frames: int = 2) -> World:
    """A world of those bodies."""
    return World(frames, 10.0, tuple(static), tuple(moving), {"front": lens or camera(frames)})


def wall(x: float, left: float, right: float, low: float = -100.0, high: float = 100.0) -> Mesh:
    """A rectangle at distance x that faces the camera; left > right in y."""
    v = [(x, left, low), (x, right, low), (x, right, high), (x, left, high)]
    return mesh(v, [(0, 1, 2), (0, 2, 3)])


def still(shape: Mesh, semantic: int = 11, instance: int = 0, kind: str = "") -> Body:
    """A body that stands."""
    return Body(shape, np.eye(4), semantic, instance, kind)


def sliding(shape: Mesh, steps: Any, semantic: int = 26, instance: int = 1, kind: str = "car") -> Body:
    """A body that is shifted by steps[k] in frame k."""
    return Body(shape, np.stack([pose(*s) for s in steps]), semantic, instance, kind)
