"""Bodies that deform: the skin, its weights, and exact vertices."""

from __future__ import annotations

import numpy as np

from abound.render.mesh import Material, mesh
from abound.render.models import surface
from abound.render.models.figure import (
    Figure,
    Skeleton,
    bend,
    closed,
    joined,
    painted,
    piece,
    places,
    turns,
    vertices,
)
from abound.render.models.surface import Tube


def volume(part) -> float:
    t = part.vertices[part.faces]
    return float(np.einsum("ij,ij->i", t[:, 0], np.cross(t[:, 1], t[:, 2])).sum() / 6)


def rod(flat: bool = False) -> list[surface.Placed]:
    tubes = [
        Tube("a", (0, 0, 0), (0, 0, -0.3), (0.05, 0.05)),
        Tube("b", (0, 0, 0), (0, 0, -0.3), (0.05, 0.05), flat=flat),
    ]
    joints = np.array([[0, 0, 0.6], [0, 0, 0.3]])
    return [surface.place(t, k, joints[k], np.eye(3)) for k, t in enumerate(tubes)]


def hinge() -> Figure:
    bones = Skeleton(("a", "b"), (-1, 0), np.array([[0, 0, 0.6], [0, 0, 0.3]]))
    skin = piece(rod(), bones.parents, Material(), 0.02)
    return Figure(skin.mesh, bones, skin.weights, np.tile(np.eye(3), (2, 1, 1)), bones.joints[0], "rod", 0.6, 0)


def test_the_skin_lies_on_the_surface_and_is_closed() -> None:
    placed = rod()
    part = piece(placed, (-1, 0), Material(), 0.02)
    assert np.abs(surface.solid(placed)(part.mesh.vertices)).max() < 1e-5
    edges = np.concatenate([part.mesh.faces[:, [0, 1]], part.mesh.faces[:, [1, 2]], part.mesh.faces[:, [2, 0]]])
    forth = {tuple(e) for e in edges.tolist()}
    assert all((b, a) in forth for a, b in forth)
    true = np.pi * 0.05**2 * 0.6 + 4 / 3 * np.pi * 0.05**3
    assert 0.95 * true < volume(part.mesh) < 1.03 * true  # a little more where the tubes melt


def test_a_cut_end_is_flat_closed_and_looks_outwards() -> None:
    part = piece(rod(flat=True), (-1, 0), Material(), 0.02)
    assert part.mesh.vertices[:, 2].min() > -1e-9
    assert volume(part.mesh) > 0.94 * (np.pi * 0.05**2 * 0.6 + 2 / 3 * np.pi * 0.05**3)
    assert len(closed(part).mesh.faces) >= len(part.mesh.faces)


def test_painting_cuts_triangles_and_keeps_the_shape() -> None:
    part = piece(rod(), (-1, 0), Material(), 0.03)
    z = part.mesh.vertices[:, 2] - 0.31
    out = painted(part, (z - 0.004, -z - 0.004), Material((1, 0, 0)))
    band = out.mesh.vertices[out.mesh.faces[out.mesh.material == 1]]
    assert len(band)
    assert np.abs(band[..., 2] - 0.31).max() < 0.004 + 1e-9
    assert np.isclose(volume(out.mesh), volume(part.mesh))
    assert np.allclose(out.weights.sum(axis=1), 1)


def test_a_rigid_motion_moves_every_vertex_exactly() -> None:
    figure = hinge()
    turn = np.broadcast_to(turns(0.3, 0.8, -1.1), (1, 2, 3, 3))
    moved = vertices(figure, turn, np.array([[1.0, 2.0, 3.0]]))[0]
    assert np.abs(moved - ((figure.mesh.vertices - figure.origin) @ turn[0, 0].T + [1, 2, 3])).max() < 1e-12


def test_a_bent_joint_keeps_its_girth() -> None:
    figure = hinge()
    turn = np.tile(np.eye(3), (1, 2, 1, 1))
    turn[:, 1] = turns(pitch=1.9)
    bent = vertices(figure, turn, figure.origin[None])[0]
    assert volume(figure.mesh._replace(vertices=bent)) > 0.85 * volume(figure.mesh)
    far = figure.weights[:, 1] > 0.9999  # what the lower bone holds alone turns with it
    expected = (figure.mesh.vertices[far] - [0, 0, 0.3]) @ turn[0, 1].T + [0, 0, 0.3]
    assert np.abs(bent[far] - expected).max() < 1e-4


def test_two_bones_reach_their_target() -> None:
    rng = np.random.default_rng(0)
    start = np.tile([0.0, 0.0, 1.0], (20, 1))
    way = rng.normal(size=(20, 3))
    target = start + way / np.linalg.norm(way, axis=1, keepdims=True) * rng.uniform(0.3, 0.95, (20, 1))
    for back in (False, True):
        upper, lower = bend(start, target, np.tile([1.0, 0.2, 0.0], (20, 1)), 0.5, 0.5, back)
        end = start + upper @ np.array([0, 0, -0.5]) + lower @ np.array([0, 0, -0.5])
        assert np.abs(end - target).max() < 1e-9
        assert np.allclose(np.linalg.det(upper), 1)


def test_things_beside_a_figure_stay_where_they_are() -> None:
    cube = mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    figure = joined(hinge(), [("wheel", np.array([5.0, 0.0, 1.0]), cube)])
    turn = np.tile(np.eye(3), (2, 3, 1, 1))
    turn[:, 2] = turns(pitch=np.array([0.0, np.pi]))
    root = np.array([[0.0, 0, 0.6], [9.0, 0, 0.6]])
    assert np.allclose(places(figure.skeleton, turn, root)[:, 2], [5, 0, 1])
    moved = vertices(figure, turn, root)
    assert np.allclose(moved[1, -4:], [[5, 0, 1], [4, 0, 1], [5, 1, 1], [5, 0, 0]])
