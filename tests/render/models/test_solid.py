"""Pipes, lathe work, cut plates and rounded boxes: their volumes are those of the textbook."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from abound.errors import InputError
from abound.render.mesh import Material, Mesh
from abound.render.models.solid import beam, cut, lathe, pipe, rounded, tidy

GREY = Material()


def volume(part: Mesh) -> float:
    a, b, c = (part.vertices[part.faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (beam((0, 0, 0), (2, 1, 2), 0.2, 0.1, GREY), 3 * 0.2 * 0.1),
        (beam((0, 0, 0), (0, 0, -3), 0.2, 0.1, GREY), 3 * 0.2 * 0.1),
        (cut([(0, 0), (2, 0), (2, 2), (1, 1), (0, 2)], -0.5, 0.5, GREY), 3.0),
        (cut([(0, 2), (1, 1), (2, 2), (2, 0), (0, 0)], 0.5, -0.5, GREY), 3.0),
        (pipe([(0, 0, 0), (0, 0, 2)], 0.5, GREY, 64), np.pi / 2),
        (lathe([(0, -1), (0.5, -1), (0.5, 1), (0, 1)], GREY, 64), np.pi / 2),
        (rounded((2, 1, 1), 0.001, GREY, detail=1), 2.0),
        (rounded((1, 1, 1), 0.5, GREY, detail=16), np.pi / 6),
    ],
)
def test_volumes(part: Mesh, expected: float) -> None:
    assert volume(part) == pytest.approx(expected, rel=0.01)


def test_a_closed_pipe_is_a_torus() -> None:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = pipe(np.stack([np.cos(angle), 0 * angle, np.sin(angle)], -1), 0.1, GREY, 24, closed=True)
    assert volume(ring) == pytest.approx(2 * np.pi**2 * 0.01, rel=0.02)


def test_an_outline_that_crosses_itself_is_refused() -> None:
    crossed: Any = [(0, 0), (1, 1), (1, 0), (0, 1), (0.5, -1), (0.2, 2)]
    with pytest.raises(InputError, match="crosses itself"):
        cut(crossed, 0, 1, GREY)


def test_tidy_welds_and_drops_what_has_no_area() -> None:
    part = lathe([(0, 0), (1, 0), (1, 1)], GREY, 12)
    assert len(part.vertices) == 1 + 12 + 12
    assert len(tidy(part).faces) == len(part.faces)
