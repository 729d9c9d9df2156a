"""Centre lines: arcs are arcs, strips face up, lengths are kept."""

from __future__ import annotations

import numpy as np

from abound.render.line import Line, strip, wall
from abound.render.mesh import Material


def test_a_quarter_circle_ends_where_it_must():
    line = Line(bend=10.0, curvature=1 / 50, length=50 * np.pi / 2)
    x, y, heading = line.at(np.array([0.0, 10.0, 10 + 25 * np.pi, 15 + 25 * np.pi]))
    np.testing.assert_allclose(x, [0, 10, 60, 60], atol=1e-9)
    np.testing.assert_allclose(y, [0, 0, 50, 55], atol=1e-9)
    np.testing.assert_allclose(heading, [0, 0, np.pi / 2, np.pi / 2])


def test_left_is_left():
    x, y, _ = Line(heading=np.pi / 2).at(5.0, 2.0)
    np.testing.assert_allclose([x, y], [-2.0, 5.0], atol=1e-9)


def test_arc_length_is_length():
    s = np.linspace(0, 80, 2001)
    x, y, _ = Line(bend=20.0, curvature=-1 / 40).at(s)
    assert abs(np.hypot(np.diff(x), np.diff(y)).sum() - 80) < 1e-3


def normals(part):
    a, b, c = (part.vertices[part.faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


def test_strips_face_up_and_kerbs_face_the_road():
    line = Line(bend=5.0, curvature=1 / 30)
    assert (normals(strip(line, 0, 40, 2, -2, 0.0, Material()))[:, 2] > 0).all()
    assert normals(wall(Line(), 0, 40, 3.0, 0, 0.1, Material()))[0, 1] < 0
    assert normals(wall(Line(), 0, 40, -3.0, 0, 0.1, Material()))[0, 1] > 0
