"""Transforms of the camera and the weather: blur, noise, compression, fog, rain, snow; and a hole (cutout)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from abound.errors import InputError
from abound.pixels.sample import Sample, border_colour, hidden

Array = np.ndarray[Any, Any]
Range = tuple[float, float]


def _top(image: Array) -> int:
    return int(np.iinfo(image.dtype).max)


def _blended(image: Array, layer: float, share: Array | float) -> Array:
    """image * (1 - share) + layer * share, rounded; `share` (h, w) or one number."""
    if isinstance(share, np.ndarray) and image.ndim == 3:
        share = share[..., None]
    out = image + (np.float32(layer) - image) * np.asarray(share, np.float32)
    return np.clip(np.round(out), 0, _top(image)).astype(image.dtype)


def _clouds(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Array:
    """A smooth random picture, float32 (h, w), about 0 to 1."""
    import cv2

    grid = rng.uniform(0, 1, (cells + 1, cells + 1)).astype(np.float32)
    return np.asarray(cv2.resize(grid, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)).clip(0, 1)


@dataclass(frozen=True)
class Blur:
    """Out of focus: a Gaussian of `sigma` pixels."""

    sigma: Range = (0.5, 2.0)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The blurred image."""
        import cv2

        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(*self.sigma))))


@dataclass(frozen=True)
class MotionBlur:
    """The camera moved while the shutter was open: a streak of `length` pixels in any direction."""

    length: Range = (3.0, 9.0)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The smeared image; the streak is centred, so that objects stay where their labels are."""
        import cv2

        length, angle = float(rng.uniform(*self.length)), float(rng.uniform(0, math.pi))
        size = 2 * math.ceil(length / 2) + 1
        x, y = np.meshgrid(np.arange(size) - size // 2, np.arange(size) - size // 2)
        along, across = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
        kernel = np.clip(1 - np.abs(across), 0, 1) * np.clip(length / 2 + 0.5 - np.abs(along), 0, 1)
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101))


@dataclass(frozen=True)
class Noise:
    """Sensor noise: normal, of a standard deviation that is a share of white; each channel its own."""

    sigma: Range = (0.01, 0.05)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The noisy image."""
        sigma = float(rng.uniform(*self.sigma)) * _top(image)
        noisy = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(sigma)
        return np.clip(np.round(noisy), 0, _top(image)).astype(image.dtype)


@dataclass(frozen=True)
class Jpeg:
    """Compressed and read again at a `quality` of 1 to 100; images of 8 bits only."""

    quality: tuple[int, int] = (30, 90)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The image with the marks of compression; InputError for 16 bits."""
        import cv2

        if image.dtype != np.uint8:
            raise InputError("jpeg holds 8 bits and this image has 16: leave jpeg out")
        quality = int(rng.integers(self.quality[0], self.quality[1] + 1))
        # The encoder takes BGR, and the order of channels decides how colours are thinned out.
        order = image[..., ::-1] if image.ndim == 3 else image
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(order), [cv2.IMWRITE_JPEG_QUALITY, quality])
        back = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
        return np.ascontiguousarray(back[..., ::-1]) if image.ndim == 3 else back


@dataclass(frozen=True)
class Fog:
    """Light that scatters: the picture fades into a pale grey, unevenly, by `density`."""

    density: Range = (0.2, 0.6)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The foggy image."""
        density = float(rng.uniform(*self.density))
        share = density * (0.6 + 0.4 * _clouds(image.shape, 4, rng))
        return _blended(image, 0.85 * _top(image), share.astype(np.float32))


@dataclass(frozen=True)
class Rain:
    """Streaks of one slant, `drops` a hundred thousand pixels, over a darker and duller picture."""

    drops: Range = (100.0, 400.0)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The rainy image."""
        import cv2

        height, width = image.shape[:2]
        count = round(float(rng.uniform(*self.drops)) * height * width / 1e5)
        slant, length = float(rng.uniform(-0.3, 0.3)), max(3.0, 0.06 * height)
        starts, lengths = rng.uniform(0, 1, (count, 2)) * [width, height], rng.uniform(0.5, 1.5, count) * length
        layer = np.zeros((height, width), np.uint8)
        for (x, y), long in zip(starts, lengths, strict=True):
            end = (round(x + slant * long), round(y + long))
            cv2.line(layer, (round(x), round(y)), end, int(rng.integers(90, 200)), 1, cv2.LINE_AA)
        dull = _blended(image, 0.35 * _top(image), 0.2)
        return _blended(dull, 0.85 * _top(image), layer.astype(np.float32) / 255 * 0.8)


@dataclass(frozen=True)
class Snow:
    """Flakes of several sizes, `flakes` a hundred thousand pixels, and a brighter ground."""

    flakes: Range = (100.0, 500.0)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The snowy image."""
        import cv2

        height, width = image.shape[:2]
        count = round(float(rng.uniform(*self.flakes)) * height * width / 1e5)
        layer = np.zeros((height, width), np.uint8)
        places, sizes = (
            rng.uniform(0, 1, (count, 2)) * [width, height],
            rng.uniform(0.5, 0.004 * height + 1.5, count),
        )
        for (x, y), radius in zip(places, sizes, strict=True):
            cv2.circle(layer, (round(x * 8), round(y * 8)), round(radius * 8), 255, -1, cv2.LINE_AA, 3)
        pale = _blended(image, 0.9 * _top(image), 0.15)
        soft = cv2.GaussianBlur(layer, (0, 0), 0.7).astype(np.float32) / 255
        return _blended(pale, 0.97 * _top(image), 0.9 * np.asarray(soft))


@dataclass(frozen=True)
class Cutout:
    """`holes` rectangles with sides of `share` of the image are covered (DeVries and Taylor 2017).

    What lies under a hole loses its labels; an object that is covered almost whole is gone.
    """

    holes: int = 1
    share: Range = (0.1, 0.3)
    chance: float = 1.0

    def apply(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """The sample with its holes, in the colour of the border."""
        width, height = sample.size
        hole = np.zeros((height, width), bool)
        for _ in range(self.holes):
            w, h = (max(1, round(float(rng.uniform(*self.share)) * side)) for side in (width, height))
            x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
            hole[y : y + h, x : x + w] = True
        return hidden(sample, hole, border_colour(sample.image))
