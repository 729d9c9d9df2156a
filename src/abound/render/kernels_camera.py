"""Compiled loops over image coordinates. Imported only where a scene is rendered."""
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, error_model="numpy")
def aimed(pose: Array, lens: Array, pixels: Array, out: Array) -> None:
    """World directions (n, 3) with z = 1 in the camera frame, through image coordinates (n, 2)."""
    for i in range(len(out)):
        x, y = (pixels[i, 0] - lens[2]) / lens[0], (pixels[i, 1] - lens[3]) / lens[1]
        for k in range(3):
            out[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2]


@njit(cache=True, error_model="numpy")
def aimed_at_centres(pose: Array, lens: Array, width: int, out: Array) -> None:
    """The same through the middle of every pixel, row by row."""
    for i in range(len(out)):
        x, y = (i % width + 0.5 - lens[2]) / lens[0], (i // width + 0.5 - lens[3]) / lens[1]
        for k in range(3):
            out[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2]
