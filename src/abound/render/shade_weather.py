# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: drops and flakes as soft lines."""

from __future__ import annotations

import numpy as np
from numba import njit

from abound.render.shade_lamps import towards


@njit(cache=True, error_model="numpy")
def streaks(frame, depth, one, two, size, pose, fx, fy, cx, cy, light, lamps, opaque):
    """Lines from `one` to `two` (world, metres) with a radius, blended into the frame before what is farther away.

    A line thinner than a pixel is drawn a pixel wide and fainter; near ones are out of focus, wide and faint.
    """
    h, w = frame.shape[0], frame.shape[1]
    p, q, lit = np.empty(3), np.empty(3), np.empty(3)
    for i in range(len(one)):
        for k in range(3):
            p[k], q[k] = 0.0, 0.0
            for a in range(3):
                p[k] += pose[a, k] * (one[i, a] - pose[a, 3])
                q[k] += pose[a, k] * (two[i, a] - pose[a, 3])
        z = 0.5 * (p[2] + q[2])
        if p[2] < 0.5 or q[2] < 0.5:
            continue
        x0, y0 = fx * p[0] / p[2] + cx, fy * p[1] / p[2] + cy
        x1, y1 = fx * q[0] / q[2] + cx, fy * q[1] / q[2] + cy
        true = fx * size[i] / z
        soft = true + 0.55 + 0.9 / z
        reach = np.int64(np.ceil(2.0 * soft))
        left, right = np.int64(min(x0, x1)) - reach, np.int64(max(x0, x1)) + reach
        top, low = np.int64(min(y0, y1)) - reach, np.int64(max(y0, y1)) + reach
        if right < 0 or left >= w or low < 0 or top >= h or (right - left) * (low - top) > 40000:
            continue
        lit[0], lit[1], lit[2] = light[0], light[1], light[2]
        if len(lamps):
            _glitter(lamps, one[i], lit)
        dx, dy = x1 - x0, y1 - y0
        length2 = max(1e-6, dx * dx + dy * dy)
        along = np.sqrt(length2)
        alpha = opaque * min(1.0, (true / soft) ** 1.2) * min(1.0, 2.0 * (true + 0.6) / (along + true + 0.6) + 0.4)
        for y in range(max(0, top), min(h, low + 1)):
            for x in range(max(0, left), min(w, right + 1)):
                if depth[y, x] < z:
                    continue
                t = min(1.0, max(0.0, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length2))
                ex, ey = x + 0.5 - x0 - t * dx, y + 0.5 - y0 - t * dy
                a = alpha * np.exp(-(ex * ex + ey * ey) / (soft * soft))
                for k in range(3):
                    frame[y, x, k] += a * (lit[k] - frame[y, x, k])


@njit(cache=True, error_model="numpy")
def _glitter(lamps, place, out):
    """Add light of lamps on something small that scatters it to all sides."""
    way = np.empty(3)
    for k in range(len(lamps)):
        d, e = towards(lamps[k], place, way)
        if d > 0.5:
            for a in range(3):
                out[a] += 0.04 * lamps[k, 3 + a] * e
