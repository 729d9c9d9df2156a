"""What falls between the eye and the street: rain streaks and snow flakes.

Drops and flakes stand in a box around the camera that repeats itself, in the world's frame: each falls with its own
speed, so flakes go on falling from frame to frame. A streak is the way of a drop relative to the camera while the
shutter is open. Fall speeds: rain after Atlas et al. 1973, snow about 1.2 m/s.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.sky import Sky
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]
BOX = np.array([24.0, 24.0, 12.0])  # metres


def fallen(
    frame: Array, depth: Array, world: World, sky: Sky, camera: Camera, number: int, lamps: Array, exposure: float, seed: int
) -> None:  # fmt: skip
    """Draw rain and snow into radiance (h, w, 3), in place, before what is farther than they are (depth, metres)."""
    c = world.conditions
    if c.rain > 0.0:
        count = int(min(16000, 2200 * c.rain**0.6))
        _drawn(frame, depth, world, sky, camera, number, lamps, (seed, 1), count, 7.0, 0.0016, 0.5, 0.25, 1.0 / 80.0)
    if c.snowfall > 0.0:
        count = int(min(30000, 8000 * c.snowfall**0.6))
        _drawn(frame, depth, world, sky, camera, number, lamps, (seed, 2), count, 1.2, 0.005, 0.9, 0.5, 1.0 / 250.0)


def _drawn(
    frame: Array, depth: Array, world: World, sky: Sky, camera: Camera, number: int, lamps: Array,
    seed: tuple[int, int], count: int, speed: float, radius: float, opaque: float, wander: float,
    shutter: float,
) -> None:  # fmt: skip
    """Particles of one kind."""
    from abound.render.shade_weather import streaks

    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
    start = random.random((count, 3)) * BOX
    fall = np.stack(
        [wander * random.standard_normal(count), wander * random.standard_normal(count) + 0.6 * speed * 0.3,
         -speed * random.uniform(0.75, 1.25, count)], axis=-1,
    )  # fmt: skip
    size = radius * random.uniform(0.6, 1.5, count)
    pose = camera.pose[number]
    eye = pose[:3, 3]
    other = camera.pose[number + 1 if number + 1 < world.frames else max(0, number - 1)][:3, 3]
    way = (other - eye) * world.rate * (1.0 if number + 1 < world.frames else -1.0)
    place = np.mod(start + fall * (number / world.rate) - eye + BOX / 2, BOX) - BOX / 2 + eye
    light = np.asarray(sky.around[0] * 0.282095 / np.pi * 0.9 + sky.light * 0.12)
    streaks(
        frame, depth, place, place + (fall - way) * shutter, size, pose, camera.fx, camera.fy, camera.cx, camera.cy,
        light, lamps, opaque,
    )  # fmt: skip
