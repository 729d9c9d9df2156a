"""Flow and occlusion against motions whose answer is known on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("embreex")

from abound.render.camera import project, to_camera
from abound.render.flow import OCCLUDED, OUTSIDE, VISIBLE
from abound.render.labels import Labels, labels
from abound.render.mesh import Mesh, mesh, turn
from abound.render.world import Body, Camera, World
from tests.render.plain_worlds import LOOKING, camera, sliding, still, wall, world
from tests.render.test_rays import soup


def first(scene: World, **more: Any) -> Labels:
    return next(iter(labels(scene, **more)))


def centres(lens: Camera) -> Any:
    i, j = np.indices((lens.height, lens.width))
    return np.stack([j + 0.5, i + 0.5], axis=-1)


def leaves(seed: int = 9) -> Mesh:
    return soup(seed, 150)


def test_a_body_that_slides_sideways_moves_by_focal_length_over_depth() -> None:
    here = first(world([still(wall(20, 90, -90))], [sliding(wall(10, 3, -3, -2, 2), [(0, 0, 0), (0, -1, 0.5)])]))
    assert here.forward is not None
    car = here.instance == 1
    np.testing.assert_allclose(here.forward.vectors[car], np.broadcast_to((5.0, -2.5), (car.sum(), 2)), atol=1e-12)
    np.testing.assert_allclose(here.forward.vectors[~car], 0.0, atol=1e-12)
    np.testing.assert_allclose(here.forward.depth[car], 10.0, rtol=1e-14)


def test_what_the_body_covers_next_is_hidden_and_what_leaves_the_frame_is_outside() -> None:
    here = first(world([still(wall(20, 90, -90))], [sliding(wall(10, 3, -3, -2, 2), [(0, 0, 0), (0, -4, 0)])]))
    assert here.forward is not None
    x, y = centres(camera())[..., 0], centres(camera())[..., 1]
    rows = np.abs(y - 24) < 10
    after = rows & (x > 32 + 5) & (x < 32 + 35)
    car = rows & (np.abs(x - 32) < 15)
    expected = np.where(car & (x + 20 >= 64), OUTSIDE, np.where(after & ~car, OCCLUDED, VISIBLE))
    np.testing.assert_array_equal(here.instance == 1, car)
    np.testing.assert_array_equal(here.forward.occlusion, expected)


def test_a_body_that_turns_hides_its_own_side() -> None:
    low = [(-1, 1, -1), (-1, -1, -1), (-1, -1, 1), (-1, 1, 1)]
    high = [(1, y, z) for _, y, z in low]
    around = [(0, 1, 2), (0, 2, 3), (5, 4, 7), (5, 7, 6), (4, 0, 3), (4, 3, 7), (1, 5, 6), (1, 6, 2)]
    sides = mesh(low + high, around)
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[:, 0, 3] = 8
    poses[1, :3, :3] = turn(np.pi)
    here = first(world([], [Body(sides, poses, 26, 1)]))
    assert here.forward is not None
    face = here.instance == 1
    assert face.sum() > 100
    assert (here.forward.occlusion[face] == OCCLUDED).all()
    assert here.backward is None


def test_a_deforming_body_flows_as_its_vertices_do() -> None:
    # A wall that is sheared and stretched in its plane: an affine map, so the answer is known everywhere.
    flat = wall(10, 3, -3, -2, 2)
    y, z = flat.vertices[:, 1], flat.vertices[:, 2]
    after = np.stack([flat.vertices[:, 0], 1.2 * y + 0.3 * z - 0.1, 0.9 * z + 0.05 * y], axis=1)
    body = Body(flat, np.eye(4), 24, 3, "adult", np.stack([flat.vertices, after]))
    here = first(world([still(wall(20, 90, -90))], [body]))
    assert here.forward is not None
    on = here.instance == 3
    y, z = (32 - centres(camera())[on][:, 0]) / 5, (24 - centres(camera())[on][:, 1]) / 5
    expected = np.stack([-5 * (1.2 * y + 0.3 * z - 0.1 - y), -5 * (0.9 * z + 0.05 * y - z)], axis=1)
    np.testing.assert_allclose(here.forward.vectors[on], expected, atol=1e-12)


def test_the_sky_turns_and_does_not_shift() -> None:
    lens = camera(at=[(0, 0, 0), (3, -2, 1)], yaw=[0.0, 0.05])
    here = first(world([still(wall(500, 1, -1, -1, 1))], lens=lens))
    assert here.forward is not None
    sky = here.semantic == 23
    # x_after = K R_after^T R_before K^-1 x_before, written out.
    k = np.array([[50, 0, 32], [0, 50, 24], [0, 0, 1.0]])
    h = k @ (turn(0.05) @ LOOKING).T @ LOOKING @ np.linalg.inv(k)
    at = np.concatenate([centres(lens), np.ones((48, 64, 1))], axis=2) @ h.T
    np.testing.assert_allclose(
        here.forward.vectors[sky], (at[..., :2] / at[..., 2:] - centres(lens))[sky], atol=1e-10
    )
    assert np.isinf(here.depth[sky]).all()
    assert np.isinf(here.forward.depth[sky]).all()
    assert {VISIBLE, OUTSIDE} == set(here.forward.occlusion[sky].tolist())


def test_sky_that_a_body_covers_next_is_hidden() -> None:
    here = first(world([], [sliding(wall(10, 3, -3, -2, 2), [(0, 0, 0), (0, 0, 3)])]))
    assert here.forward is not None
    y = centres(camera())[..., 1]
    next_to = (np.abs(centres(camera())[..., 0] - 32) < 15) & (y < 14) & (y > 0)
    np.testing.assert_array_equal(here.forward.occlusion == OCCLUDED, next_to)


@pytest.mark.parametrize("gap", [1, 2])
def test_static_flow_is_what_depth_and_pose_imply(gap: int) -> None:
    lens = camera(3, at=[(0, 0, 0), (1, 0.2, 0), (1.5, -0.3, 0.1)], yaw=[0, 0.05, -0.1])
    scene = world([still(soup()), still(wall(30, 60, -60))], lens=lens, frames=3)
    here = first(scene, frames=[0], gap=gap)
    assert here.forward is not None
    ray = np.concatenate([(centres(lens) - [32, 24]) / 50, np.ones((48, 64, 1))], axis=2).reshape(-1, 3)
    points = (ray * here.depth.reshape(-1, 1)) @ LOOKING.T
    expected = project(lens, to_camera(lens, gap, points)).reshape(48, 64, 2) - centres(lens)
    np.testing.assert_allclose(here.forward.vectors, expected, atol=1e-9)


def test_points_that_pass_behind_the_camera_have_no_flow() -> None:
    lens = camera(at=[(0, 0, 0), (10, 0, 0)])
    here = first(world([still(wall(8, 90, -90))], lens=lens))
    assert here.forward is not None
    assert np.isnan(here.forward.vectors).all()
    assert (here.forward.occlusion == OUTSIDE).all()


def test_forward_and_backward_flow_are_each_others_inverse_where_visible() -> None:
    lens = camera(3, at=[(0, 0, 0), (0.4, 0.1, 0), (0.8, 0, 0.1)], yaw=[0, 0.02, 0.01])
    shifted = [sliding(leaves(), [(0, 0, 0), (0.2, 0.3, 0), (0.4, 0.6, 0)])]
    here, after = labels(world([still(wall(30, 60, -60))], shifted, lens, frames=3), frames=[0, 1])
    assert here.forward is not None
    assert after.backward is not None
    # The bodies move rigidly, so points of the wall and of one triangle go there and back by the same amount.
    back = np.isin(after.triangle, (0, 1))
    i, j = np.nonzero(back & (after.backward.occlusion == VISIBLE))
    target = np.stack([j + 0.5, i + 0.5], 1) + after.backward.vectors[i, j]
    near = np.floor(target).astype(int)
    same = np.isin(here.triangle[near[:, 1], near[:, 0]], (0, 1))
    assert same.mean() > 0.9
    there = here.forward.vectors[near[:, 1], near[:, 0]] + after.backward.vectors[i, j]
    assert np.abs(there[same]).max() < 0.15


def test_occlusion_is_what_rays_from_the_other_camera_say() -> None:
    lens = camera(2, at=[(0, 0, 0), (0.5, 0.3, 0.1)], yaw=[0, 0.03])
    moving = [sliding(leaves(), [(0, 0, 0), (0.2, 0.5, 0.1)])]
    scene = world([still(soup()), still(wall(30, 60, -60))], moving, lens)
    here, after = labels(scene)
    assert here.forward is not None
    inside = (here.forward.occlusion != OUTSIDE) & (here.triangle >= 0)
    faces = here.moment.geometry.faces[here.triangle[inside]]
    u, v = here.hits.weights[inside.ravel()].T[:, :, None]
    a, b, c = after.moment.frame.vertices[faces].transpose(1, 0, 2)
    points = a + u * (b - a) + v * (c - a)
    eye = lens.pose[1][:3, 3]
    met = after.moment.intersect(eye, points - eye)
    hidden = (met.triangle != here.triangle[inside]) & (met.distance < 1 - 1e-9)
    np.testing.assert_array_equal(here.forward.occlusion[inside] == OCCLUDED, hidden)
    assert 0.02 < hidden.mean() < 0.8
