"""Transforms of colour and light: no pixel moves, so no label changes.

Colours are RGB, uint8 or uint16. Most of them are one affine map of a pixel's colour, which OpenCV applies in one
pass: light adds, contrast stretches about the mean, saturation and hue turn about the grey axis (in YIQ).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from abound.errors import InputError
from abound.pixels.sample import Sample

Array = np.ndarray[Any, Any]
Range = tuple[float, float]
LUMA = np.array([0.299, 0.587, 0.114])
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def _top(image: Array) -> int:
    return int(np.iinfo(image.dtype).max)


def _colour(image: Array, name: str) -> None:
    if image.ndim != 3:
        raise InputError(f"{name} needs a colour image and this one is grey: leave {name} out")


def _scaled(image: Array, factor: float, add: float) -> Array:
    """factor * image + add, rounded and kept in range."""
    top = _top(image)
    if image.dtype == np.uint8:
        import cv2

        table = np.clip(np.round(np.arange(256) * factor + add), 0, top).astype(np.uint8)
        return np.asarray(cv2.LUT(image, table))
    return np.clip(np.round(image * factor + add), 0, top).astype(image.dtype)


@dataclass(frozen=True)
class Brightness:
    """More or less light: `change` of white is added."""

    change: Range = (-0.2, 0.2)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The image in other light."""
        return _scaled(image, 1.0, float(rng.uniform(*self.change)) * _top(image))


@dataclass(frozen=True)
class Contrast:
    """Differences from the mean grow or shrink by `factor`."""

    factor: Range = (0.7, 1.3)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The image with another contrast."""
        factor = float(rng.uniform(*self.factor))
        return _scaled(image, factor, (1 - factor) * float(image.mean()))


@dataclass(frozen=True)
class Gamma:
    """Dark and light tones change places of emphasis: value ** `gamma`, white stays white."""

    gamma: Range = (0.7, 1.4)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The image through a tone curve."""
        gamma, top = float(rng.uniform(*self.gamma)), _top(image)
        curve = np.round((np.arange(top + 1) / top) ** gamma * top).astype(image.dtype)
        return np.asarray(curve[image])


@dataclass(frozen=True)
class HueSaturation:
    """Colours turn about the grey axis by `degrees` and grow stronger or paler by `saturation`."""

    degrees: Range = (-15.0, 15.0)
    saturation: Range = (0.7, 1.3)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The recoloured image; InputError for a grey one."""
        _colour(image, "hue_saturation")
        return _mixed(image, _turned(float(rng.uniform(*self.degrees)), float(rng.uniform(*self.saturation))), 0.0)


@dataclass(frozen=True)
class ColourJitter:
    """Brightness, contrast, saturation and hue at once, as one map of colours."""

    brightness: Range = (-0.2, 0.2)
    contrast: Range = (0.8, 1.2)
    saturation: Range = (0.8, 1.2)
    degrees: Range = (-10.0, 10.0)
    chance: float = 1.0

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The image in other light and colour; InputError for a grey one."""
        import cv2

        _colour(image, "colour_jitter")
        light, contrast = float(rng.uniform(*self.brightness)) * _top(image), float(rng.uniform(*self.contrast))
        turn = _turned(float(rng.uniform(*self.degrees)), float(rng.uniform(*self.saturation)))
        grey = float(np.array(cv2.mean(image)[:3]) @ LUMA)
        return _mixed(image, contrast * turn, light + (1 - contrast) * grey)


def _turned(degrees: float, saturation: float) -> Array:
    """RGB to RGB, float64 (3, 3): luma is kept, the two colour axes are turned and stretched."""
    cos, sin = math.cos(math.radians(degrees)) * saturation, math.sin(math.radians(degrees)) * saturation
    return np.asarray(np.linalg.inv(_YIQ) @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _YIQ)


def _mixed(image: Array, matrix: Array, add: float) -> Array:
    import cv2

    return np.asarray(cv2.transform(image, np.column_stack([matrix, np.full(3, add)])))


@dataclass(frozen=True)
class MixUp:
    """Two images laid over one another with shares from Beta(`alpha`, `alpha`) (Zhang et al. 2018).

    Classes become shares (`Sample.soft`). Boxes of both are kept; label maps, masks, keypoints and flow have no
    mixture, and a sample with one is refused.
    """

    alpha: float = 0.2

    def mix(self, first: Sample, second: Sample, rng: np.random.Generator) -> Sample:
        """The mixture; InputError where sizes differ or a label cannot be mixed."""
        from dataclasses import replace

        whole = {"boxes", "soft"}
        wrong = sorted({*first.labelled(), *second.labelled()} - whole)
        if wrong:
            raise InputError(f"mixup has no mixture of {wrong[0]}: use it for classes and boxes only")
        if first.image.shape != second.image.shape or first.image.dtype != second.image.dtype:
            raise InputError(
                f"mixup needs images of one size: {first.image.shape} and {second.image.shape}, resize first"
            )
        share = float(rng.beta(self.alpha, self.alpha))
        image = np.round(first.image * share + second.image * (1 - share)).astype(first.image.dtype)
        out = replace(first, image=image)
        if first.soft is not None and second.soft is not None:
            out = replace(out, soft=share * first.soft + (1 - share) * second.soft)
        if first.boxes is None or second.boxes is None or first.objects is None or second.objects is None:
            return out
        # Objects of the second image are numbered after those of the first, so that both can be looked up.
        later = second.objects + int(first.objects.max(initial=-1)) + 1
        return replace(out, boxes=np.vstack([first.boxes, second.boxes]), objects=np.append(first.objects, later))
