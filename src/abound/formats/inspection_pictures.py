"""Pictures and clips for blind inspection: both sides cut, shrunk and encoded in one way, without metadata.

A rater must not win by the file: so every picture is turned upright, cut to one shape, shrunk to one size that no
picture of either side has to be enlarged for, encoded once by one codec, and filled up to one length in bytes.
What the source itself does to its pixels (noise, blur, an earlier JPEG) is what raters are to judge.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from abound.core.dataset import Dataset
from abound.errors import InputError
from abound.formats.inspection_items import Pictures, Side, asset_column

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    Array = np.ndarray[Any, Any]
    Ints = np.ndarray[Any, np.dtype[np.int64]]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
MOST_PIXELS = 80_000_000
MOST_FRAMES = 16
QUALITY = 88


def picture_cards(
    real: Side, synth: Side, rows: tuple[Ints, Ints], width: int, moving: bool
) -> tuple[tuple[list[str], list[str]], list[str]]:
    """A data address for each position of each side, and notes. `moving`: clips as animations, else one frame.

    Sizes are read first and pixels picture by picture, so memory holds one item at a time.
    InputError for a file that is no picture, is damaged or has more than 80 million pixels.
    """
    frames = [_sources(s, at, moving) for s, at in zip((real, synth), rows, strict=True)]
    every = [f for side in frames for f in side]
    pace = max(f.seconds for f in every)
    count = min([MOST_FRAMES, *(len(f.at_pace(pace)) for f in every)]) if moving else 1
    step = max(40, round(1000 * pace)) if count > 1 else 0
    sizes = [[_size(f.read(0), f.names[0]) for f in side] for side in frames]
    shape, shrink = common_shape(sizes[0], sizes[1], width)
    levels = _levels(frames[0])
    raw = [[_encode(_frames(f, pace, count), shape, levels, step) for f in side] for side in frames]
    longest = max(len(r) for side in raw for r in side)
    kind = "webp" if step else "jpeg"
    made = [[address(r.ljust(longest, b"\0"), kind) for r in side] for side in raw]
    notes = [f"Every picture is shown at {shape[0]} x {shape[1]} pixels."]
    if max(shrink) > 1.5 * min(shrink):
        notes.append(
            f"Real pictures were shrunk {shrink[0]:.1f} times, synthetic ones {shrink[1]:.1f} times, which a "
            "rater may see as a difference in sharpness: a smaller --width makes the two more alike."
        )
    return (made[0], made[1]), notes


class Source:
    """One item: the names of its frames and how to open them. `seconds`: from one frame to the next."""

    def __init__(self, side: Side, names: Sequence[Any], seconds: float = 0.0) -> None:
        self.side, self.values, self.seconds = side, names, seconds
        self.names = [n if isinstance(n, str) else "a picture of the table" for n in names]

    def read(self, place: int) -> bytes:
        """The bytes of one frame."""
        if isinstance(self.side, Dataset):
            return self.side.asset(self.values[place])
        return (self.side.folder / self.names[place]).read_bytes()

    def at_pace(self, seconds: float) -> list[int]:
        """Places of frames that are so many seconds apart: a faster camera must not show in slow motion."""
        return list(range(0, len(self.names), max(1, round(seconds / self.seconds)) if self.seconds > 0 else 1))


def _sources(side: Side, rows: Ints, moving: bool) -> list[Source]:
    if isinstance(side, Pictures):
        return [Source(side, [side.files[i]]) for i in rows]
    if "frames" in side.schema.tables and side.schema.main == "clips":
        return [_clip(side, side.main["clip"][int(i)], moving) for i in rows]
    column = asset_column(side.schema)
    assert column is not None, "such a side is shown as rows"
    values = side.main[column]
    if values.null_count():
        raise InputError(f"the column {column!r} has {values.null_count()} rows without a picture: leave them out")
    return [Source(side, [values[int(i)]]) for i in rows]


def _clip(side: Dataset, clip: str, moving: bool) -> Source:
    """The frames of the first camera, or the middle one of them."""
    import polars as pl

    frames = side.table("frames").filter((pl.col("clip") == clip) & pl.col("rgb").is_not_null())
    if frames.height == 0:
        raise InputError(f"the clip {clip!r} has no picture: make clips with the layer rgb")
    frames = frames.filter(pl.col("camera") == frames["camera"][0]).sort("frame")
    if not moving:
        frames = frames.slice(frames.height // 2, 1)
    seconds = frames["seconds"].to_list()
    return Source(side, frames["rgb"].to_list(), seconds[1] - seconds[0] if len(seconds) > 1 else 0.0)


def _frames(source: Source, pace: float, count: int) -> list[Image]:
    """The middle `count` frames of those that are `pace` seconds apart."""
    places = source.at_pace(pace)
    first = (len(places) - count) // 2
    return [open_picture(source.read(i), source.names[i]) for i in places[first : first + count]]


def open_picture(raw: bytes, name: str) -> Image:
    """A picture, upright; InputError where it is none, damaged or too large."""
    from PIL import Image, ImageOps

    _size(raw, name)
    try:
        image = Image.open(io.BytesIO(raw))
        image.load()
        return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name} is damaged and cannot be shown ({error}): leave it out") from None


def _size(raw: bytes, name: str) -> tuple[int, int]:
    """Width and height of the upright picture, from its head."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(raw))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{name} has far too many pixels: shrink it first") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise InputError(f"{name} is no picture that can be read: leave it out") from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise InputError(f"{name} has more than {MOST_PIXELS / 1e6:.0f} million pixels: shrink it first")
    try:
        turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name} is damaged and cannot be shown ({error}): leave it out") from None
    return (height, width) if turned else (width, height)


