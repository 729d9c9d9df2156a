"""Image files as arrays: what their first bytes say is checked before a pixel is unpacked.

Grey (h, w) or RGB (h, w, 3), uint8 or uint16; turned as the EXIF orientation says. Pillow reads RGB of 16 bits per
channel as 8 without a word, so such PNG files go through the project's own codec.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abound.errors import InputError

Array = np.ndarray[Any, Any]
SUFFIXES = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".gif": "GIF", ".tif": "TIFF", ".tiff": "TIFF",
    ".webp": "WEBP", ".ppm": "PPM", ".pgm": "PPM", ".pbm": "PPM",
}  # fmt: skip
MOST_BYTES = 500_000_000
MOST_PIXELS = 80_000_000
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_PLAIN = {"1", "L", "RGB", "I;16", "I;16L", "I;16B", "I;16N"}
_CHANGED = {
    "CMYK": "of CMYK (print colours): turned into RGB without a colour profile",
    "P": "of palette colours: turned into RGB", "PA": "of palette colours: turned into RGB",
    "LA": "transparent: the transparency is left out", "RGBA": "transparent: the transparency is left out",
    "RGBa": "transparent: the transparency is left out",
    "YCbCr": "of YCbCr colours: turned into RGB", "LAB": "of LAB colours: turned into RGB",
    "HSV": "of HSV colours: turned into RGB",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and what was done to read it: `said` are remarks that many files may share."""

    image: Array
    said: tuple[str, ...]


def read_bytes(path: Path) -> bytes:
    """A file's bytes; InputError where it is too large to be one image."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(f"{path.name} has {size:,} bytes: image files of more than {MOST_BYTES:,} are not read")
    return path.read_bytes()


def decode(data: bytes, name: str = "the image") -> Picture:
    """An image file's bytes as an array; InputError names the file and what is wrong with it."""
    deep = _deep_png(data)
    opened, said = _opened(data, name)
    if deep is not None:
        return Picture(_deep(data, name), (*said, *deep))
    turned = _loaded(opened, name)
    mode = turned.mode
    if mode in _CHANGED:
        said = (*said, _CHANGED[mode])
        turned = turned.convert("L" if mode == "LA" else "RGB")
    elif mode == "I":
        values = np.asarray(turned)
        if values.min() < 0 or values.max() > 65535:
            raise InputError(f"{name} holds numbers of 32 bits: save it with 8 or 16 bits")
        return Picture(values.astype(np.uint16), said)
    elif mode not in _PLAIN:
        raise InputError(f"{name} is of the mode {mode}: save it with 8 or 16 bits, grey or RGB")
    if mode == "1":
        turned = turned.convert("L")
    out = np.asarray(turned)
    return Picture(np.ascontiguousarray(out.astype(np.uint16) if out.dtype.itemsize == 2 else out), said)


def decode_labels(data: bytes, name: str = "the mask") -> Array:
    """A label map (h, w), uint8 or uint16: grey values or palette indices, not colours. InputError for colours."""
    opened, _ = _opened(data, name)
    if opened.mode in ("P", "1"):
        loaded = _loaded(opened, name)
        return np.asarray(loaded if opened.mode == "P" else loaded.convert("L"), np.uint8)
    image = decode(data, name).image
    if image.ndim == 2:
        return image
    if not ((image[..., 0] == image[..., 1]) & (image[..., 0] == image[..., 2])).all():
        raise InputError(
            f"{name} is a mask in colours: save the number of the class in each pixel, as a grey image"
        )
    return np.ascontiguousarray(image[..., 0])


def _opened(data: bytes, name: str) -> tuple[Any, tuple[str, ...]]:
    """The file with its header read, and remarks; nothing is unpacked yet."""
    from PIL import Image, UnidentifiedImageError

    if len(data) > MOST_BYTES:
        raise InputError(f"{name} has {len(data):,} bytes: image files of more than {MOST_BYTES:,} are not read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        what = "an empty file" if not data else "no image that is read"
        raise InputError(f"{name} is {what}: save it as PNG, JPEG, BMP, GIF, TIFF, WebP or PPM") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{name} says it has more than {MOST_PIXELS:,} pixels: cut it into tiles first") from None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError, OverflowError) as error:
        raise InputError(f"{name} is a damaged image: {_first(error)}") from None
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{name} has {width:,} x {height:,} pixels: more than {MOST_PIXELS:,} are not read, cut it into tiles"
        )
    if max(width, height) > 32_000:
        raise InputError(
            f"{name} has a side of {max(width, height):,} pixels: at most 32,000 are read, cut it into tiles"
        )
    if min(width, height) < 1:
        raise InputError(f"{name} has no pixels")
    said: tuple[str, ...] = ()
    suffix = Path(name).suffix.lower()
    if (
        suffix in SUFFIXES
        and SUFFIXES[suffix] != opened.format
        and not (opened.format == "MPO" and suffix != ".png")
    ):
        said = (f"{opened.format} inside although named {suffix}",)
    if getattr(opened, "n_frames", 1) > 1:
        said = (*said, "several pictures in one file: the first is used")
    return opened, said


def _loaded(opened: Any, name: str) -> Any:
    """The pixels, turned upright."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            opened.load()
            return ImageOps.exif_transpose(opened)
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        IndexError,
        KeyError,
        OverflowError,
        MemoryError,
    ) as error:
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        why = "it ends early" if cut else _first(error)
        raise InputError(f"{name} is a damaged image: {why}") from None


def _first(error: Exception) -> str:
    """The first line of another library's message."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _deep_png(data: bytes) -> tuple[str, ...] | None:
    """For a PNG with colours of 16 bits: remarks. None for any other file."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) < 29 or data[24] != 16 or data[25] not in (2, 4, 6):
        return None
    return () if data[25] == 2 else ("transparent: the transparency is left out",)


def _deep(data: bytes, name: str) -> Array:
    from abound.pixels import png

    out = png.decode(data, name)
    return np.ascontiguousarray(out[..., :3] if out.shape[2] > 2 else out[..., 0])
