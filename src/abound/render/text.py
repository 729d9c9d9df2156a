"""Exact text as an image: signs, number plates, the sides of trucks. The font is bundled (fonts/LICENSE.txt)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from abound.errors import InputError

Array = np.ndarray[Any, Any]
Rgb = tuple[int, int, int]
FONT = Path(__file__).parent / "fonts" / "DejaVuSansCondensed-Bold.ttf"


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    from PIL import ImageFont

    # The basic layout needs no system library, so the same text has the same pixels on every machine.
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def text_image(
    text: str, width: int, height: int, ink: Rgb = (10, 10, 10), paper: Rgb = (245, 245, 240),
    border: Rgb | None = None, margin: float = 0.12,
) -> Array:  # fmt: skip
    """uint8 (height, width, 3): the text as large as fits, in the middle, on as many lines as it has.

    `margin`: share of the smaller side that stays free. InputError for a character that the font does not have:
    a box in its place would not be the text that was asked for.
    """
    from PIL import Image, ImageDraw

    _check(text)
    image = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(image)
    rim = int(margin * min(width, height))
    if border is not None:
        edge = max(1, rim // 3)
        pen.rounded_rectangle(
            [edge // 2, edge // 2, width - 1 - edge // 2, height - 1 - edge // 2], rim, outline=border, width=edge
        )
    if not text.strip():
        return np.asarray(image)
    size = _fitting(pen, text, width - 2 * rim, height - 2 * rim)
    pen.multiline_text(
        (width / 2, height / 2), text, font=_font(size), fill=ink, anchor="mm", align="center", spacing=size * 0.2
    )
    return np.asarray(image)


def _fitting(pen: Any, text: str, width: int, height: int) -> int:
    """The largest size at which the text fits, by halving."""
    low, high = 4, max(5, 2 * height)
    while low < high:
        middle = (low + high + 1) // 2
        box = pen.multiline_textbbox((0, 0), text, font=_font(middle), anchor="mm", spacing=middle * 0.2)
        fits = box[2] - box[0] <= width and box[3] - box[1] <= height
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


@lru_cache(maxsize=1024)
def _check(text: str) -> None:
    """Every character is drawn by the font itself, not by its box for missing ones."""
    font = _font(32)
    missing = bytes(font.getmask("\U0010ffff"))
    for character in text:
        if character == "\n" or character == " ":
            continue
        if not character.isprintable() or bytes(font.getmask(character)) == missing:
            raise InputError(
                f"the text {text!r} has {character!r}, which the bundled font does not draw: leave it out"
            )


def plate_text(rng: np.random.Generator) -> str:
    """A made-up number plate of letters and digits that are not easily confused."""
    letters, digits = "ABCEFHJKLMNPRTUVXY", "0123456789"

    def pick(alphabet: str, n: int) -> str:
        return "".join(alphabet[i] for i in rng.integers(len(alphabet), size=n))

    return f"{pick(letters, 2)} {pick(digits, 3)} {pick(letters, 2)}"
