"""A street of plain shapes, about 130,000 triangles, on which labels are measured.

Eight rigid moving bodies (cars with turning wheels are five bodies each), three deforming walkers, a camera that
drives and turns. No randomness beside a seeded generator for leaves and windows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render import classes
from abound.render.mesh import Material, Mesh, box, cylinder, ellipsoid, grid, join, mesh, moved, pose
from abound.render.world import Body, Camera, World

FRAMES, RATE = 20, 10.0


def named(name: str, frames: int = FRAMES) -> World:
    """The plain street, or the one that the package builds by default."""
    if name == "plain":
        return street(frames)
    from abound.render.spec import read_scene
    from abound.render.street import build

    return build(read_scene({}), 1)


def street(frames: int = FRAMES, width: int = 1242, height: int = 375, seed: int = 5, moving: bool = True) -> World:
    """The world; `moving=False` leaves only the camera moving."""
    static = _surroundings(np.random.default_rng(seed))
    cars = [moved(_car(), x, y, 0, yaw) for x, y, yaw in ((14, -4.6, 0.02), (22, -4.7, 0), (36, -4.6, 0.01),
            (9, 4.8, 3.1), (30, 4.7, 3.14), (47, 4.8, 3.15))]  # fmt: skip
    parked = [Body(c, np.eye(4), classes.label_id("car"), 100 + i, "car") for i, c in enumerate(cars)]
    bodies = (*_traffic(frames), *_walkers(frames)) if moving else ()
    time = np.arange(frames) / RATE
    camera = Camera(
        _camera_poses(time), width, height, 721.54 * width / 1242, 721.54 * width / 1242, width / 2, height / 2
    )
    return World(frames, RATE, (*static, *parked), bodies, {"front": camera})


def _camera_poses(time: Any) -> Any:
    """Drives at 11 m/s, sways, pitches and turns left a little."""
    out = np.zeros((len(time), 4, 4))
    axes = np.array([[0, 0, 1.0], [-1, 0, 0], [0, -1, 0]])  # columns: the camera's x, y, z in the vehicle's frame
    for k, t in enumerate(time):
        yaw, pitch = 0.06 * np.sin(0.9 * t), 0.012 * np.sin(5.0 * t)
        c, s = np.cos(pitch), np.sin(pitch)
        tilt = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        out[k] = pose(11.0 * t, -1.7 + 0.1 * np.sin(t), 1.65, yaw)
        out[k, :3, :3] = out[k, :3, :3] @ tilt @ axes
    return out


def _surroundings(rng: np.random.Generator) -> list[Body]:
    ident = np.eye(4)
    of = classes.label_id
    bodies = [Body(_floor(-30, 330, -6, 6, 120, 4, 0.0), ident, of("road"))]
    for side in (-1, 1):
        low, high = sorted((side * 6, side * 10))
        bodies.append(Body(_floor(-30, 330, low, high, 90, 2, 0.12), ident, of("sidewalk")))
        low, high = sorted((side * 10, side * 150))
        bodies.append(Body(_floor(-30, 500, low, high, 40, 8, 0.1), ident, of("terrain")))
    for i in range(22):
        side = -1 if i % 2 else 1
        bodies.append(Body(moved(_house(rng), 12 + 13 * (i // 2), side * 16, 0.1), ident, of("building")))
    for i in range(26):
        side = -1 if i % 2 else 1
        bodies.append(Body(moved(_tree(rng), 6 + 9 * (i // 2), side * 8.5, 0.1), ident, of("vegetation")))
        if i % 3 == 0:
            pole = moved(cylinder(0.06, 6.0, detail=10), 10 + 9 * (i // 2), side * 6.6, 3.1)
            arm = moved(cylinder(0.03, 1.6, axis="y", detail=8), 10 + 9 * (i // 2), side * 5.9, 6.1)
            bodies.append(Body(join([pole, arm]), ident, of("pole")))
    return bodies


def _floor(x0: float, x1: float, y0: float, y1: float, nx: int, ny: int, z: float) -> Mesh:
    """A flat grid of quads that faces up."""
    x, y = np.meshgrid(np.linspace(x0, x1, nx + 1), np.linspace(y0, y1, ny + 1), indexing="ij")
    a = (np.arange(nx)[:, None] * (ny + 1) + np.arange(ny)).ravel()
    b, c, d = a + ny + 1, a + ny + 2, a + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return mesh(np.stack([x.ravel(), y.ravel(), np.full(x.size, z)], 1), faces)


def _house(rng: np.random.Generator) -> Mesh:
    height = float(rng.uniform(6, 16))
    parts = [box((11, 8, height), Material((0.6, 0.5, 0.4)), (0, 0, height / 2))]
    for floor in np.arange(1.6, height - 1, 3.0):
        for x in np.arange(-4.5, 5, 2.2):
            for y in (-4.0, 4.0):
                parts.append(box((1.1, 0.14, 1.5), Material((0.2, 0.2, 0.3)), (x, y, floor)))
    return join(parts)


def _tree(rng: np.random.Generator) -> Mesh:
    """A trunk and 2,000 leaves, each one triangle in a ball."""
    trunk = moved(cylinder(0.15, 3.0, detail=12), z=1.5)
    n = 2000
    at = rng.normal(size=(n, 3))
    at = at / np.linalg.norm(at, axis=1, keepdims=True) * rng.uniform(0.3, 1.0, (n, 1)) ** (1 / 3) * [1.6, 1.6, 1.9]
    corners = at[:, None] + rng.normal(scale=0.13, size=(n, 3, 3)) + [0, 0, 4.4]
    return join([trunk, mesh(corners.reshape(-1, 3), np.arange(3 * n))])


def _shell(detail: int = 44) -> Mesh:
    """A car's body of about 4,000 triangles: rounded sections along x."""
    s = np.linspace(-1, 1, detail)
    around = np.linspace(0, 2 * np.pi, detail, endpoint=False)
    top = 0.62 + 0.42 * np.exp(-(((s + 0.1) / 0.42) ** 4))
    wide = 0.88 * (1 - np.abs(s) ** 8 * 0.3)
    y = np.sign(np.cos(around)) * np.abs(np.cos(around)) ** 0.5
    z = np.sign(np.sin(around)) * np.abs(np.sin(around)) ** 0.5
    rings = np.stack(
        [np.repeat(2.1 * s[:, None], detail, 1), wide[:, None] * y, 0.28 + top[:, None] * (z + 1) * 0.5], -1
    )
    return grid(rings, Material((0.6, 0.1, 0.1)))


