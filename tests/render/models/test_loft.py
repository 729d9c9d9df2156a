"""Shells: arches stay free for the wheels, what is laid on a shell lies on it, pictures read from outside."""

from __future__ import annotations

import numpy as np
import pytest

from abound.render.mesh import Material
from abound.render.models.car import STYLES, lines
from abound.render.models.loft import image_patch, on_shell, patch, s_of_x, shell, smooth

FORM, HOUSE = lines(STYLES["hatchback"], (4.0, 1.9, 1.45))
SHELL = shell(FORM)


def test_the_shell_leaves_room_for_the_wheels() -> None:
    for x, radius, height in FORM.arches:
        flank = SHELL.points[:, SHELL.corners[0] : SHELL.corners[1]].reshape(-1, 3)
        away = np.hypot(flank[:, 0] - x, flank[:, 2] - height)
        assert away.min() > 0.97 * radius


def test_the_shell_is_as_long_and_wide_as_its_form() -> None:
    assert np.ptp(SHELL.points[..., 0]) == pytest.approx(FORM.length, rel=0.005)
    assert 2 * SHELL.points[..., 1].max() == pytest.approx(FORM.width, rel=0.02)


def test_places_on_the_shell_are_found_again() -> None:
    for x in (0.9, 0.0, -0.7):
        at = on_shell(SHELL, s_of_x(SHELL, x), 0.6)
        assert at[0] == pytest.approx(x, abs=0.02)
        assert at[2] == pytest.approx(0.6, abs=1e-6)
        assert at[1] > 0.7
        other = on_shell(SHELL, -s_of_x(SHELL, x), 0.6)
        assert np.allclose(other, at * [1, -1, 1])
    end = SHELL.s[-1]
    assert np.allclose(on_shell(SHELL, end + 0.3, 0.6), on_shell(SHELL, end - 0.3, 0.6) * [1, -1, 1])


def test_a_lift_goes_outwards() -> None:
    s, z = np.linspace(0.05, SHELL.s[-1] - 0.05, 30), np.full(30, 0.75)  # above the arches
    step = on_shell(SHELL, s, z, 0.01) - on_shell(SHELL, s, z)
    assert np.allclose(np.linalg.norm(step, axis=1), 0.01)
    outward = on_shell(SHELL, s, z) * [1, 1, 0]
    assert ((step * outward).sum(1) > 0).all()


def test_patches_face_outwards_on_all_sides() -> None:
    for s in (-2.5, -0.6, 0.0, 0.6, 2.5, SHELL.s[-1]):
        lamp = patch(SHELL, [(s - 0.1, 0.5), (s + 0.1, 0.5), (s + 0.1, 0.6), (s - 0.1, 0.6)], Material())
        a, b, c = (lamp.vertices[lamp.faces[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a).sum(0)
        assert normal @ (on_shell(SHELL, s, 0.55, 0.1) - on_shell(SHELL, s, 0.55)) > 0


def test_pictures_read_from_outside_on_both_sides() -> None:
    for s0, s1 in ((1.5, 2.5), (-2.5, -1.5)):
        sheet = image_patch(SHELL, s0, s1, 0.4, 0.6, Material())
        x = sheet.vertices[sheet.faces][..., 0].ravel()
        u = sheet.uv[..., 0].ravel()
        assert np.corrcoef(x, u)[0, 1] * (1 if s0 > 0 else -1) < -0.99


def test_smooth_goes_through_its_points_without_overshoot() -> None:
    table = ((0.0, 1.0), (1.0, 1.0), (2.0, 3.0), (3.0, 3.0))
    at = np.linspace(-1, 4, 101)
    assert smooth(table, at).min() == pytest.approx(1.0)
    assert smooth(table, at).max() == pytest.approx(3.0)
    assert np.allclose(smooth(table, [0, 1, 2, 3]), [1, 1, 3, 3])
