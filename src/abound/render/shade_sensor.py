# mypy: allow-untyped-decorators, allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled: vignette, noise, tone curve and sRGB of a whole frame."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def filmic(x):
    """Narkowicz's fit of the ACES curve, 0 to 1."""
    return min(1.0, max(0.0, x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)))


@njit(cache=True, error_model="numpy")
def encoded(x):
    """Linear 0 to 1 to sRGB 0 to 1."""
    return 12.92 * x if x <= 0.0031308 else 1.055 * x ** (1.0 / 2.4) - 0.055


@njit(cache=True, error_model="numpy")
def developed(light, grain, noise):
    """Light on the sensor, float32 (h, w, 3), to uint8 sRGB; `grain` is standard normal, `noise` its strength."""
    h, w = light.shape[0], light.shape[1]
    out = np.empty((h, w, 3), np.uint8)
    table = np.empty(4097)
    for i in range(4097):
        table[i] = 255.0 * encoded(filmic((i / 4096.0) ** 2 * 4.0))
    shot, read = 8e-5 * noise, 4e-7 * noise
    for i in range(h):
        for j in range(w):
            x, y = (j + 0.5) / w - 0.5, ((i + 0.5) / h - 0.5) * h / w
            fall = 1.0 - 0.32 * (x * x + y * y)
            for k in range(3):
                v = light[i, j, k] * fall
                v += grain[i, j, k] * np.sqrt(shot * v + read)
                t = np.sqrt(min(max(v, 0.0), 4.0) / 4.0) * 4096.0
                n = min(4095, np.int64(t))
                a = t - n
                out[i, j, k] = np.uint8(table[n] * (1.0 - a) + table[n + 1] * a + 0.5)
    return out
