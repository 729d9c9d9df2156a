"""First hits: exact, on the nearest triangle, also at edges, far away from the origin and for bodies that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("embreex")

from abound.errors import InputError
from abound.render.camera import rays
from abound.render.mesh import Mesh, ellipsoid, grid, mesh, moved, pose
from abound.render.rays import Scene, primary
from abound.render.world import Body, World
from tests.render.plain_worlds import camera, sliding, still, wall, world


def soup(seed: int = 3, n: int = 400) -> Mesh:
    """Random triangles before the camera."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform((4, -5, -4), (20, 5, 4), (n, 3))
    return mesh((middle[:, None] + rng.normal(scale=0.6, size=(n, 3, 3))).reshape(-1, 3), np.arange(3 * n))


def brute_force(corners: Any, origin: Any, directions: Any) -> tuple[Any, Any]:
    """Nearest triangle and distance by Cramer's rule, every ray with every triangle."""
    a, b, c = corners.transpose(1, 0, 2)
    sides = np.stack([b - a, c - a], axis=-1)
    best, near = np.full(len(directions), -1), np.full(len(directions), np.inf)
    for k, d in enumerate(directions):
        system = np.concatenate([sides, np.broadcast_to(-d[:, None], (len(a), 3, 1))], axis=2)
        u, v, t = np.linalg.solve(system, (origin - a)[:, :, None])[:, :, 0].T
        t = np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0), t, np.inf)
        best[k], near[k] = (t.argmin(), t.min()) if np.isfinite(t).any() else (-1, np.inf)
    return best, near


def some_world(shift: float = 0.0) -> World:
    """Still triangles, a ball that moves and one that deforms."""
    ball = ellipsoid((3, 3, 2), detail=10)
    lens = camera(width=40, height=30, at=(shift, 0.0, 0.0), yaw=0.1)
    swollen = np.stack([ball.vertices, ball.vertices * [1, 1, 2.5]])
    moving = [
        Body(ball, np.stack([pose(shift + 8, 0, 0, 0.3), pose(shift + 7, 1, 0, 0.9)]), 26, 1),
        Body(ball, np.stack([pose(shift + 9, 2, 1), pose(shift + 6, -1, -1, 1.0)]), 24, 2, deformed=swollen),
    ]
    return world([still(moved(soup(), shift))], moving, lens)


@pytest.mark.parametrize("frame", [0, 1])
def test_hits_are_those_of_brute_force_in_double_precision(frame: int) -> None:
    scene = Scene(some_world())
    moment = scene.at(frame)
    hits = primary(moment, scene.world.cameras["front"])
    best, near = brute_force(
        moment.frame.vertices[scene.geometry.faces], *rays(scene.world.cameras["front"], frame)
    )
    np.testing.assert_array_equal(hits.triangle, best)
    np.testing.assert_allclose(hits.distance, near, rtol=1e-12)
    assert {0, 1, 2} <= set(scene.geometry.body[hits.triangle[hits.triangle >= 0]].tolist())


def test_weights_give_the_point_on_the_ray() -> None:
    scene = Scene(some_world())
    moment, lens = scene.at(1), scene.world.cameras["front"]
    hits = primary(moment, lens)
    met = hits.triangle >= 0
    origin, directions = rays(lens, 1)
    a, b, c = moment.frame.vertices[scene.geometry.faces[hits.triangle[met]]].transpose(1, 0, 2)
    u, v = hits.weights[met].T[:, :, None]
    on_ray = origin + hits.distance[met, None] * directions[met]
    np.testing.assert_allclose(a + u * (b - a) + v * (c - a), on_ray, atol=1e-12)


def test_far_from_the_origin_nothing_is_lost() -> None:
    near, far = Scene(some_world()), Scene(some_world(5e5))
    a, b = (primary(s.at(1), s.world.cameras["front"]) for s in (near, far))
    np.testing.assert_array_equal(a.triangle, b.triangle)
    np.testing.assert_allclose(a.distance, b.distance, rtol=1e-8)


def test_rays_through_shared_edges_and_corners_hit_the_sheet() -> None:
    # Every pixel centre falls on a corner of the grid: 50 px of focal length at 50 m, a corner each metre.
    y, z = np.meshgrid(np.arange(-32.5, 33), np.arange(-24.5, 25), indexing="ij")
    sheet = grid(np.stack([np.full(y.shape, 50.0), y, z], -1), closed=False)
    scene = Scene(world([still(sheet)]))
    hits = primary(scene.at(0), scene.world.cameras["front"])
    assert (hits.triangle >= 0).all()
    np.testing.assert_allclose(hits.distance, 50.0, rtol=1e-12)


def test_pixel_centres_decide_on_which_side_of_an_edge_a_pixel_is() -> None:
    for edge, first in ((10.25, 10), (10.499, 10), (10.501, 11), (10.75, 11)):
        left = (32 - edge) / 50 * 8  # the wall begins at this image column
        scene = Scene(world([still(wall(8, left, -9))]))
        seen = primary(scene.at(0), scene.world.cameras["front"]).triangle.reshape(48, 64) >= 0
        assert seen[:, first:].all()
        assert not seen[:, :first].any()


def test_depth_is_along_the_axis_and_not_along_the_ray() -> None:
    scene = Scene(world([still(wall(8, 90, -90))]))
    hits = primary(scene.at(0), scene.world.cameras["front"])
    np.testing.assert_allclose(hits.distance, 8.0, rtol=1e-14)
    direct = scene.at(0).intersect(np.zeros(3), np.array([[0.6, 0.8, 0.0]]))
    np.testing.assert_allclose(direct.distance, 8 / 0.6, rtol=1e-14)


def test_what_is_nearer_than_the_near_plane_is_not_seen() -> None:
    walls = [still(wall(0.5, 9, -9)), still(wall(8, 90, -90))]
    scene = Scene(world(walls, lens=camera()._replace(near=1.0)))
    np.testing.assert_allclose(primary(scene.at(0), scene.world.cameras["front"]).distance, 8.0)


def test_shadow_rays_see_still_moving_and_deforming_bodies_up_to_their_distance() -> None:
    flat = wall(0, 1, -1, -1, 1)
    raised = flat.vertices + np.array([[[0, 10, 0]], [[0, 0, 0]]])
    moving = [sliding(flat, [(6, 0, 0), (6, 5, 0)]), Body(flat, pose(4, -5), 24, 2, deformed=raised)]
    scene = Scene(world([still(wall(8, 1, -1, -1, 1))], moving))
    towards = np.array([[1.0, 0, 0], [1.0, 5 / 6, 0], [1.0, -5 / 4, 0], [1, 0, 9]])
    first, second = scene.at(0), scene.at(1)
    assert first.occluded(np.zeros(3), towards).tolist() == [True, False, False, False]
    assert second.occluded(np.zeros(3), towards).tolist() == [True, True, True, False]
    assert first.occluded(np.zeros(3), towards, 5.0).tolist() == [False] * 4
    assert second.occluded(np.zeros(3), towards, np.array([9.0, 5.9, 4.1, 9.0])).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_a_world_of_moving_bodies_alone_and_one_without_a_camera() -> None:
    moving = [sliding(wall(8, 90, -90), [(0, 0, 0), (1, 0, 0)], instance=0)]
    scene = Scene(world([], moving))
    np.testing.assert_allclose(primary(scene.at(1), scene.world.cameras["front"]).distance, 9.0)
    with pytest.raises(InputError, match="no camera"):
        Scene(world([], moving)._replace(cameras={}))