def _wheel() -> Mesh:
    return cylinder(0.32, 0.22, axis="y", detail=24)


def _car() -> Mesh:
    wheels = [moved(_wheel(), x, y, 0.32) for x in (-1.3, 1.3) for y in (-0.8, 0.8)]
    return join([_shell(), *wheels])


def _traffic(frames: int) -> list[Body]:
    """Two cars with wheels that turn, and six more rigid bodies: cars and a crossing ball-headed cart."""
    time = np.arange(frames) / RATE
    of = classes.label_id
    out = []
    for number, (x, y, yaw, speed, bend) in enumerate(
        ((18, -1.9, 0.0, 9.0, 0.02), (40, 1.9, np.pi, 12.0, 0.0), (60, 1.9, np.pi, 8.0, 0.03),
         (30, -1.9, 0.0, 13.0, 0.0),
         (55, -1.8, 0.0, 10.0, 0.05), (85, 2.0, np.pi, 15.0, 0.0), (26, 8.0, -np.pi / 2, 2.5, 0.1)), 1
    ):  # fmt: skip
        angle = yaw + bend * time
        poses = np.stack(
            [
                pose(x + speed * t * np.cos(yaw), y + speed * t * np.sin(yaw), 0, a)
                for t, a in zip(time, angle, strict=True)
            ]
        )
        with_wheels = number < 3
        out.append(Body(_shell() if with_wheels else _car(), poses, of("car"), number, "car"))
        if with_wheels:
            for wx in (-1.3, 1.3):
                for wy in (-0.8, 0.8):
                    out.append(Body(_wheel(), poses @ _spin(wx, wy, speed * time / 0.32), of("car"), number, "car"))
    tumble = np.stack(
        [pose(12 + 0.5 * t, -3.0 + t, 1.0 + 2 * t - 2 * t * t, 0) @ _spin(0, 0, 6 * t)[0] for t in time]
    )
    out.append(Body(ellipsoid((0.6, 0.4, 0.5), detail=24), tumble, of("dynamic"), 8, "debris"))
    return out


def _spin(x: float, y: float, angle: Any) -> Any:
    """Poses of a wheel about its own axle."""
    angle = np.atleast_1d(angle)
    out = np.tile(np.eye(4), (len(angle), 1, 1))
    out[:, 0, 0], out[:, 0, 2] = np.cos(angle), np.sin(angle)
    out[:, 2, 0], out[:, 2, 2] = -np.sin(angle), np.cos(angle)
    out[:, :3, 3] = x, y, 0.32
    return out


def _walkers(frames: int) -> list[Body]:
    """Three bodies of about 4,000 triangles whose legs and arms swing and whose trunks bend."""
    time = np.arange(frames) / RATE
    parts = [
        ellipsoid((0.34, 0.5, 0.7), centre=(0, 0, 1.15), detail=36),
        ellipsoid((0.2, 0.18, 0.26), centre=(0, 0, 1.65), detail=30),
    ]
    for side in (-1, 1):
        parts.append(moved(ellipsoid((0.16, 0.16, 0.9), detail=24), 0, side * 0.1, 0.45))
        parts.append(moved(ellipsoid((0.1, 0.1, 0.7), detail=20), 0, side * 0.3, 1.12))
    body = join(parts)
    out = []
    for k, (x, y, yaw, speed) in enumerate(
        ((11.0, 5.0, -np.pi / 2, 1.4), (24.0, -6.8, 0.0, 1.2), (33.0, 3.5, -1.2, 3.0))
    ):
        poses = np.stack([pose(x + speed * t * np.cos(yaw), y + speed * t * np.sin(yaw), 0.05, yaw) for t in time])
        deformed = np.stack([_stride(body.vertices, 6.0 * t + k) for t in time])
        out.append(Body(body, poses, classes.label_id("person"), 20 + k, "adult", deformed))
    return out


def _stride(vertices: Any, phase: float) -> Any:
    """Sway that grows away from the hips, opposite on both sides: a smooth map that is not rigid anywhere."""
    x, y, z = vertices.T
    swing = 0.5 * np.sin(phase) * (0.95 - z) * np.tanh(8 * y)
    return np.stack([x + swing, y + 0.03 * np.sin(phase + 3 * z), z - 0.2 * swing**2], 1)
