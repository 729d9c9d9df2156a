"""Which pixels a spinning laser scanner would have labelled: dense labels made as sparse as real ones.

A 64-beam scanner (HDL-64E, as KITTI's: beams from 2 degrees above to 24.8 below the horizon, .17 degrees apart around)
sees points up to 120 m; KITTI joins 11 scans, shifted by the motion between them (Geiger et al. 2013; Menze and
Geiger 2015).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
BEAMS, TOP, BOTTOM, STEP, FARTHEST = 64, 2.0, -24.8, 0.17, 120.0


def scanned(depth: Array, fx: float, fy: float, cx: float, cy: float, scans: int = 11) -> Array:
    """bool (h, w): pixels that a beam of one of the scans meets; `depth`: z-depth in metres, inf or nan in the sky."""
    height, width = depth.shape
    x = (np.arange(width) + 0.5 - cx) / fx
    y = (np.arange(height) + 0.5 - cy) / fy
    out = np.zeros((height, width), bool)
    spacing = (TOP - BOTTOM) / (BEAMS - 1)
    around = np.degrees(np.arctan(x))
    for scan in range(scans):
        # Between scans the vehicle drives on, which moves the beams over the scene: spread evenly over one spacing.
        shift = spacing * scan / max(scans, 1)
        for beam in TOP - shift - spacing * np.arange(BEAMS):
            slope = -np.tan(np.radians(beam)) * np.hypot(1.0, x)
            row = np.floor(slope * fy + cy).astype(int)
            turn = np.floor((around + STEP * scan / scans) / STEP)
            first = np.concatenate([[True], turn[1:] != turn[:-1]])
            inside = first & (row >= 0) & (row < height)
            out[row[inside], np.flatnonzero(inside)] = True
    length = depth * np.sqrt(1.0 + x[None] ** 2 + y[:, None] ** 2)
    return out & np.isfinite(depth) & (np.where(np.isfinite(length), length, np.inf) <= FARTHEST)
