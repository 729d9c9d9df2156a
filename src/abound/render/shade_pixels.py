# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: which pixels need more rays, and their mean."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def contrasts(radiance, body, width, height, exposure, limit):
    """Numbers of pixels whose shown brightness differs from a neighbour's by more than the limit.

    Where the bodies differ a third of the limit is enough. Brightness as shown: x / (x + .25) of what the sensor
    gets.
    """
    tone = np.empty(width * height)
    for i in range(width * height):
        x = exposure * (0.3 * radiance[i, 0] + 0.5 * radiance[i, 1] + 0.2 * radiance[i, 2])
        tone[i] = x / (x + 0.25)
    out = np.empty(width * height, np.int64)
    n = 0
    for i in range(height):
        for j in range(width):
            a = i * width + j
            found = False
            for k in range(4):
                p, q = i + (0, 0, 1, -1)[k], j + (1, -1, 0, 0)[k]
                if p < 0 or q < 0 or p >= height or q >= width:
                    continue
                b = p * width + q
                d = abs(tone[a] - tone[b])
                if d > limit or (body[a] != body[b] and d > limit / 3.0):
                    found = True
                    break
            if found:
                out[n] = a
                n += 1
    return out[:n]


@njit(cache=True, error_model="numpy")
def averaged(radiance, more, pixels, cap):
    """Mean of the centre and the finer rays; each capped, so that one glint does not hide an edge."""
    each = len(more) // len(pixels)
    for i in range(len(pixels)):
        a = pixels[i]
        for k in range(3):
            total = min(radiance[a, k], cap)
            for q in range(each):
                total += min(more[i * each + q, k], cap)
            radiance[a, k] = max(total / (each + 1), radiance[a, k] if radiance[a, k] > cap else 0.0)
