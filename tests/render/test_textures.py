"""Patterns and images: within paint's range, filtered to their mean, upright."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from abound.errors import UnknownName
from abound.render.mesh import Material
from abound.render.shade_surface import FLAT, image_colour, pattern
from abound.render.textures import PATTERNS, linear, textures

RNG_POINTS = 150


def brightness(code: int, size: float, side: float) -> np.ndarray:
    """Brightness (mix and shade as grey) of a pattern at random places with a pixel of a size."""
    rng = np.random.default_rng(7)
    out = []
    for x, y, z in rng.uniform(0.0, side, (RNG_POINTS, 3)):
        n = (0.0, -1.0, 0.0) if FLAT[code] else (1.0, 0.0, 0.0)
        mix, shade, _, _, _, _, _, glass, _ = pattern(code, x, y, z + 3, *n, *n, size, 1.0, 3)
        out.append((0.6 * (1 - mix) + 0.3 * mix) * shade * (1 - 0.95 * glass))
    return np.array(out)


@pytest.mark.parametrize("name", list(PATTERNS))
def test_patterns_fade_to_their_mean_under_a_large_pixel(name: str) -> None:
    code = PATTERNS[name]
    fine, coarse = brightness(code, 1e-4, 40.0), brightness(code, 60.0, 40.0)
    assert np.isfinite(fine).all()
    assert fine.min() >= 0.0
    assert coarse.std() < 0.035
    standard_error = fine.std() / np.sqrt(RNG_POINTS)
    assert abs(fine.mean() - coarse.mean()) < 4 * standard_error + 0.06 * coarse.mean()


def test_mix_stays_between_the_two_colours() -> None:
    rng = np.random.default_rng(1)
    for code in PATTERNS.values():
        for x, y, z in rng.uniform(0, 5, (20, 3)):
            mix = pattern(code, x, y, z, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.002, 1.0, 5)[0]
            assert 0.0 <= mix <= 1.0


def test_an_image_is_upright_and_not_mirrored() -> None:
    image = np.zeros((4, 8, 3), np.uint8)
    image[:2, :4] = 255, 0, 0  # upper left red
    image[:2, 4:] = 0, 255, 0  # upper right green
    image[2:, :4] = 0, 0, 255  # lower left blue
    t = textures([Material(image=image)], np.zeros(1, int), 0)
    at = [
        image_colour(t.texels, t.levels, t.first, 0, u, v, 0.01, 0.01).argmax() for u, v in ((0.1, 0.9), (0.9, 0.9))
    ]
    assert at == [0, 1]
    assert image_colour(t.texels, t.levels, t.first, 0, 0.1, 0.1, 0.01, 0.01)[2] == pytest.approx(1.0)


def test_an_image_under_a_large_pixel_is_its_mean() -> None:
    image = np.random.default_rng(0).integers(0, 256, (16, 32, 3)).astype(np.uint8)
    t = textures([Material(image=image)], np.zeros(1, int), 0)
    shown = image_colour(t.texels, t.levels, t.first, 0, 0.3, 0.6, 2.0, 2.0)
    assert np.allclose(shown, linear(image / 255.0).mean(axis=(0, 1)), atol=1e-5)


def test_unknown_pattern_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="asphalt"):
        textures([Material(pattern="asphlt")], np.zeros(1, int), 0)
