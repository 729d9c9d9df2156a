"""Materials as arrays for the compiled shaders: names of patterns, the table of materials, images with their mips.

Patterns are functions of the place in object space (`shade_ground`, `shade_walls`, `shade_living`), so they move
with their body, need no files, and are filtered by the size of the pixel. Images (Williams 1983, "Pyramidal
parametrics") are halved again and again in linear light; the pixel's size on the surface picks the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from abound.errors import UnknownName, did_you_mean
from abound.render.mesh import Material

Array = np.ndarray[Any, Any]

_NAMES = [
    "plain", "asphalt", "concrete", "paving", "cobble", "brick", "plaster", "windows", "glassfront",
    "roof_tiles", "shingles", "grass", "soil", "gravel", "bark", "foliage", "paint", "glass", "rubber",
    "metal", "cloth", "denim", "skin", "fur", "spots", "patches", "hair", "wood", "plastic", "snow",
    "stripes", "stripes_x", "chevron", "checker", "plaid", "rust", "worn_paint", "manhole", "mesh_panel",
]  # fmt: skip
PATTERNS: dict[str, int] = {name: code for code, name in enumerate(_NAMES)}
# Patterns of the ground: static bodies share one field of noise, so there are no seams.
GROUND = frozenset(PATTERNS[n] for n in ("asphalt", "concrete", "grass", "soil", "gravel", "snow", "worn_paint"))
# Hard ground that rain darkens and floods.
SEALED = frozenset(PATTERNS[n] for n in ("asphalt", "concrete", "paving", "cobble", "worn_paint", "manhole"))
SOFT = frozenset(
    PATTERNS[n] for n in ("foliage", "grass", "skin", "fur", "spots", "patches", "hair", "cloth", "denim")
)
COLUMNS = 20


class Textures(NamedTuple):
    """All materials of a clip."""

    table: Array  # float64 (materials, COLUMNS): see `table_of`
    texels: Array  # float32 (texels, 3), all images with their mips in a row, linear
    levels: Array  # int64 (levels, 3): first texel, width, height
    first: Array  # int64 (images + 1,): where the levels of an image begin


def linear(srgb: Array) -> Array:
    """sRGB 0 to 1 to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def textures(materials: Sequence[Material], owners: Array, still: int) -> Textures:
    """The materials of a clip as arrays.

    `owners`: the body of each material, int (materials,); bodies below `still` are static.

    Raises:
        UnknownName: a pattern that is not in PATTERNS.
    """
    images: list[Array] = []
    places: dict[int, int] = {}
    table = np.zeros((len(materials), COLUMNS))
    for i, m in enumerate(materials):
        if m.pattern not in PATTERNS:
            raise UnknownName(f"no pattern {m.pattern!r}: {did_you_mean(m.pattern, PATTERNS)}")
        if m.image is not None and id(m.image) not in places:
            places[id(m.image)] = len(images)
            images.append(m.image)
        table[i] = table_of(
            m, int(owners[i]), int(owners[i]) < still, -1 if m.image is None else places[id(m.image)]
        )
    return Textures(table, *_pyramids(images))


def table_of(m: Material, body: int, static: bool, image: int) -> Array:
    """One row: 0-2 colour, 3-5 second, 6 roughness, 7 metallic, 8 clear coat, 9 pattern, 10 scale, 11 contrast,
    12-14 emission, 15 image, 16 seed, 17 world-wide noise, 18 floods in rain, 19 soft (light goes through)."""
    code = PATTERNS[m.pattern]
    shared = static and code in GROUND
    row = [
        *m.colour,
        *m.second,
        m.roughness,
        m.metallic,
        m.clearcoat,
        code,
        m.scale,
        m.contrast,
        *m.emission,
        image,
    ]
    return np.array([*row, 0 if shared else 1 + body, shared, code in SEALED, code in SOFT], np.float64)


def _pyramids(images: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Every image halved down to one texel, by the mean of 2 x 2 in linear light."""
    texels: list[Array] = [np.zeros((1, 3), np.float32)]
    levels: list[tuple[int, int, int]] = []
    first, start = [0], 1
    to_linear = linear(np.arange(256) / 255.0).astype(np.float32)
    for image in images:
        level = to_linear[np.asarray(image, np.uint8)[..., :3]]
        while True:
            h, w = level.shape[:2]
            levels.append((start, w, h))
            texels.append(level.reshape(-1, 3))
            start += h * w
            if h == 1 and w == 1:
                break
            level = np.pad(level, ((0, h % 2 if h > 1 else 0), (0, w % 2 if w > 1 else 0), (0, 0)), "edge")
            if h > 1:
                level = 0.5 * (level[0::2] + level[1::2])
            if w > 1:
                level = 0.5 * (level[:, 0::2] + level[:, 1::2])
        first.append(len(levels))
    table = np.array(levels, np.int64).reshape(-1, 3)
    return np.concatenate(texels).astype(np.float32), table, np.array(first, np.int64)
