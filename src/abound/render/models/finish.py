"""Finishes of vehicles: paint by name, glass, rubber, chrome, lamps, and pictures of text."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

from abound.errors import InputError, UnknownName
from abound.render.mesh import Colour, Material

Array = np.ndarray[Any, Any]
Texts = dict[str, "str | Array"]

COLOURS: dict[str, Colour] = {
    "white": (0.74, 0.74, 0.72),
    "black": (0.012, 0.012, 0.014),
    "grey": (0.14, 0.145, 0.15),
    "silver": (0.42, 0.43, 0.44),
    "red": (0.46, 0.02, 0.022),
    "blue": (0.02, 0.075, 0.33),
    "green": (0.025, 0.17, 0.06),
    "yellow": (0.80, 0.50, 0.02),
    "orange": (0.75, 0.20, 0.015),
    "brown": (0.13, 0.062, 0.03),
    "beige": (0.60, 0.50, 0.34),
}
# What one meets on the road, in percent (about the European sales of the last years).
COMMON = {"white": 25, "black": 21, "grey": 24, "silver": 10, "blue": 10, "red": 5, "green": 2, "beige": 1}

GLASS = Material((0.016, 0.02, 0.023), 0.04, clearcoat=1.0, pattern="glass")
SEAL = Material((0.012, 0.012, 0.012), 0.7)
TRIM = Material((0.022, 0.022, 0.023), 0.65, pattern="plastic", scale=1.0)
DARK = Material((0.006, 0.006, 0.006), 0.95)
SEAM = Material((0.008, 0.008, 0.008), 0.9)
RUBBER = Material((0.022, 0.022, 0.023), 0.85, pattern="rubber", second=(0.06, 0.055, 0.05))
TREAD = Material((0.014, 0.014, 0.015), 0.95, pattern="rubber", second=(0.05, 0.045, 0.04))
ALLOY = Material((0.50, 0.51, 0.53), 0.32, metallic=0.8)
STEEL = Material((0.32, 0.33, 0.34), 0.4, metallic=0.8, pattern="metal")
CHROME = Material((0.62, 0.63, 0.65), 0.12, metallic=1.0)
IRON = Material((0.05, 0.05, 0.052), 0.6)
MIRROR = Material((0.45, 0.47, 0.5), 0.02, metallic=1.0)

HEAD = Material((0.72, 0.74, 0.76), 0.08, clearcoat=1.0, emission=(30.0, 29.0, 27.0), lamp="head")
LENS = Material((0.10, 0.105, 0.11), 0.06, clearcoat=1.0)
TAIL = Material((0.30, 0.006, 0.008), 0.12, clearcoat=1.0, emission=(1.2, 0.02, 0.01), lamp="tail")
BRAKE = Material((0.38, 0.008, 0.01), 0.12, clearcoat=1.0, emission=(6.0, 0.09, 0.05), lamp="brake")
TURN = Material((0.55, 0.19, 0.012), 0.12, clearcoat=1.0, emission=(6.0, 2.2, 0.1), lamp="turn")
REVERSE = Material((0.6, 0.6, 0.6), 0.12, clearcoat=1.0, emission=(4.0, 4.0, 3.8), lamp="reverse")
BLUE = Material((0.02, 0.07, 0.45), 0.08, clearcoat=1.0, emission=(0.6, 2.0, 10.0), lamp="blue")
BEACON = Material((0.75, 0.25, 0.01), 0.08, clearcoat=1.0, emission=(10.0, 4.0, 0.2), lamp="beacon")


def colour(asked: Any, rng: np.random.Generator, common: Any = None) -> Colour:
    """Linear RGB from a name, three numbers in 0..1, or None: one of `common` by its share."""
    if asked is None:
        shares = common or COMMON
        names = list(shares)
        weight = np.array([shares[n] for n in names], float)
        return COLOURS[names[int(rng.choice(len(names), p=weight / weight.sum()))]]
    if isinstance(asked, str):
        if asked not in COLOURS:
            near = difflib.get_close_matches(asked, COLOURS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(COLOURS)}."
            raise UnknownName(f"No colour is called {asked!r}; {hint}")
        return COLOURS[asked]
    values = np.asarray(asked, float)
    if values.shape != (3,) or not ((values >= 0) & (values <= 1)).all():
        raise InputError(
            f"A colour is a name or three numbers from 0 to 1 (linear red, green, blue), not {asked!r}."
        )
    return float(values[0]), float(values[1]), float(values[2])


def paint(rgb: Colour, gloss: float = 1.0) -> Material:
    """Varnished car paint with a few flakes."""
    red, green, blue = (min(1.0, c * 1.5 + 0.04) for c in rgb)
    return Material(rgb, 0.45, clearcoat=gloss, pattern="paint", second=(red, green, blue), contrast=0.4)


def dull(rgb: Colour, roughness: float = 0.6) -> Material:
    """Sheet metal or plastic of one colour without varnish."""
    return Material(rgb, roughness, contrast=0.4)


def picture(text: str | Array, width: int, height: int, ink: Colour, paper: Colour, border: bool = False,
            margin: float = 0.1) -> Array:  # fmt: skip
    """A text as an image, uint8 (height, width, 3) sRGB; an image goes through as it is.

    `ink` and `paper` are linear, like every colour here.
    """
    if not isinstance(text, str):
        image = np.asarray(text)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise InputError(f"A text image is uint8 (height, width, 3), not {image.dtype} {image.shape}.")
        return image
    from abound.render.text import text_image

    pen, sheet = bytes_of(ink), bytes_of(paper)
    return text_image(text, width, height, pen, sheet, pen if border else None, margin)


def written(text: Any) -> bool:
    """Whether there is anything to write: an image, or a text that is not blank."""
    return bool(text.strip()) if isinstance(text, str) else text is not None


def bytes_of(rgb: Colour) -> tuple[int, int, int]:
    """sRGB numbers 0 to 255 of a linear colour."""
    red, green, blue = (round(255 * min(1.0, max(0.0, c)) ** (1 / 2.2)) for c in rgb)
    return red, green, blue
