"""What a picture is like in a few numbers: light, contrast, blur, colour cast; and the blobs of a label map."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
CASTS = ("none", "red", "yellow", "green", "cyan", "blue", "magenta")


def luma(image: Array) -> Array:
    """float32 (h, w), 0 black to 1 white, of an image uint8 or uint16, grey or RGB."""
    top = np.float32(np.iinfo(image.dtype).max)
    return np.asarray((image if image.ndim == 2 else image @ _LUMA) / top, np.float32)


def brightness(image: Array) -> float:
    """The mean luma, 0 to 1."""
    return float(luma(image).mean())


def contrast(image: Array) -> float:
    """The standard deviation of the luma, 0 to .5 (RMS contrast; Peli 1990)."""
    return float(luma(image).std())


def blur(image: Array) -> float:
    """0 sharp to 1 blurred: how little a further blur changes the differences of neighbours (Crete et al. 2007)."""
    import cv2

    grey = luma(image)
    if min(grey.shape) < 2:
        return 1.0
    out = 0.0
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        before = np.abs(np.diff(grey, axis=axis))
        after = np.abs(np.diff(cv2.blur(grey, size), axis=axis))
        total = float(before.sum())
        lost = float(np.maximum(before - after, 0).sum())
        out = max(out, 1.0 if total < 1e-6 else (total - lost) / total)
    return out


def colour_cast(image: Array, least: float = 0.06) -> str:
    """The hue that lies over the whole picture, "none" where the mean colour is within `least` of grey."""
    if image.ndim == 2:
        return "none"
    red, green, blue = (float(v) / np.iinfo(image.dtype).max for v in image.reshape(-1, 3).mean(axis=0))
    # The plane of colours without their light: red at 0 degrees, green at 120, blue at 240.
    x, y = red - (green + blue) / 2, np.sqrt(3) / 2 * (green - blue)
    if np.hypot(x, y) < least:
        return "none"
    return CASTS[1 + int(np.round(np.degrees(np.arctan2(y, x)) / 60)) % 6]


def blobs(mask: Array, least_pixels: int = 1) -> Array:
    """Connected pieces of a mask, bool (h, w), largest first: float64 (n, 5), left, top, right, bottom, pixels."""
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    rows = stats[1:count].astype(np.float64)
    rows[:, 2:4] += rows[:, :2]
    rows = rows[rows[:, 4] >= least_pixels]
    return rows[np.argsort(-rows[:, 4], kind="stable")]


def feet_on(person: Array, ground: Array, least_pixels: int) -> int:
    """How many blobs of `person` stand on `ground` (bool maps of one size).

    A blob stands on it where most of the labelled ground under its lowest tenth, down to a tenth of its height,
    is of that kind. Blobs that the lower border cuts are not counted, as their feet cannot be seen.
    """
    import cv2

    count, which, stats, _ = cv2.connectedComponentsWithStats(person.astype(np.uint8), connectivity=8)
    found = 0
    for k in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[k])
        below = top + height
        if area < least_pixels or below >= person.shape[0]:
            continue
        reach = max(2, round(0.1 * height))
        feet = (which[below - reach : below, left : left + width] == k).any(axis=0)
        under = ground[below : below + reach, left : left + width][:, feet]
        found += under.size > 0 and under.mean() > 0.5
    return found
