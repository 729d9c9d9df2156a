"""The cameras on the ego vehicle: their poses over the clip, with the slight nod and sway of a car on its springs."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.section import Drive, stream
from abound.render.spec import CameraSpec, Scene
from abound.render.world import Camera, Light

Array = np.ndarray[Any, Any]
_FIELD = 721.54 / 1242  # KITTI's focal length over its width


def cameras(scene: Scene, drive: Drive, seed: int) -> dict[str, Camera]:
    """Each camera of the rig by name."""
    vehicle = _vehicle(scene, drive, seed)
    return {c.name: _camera(c, vehicle) for c in scene.cameras}


def _vehicle(scene: Scene, drive: Drive, seed: int) -> Array:
    """World-from-vehicle, float64 (frames, 4, 4): origin on the road below the middle of the vehicle."""
    rng = stream(seed, "springs")
    x, y, yaw = drive.line.at(drive.s)
    t = drive.time
    moving = np.clip(drive.speed / 8.0, 0.0, 1.0)

    def sway(amount: float, low: float, high: float) -> Array:
        waves = [
            rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * rng.uniform(low, high) * t + rng.uniform(0, 6.28))
            for _ in range(3)
        ]
        return np.asarray(amount * moving * sum(waves))

    slowing = -np.gradient(drive.speed, t) if len(t) > 1 else np.zeros(len(t))
    pitch = sway(np.radians(0.12), 0.8, 1.9) + np.radians(0.16) * np.clip(slowing, -3.0, 9.0)
    roll = sway(np.radians(0.1), 0.5, 1.2)
    z = sway(0.006, 1.0, 2.2)
    out = np.tile(np.eye(4), (len(t), 1, 1))
    out[:, :3, :3] = _turned(yaw, pitch, roll)
    out[:, 0, 3], out[:, 1, 3], out[:, 2, 3] = x, y, z
    return out


def _turned(yaw: Array, pitch: Array, roll: Array) -> Array:
    """Roll about x, then pitch about y (positive: nose down), then yaw about z: float64 (frames, 3, 3)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_euler("xyz", np.stack([roll, pitch, yaw], -1)).as_matrix())


def _camera(spec: CameraSpec, vehicle: Array) -> Camera:
    mount = np.eye(4)
    angles = [np.array([np.radians(v)]) for v in (spec.yaw, spec.pitch, 0.0)]
    # Camera axes in the vehicle: its z is forward, its x to the right, its y down.
    axes = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    mount[:3, :3] = _turned(*angles)[0] @ axes
    mount[:3, 3] = spec.x, spec.y, spec.z
    focal = spec.focal or _FIELD * spec.width
    return Camera(vehicle @ mount, spec.width, spec.height, focal, focal, spec.width / 2, spec.height / 2)


def headlights(drive: Drive, scene: Scene, seed: int) -> tuple[Light, ...]:
    """The ego vehicle's own two low beams."""
    vehicle = _vehicle(scene, drive, seed)
    out = []
    for y in (0.65, -0.65):
        at = vehicle @ np.array([2.3, y, 0.65, 1.0])
        way = vehicle[:, :3, :3] @ np.array([0.9975, -0.02 * np.sign(y), -0.055])
        out.append(Light(at[:, :3], (140.0, 135.0, 121.0), way / np.linalg.norm(way, axis=1, keepdims=True), 32.0))
    return tuple(out)
