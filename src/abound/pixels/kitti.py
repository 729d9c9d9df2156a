"""KITTI's 16-bit PNG files: flow in 1/64 pixel, depth in 1/256 m (Geiger et al. 2013; Menze and Geiger 2015)."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.errors import InputError
from abound.pixels import png

Array = np.ndarray[Any, Any]
FARTHEST = 65535 / 256  # metres


def encode_flow(flow: Array, valid: Array | None = None) -> bytes:
    """Flow (h, w, 2) in pixels; invalid where it is nan, not `valid`, or beyond 512 pixels (what 16 bits hold)."""
    known: Array = np.asarray(np.isfinite(flow).all(axis=-1))
    if valid is not None:
        known &= valid
    scaled = np.round(np.where(known[..., None], flow, 0.0) * 64.0 + 32768.0)
    known &= ((scaled >= 0) & (scaled <= 65535)).all(axis=-1)
    out = np.zeros((*known.shape, 3), np.uint16)
    out[..., :2] = np.where(known[..., None], scaled, 0.0).astype(np.uint16)
    out[..., 2] = known
    return png.encode(out)


def decode_flow(data: bytes, name: str = "the flow file") -> tuple[Array, Array]:
    """Flow float32 (h, w, 2), nan where invalid, and the mask of valid pixels."""
    raw = png.decode(data, name)
    if raw.dtype != np.uint16 or raw.ndim != 3 or raw.shape[2] != 3:
        raise InputError(f"{name} is no KITTI flow: it is {raw.dtype} {raw.shape}, not a 16-bit RGB image")
    valid = raw[..., 2] > 0
    flow = (raw[..., :2].astype(np.float32) - 32768.0) / 64.0
    flow[~valid] = np.nan
    return flow, valid


def encode_depth(depth: Array) -> bytes:
    """z-depth (h, w) in metres; 0 (unknown) where it is infinite, nan or beyond 255.99 m."""
    known = np.isfinite(depth) & (depth > 0) & (depth <= FARTHEST)
    return png.encode(
        np.where(known, np.maximum(np.round(np.where(known, depth, 0.0) * 256.0), 1), 0).astype(np.uint16)
    )


def decode_depth(data: bytes, name: str = "the depth file") -> Array:
    """float32 (h, w) in metres, nan where unknown."""
    raw = png.decode(data, name)
    if raw.dtype != np.uint16 or raw.ndim != 2:
        raise InputError(f"{name} is no KITTI depth: it is {raw.dtype} {raw.shape}, not a 16-bit grey image")
    return np.where(raw > 0, raw / np.float32(256.0), np.float32(np.nan))
