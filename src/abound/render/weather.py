"""What falls between the eye and the street: rain streaks and snow flakes.

Drops and flakes stand in a box around the camera that repeats itself, in the world's frame: each falls with its own
speed, so flakes go on falling from frame to frame. A streak is the way of a drop relative to the camera while the
shutter is open. Fall speeds: rain after Atlas et al. 1973, snow about 1.2 m/s.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.sky import Sky
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]
BOX = np.array([24.0, 24.0, 12.0])  # metres


class Drops(NamedTuple):
    """One kind of what falls."""

    number: int  # in the box
    speed: float  # m/s downwards
    radius: float  # metres, somewhat more than true, for the lens blurs them
    opaque: float
    wander: float  # m/s sideways
    shutter: float  # seconds


def fallen(
    frame: Array, depth: Array, world: World, sky: Sky, camera: Camera, number: int, lamps: Array,
    seed: int,
) -> None:  # fmt: skip
    """Draw rain and snow into radiance (h, w, 3), in place, before what lies behind them (depth, metres)."""
    c = world.conditions
    if c.rain > 0.0:
        rain = Drops(int(min(16000, 2200 * c.rain**0.6)), 7.0, 0.0016, 0.85, 0.25, 1.0 / 80.0)
        _drawn(frame, depth, world, sky, camera, number, lamps, (seed, 1), rain)
    if c.snowfall > 0.0:
        flakes = Drops(int(min(30000, 8000 * c.snowfall**0.6)), 1.2, 0.005, 0.9, 0.5, 1.0 / 250.0)
        _drawn(frame, depth, world, sky, camera, number, lamps, (seed, 2), flakes)


def _drawn(
    frame: Array, depth: Array, world: World, sky: Sky, camera: Camera, number: int, lamps: Array,
    seed: tuple[int, int], drops: Drops,
) -> None:  # fmt: skip
    """Particles of one kind."""
    from abound.render.shade_weather import streaks

    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
    n = drops.number
    start = random.random((n, 3)) * BOX
    fall = drops.wander * random.standard_normal((n, 3)) + [0.0, 0.18 * drops.speed, 0.0]
    fall[:, 2] = -drops.speed * random.uniform(0.75, 1.25, n)
    size = drops.radius * random.uniform(0.6, 1.5, n)
    pose = camera.pose[number]
    eye = pose[:3, 3]
    other = camera.pose[number + 1 if number + 1 < world.frames else max(0, number - 1)][:3, 3]
    way = (other - eye) * world.rate * (1.0 if number + 1 < world.frames else -1.0)
    place = np.mod(start + fall * (number / world.rate) - eye + BOX / 2, BOX) - BOX / 2 + eye
    light = np.asarray(sky.around[0] * 0.282095 / np.pi * 1.3 + sky.light * 0.12)
    streaks(
        frame, depth, place, place + (fall - way) * drops.shutter, size, pose, camera.fx, camera.fy, camera.cx,
        camera.cy, light, lamps, drops.opaque,
    )  # fmt: skip
