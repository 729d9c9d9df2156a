"""Middlebury .flo: optical flow as 32-bit floats. Source: Baker et al. 2011, the format of the flow benchmark."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from abound.errors import InputError

Array = np.ndarray[Any, Any]
_TAG = 202021.25
UNKNOWN = 1e9  # components above it mean "unknown"


def encode(flow: Array) -> bytes:
    """Flow (h, w, 2), u right and v down in pixels; nan is written as unknown."""
    height, width = flow.shape[:2]
    values = np.where(np.isfinite(flow), flow, 2 * UNKNOWN).astype("<f4")
    return struct.pack("<fii", _TAG, width, height) + values.tobytes()


def decode(data: bytes, name: str = "the flow file") -> Array:
    """float32 (h, w, 2), nan where unknown; InputError names the file where it is broken."""
    if len(data) < 12 or struct.unpack("<f", data[:4])[0] != _TAG:
        raise InputError(f"{name} is no .flo file: it does not begin with the tag of one")
    width, height = struct.unpack("<ii", data[4:12])
    if width < 1 or height < 1 or len(data) != 12 + 8 * width * height:
        raise InputError(f"{name} is a damaged .flo file: {width} x {height} pixels do not fit {len(data):,} bytes")
    flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)
    return np.where(np.abs(flow) > UNKNOWN, np.float32(np.nan), flow)