def common_shape(
    real: Sequence[tuple[int, int]], synth: Sequence[tuple[int, int]], width: int
) -> tuple[tuple[int, int], tuple[float, float]]:
    """Width and height that every picture is cut and shrunk to, and how much each side shrinks (medians).

    The shape is that of the middle real picture; the size is the largest at most `width` wide that enlarges none.
    """
    import numpy as np

    aspect = float(np.median([w / h for w, h in real]))
    cut = [np.array([min(w, h * aspect) for w, h in side]) for side in (real, synth)]
    shown = max(1, int(min(width, cut[0].min(), cut[1].min())))
    shape = (shown, max(1, round(shown / aspect)))
    return shape, (float(np.median(cut[0])) / shown, float(np.median(cut[1])) / shown)


def _levels(real: Sequence[Source]) -> tuple[float, float]:
    """Black and white of pictures with more than 8 bits: from the real ones, for both sides."""
    import numpy as np

    found = []
    for source in real[:20]:
        image = open_picture(source.read(0), source.names[0])
        if image.mode[0] in "IF":
            values = np.asarray(image, dtype=np.float64)
            found.append((float(np.quantile(values, 0.001)), float(np.quantile(values, 0.999))))
    if not found:
        return 0.0, 65535.0
    return min(f[0] for f in found), max(max(f[1] for f in found), min(f[0] for f in found) + 1.0)


def _plain(image: Image, shape: tuple[int, int], levels: tuple[float, float]) -> Image:
    """8-bit RGB on white, cut around the middle and shrunk."""
    import numpy as np
    from PIL import Image, ImageOps

    if image.mode[0] in "IF":
        scaled = (np.asarray(image, dtype=np.float64) - levels[0]) / (levels[1] - levels[0])
        image = Image.fromarray((255 * np.clip(scaled, 0, 1)).round().astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        whole = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", whole.size, (255, 255, 255, 255)), whole)
    return ImageOps.fit(image.convert("RGB"), shape, Image.Resampling.LANCZOS)


def _encode(images: Sequence[Image], shape: tuple[int, int], levels: tuple[float, float], step: int) -> bytes:
    """JPEG of one picture, or an animated WEBP; pixels only, no metadata of the source."""
    from PIL import Image

    made = []
    for image in images:
        # A new picture of the bare pixels: profiles, comments and positions of the source stay behind.
        small = _plain(image, shape, levels)
        made.append(Image.frombytes("RGB", small.size, small.tobytes()))
    buffer = io.BytesIO()
    if step:
        made[0].save(
            buffer, "WEBP", save_all=True, append_images=made[1:], duration=step, loop=0, quality=QUALITY, method=2
        )
    else:
        made[0].save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def address(raw: bytes, kind: str) -> str:
    """Bytes as a data address."""
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
