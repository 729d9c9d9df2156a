"""The transforms by name, and a list of them applied to a labelled image.

A list is data: [{"name": "affine", "rotate": [-10, 10]}, {"name": "hflip"}, {"name": "colour_jitter", "chance":
0.5}]. Neighbouring transforms that move pixels become one map before any pixel is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from abound.errors import InputError, UnknownName, did_you_mean
from abound.pixels import transforms_camera as camera
from abound.pixels import transforms_colour as colour
from abound.pixels import transforms_geometry as geometry
from abound.pixels.sample import Sample, moved
from abound.pixels.warp import Warp

Array = np.ndarray[Any, Any]


@runtime_checkable
class Moves(Protocol):
    """A transform that moves pixels."""

    chance: float

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Warp:
        """The map for an image of that size."""
        ...


@runtime_checkable
class Paints(Protocol):
    """A transform that changes colours only."""

    chance: float

    def paint(self, image: Array, rng: np.random.Generator) -> Array:
        """The new image, of the same size."""
        ...


@runtime_checkable
class Covers(Protocol):
    """A transform that hides part of the sample."""

    chance: float

    def apply(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """The new sample."""
        ...


Transform = Moves | Paints | Covers
TRANSFORMS: dict[str, type[Any]] = {
    "hflip": geometry.HFlip, "vflip": geometry.VFlip, "rot90": geometry.Rot90, "crop": geometry.Crop,
    "resize": geometry.Resize, "affine": geometry.Affine, "rotate": geometry.Rotate, "scale": geometry.Scale,
    "shear": geometry.Shear, "translate": geometry.Translate, "perspective": geometry.Perspective,
    "elastic": geometry.Elastic,
    "brightness": colour.Brightness, "contrast": colour.Contrast, "gamma": colour.Gamma,
    "hue_saturation": colour.HueSaturation, "colour_jitter": colour.ColourJitter, "blur": camera.Blur,
    "motion_blur": camera.MotionBlur, "noise": camera.Noise, "jpeg": camera.Jpeg, "fog": camera.Fog,
    "rain": camera.Rain, "snow": camera.Snow, "cutout": camera.Cutout,
}  # fmt: skip
EXACT = ("hflip", "vflip", "rot90", "crop", "translate")  # every pixel of the result is one of the source


def transform(given: str | Mapping[str, Any]) -> Transform:
    """A transform from its name, or from {"name": ..., parameters}; UnknownName or InputError names the fault."""
    params: dict[str, Any] = {"name": given} if isinstance(given, str) else dict(given)
    name = str(params.pop("name", ""))
    if name not in TRANSFORMS:
        raise UnknownName(f"there is no transform {name!r}: {did_you_mean(name, TRANSFORMS)}")
    known = {f.name: f for f in fields(TRANSFORMS[name])}
    for key, value in params.items():
        if key not in known:
            raise UnknownName(f"the transform {name} has no parameter {key!r}: {did_you_mean(key, known)}")
        params[key] = _fitting(name, key, value, getattr(TRANSFORMS[name], key, None))
    if not 0 <= params.get("chance", 0.5) <= 1:
        raise InputError(f"the chance of {name} is {params['chance']}: it is a share, 0 to 1")
    return cast(Transform, TRANSFORMS[name](**params))


def _fitting(name: str, key: str, value: Any, default: Any) -> Any:
    """The value in the form of the default: a range for a range, a number for a number."""
    if isinstance(default, tuple):
        pair: tuple[Any, ...] = tuple(value) if isinstance(value, list | tuple) else (value, value)
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and np.isfinite(v) for v in pair)
        ordered = key == "turns" or (
            numbers and len(pair) == 2 and bool(np.diff(np.asarray(pair, np.float64)) >= 0)
        )
        if not numbers or not pair or not ordered:
            raise InputError(f"{key} of {name} is {value!r}: write a range such as {list(default)}")
        return pair
    if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
        raise InputError(f"{key} of {name} is {value!r}: write a number such as {default or 1}")
    return value


def transformed(sample: Sample, transforms: Sequence[Transform], rng: np.random.Generator) -> Sample:
    """The sample after all transforms in order, each with its chance; the same generator gives the same bytes."""
    pending: Warp | None = None
    for step in transforms:
        if rng.random() >= step.chance:
            continue
        if isinstance(step, Moves):
            width, height = pending.size if pending else sample.size
            drawn = step.draw(rng, width, height)
            pending = pending.then(drawn) if pending else drawn
            continue
        sample, pending = (moved(sample, pending) if pending else sample), None
        sample = (
            step.apply(sample, rng)
            if isinstance(step, Covers)
            else replace(sample, image=step.paint(sample.image, rng))
        )
    return moved(sample, pending) if pending else sample
