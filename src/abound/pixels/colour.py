"""Labels as pictures: optical flow on the colour wheel, depth as a ramp, classes in their colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.pixels.cityscapes import colours

Array = np.ndarray[Any, Any]


def wheel() -> Array:
    """float64 (55, 3), 0 to 1: hues around the circle, spaced as the eye tells them apart (Baker et al. 2011)."""
    steps = ((15, 0, 1, 1), (6, 1, 0, -1), (4, 1, 2, 1), (11, 2, 1, -1), (13, 2, 0, 1), (6, 0, 2, -1))
    here = np.array([1.0, 0.0, 0.0])
    out = []
    for count, _, channel, way in steps:
        for k in range(count):
            colour = here.copy()
            colour[channel] = k / count if way > 0 else 1 - k / count
            out.append(colour)
        here[channel] = 1.0 if way > 0 else 0.0
    return np.array(out)


def flow_picture(flow: Array, largest: float | None = None) -> Array:
    """Flow (h, w, 2) as uint8 (h, w, 3): hue is direction, saturation is length up to `largest` pixels; nan black.

    `largest` defaults to the 99th percentile of the lengths, so that one fast pixel does not fade all others.
    """
    known = np.isfinite(flow).all(axis=-1)
    u, v = (np.where(known, flow[..., i], 0.0) for i in (0, 1))
    length = np.hypot(u, v)
    if largest is None:
        largest = float(np.percentile(length[known], 99)) if known.any() else 1.0
    saturation = np.minimum(length / max(largest, 1e-6), 1.0)[..., None]
    table = wheel()
    place = (np.arctan2(-v, -u) / np.pi + 1) / 2 * (len(table) - 1)
    low = np.floor(place).astype(int)
    share = (place - low)[..., None]
    hue = (1 - share) * table[low] + share * table[(low + 1) % len(table)]
    out = 255 * (1 - saturation * (1 - hue))
    out[~known] = 0
    return np.asarray(out, np.uint8)


def depth_picture(depth: Array, near: float = 2.0, far: float = 120.0) -> Array:
    """Depth (h, w) in metres as uint8 (h, w, 3), near is bright and warm; unknown and infinite are black."""
    known = np.isfinite(depth) & (depth > 0)
    d = np.clip(np.where(known, depth, far), near, far)
    t = 1 - np.log(d / near) / np.log(far / near)
    stops = np.array([[18, 8, 60], [80, 18, 120], [180, 50, 110], [240, 120, 60], [252, 200, 90], [252, 253, 220]])
    at = np.linspace(0, 1, len(stops))
    out = np.stack([np.interp(t, at, stops[:, c]) for c in range(3)], -1)
    out[~known] = 0
    return out.astype(np.uint8)


def class_picture(semantic: Array) -> Array:
    """Label ids (h, w) in the colours of Cityscapes."""
    return colours()[semantic]


def instance_picture(instance: Array) -> Array:
    """Instance numbers (h, w) in colours far apart; 0 is dark grey."""
    table = np.full((int(instance.max()) + 1, 3), 40, np.uint8)
    for i in range(1, len(table)):
        hue = (i * 0.618033988749895) % 1.0 * 6
        k = np.array([hue, (hue + 4) % 6, (hue + 2) % 6])
        rgb = 1 - np.clip(np.minimum(np.abs(k - 3) - 1, 1), 0, 1) * (0.55 + 0.35 * (i % 3) / 2)
        table[i] = np.round(255 * np.clip(rgb, 0, 1))
    return table[instance]
