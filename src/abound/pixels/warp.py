"""One coordinate map for everything that moves: pixels, masks, boxes, keypoints and flow all ask the same object.

A point is (x, y) in pixels with the centre of the first pixel at (.5, .5), so an image covers [0, width] x [0,
height] and the box of a mask is the edges of its outermost pixels. A `Warp` maps points of the source image
forward to points of the result, and back for sampling. Maps are chained before any pixel is read: an image is
resampled once, and flips, quarter turns and crops by whole pixels stay exact to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from abound.errors import InputError

Array = np.ndarray[Any, Any]
LARGEST_SIDE = 32_000  # pixels: coordinates inside OpenCV are 16 bits
STEEPEST = 0.5  # a field may change by at most that much from pixel to pixel, so that it can be inverted
_ALONG = np.linspace(0.0, 1.0, 17)  # where the edges of a box are looked at when lines may bend


def steepness(offset: Array) -> float:
    """The largest change of displacements (h, w, 2) from one pixel to the next."""
    import cv2

    pairs = ((offset[1:], offset[:-1]), (offset[:, 1:], offset[:, :-1]))
    return max((float(cv2.norm(a, b, cv2.NORM_INF)) for a, b in pairs if a.size), default=0.0)


@dataclass(frozen=True, eq=False)
class Field:
    """A smooth field of displacements: the source of the point q is q + d(q). float32 (h, w, 2), at pixel centres.

    Between centres d is bilinear and beyond the border that of the border. Raises InputError where it is so steep
    that two points might have one source.
    """

    offset: Array

    def __post_init__(self) -> None:
        steepest = steepness(self.offset)
        if steepest > STEEPEST:
            raise InputError(
                f"the field changes by {steepest:.2f} pixels within one: at most {STEEPEST} keeps it whole"
            )

    def backward(self, points: Array) -> Array:
        """Sources of points (n, 2) of the result."""
        return points + self._at(points)

    def forward(self, points: Array) -> Array:
        """Where points (n, 2) of the source go: the fixed point of q = p - d(q), found as d is not steep."""
        moved = points - self._at(points)
        for _ in range(60):
            new = points - self._at(moved)
            if np.abs(new - moved).max(initial=0.0) < 1e-6:
                return new
            moved = new
        return moved

    def _at(self, points: Array) -> Array:
        height, width = self.offset.shape[:2]
        x = np.clip(points[:, 0] - 0.5, 0, width - 1)
        y = np.clip(points[:, 1] - 0.5, 0, height - 1)
        j, i = np.minimum(x.astype(np.int64), max(width - 2, 0)), np.minimum(y.astype(np.int64), max(height - 2, 0))
        fx, fy = (x - j)[:, None], (y - i)[:, None]
        right, below = np.minimum(j + 1, width - 1), np.minimum(i + 1, height - 1)
        d = self.offset
        top = d[i, j] * (1 - fx) + d[i, right] * fx
        return np.asarray(top * (1 - fy) + (d[below, j] * (1 - fx) + d[below, right] * fx) * fy, np.float64)


@dataclass(frozen=True, eq=False)
class Warp:
    """A map from an image of `source` (width, height) to one of `size`; `parts` are 3 x 3 matrices and fields."""

    source: tuple[int, int]
    size: tuple[int, int]
    parts: tuple[Array | Field, ...]

    def __post_init__(self) -> None:
        if not all(1 <= n <= LARGEST_SIDE for n in (*self.source, *self.size)):
            raise InputError(
                f"an image of {self.size[0]} x {self.size[1]} pixels cannot be made: sides are 1 to {LARGEST_SIDE}"
            )

    def then(self, other: Warp) -> Warp:
        """This map and then the other; neighbouring matrices become one."""
        if other.source != self.size:
            raise InputError(f"a map of {other.source} pixels cannot follow one that gives {self.size}")
        mine, theirs = self.parts, other.parts
        if isinstance(mine[-1], np.ndarray) and isinstance(theirs[0], np.ndarray):
            return Warp(self.source, other.size, (*mine[:-1], theirs[0] @ mine[-1], *theirs[1:]))
        return Warp(self.source, other.size, (*mine, *theirs))

    @cached_property
    def matrix(self) -> Array | None:
        """The whole map as one matrix, float64 (3, 3); None where a field is part of it."""
        only = self.parts[0]
        return only if len(self.parts) == 1 and isinstance(only, np.ndarray) else None

    @cached_property
    def exact(self) -> bool:
        """Whether each pixel of the result is one pixel of the source: flips, quarter turns, whole-pixel shifts."""
        m = self.matrix
        if m is None or not np.array_equal(m[2], [0, 0, 1]):
            return False
        turn = np.abs(m[:2, :2])
        signed = np.array_equal(np.sort(turn, axis=1), [[0, 1], [0, 1]]) and turn[0, 0] == turn[1, 1]
        return bool(signed and np.array_equal(m[:2, 2], np.round(m[:2, 2])))

    @cached_property
    def straight(self) -> bool:
        """Whether straight lines stay straight: the hull of a box is then that of its corners."""
        return self.matrix is not None

    @cached_property
    def mirrored(self) -> bool:
        """Whether left and right change places: the sign of the Jacobian's determinant, the same everywhere."""
        return bool(np.linalg.det(self.jacobian(np.array([[n / 2 for n in self.source]]))[0]) < 0)

    def forward(self, points: Array) -> Array:
        """Points (..., 2) of the source in the result, float64."""
        here = np.asarray(points, np.float64).reshape(-1, 2)
        for part in self.parts:
            here = part.forward(here) if isinstance(part, Field) else _projected(part, here)
        return here.reshape(np.shape(points))

    def backward(self, points: Array) -> Array:
        """Points (..., 2) of the result in the source, float64."""
        here = np.asarray(points, np.float64).reshape(-1, 2)
        for part in reversed(self.parts):
            here = part.backward(here) if isinstance(part, Field) else _projected(np.linalg.inv(part), here)
        return here.reshape(np.shape(points))

    def jacobian(self, points: Array) -> Array:
        """d result / d source at source points (n, 2): float64 (n, 2, 2), by differences over half a pixel."""
        steps = np.array([[0.25, 0.0], [0.0, 0.25]])
        sides = [(self.forward(points + s) - self.forward(points - s)) / 0.5 for s in steps]
        return np.stack(sides, axis=-1)

    def sources(self) -> Array:
        """The source of each pixel's centre, float32 (h, w, 2)."""
        width, height = self.size
        last = self.parts[-1]
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        grid = np.stack([x, y], -1)
        if len(self.parts) == 1 and isinstance(last, Field) and last.offset.shape[:2] == (height, width):
            return np.asarray(grid + last.offset, np.float32)
        return self.backward(grid).astype(np.float32)


