"""Worlds as arrays, and worlds that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from abound.errors import InputError
from abound.render.geometry import frame_at, geometry
from abound.render.mesh import Material, box, ellipsoid, join, pose
from abound.render.world import Body
from tests.render.plain_worlds import sliding, still, wall, world


def test_static_bodies_come_first_and_moving_ones_are_moved() -> None:
    shape = geometry(world([still(box((1, 1, 1)), 11)], [sliding(box((2, 2, 2)), [(5, 0, 0), (6, 0, 0)], 26, 4)]))
    assert (shape.still, shape.body.tolist()) == (1, [0] * 12 + [1] * 12)
    assert (shape.semantic.tolist(), shape.instance.tolist()) == ([11, 26], [0, 4])
    later = frame_at(shape, 1)
    np.testing.assert_allclose(later.vertices[shape.faces[12:]].min(axis=(0, 1)), (5, -1, -1))
    np.testing.assert_array_equal(later.vertices[:24], shape.still_vertices)


def test_normals_turn_with_the_body_and_follow_a_deformation() -> None:
    ball = ellipsoid((2, 2, 2), detail=16)
    turned = Body(ball, np.stack([pose(yaw=np.pi / 2)] * 2), 26, deformed=np.stack([ball.vertices] * 2) * [1, 1, 3])
    frame = frame_at(geometry(world([still(wall(9, 1, -1))], [turned])), 0)
    p = frame.vertices[4:]
    expected = p / [1, 1, 9]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    aside = np.abs(p[:, 2]) < 2.9  # the poles are rings of points that share nothing
    assert ((frame.normals[4:] * expected).sum(axis=1)[aside] > 0.97).all()


def test_materials_know_their_body() -> None:
    two = join([box((1, 1, 1), Material((1, 0, 0))), box((1, 1, 1), Material((0, 1, 0)))])
    shape = geometry(world([still(wall(9, 1, -1)), still(two)]))
    assert shape.material_body.tolist() == [0, 1, 1]
    assert [shape.materials[m].colour for m in shape.material[[2, 14]]] == [(1, 0, 0), (0, 1, 0)]


def test_triangles_of_one_plane_share_a_number_unless_they_deform() -> None:
    shape = box((1, 2, 3))
    bent = Body(shape, np.stack([np.eye(4)] * 2), 26, deformed=np.stack([shape.vertices] * 2))
    plane = geometry(world([still(shape)], [bent])).plane
    assert len(set(plane[:12])) == 6
    assert len(set(plane)) == 18


def _broken() -> list[tuple[Any, str]]:
    shape = box((1, 1, 1))
    twice = np.stack([np.eye(4)] * 2)
    return [
        (world(), "no triangles"),
        (world([Body(shape, twice, 11)]), r"pose of body 0 has the shape \(2, 4, 4\)"),
        (world([], [Body(shape, twice[:1], 11, kind="car")]), r"body 0 \(car\)"),
        (world([], [Body(shape, twice, 11, deformed=np.zeros((2, 3, 3)))]), "deformed vertices"),
        (world([still(shape._replace(faces=shape.faces + 20))]), "names a vertex"),
        (world([still(shape._replace(material=shape.material[:3]))]), "a material and three uv"),
        (world([still(shape._replace(vertices=shape.vertices * np.nan))]), "not a number"),
        (world([], [Body(shape, twice, 11, deformed=np.full((2, 24, 3), np.inf))]), "not a number"),
    ]


@pytest.mark.parametrize(("broken", "says"), _broken())
def test_worlds_that_cannot_be_are_refused(broken: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        geometry(broken)
