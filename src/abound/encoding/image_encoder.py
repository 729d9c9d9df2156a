"""The encoder of images: colours and edge directions on a coarse grid, reduced to what varies in the training rows.

No network and no weights from elsewhere. Edges are histograms of gradient directions (Dalal and Triggs 2005) on a
grid of 6 x 6, colours the means on 4 x 4; both are reduced by principal components to at most 64 numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.encoding.pictures import pictures

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

Array = np.ndarray[Any, Any]
_SIDE, _CELLS, _BINS, _GRID, _MOST = 48, 6, 9, 4, 64


@dataclass(frozen=True, eq=False)
class ImageEncoder:
    """The mean of the raw features and the directions that they are projected on, (features, columns)."""

    mean: Array
    directions: Array

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that was learned."""
        return hashlib.sha256(self.mean.tobytes() + self.directions.tobytes()).hexdigest()

    def encode(self, data: Dataset) -> Array:
        """float64 (images, columns) without nan."""
        return np.asarray((_features(data) - self.mean) @ self.directions)


def fit_image_encoder(train: Dataset) -> ImageEncoder:
    """Learn the directions in which the training images vary; Refusal where the data holds no images."""
    raw = _features(train)
    mean = raw.mean(axis=0)
    _, _, right = np.linalg.svd(raw - mean, full_matrices=False)
    kept = right[:_MOST].T
    # The sign of a direction is arbitrary: the largest entry is made positive, so that equal rows give equal bytes.
    signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    return ImageEncoder(mean, np.ascontiguousarray(kept * np.where(signs == 0, 1, signs)))


def _features(data: Dataset) -> Array:
    return np.stack([image_features(image) for image in pictures(data)])


def image_features(image: Array) -> Array:
    """float64 (372,) of an image: 324 of edges, of length 1 in all, and 48 of colours, 0 to 1."""
    import cv2

    top = np.float32(np.iinfo(image.dtype).max)
    small = cv2.resize((image / top).astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    colour = small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2)
    grey = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    dy, dx = np.gradient(grey)
    strength, angle = np.hypot(dx, dy), np.mod(np.arctan2(dy, dx), np.pi) / np.pi * _BINS
    step = _SIDE // _CELLS
    cell = (np.arange(_SIDE) // step)[:, None] * _CELLS + np.arange(_SIDE) // step
    low = np.floor(angle).astype(np.int64)
    share = angle - low
    out = np.zeros(_CELLS * _CELLS * _BINS)
    for bins, weight in ((low % _BINS, 1 - share), ((low + 1) % _BINS, share)):
        out += np.bincount((cell * _BINS + bins).ravel(), (strength * weight).ravel(), minlength=len(out))
    # Square roots keep one strong edge from hiding all others.
    edges = np.sqrt(out / max(float(out.sum()), 1e-9))
    means = cv2.resize(colour, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    return np.concatenate([edges, means.ravel() / _GRID]).astype(np.float64)
