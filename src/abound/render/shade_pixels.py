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
def averaged(radiance, more, pixels, exposure):
    """Mean of the centre and the finer rays, each weighted by 1 / (1 + brightness as shown), so that one glint does
    not hide an edge and an edge before the burnt-out sky has no steps. A centre that glints keeps its light."""
    each = len(more) // len(pixels)
    cap = 12.0 / exposure
    for i in range(len(pixels)):
        a = pixels[i]
        r, g, b = radiance[a, 0], radiance[a, 1], radiance[a, 2]
        weight = 1.0 / (1.0 + 1.5 * exposure * (0.3 * r + 0.5 * g + 0.2 * b))
        glint = max(r, max(g, b)) > cap
        r, g, b, total = r * weight, g * weight, b * weight, weight
        for q in range(i * each, (i + 1) * each):
            weight = 1.0 / (1.0 + 1.5 * exposure * (0.3 * more[q, 0] + 0.5 * more[q, 1] + 0.2 * more[q, 2]))
            r, g, b = r + more[q, 0] * weight, g + more[q, 1] * weight, b + more[q, 2] * weight
            total += weight
        if not glint:
            radiance[a, 0], radiance[a, 1], radiance[a, 2] = r / total, g / total, b / total
