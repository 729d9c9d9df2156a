"""What one sees through the windows of a vehicle: pictures of seats, wheel and the far windows, kept dark."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from abound.render.mesh import Material
from abound.render.models.finish import GLASS

Array = np.ndarray[Any, Any]


def _blob(picture: Array, u: float, v: float, wide: float, high: float, shade: float, power: float = 4.0) -> None:
    """A rounded patch of one shade about (u, v), shares of the picture, v upwards."""
    h, w = picture.shape
    y, x = np.mgrid[0:h, 0:w]
    away = np.abs(((x + 0.5) / w - u) / wide) ** power + np.abs((1 - (y + 0.5) / h - v) / high) ** power
    inside = np.clip((1 - away) * 6, 0, 1)
    picture[...] = picture * (1 - inside) + shade * inside


def _finished(picture: Array) -> Array:
    tint = np.stack([picture * 0.92, picture, picture * 1.03], -1)
    image = np.asarray(np.clip(tint, 0, 1) ** (1 / 2.2) * 255 + 0.5, np.uint8)
    image.flags.writeable = False
    return image


@lru_cache(maxsize=4)
def screen_image(wheel_at: float = 0.72) -> Array:
    """Through a wind screen: far rear window, two seats with head rests, steering wheel; uint8 (96, 192, 3)."""
    p = np.full((96, 192), 0.014)
    _blob(p, 0.5, 0.62, 0.30, 0.20, 0.075)
    for side in (0.14, 0.86):
        _blob(p, side, 0.62, 0.08, 0.22, 0.05)
    for u in (0.28, 0.72):
        _blob(p, u, 0.22, 0.135, 0.30, 0.020, 3)
        _blob(p, u, 0.62, 0.068, 0.13, 0.024, 3)
    _blob(p, 0.5, -0.02, 0.6, 0.14, 0.009)
    _blob(p, wheel_at, 0.12, 0.125, 0.23, 0.007, 2)
    _blob(p, wheel_at, 0.10, 0.10, 0.19, 0.016, 2)
    _blob(p, 0.5, 0.93, 0.055, 0.05, 0.005)
    return _finished(p)


@lru_cache(maxsize=4)
def rear_image() -> Array:
    """Through a rear window: three head rests before the bright wind screen; uint8 (96, 192, 3)."""
    p = np.full((96, 192), 0.013)
    _blob(p, 0.5, 0.62, 0.34, 0.22, 0.07)
    for u in (0.2, 0.5, 0.8):
        _blob(p, u, 0.16, 0.10, 0.22, 0.012, 3)
    for u in (0.3, 0.7):
        _blob(p, u, 0.45, 0.06, 0.16, 0.010, 3)
    return _finished(p)


@lru_cache(maxsize=16)
def side_image(seats: tuple[float, ...] = (0.3, 0.68)) -> Array:
    """Through the side windows: the windows over there, seats at shares of the length; uint8 (64, 256, 3)."""
    p = np.full((64, 256), 0.012)
    for u in (0.2, 0.5, 0.78):
        _blob(p, u, 0.55, 0.115, 0.36, 0.062)
    for u in seats:
        _blob(p, u, 0.16, 0.05, 0.42, 0.016, 3)
        _blob(p, u + 0.006, 0.62, 0.026, 0.16, 0.02, 3)
    return _finished(p)


@lru_cache(maxsize=4)
def bus_image(seats: int = 13) -> Array:
    """Along a bus: rows of seats, poles, the windows over there; uint8 (64, 512, 3)."""
    p = np.full((64, 512), 0.014)
    for k in range(7):
        _blob(p, (k + 0.5) / 7, 0.55, 0.062, 0.36, 0.065)
    for k in range(seats):
        _blob(p, (k + 0.6) / seats, 0.12, 0.022, 0.36, 0.02, 3)
    for k in range(5):
        _blob(p, (k + 0.35) / 5, 0.5, 0.0022, 0.6, 0.09)
    _blob(p, 0.5, 1.02, 0.7, 0.08, 0.03)
    return _finished(p)


def pane(image: Array | None) -> Material:
    """Glass with that picture behind it."""
    return GLASS if image is None else GLASS._replace(image=image)