def _projected(matrix: Array, points: Array) -> Array:
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:] if matrix[2, 0] or matrix[2, 1] else moved[:, :2] / matrix[2, 2])


def hull(warp: Warp, boxes: Array) -> Array:
    """Boxes (n, 4) of the result around what boxes left, top, right, bottom of the source become, unclipped."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    if warp.straight:
        share = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    else:
        zero, one = np.zeros_like(_ALONG), np.ones_like(_ALONG)
        edges = [(_ALONG, zero), (_ALONG, one), (zero, _ALONG), (one, _ALONG)]
        share = np.concatenate([np.stack(e, -1) for e in edges])
    outline = warp.forward(low + share * (high - low))
    return np.concatenate([outline.min(axis=1), outline.max(axis=1)], axis=1)


def sampled(image: Array, warp: Warp, fill: float | Array, nearest: bool = False, at: Array | None = None) -> Array:
    """The image (h, w) or (h, w, c) seen through the map; `fill` (one number, or one a channel) lies outside it.

    Pixels are interpolated linearly, after a blur where the map shrinks them, or taken from the nearest (labels).
    `at` is `warp.sources()` where it is known already.
    """
    import cv2

    if image.shape[1::-1] != warp.source:
        raise InputError(f"the map is for {warp.source} pixels and the image has {image.shape[1::-1]}")
    if warp.exact:
        return _turned(image, warp, fill)
    kind = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    border = tuple(
        float(v) for v in np.broadcast_to(np.asarray(fill, np.float64), (4 if image.ndim == 2 else image.shape[2],))
    )
    matrix = warp.matrix
    if matrix is None:
        x, y = cv2.split((warp.sources() if at is None else at) - np.float32(0.5))
        return np.asarray(cv2.remap(image, x, y, kind, borderMode=cv2.BORDER_CONSTANT, borderValue=border))
    if not nearest:
        image = _softened(image, matrix)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    indices = np.linalg.inv(half) @ matrix @ half
    options: dict[str, Any] = {"flags": kind, "borderMode": cv2.BORDER_CONSTANT, "borderValue": border}
    if matrix[2, 0] or matrix[2, 1]:
        return np.asarray(cv2.warpPerspective(image, indices, warp.size, **options))
    return np.asarray(cv2.warpAffine(image, indices[:2] / indices[2, 2], warp.size, **options))


def _softened(image: Array, matrix: Array) -> Array:
    """The image blurred as far as a matrix shrinks it, so that fine patterns do not turn into false coarse ones."""
    import cv2

    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale >= 0.8:
        return image
    sigma = 0.5 * float(np.sqrt(1 / scale**2 - 1))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))


def _turned(image: Array, warp: Warp, fill: float | Array) -> Array:
    """An exact map: transposed, flipped, and laid on a canvas."""
    import cv2

    m = warp.matrix
    assert m is not None, "an exact map is one matrix"
    turn = m[:2, :2]
    swapped = turn[0, 0] == 0
    signs = (turn[0, 1], turn[1, 0]) if swapped else (turn[0, 0], turn[1, 1])
    out = cv2.transpose(image) if swapped else image
    if signs[0] < 0 or signs[1] < 0:
        out = cv2.flip(out, -1 if signs[0] < 0 and signs[1] < 0 else int(signs[0] < 0))
    corners = np.array([[0, 0], warp.source], np.float64) @ turn.T + m[:2, 2]
    x, y = (int(v) for v in corners.min(axis=0))
    height, width = out.shape[:2]
    if (x, y) == (0, 0) and (width, height) == warp.size:
        return np.asarray(out).copy() if out is image else np.asarray(out)
    canvas = np.empty((warp.size[1], warp.size[0], *out.shape[2:]), out.dtype)
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, warp.size[0]), min(y + height, warp.size[1])
    inside = left < right and top < bottom
    if not inside or (left, top, right, bottom) != (0, 0, *warp.size):
        canvas[...] = np.asarray(fill).astype(out.dtype)
    if inside:
        canvas[top:bottom, left:right] = out[top - y : bottom - y, left - x : right - x]
    return canvas
