"""A clip as arrays: bodies, cameras, light and weather. What builders make, and what labels and pictures are made of.

World frame: x forward along the street, y left, z up, metres. Camera frame (OpenCV): x right, y down, z forward.
Image coordinates are continuous: the middle of the pixel in row i and column j is at (j + .5, i + .5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from abound.render.mesh import Colour, Mesh

Array = np.ndarray[Any, Any]


class Body(NamedTuple):
    """A mesh in the world. Static bodies have one pose, moving ones a pose a frame."""

    mesh: Mesh
    pose: Array  # world-from-object, float64 (4, 4), or (frames, 4, 4) for moving bodies
    semantic: int  # Cityscapes label id (`abound.pixels.cityscapes`)
    instance: int = 0  # 0: stuff that is not counted; else unique in the clip, kept over frames
    kind: str = ""  # class name of what is counted: "car", "adult", "child", "deer", ...
    deformed: Array | None = None  # float64 (frames, vertices, 3), object frame: replaces the mesh's vertices
    lamps: Mapping[str, Array] = {}  # float (frames,), scales the emission of materials with that `lamp`


class Light(NamedTuple):
    """A lamp that lights other things: a point, or a cone of it."""

    position: Array  # float64 (3,) or (frames, 3), world
    colour: Colour  # radiant intensity: lit white wall at 1 m has this radiance times pi
    direction: Array | None = None  # float64 (3,) or (frames, 3), unit; None: all round
    cone: float = 180.0  # degrees from the direction to the rim, soft over the outer third
    strength: Array | None = None  # float (frames,), 1 where None


class Conditions(NamedTuple):
    """Sun, sky and weather."""

    sun_elevation: float = 45.0  # degrees above the horizon; below 0 it is dusk, below -6 night
    sun_azimuth: float = 60.0  # degrees from +x towards +y
    cloud: float = 0.1  # 0 clear, 1 overcast
    visibility: float = np.inf  # metres at which contrast falls to 5 % (Koschmieder): fog 50 to 400
    rain: float = 0.0  # mm an hour
    snowfall: float = 0.0  # mm of water an hour
    wetness: float = 0.0  # of the road, 0 dry to 1 puddles
    snow_cover: float = 0.0  # share of upward surfaces that are white


class Camera(NamedTuple):
    """A pinhole camera that moves. KITTI-like by default."""

    pose: Array  # world-from-camera, float64 (frames, 4, 4)
    width: int = 1242
    height: int = 375
    fx: float = 721.54
    fy: float = 721.54
    cx: float = 621.0  # continuous: the middle of an image of width w is w / 2
    cy: float = 187.5
    near: float = 0.05  # metres


class Sensor(NamedTuple):
    """From radiance to a file: exposure, blur, noise."""

    exposure: float = 0.0  # stops beside the automatic exposure
    iso: float = 200.0  # noise grows with it
    blur: float = 0.4  # sd of the lens's blur, pixels
    jpeg: int = 0  # quality; 0: PNG


class World(NamedTuple):
    """Everything of a clip."""

    frames: int
    rate: float  # frames a second
    static: tuple[Body, ...]
    moving: tuple[Body, ...]
    cameras: Mapping[str, Camera]
    conditions: Conditions = Conditions()
    lights: tuple[Light, ...] = ()
    sensor: Sensor = Sensor()
    side: Literal["right", "left"] = "right"  # of the road on which one drives
