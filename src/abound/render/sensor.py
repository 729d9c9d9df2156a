"""From radiance to the numbers of a file: exposure, lens, noise, tone curve, sRGB.

Exposure is metered on what is not sky, as a camera for driving does: the sky burns out before the road is dark.
Noise is shot and read noise of a linear sensor (Foi et al. 2008), drawn from the seed and the frame, so the same
frame is the same file. Tone curve: the filmic fit of Narkowicz 2015 (ACES).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.sky import Sky
from abound.render.world import Sensor

Array = np.ndarray[Any, Any]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def exposure_of(radiance: Array, solid: Array, sky: Sky, sensor: Sensor) -> float:
    """Factor that brings the geometric mean of what is not sky to a middle tone; at night a darker one, in fog a
    lighter."""
    thick, dusk = min(1.0, sky.fog * 100.0 / 3.0), float(sky.numbers[27])
    night = max(sky.night, 0.6 * dusk)
    bright = radiance[solid] @ LUMA if solid.any() else radiance @ LUMA
    mean = float(np.exp(np.log(np.maximum(bright, 1e-4)).mean()))
    high = float(np.percentile(bright, 90))
    key = (
        (0.08 - 0.008 * float(sky.numbers[24]) + 0.09 * float(sky.numbers[38])) * (1.0 - thick) + 0.2 * thick
    ) * (1.0 - night) + (0.042 + 0.03 * thick) * night
    factor = min(key / mean, 0.85 / max(high, 1e-4))
    return float(np.clip(factor, 0.05, 60.0) * 2.0**sensor.exposure)


def developed(frame: Array, exposure: float, sensor: Sensor, sky: Sky, seed: tuple[int, int]) -> Array:
    """Radiance float32 (h, w, 3) to uint8 sRGB (h, w, 3)."""
    from abound.render.shade_sensor import developed as compiled

    h, w = frame.shape[:2]
    light = np.minimum(frame * np.float32(exposure), np.float32(60.0))
    light += bloom(light, 0.05 + 0.07 * sky.night + min(0.25, 6.0 * max(0.0, sky.fog - 0.0005)))
    light = lens(light, sensor.blur)
    grain = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed))).standard_normal(
        (h, w, 3), np.float32
    )
    return np.asarray(compiled(light, grain, sensor.iso / 200.0))


def bloom(light: Array, strength: float) -> Array:
    """What the lens scatters around what is brighter than white: three Gaussians of growing width."""
    import cv2

    h, w = light.shape[:2]
    over = np.maximum(light - 1.0, 0.0)
    if not over.any():
        return np.zeros_like(light)
    small = cv2.resize(over, (max(1, w // 4), max(1, h // 4)), interpolation=cv2.INTER_AREA)
    out = np.zeros_like(small)
    for sigma, weight in ((0.8, 0.5), (3.0, 0.3), (10.0, 0.2)):
        wide = sigma * w / 1242.0 + 0.3
        out = out + weight * np.asarray(cv2.GaussianBlur(small, (0, 0), wide, borderType=cv2.BORDER_REFLECT))
    return np.asarray(cv2.resize(out, (w, h), interpolation=cv2.INTER_LINEAR) * np.float32(strength))


def lens(light: Array, sigma: float) -> Array:
    """The lens's blur, a Gaussian with a standard deviation in pixels."""
    import cv2

    if sigma <= 0.05:
        return light
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
