"""PNG of 8 and 16 bits, grey or RGB, written and read to the last bit.

Pillow reads a 16-bit RGB file, such as KITTI's flow, as 8 bits without a word, so the project has its own codec.
Source: ISO/IEC 15948 (Portable Network Graphics). Interlaced files and palettes are refused.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from abound.errors import InputError

Array = np.ndarray[Any, Any]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
LARGEST = 1 << 28  # bytes of one image: a hostile header must not make us ask for more memory


def encode(image: Array, level: int = 3) -> bytes:
    """An image, uint8 or uint16 (h, w) or (h, w, 3), as PNG bytes; the same image gives the same bytes.

    Rows are stored as differences to the row above (filter "up"), which suits dense labels and costs one subtraction.
    """
    if image.dtype not in (np.uint8, np.uint16) or image.ndim not in (2, 3) or 0 in image.shape:
        raise InputError(f"a PNG holds uint8 or uint16 of (h, w) or (h, w, 3), not {image.dtype} {image.shape}")
    if image.ndim == 3 and image.shape[2] != 3:
        raise InputError(f"a PNG is written with one channel or three, not {image.shape[2]}")
    height, width = image.shape[:2]
    depth, colour = 8 * image.dtype.itemsize, 2 if image.ndim == 3 else 0
    rows = np.ascontiguousarray(image.astype(">u2") if depth == 16 else image).view(np.uint8).reshape(height, -1)
    lines = np.empty((height, rows.shape[1] + 1), np.uint8)
    lines[:, 0] = 2
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), level)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def decode(data: bytes, name: str = "the image") -> Array:
    """PNG bytes as uint8 or uint16, (h, w) or (h, w, channels); InputError names the file where it is broken."""
    width, height, depth, colour, body = _read(data, name)
    channels = _CHANNELS[colour]
    step = channels * depth // 8
    stride = width * step
    if height * (stride + 1) > LARGEST:
        raise InputError(f"{name} says it has {width} x {height} pixels: images of more than 256 MB are not read")
    try:
        raw = zlib.decompressobj().decompress(body, height * (stride + 1))
    except zlib.error:
        raise InputError(f"{name} is a damaged PNG: its compressed data cannot be unpacked") from None
    if len(raw) != height * (stride + 1):
        raise InputError(f"{name} is a damaged PNG: it ends early, after {len(raw):,} bytes of pixels")
    lines = np.frombuffer(raw, np.uint8).reshape(height, stride + 1)
    rows = _unfiltered(lines[:, 0], lines[:, 1:], step, name)
    out = rows.view(">u2").astype(np.uint16) if depth == 16 else rows
    return out.reshape((height, width) if channels == 1 else (height, width, channels))


def _read(data: bytes, name: str) -> tuple[int, int, int, int, bytes]:
    """Width, height, bits, colour type and the joined compressed data."""
    if not data.startswith(_SIGNATURE):
        raise InputError(f"{name} is no PNG file")
    place, body, header = 8, [], None
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        check = data[place + 8 + length : place + 12 + length]
        if len(check) < 4 or zlib.crc32(kind + content) != int.from_bytes(check, "big"):
            raise InputError(f"{name} is a damaged PNG: a check sum does not fit, so the file was cut or changed")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", content)
        elif kind == b"IDAT":
            body.append(content)
        elif kind == b"IEND":
            break
        place += 12 + length
    if header is None or not body:
        raise InputError(f"{name} is a damaged PNG: it has no header or no pixels")
    width, height, depth, colour, _, _, interlaced = header
    if depth not in (8, 16) or colour not in _CHANNELS or interlaced or 0 in (width, height):
        raise InputError(
            f"{name} is a PNG with a palette, of {depth} bits or interlaced: save it as plain 8 or 16 bits"
        )
    return width, height, depth, colour, b"".join(body)


def _unfiltered(filters: Array, lines: Array, step: int, name: str) -> Array:
    """The rows of bytes; each row's filter refers to the pixel on its left and to the row above."""
    if filters.max() > 4:
        raise InputError(f"{name} is a damaged PNG: there is no row filter {int(filters.max())}")
    height, stride = lines.shape
    out = np.empty((height, stride), np.uint8)
    above = np.zeros(stride, np.uint8)
    for y in range(height):
        kind, line = filters[y], lines[y]
        if kind == 0:
            out[y] = line
        elif kind == 2:
            out[y] = line + above
        elif kind == 1:
            out[y] = np.cumsum(line.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
        else:
            out[y] = _serial(line, above, step, kind == 4)
        above = out[y]
    return out


def _serial(line: Array, above: Array, step: int, paeth: bool) -> Array:
    """Filters "average" and "Paeth", in which every pixel needs the one on its left."""
    new, up = line.tolist(), above.tolist()
    out = [0] * len(new)
    for i, value in enumerate(new):
        left = out[i - step] if i >= step else 0
        if not paeth:
            out[i] = (value + (left + up[i]) // 2) & 255
            continue
        corner = up[i - step] if i >= step else 0
        guess = left + up[i] - corner
        a, b, c = abs(guess - left), abs(guess - up[i]), abs(guess - corner)
        near = left if a <= b and a <= c else up[i] if b <= c else corner
        out[i] = (value + near) & 255
    return np.array(out, np.uint8)
