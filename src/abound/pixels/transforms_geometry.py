"""Transforms that move pixels. Each draws one `Warp`; labels follow it (`abound.pixels.sample.moved`).

Ranges are (low, high); angles in degrees, counter-clockwise as seen; shares are of width and height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from abound.errors import InputError
from abound.pixels.warp import STEEPEST, Field, Warp, steepness

Array = np.ndarray[Any, Any]
Range = tuple[float, float]


@dataclass(frozen=True)
class HFlip:
    """Left becomes right."""

    chance: float = 0.5

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The mirror map."""
        return Warp((width, height), (width, height), (np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]]),))


@dataclass(frozen=True)
class VFlip:
    """Top becomes bottom."""

    chance: float = 0.5

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The mirror map."""
        return Warp((width, height), (width, height), (np.array([[1.0, 0, 0], [0, -1, height], [0, 0, 1]]),))


@dataclass(frozen=True)
class Rot90:
    """One, two or three quarter turns; `turns` lists those to draw from."""

    turns: tuple[int, ...] = (1, 2, 3)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The turned map; width and height change places for odd turns."""
        turns = self.turns[int(rng.integers(len(self.turns)))] % 4
        matrix, size = np.eye(3), (width, height)
        for _ in range(turns):
            matrix = np.array([[0.0, 1, 0], [-1, 0, size[0]], [0, 0, 1]]) @ matrix
            size = size[1], size[0]
        return Warp((width, height), size, (matrix,))


@dataclass(frozen=True)
class Crop:
    """A window of whole pixels whose sides are shares of the image's, each drawn from `share`."""

    share: Range = (0.7, 1.0)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The window's map; at least one pixel remains."""
        size, at = [], []
        for side in (width, height):
            new = max(1, round(side * float(rng.uniform(*self.share))))
            size.append(min(new, side))
            at.append(int(rng.integers(side - size[-1] + 1)))
        shift = np.array([[1.0, 0, -at[0]], [0, 1, -at[1]], [0, 0, 1]])
        return Warp((width, height), (size[0], size[1]), (shift,))


@dataclass(frozen=True)
class Resize:
    """To `width` x `height` pixels; without them, by one factor drawn from `scale`."""

    width: int | None = None
    height: int | None = None
    scale: Range = (0.75, 1.25)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The scaling map."""
        factor = float(rng.uniform(*self.scale))
        size = (self.width or max(1, round(width * factor)), self.height or max(1, round(height * factor)))
        return Warp((width, height), size, (np.diag([size[0] / width, size[1] / height, 1.0]),))


@dataclass(frozen=True)
class Affine:
    """Turn, scale, shear and shift about the centre; the size stays."""

    rotate: Range = (-15.0, 15.0)
    scale: Range = (0.9, 1.1)
    shear: Range = (-5.0, 5.0)
    translate: Range = (-0.05, 0.05)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """One affine map."""
        angle = math.radians(float(rng.uniform(*self.rotate)))
        scale = float(rng.uniform(*self.scale))
        shear = math.tan(math.radians(float(rng.uniform(*self.shear))))
        x, y = (float(rng.uniform(*self.translate)) for _ in range(2))
        return _centred(width, height, angle, scale, shear, x * width, y * height)


@dataclass(frozen=True)
class Rotate:
    """A turn about the centre by `degrees`."""

    degrees: Range = (-15.0, 15.0)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The turning map; the size stays, so corners leave the picture."""
        return _centred(width, height, math.radians(float(rng.uniform(*self.degrees))))


@dataclass(frozen=True)
class Scale:
    """Nearer or farther about the centre; the size stays."""

    factor: Range = (0.8, 1.2)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The scaling map."""
        return _centred(width, height, scale=float(rng.uniform(*self.factor)))


@dataclass(frozen=True)
class Shear:
    """A slant along x by `degrees`."""

    degrees: Range = (-10.0, 10.0)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The slanting map."""
        return _centred(width, height, shear=math.tan(math.radians(float(rng.uniform(*self.degrees)))))


@dataclass(frozen=True)
class Translate:
    """A shift by whole pixels, up to `share` of each side."""

    share: Range = (-0.1, 0.1)
    chance: float = 1.0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The shifting map."""
        x, y = (round(float(rng.uniform(*self.share)) * side) for side in (width, height))
        return _centred(width, height, x=x, y=y)


def _centred(
    width: int,
    height: int,
    angle: float = 0.0,
    scale: float = 1.0,
    shear: float = 0.0,
    x: float = 0.0,
    y: float = 0.0,
) -> Warp:
    centre = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    # y points down, so a turn that looks counter-clockwise has the sine in the first row.
    turn = np.array([[cos, sin, x], [-sin, cos, y], [0, 0, 1]]) @ np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1]])
    back = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    return Warp((width, height), (width, height), (centre @ turn @ back,))


@dataclass(frozen=True)
class Perspective:
    """The corners move inwards or outwards, each by up to `share` of the sides, as seen from another place."""

    share: float = 0.08
    chance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 0.2:
            raise InputError(
                f"perspective share {self.share} is not between 0 and 0.2: beyond it the picture folds"
            )

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The projective map through the four moved corners."""
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        to = corners + rng.uniform(-self.share, self.share, (4, 2)) * [width, height]
        rows = []
        for (x, y), (u, v) in zip(corners, to, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        solved = np.linalg.solve(np.array(rows), to.ravel())
        return Warp((width, height), (width, height), (np.append(solved, 1.0).reshape(3, 3),))


@dataclass(frozen=True)
class Elastic:
    """Smooth local shifts: random displacements on a grid of `cells` a side, interpolated by cubics.

    `strength` is the largest displacement as a share of a cell. Up to .2 the field can always be inverted, so that
    points have one place (Simard, Steinkraus and Platt 2003 blur white noise, which does not promise this).
    """

    cells: int = 5
    strength: float = 0.15
    chance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 0.2 or not 1 <= self.cells <= 64:
            raise InputError(
                f"elastic takes strength 0 to 0.2 and 1 to 64 cells, not {self.strength} and {self.cells}"
            )

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The field's map."""
        import cv2

        cells = max(1, min(self.cells, min(width, height) // 4))
        reach = self.strength * min(width, height) / cells
        grid = rng.uniform(-reach, reach, (cells + 1, cells + 1, 2)).astype(np.float32)
        field = np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)).reshape(
            height, width, 2
        )
        # Neighbours of the grid that pull in opposite ways would fold the picture: the whole field is then weaker.
        field = field * min(1.0, 0.99 * STEEPEST / max(steepness(field), 1e-9))
        return Warp((width, height), (width, height), (Field(field.astype(np.float32)),))
